/*
 * fake_machine.h - the hal and the bench, as far as the runtime uses them, for its unit tests
 *
 * Registers are words of memory by address: what is written is remembered, and read back. The
 * counter moves by the step with each look. Sleeping calls a hook of the test.
 */
#ifndef RUNTIME_FAKE_MACHINE_H
#define RUNTIME_FAKE_MACHINE_H

#include "runtime/priv.h"

#define FAKE_REGISTERS_MAX 256
#define FAKE_TEXT_MAX      1024

struct fake_machine {
    struct {
        uintptr_t at;
        uint32_t value;
        unsigned writes;
    } registers[FAKE_REGISTERS_MAX];
    unsigned register_count;
    void (*vector)(void);
    bool masked;
    uint64_t count, step, frequency;
    uint64_t sysregs[HAL_SYSREG_COUNT];
    unsigned sleeps, relaxes;
    void (*on_sleep)(void);
    char console[FAKE_TEXT_MAX], output[FAKE_TEXT_MAX];
    size_t console_size, output_size;
    unsigned ready, started, exited, running;
    int status;
};
extern struct fake_machine fake_machine;

/* Memory of 64 KiB is the machine's free RAM; all else is zero. */
void fake_machine_reset(void);
uint32_t fake_register(uintptr_t at);
unsigned fake_register_writes(uintptr_t at);
void fake_register_set(uintptr_t at, uint32_t value);
/* An interrupt: IAR reads so, and the vector is called. */
void fake_machine_interrupt(uint32_t intid);

#endif
