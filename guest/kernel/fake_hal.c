/* fake_hal.c - the machine that unit tests of the kernel run on */
#include "kernel/fake_hal.h"

#include "kernel/boot.h"
#include "kernel/clock.h"
#include "kernel/fake_context.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/task.h"

#include "ringside/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define FAKE_HAS_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAKE_HAS_ASAN
#endif
#endif
#ifdef FAKE_HAS_ASAN
#include <sanitizer/asan_interface.h>
#endif

#define FAKE_LOG_SIZE (256u << 10)

const char *fake_command_line = "";
const struct hal_boot_file *fake_files;
size_t fake_file_count;
uint64_t fake_now_ns;
bool fake_memory_is_exhausted;
jmp_buf *fake_panic_to;
char fake_panic_reason[256];

static struct hal_boot fake_boot_info;
static uint64_t fake_daif;
static void (*fake_vector)(void);
static uint64_t fake_pending, fake_enabled, fake_active;
static unsigned fake_ends;
static uint64_t fake_deadline;
static unsigned fake_deadlines;
static uint64_t fake_random_state;
static unsigned fake_stacks;

static _Alignas(65536) char fake_ram_bytes[FAKE_RAM_SIZE];
static size_t fake_ram_used;

static char fake_log_text[FAKE_LOG_SIZE], fake_output_text[FAKE_LOG_SIZE];
static size_t fake_log_used, fake_output_used;

/* ---- the log --------------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static void fake_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length =
        vsnprintf(fake_log_text + fake_log_used, FAKE_LOG_SIZE - fake_log_used, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= FAKE_LOG_SIZE - fake_log_used)
        abort();
    fake_log_used += (size_t)length;
}

const char *fake_log(void)
{
    return fake_log_text;
}

void fake_log_clear(void)
{
    fake_log_used = 0;
    fake_log_text[0] = '\0';
}

unsigned fake_log_count(const char *line_prefix)
{
    unsigned count = 0;
    for (const char *line = fake_log_text; *line != '\0'; line = strchr(line, '\n') + 1)
        count += strncmp(line, line_prefix, strlen(line_prefix)) == 0;
    return count;
}

const char *fake_output(void)
{
    return fake_output_text;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void fake_settle(void)
{
    while ((fake_daif & HAL_DAIF_I) == 0 && fake_vector != NULL &&
           ((fake_pending & fake_enabled) != 0 || fake_now_ns >= fake_deadline)) {
        uint64_t saved = fake_daif;
        fake_daif |= HAL_DAIF_I;
        fake_vector();
        fake_daif = saved;
    }
}

uint64_t hal_irq_save(void)
{
    uint64_t before = fake_daif;
    fake_daif |= HAL_DAIF_I;
    return before;
}

void hal_irq_restore(uint64_t daif)
{
    fake_daif = daif;
    fake_settle();
}

uint64_t hal_irq_flags(void)
{
    return fake_daif;
}

void hal_irq_set_vector(void (*entry)(void))
{
    fake_vector = entry;
}

static uint32_t fake_chip_acknowledge(void)
{
    if (fake_now_ns >= fake_deadline && (fake_active >> FAKE_TIMER_IRQ & 1) == 0)
        fake_pending |= UINT64_C(1) << FAKE_TIMER_IRQ;
    uint64_t candidates = fake_pending & fake_enabled & ~fake_active;
    if (candidates == 0)
        return IRQ_NONE;
    uint32_t intid = (uint32_t)__builtin_ctzll(candidates);
    fake_pending &= ~(UINT64_C(1) << intid);
    fake_active |= UINT64_C(1) << intid;
    return intid;
}

static void fake_chip_end(uint32_t intid)
{
    fake_active &= ~(UINT64_C(1) << intid);
    fake_ends++;
}

static void fake_chip_enable(uint32_t intid, bool edge_triggered)
{
    (void)edge_triggered;
    if (intid < 64)
        fake_enabled |= UINT64_C(1) << intid;
}

static void fake_chip_disable(uint32_t intid)
{
    if (intid < 64)
        fake_enabled &= ~(UINT64_C(1) << intid);
}

static const struct irq_chip fake_chip = {
    .name = "fake",
    .acknowledge = fake_chip_acknowledge,
    .end = fake_chip_end,
    .enable = fake_chip_enable,
    .disable = fake_chip_disable,
};

void fake_raise(uint32_t intid)
{
    fake_pending |= UINT64_C(1) << intid;
    fake_settle();
}

void fake_enable_irq(uint32_t intid)
{
    fake_chip_enable(intid, false);
}

unsigned fake_irq_end_count(void)
{
    return fake_ends;
}

/* ---- the clock ------------------------------------------------------------------------------- */

