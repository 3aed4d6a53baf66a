/*
 * fuzz_syscalls.c - any system calls of a program at the reference guest's kernel and stack
 *
 * The input is a list of calls on sockets and files with their arguments, of bytes that the program
 * stores in its memory in between, and of pointers and structures there. Its memory is the end of
 * RAM, with a large buffer in front. Arguments point into it, across its end, or where no memory
 * is; sizes are anything. Structures are aligned as a compiler aligns them. One step makes a
 * connection with itself, so that the rest finds sockets in all states. Whatever the program does:
 *   - the guest does not panic, and an error is an errno value that has a name;
 *   - the kernel writes only where the call says that it does, looked at byte by byte;
 *   - a call whose argument is not in RAM fails, and no call transfers more than it was asked for;
 *   - a handler of signals is code;
 *   - memory that it asks for is nobody else's, and zero;
 *   - it can be ended, its memory is free then, and in an hour every connection is over and every
 *     buffer is free again.
 * A call may wait: after some virtual time a signal ends the program.
 */
#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/netif.h"
#include "kernel/program.h"
#include "kernel/task.h"
#include "kernel/user_map.h"
#include "kernel/user_memory.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "netstack/tcp.h"
#include "netstack/tcp_buffer.h"
#include "tests/fuzz/fuzz_calls.h"

#include <string.h>

#define FUZZ_STEPS_MAX   64
#define FUZZ_PROGRAM     7
#define FUZZ_PATIENCE_NS UINT64_C(100000000000)
#define FUZZ_DYING_NS    UINT64_C(3600000000000) /* until the last connection has given up */

static struct netif fuzz_netif;
static struct wait_queue fuzz_wake;

/* ---- steps ----------------------------------------------------------------------------------- */

static void (*const fuzz_steps[])(void) = {
#define FUZZ_STEP_POINT(name) fuzz_##name,
    FUZZ_STEPS(FUZZ_STEP_POINT)
#undef FUZZ_STEP_POINT
};

static void fuzz_step(void)
{
    fuzz.writable_count = 0;
    fuzz.must_fail = false;
    fuzz_steps[fuzz_u8(&fuzz.input) % FUZZ_COUNT(fuzz_steps)]();
}

/* The console is closed: what a program writes there is kept by the fake machine. */
static int fuzz_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        FUZZ_CHECK(system_call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0) == 0);
    }
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&fuzz.input); i++) {
        fuzz_step();
        fake_log_clear();
    }
    return 0;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static int fuzz_transmit(struct netif *netif, struct nbuf *nbuf)
{
    (void)netif;
    nbuf_free(nbuf);
    return 0;
}

/* Polls the stack, as a driver's task does. */
static void fuzz_netd(void *arg)
{
    struct waiter waiter;
    (void)arg;
    for (;;) {
        wait_prepare(&fuzz_wake, &waiter, "irq");
        uint64_t deadline_ns = netif_poll(clock_now_ns());
        (void)wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

static void fuzz_boot(void)
{
    static const struct program_entry entry = {"fuzz", fuzz_main};
    fake_boot_with(&entry, 1);
    netstack_init();
    posix_init();
    fuzz_netif = (struct netif){
        .mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
        .mtu = 1500,
        .transmit = fuzz_transmit,
        .wake = &fuzz_wake,
    };
    wait_queue_init(&fuzz_wake);
    FUZZ_CHECK(netif_register(&fuzz_netif) == 0);
    FUZZ_CHECK(task_create("netd", fuzz_netd, NULL) != NULL);
    const struct hal_boot *boot = hal_boot_info();
    fuzz.memory = hal_phys_to_virt(boot->ram_base + boot->ram_size - FUZZ_MEMORY);
    fuzz.bulk = fuzz.memory - FUZZ_BULK;
    memset(fuzz.bulk, 0, FUZZ_BULK + FUZZ_MEMORY);
    /* Bytes of an input may make a pointer to memory of the kernel: that is none of a program. */
    user_memory_init(fuzz.bulk, FUZZ_BULK + FUZZ_MEMORY);
    user_map_init(fuzz.bulk, FUZZ_BULK);
    fuzz.mapped = 0;
}

/* In steps, since what happens is written down and room for that is limited. */
static void fuzz_pass_time(uint64_t time_ns, uint64_t step_ns)
{
    uint64_t end_ns = fake_now_ns + time_ns;
    while (fake_now_ns < end_ns) {
        fake_run_until(FUZZ_MIN(fake_now_ns + step_ns, end_ns));
        fake_log_clear();
    }
}

/* A signal ends what still waits. Nothing that belongs to the stack may be left. */
static void fuzz_shut_down(void)
{
    fuzz_pass_time(FUZZ_PATIENCE_NS, FUZZ_PATIENCE_NS / 64);
    if (program_kill(FUZZ_PROGRAM, 0) == 0) {
        FUZZ_CHECK(program_kill(FUZZ_PROGRAM, SIGKILL) == 0);
        fake_run();
        FUZZ_CHECK(program_kill(FUZZ_PROGRAM, 0) < 0);
    }
    FUZZ_CHECK(user_map_take(1, FUZZ_BULK) != NULL); /* all of it */
    fuzz_pass_time(FUZZ_DYING_NS, FUZZ_PATIENCE_NS);
    FUZZ_CHECK(tcp_next(NULL) == NULL);
    FUZZ_CHECK(tcp_blocks_used() == 0);
    netstack_lock();
    interface_set_up(interface_of(&fuzz_netif), false);
    netstack_unlock();
    FUZZ_CHECK(nbuf_free_count() == NBUF_COUNT);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz.input = (struct fuzz_input){.data = data, .size = size};
    fuzz_boot();
    FUZZ_CHECK(program_start(FUZZ_PROGRAM, "fuzz") == 0);
    fuzz_shut_down();
}