static uint64_t fake_clock_now(void)
{
    return fake_now_ns;
}

static void fake_clock_set_deadline(uint64_t deadline_ns)
{
    fake_deadline = deadline_ns;
    fake_deadlines++;
}

static bool fake_clock_interrupt(void *arg)
{
    (void)arg;
    clock_interrupt();
    return true;
}

static const struct clock_driver fake_clock = {
    .name = "fake",
    .now_ns = fake_clock_now,
    .set_deadline = fake_clock_set_deadline,
};

uint64_t fake_deadline_ns(void)
{
    return fake_deadline;
}

unsigned fake_deadline_count(void)
{
    return fake_deadlines;
}

/* ---- memory ---------------------------------------------------------------------------------- */

void *fake_ram(size_t size)
{
    size_t begin = (fake_ram_used + 4095) & ~(size_t)4095;
    if (size > FAKE_RAM_SIZE - FAKE_FREE_SIZE - begin)
        abort();
    fake_ram_used = begin + size;
#ifdef FAKE_HAS_ASAN
    /* It may have been the stack of a task that never returned, in a machine before this one. */
    __asan_unpoison_memory_region(fake_ram_bytes + begin, size);
#endif
    return fake_ram_bytes + begin;
}

void *hal_dma_alloc(size_t size, size_t align, uint64_t *pa)
{
    if (fake_memory_is_exhausted || align > 4096)
        return NULL;
    void *memory = fake_ram(size);
    memset(memory, 0, size);
    *pa = hal_virt_to_phys(memory);
    return memory;
}

void *hal_stack_alloc(size_t size)
{
    if (fake_memory_is_exhausted)
        return NULL;
    fake_stacks++;
    return fake_ram(size);
}

void hal_stack_free(void *stack, size_t size)
{
    (void)stack;
    (void)size;
    fake_stacks--;
}

unsigned fake_stacks_in_use(void)
{
    return fake_stacks;
}

uint64_t hal_virt_to_phys(const volatile void *va)
{
    return fake_boot_info.ram_base + ((uintptr_t)va - (uintptr_t)fake_ram_bytes);
}

void *hal_phys_to_virt(uint64_t pa)
{
    return fake_ram_bytes + (pa - fake_boot_info.ram_base);
}

/* ---- contexts -------------------------------------------------------------------------------- */

uint64_t fake_context_mask(void)
{
    return fake_daif;
}

void fake_context_set_mask(uint64_t daif)
{
    fake_daif = daif;
}

/* ---- the rest of the machine ----------------------------------------------------------------- */

const struct hal_boot *hal_boot_info(void)
{
    return &fake_boot_info;
}

void hal_console_write(const char *text, size_t size)
{
    fake_note("console %.*s", (int)size, text);
}

/* The same bytes after each fake_boot(). */
void hal_random(void *buffer, size_t size)
{
    uint8_t *bytes = buffer;
    for (size_t i = 0; i < size; i++) {
        fake_random_state = fake_random_state * UINT64_C(6364136223846793005) + 1;
        bytes[i] = (uint8_t)(fake_random_state >> 56);
    }
}

void hal_charge(uint64_t ticks)
{
    (void)ticks;
}

/* One CPU: there is no other to start. */
int hal_cpu_start(uint64_t mpidr, void (*entry)(uint64_t argument), void *stack, size_t stack_size,
                  uint64_t argument)
{
    (void)mpidr;
    (void)entry;
    (void)stack;
    (void)stack_size;
    (void)argument;
    return HAL_CPU_INVALID_PARAMETERS;
}

uint64_t hal_sysreg_read(enum hal_sysreg reg)
{
    return reg == HAL_MPIDR_EL1 ? 0x80000000 : 0;
}

static uint64_t fake_percpu;

uint64_t hal_percpu_get(void)
{
    return fake_percpu;
}

void hal_percpu_set(uint64_t value)
{
    fake_percpu = value;
}

void hal_relax(void)
{
    abort(); /* one CPU: nobody will ever release what we spin for */
}

void hal_wfi(void)
{
    hal_panic("wfi"); /* the test is the idle task: it can only see that this was the end */
}

_Noreturn void hal_panic(const char *why)
{
    snprintf(fake_panic_reason, sizeof fake_panic_reason, "%s", why);
    if (fake_panic_to == NULL) {
        fprintf(stderr, "panic: %s\n", why);
        abort();
    }
    longjmp(*fake_panic_to, 1);
}

void fake_power_on(void)
{
    fake_boot_info = (struct hal_boot){
        .ram_base = 0x40000000,
        .ram_size = FAKE_RAM_SIZE,
        .free_base = 0x40000000 + FAKE_RAM_SIZE - FAKE_FREE_SIZE,
        .free_size = FAKE_FREE_SIZE,
        .command_line = fake_command_line,
        .files = fake_files,
        .file_count = fake_file_count,
    };
    fake_daif = HAL_DAIF_I;
    fake_vector = NULL;
    fake_pending = fake_enabled = fake_active = 0;
    fake_ends = 0;
    fake_deadline = UINT64_MAX;
    fake_random_state = 1;
    fake_now_ns = FAKE_START_NS;
    fake_memory_is_exhausted = false;
    fake_stacks = 0;
    fake_ram_used = 0;
    fake_context_reset();
    fake_log_clear();
    fake_output_used = 0;
    fake_output_text[0] = '\0';
}

void fake_init_drivers(void)
{
    irq_register_chip(&fake_chip);
    clock_register(&fake_clock);
    if (irq_attach(FAKE_TIMER_IRQ, false, fake_clock_interrupt, NULL, "timer") != 0)
        abort();
}

void fake_boot_with(const struct program_entry *programs, size_t count)
{
    fake_power_on();
    kernel_init(programs, count);
    fake_init_drivers();
    fake_log_clear();
    fake_deadlines = 0;
    hal_irq_restore(0);
}

void fake_boot(void)
{
    fake_boot_with(NULL, 0);
}

void fake_run(void)
{
    fake_settle();
    while (sched_has_ready())
        task_yield();
}

void fake_run_until(uint64_t end_ns)
{
    fake_run();
    while (fake_deadline <= end_ns) {
        if (fake_now_ns < fake_deadline)
            fake_now_ns = fake_deadline;
        fake_run();
    }
    if (fake_now_ns < end_ns)
        fake_now_ns = end_ns;
}

/* ---- probes ---------------------------------------------------------------------------------- */

void probe_ready(void)
{
    fake_note("ready\n");
}

void probe_task_created(uint32_t task, const char *name, const void *context)
{
    (void)context;
    fake_note("created %u %s\n", task, name);
}

void probe_task_exited(uint32_t task)
{
    fake_note("exited %u\n", task);
}

void probe_task_blocked(uint32_t task, const char *kind, uint64_t object, uint64_t deadline_ns)
{
    (void)object;
    (void)deadline_ns;
    fake_note("blocked %u %s\n", task, kind);
}

void probe_task_woken(uint32_t task)
{
    fake_note("woken %u\n", task);
}

void probe_task_running(uint32_t task)
{
    fake_note("running %u\n", task);
}

void probe_lock_taken(uint64_t lock, const char *name)
{
    (void)lock;
    fake_note("taken %s\n", name);
}

void probe_lock_released(uint64_t lock)
{
    (void)lock;
    fake_note("released\n");
}

void probe_spin_taken(uint64_t lock, const char *name)
{
    (void)lock;
    (void)name;
}

void probe_spin_released(uint64_t lock)
{
    (void)lock;
}

void probe_timeout_registered(uint64_t timeout, uint64_t deadline_ns)
{
    (void)timeout;
    fake_note("timeout %llu\n", (unsigned long long)deadline_ns);
}

void probe_timeout_fired(uint64_t timeout)
{
    (void)timeout;
    fake_note("fired\n");
}

void probe_timeout_cancelled(uint64_t timeout)
{
    (void)timeout;
    fake_note("cancelled\n");
}

void probe_call_entered(uint32_t task, const char *call, uint64_t a0, uint64_t a1, uint64_t a2,
                        uint64_t a3)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    fake_note("call %u %s\n", task, call);
}

void probe_call_returned(uint32_t task, const char *call, int64_t result)
{
    fake_note("return %u %s %lld\n", task, call, (long long)result);
}

void probe_call_asked(uint32_t task, int descriptor, const char *what, uint64_t value)
{
    fake_note("asked %u %d %s %llu\n", task, descriptor, what, (unsigned long long)value);
}

void probe_call_told(uint32_t task, int descriptor, const char *what, uint64_t value)
{
    fake_note("told %u %d %s %llu\n", task, descriptor, what, (unsigned long long)value);
}

void probe_socket_named(uint64_t object, uint32_t protocol, uint32_t address, uint16_t port,
                        uint32_t peer, uint16_t peer_port)
{
    (void)object;
    fake_note("named %u 0x%x:%u 0x%x:%u\n", protocol, address, port, peer, peer_port);
}

void probe_socket_timeouts(uint64_t object, uint64_t receive_ns, uint64_t send_ns)
{
    (void)object;
    (void)receive_ns;
    (void)send_ns;
}

void probe_socket_ready(uint64_t object, uint32_t task, uint32_t events)
{
    (void)object;
    fake_note("ready %u 0x%x\n", task, events);
}

void probe_request_about(uint64_t tag, uint64_t object)
{
    (void)tag;
    (void)object;
}

void probe_stack_polled(uint64_t stack_ns)
{
    (void)stack_ns;
}

void probe_config_rejected(const char *path)
{
    fake_note("rejected %s\n", path);
}

void probe_config_applied(const char *interface, uint32_t address, uint32_t mask)
{
    fake_note("applied %s 0x%x 0x%x\n", interface, address, mask);
}

void probe_route_disagreed(uint32_t address)
{
    fake_note("disagreed 0x%x\n", address);
}

void probe_scheme_registered(uint32_t task, uint64_t scheme, const char *name)
{
    (void)scheme;
    fake_note("registered %u %s\n", task, name);
}

void probe_scheme_removed(uint64_t scheme, const char *name)
{
    (void)scheme;
    fake_note("removed %s\n", name);
}

void probe_request_sent(uint64_t tag, uint32_t task, uint64_t scheme, const char *operation,
                        uint64_t handle, uint64_t size)
{
    (void)scheme;
    fake_note("sent %llu %u %s %llu %llu\n", (unsigned long long)tag, task, operation,
              (unsigned long long)handle, (unsigned long long)size);
}

void probe_request_delivered(uint64_t tag, uint32_t task)
{
    fake_note("delivered %llu %u\n", (unsigned long long)tag, task);
}

void probe_request_answered(uint64_t tag, int64_t result)
{
    fake_note("answered %llu %lld\n", (unsigned long long)tag, (long long)result);
}

void probe_request_cancelled(uint64_t tag, const char *how)
{
    fake_note("cancelled-request %llu %s\n", (unsigned long long)tag, how);
}

void probe_event_watched(uint32_t queue, const char *kind, uint64_t number, uint64_t handle,
                         uint32_t events)
{
    (void)handle;
    fake_note("watched %u %s %llu %u\n", queue, kind, (unsigned long long)number, events);
}

void probe_event_posted(uint32_t queue, const char *kind, uint64_t number, uint64_t handle,
                        uint32_t events)
{
    (void)handle;
    fake_note("posted %u %s %llu %u\n", queue, kind, (unsigned long long)number, events);
}

void probe_event_read(uint32_t task, uint32_t queue, uint32_t count, uint32_t left)
{
    fake_note("events %u %u %u %u\n", task, queue, count, left);
}

void probe_file_ready(uint64_t scheme, uint64_t handle, uint32_t events)
{
    (void)scheme;
    (void)handle;
    (void)events;
}

void probe_time_set(uint32_t task, uint64_t file, uint64_t timeout, uint64_t deadline_ns)
{
    (void)task;
    (void)file;
    (void)timeout;
    (void)deadline_ns;
}

void probe_file_opened(uint32_t task, const char *path, int result)
{
    (void)task;
    (void)path;
    (void)result;
}

void probe_task_signalled(uint32_t task, uint32_t signal)
{
    (void)task;
    (void)signal;
}

void probe_irq_acknowledged(uint32_t task, uint32_t intid, uint64_t count, int result)
{
    fake_note("acknowledged %u %u %llu %d\n", task, intid, (unsigned long long)count, result);
}

void probe_counter(const char *name, uint64_t value)
{
    fake_note("counter %s %llu\n", name, (unsigned long long)value);
}

void probe_drop(const char *where, const char *why)
{
    fake_note("drop %s %s\n", where, why);
}

void probe_program_started(uint32_t program, uint32_t task)
{
    fake_note("program %u started %u\n", program, task);
}

void probe_program_output(uint32_t program, const char *text, size_t size)
{
    fake_note("program %u wrote %zu\n", program, size);
    if (size >= FAKE_LOG_SIZE - fake_output_used)
        abort();
    if (size > 0)
        memcpy(fake_output_text + fake_output_used, text, size);
    fake_output_used += size;
    fake_output_text[fake_output_used] = '\0';
}

void probe_program_exited(uint32_t program, int status)
{
    fake_note("program %u exited %d\n", program, status);
}
