/*
 * probe_test.c - each probe is its event; probes take no time and no interrupt; strings are checked
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <string.h>

static struct {
    unsigned irqs;
    char *name, *kind, *text;
    uint64_t time;
} seen;

static void fresh(void)
{
    memset(&seen, 0, sizeof(seen));
    testbed_init(1);
    seen.name = testbed_string("eth0.rx");
    seen.kind = testbed_string("irq");
    seen.text = testbed_string("some text\n");
}

/* ---- spinlocks ------------------------------------------------------------------------------- */

static struct {
    GString *heard;
    bool known;
} listener;

static bool hear_taken(void *opaque, const struct cpu_spin *spin)
{
    CU_ASSERT_PTR_EQUAL(opaque, &listener);
    if (listener.known) {
        g_string_append_printf(listener.heard, "taken 0x%x%s on %u%s\n", (unsigned)spin->lock,
                               spin->masked ? " masked" : "", spin->cpu,
                               spin->released ? ", released" : "");
    }
    return listener.known;
}

static void hear_name(void *opaque, const struct cpu_spin *spin, const char *text)
{
    (void)opaque;
    g_string_append_printf(listener.heard, "0x%x is %s\n", (unsigned)spin->lock, text);
    listener.known = true;
}

static void hear_released(void *opaque, uint64_t lock)
{
    (void)opaque;
    g_string_append_printf(listener.heard, "released 0x%x\n", (unsigned)lock);
}

static const struct cpu_spin_listener hears = {hear_taken, hear_name, hear_released};

static void guest_spins(void)
{
    probe_spin_taken(0x33, seen.name);
    probe_spin_released(0x33);
    hal_irq_restore(0);
    probe_spin_taken(0x33, seen.name);
    probe_task_running(1);
    probe_spin_released(0x33);
    probe_spin_taken(0x33, seen.name);
    probe_spin_taken(0x44, seen.name);
    probe_spin_released(0x33);
    hal_power_off(0);
}

/* More than are written down at a time; the last one is told before the machine goes off. */
static void guest_spins_often(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        probe_spin_taken(0x33, seen.name);
        probe_spin_taken(0x44, seen.name);
        probe_spin_released(0x33);
        probe_spin_released(0x44);
    }
    hal_power_off(0);
}

static void test_spinlocks_are_told_to_who_listens_and_are_no_events(void)
{
    for (unsigned listens = 0; listens < 2; listens++) {
        fresh();
        listener.heard = g_string_new(NULL);
        listener.known = false;
        cpu_listen_to_spinlocks(testbed.cpu, listens != 0 ? &hears : NULL, &listener);
        CU_ASSERT_EQUAL(testbed_run(guest_spins), CPU_STOP_POWER_OFF);
        CU_ASSERT_STRING_EQUAL(testbed.events->str,
                               "run.power-on guest=test seed=42\ntask.running task=1\n"
                               "run.power-off status=0\n");
        CU_ASSERT_STRING_EQUAL(listener.heard->str, listens == 0
                                                        ? ""
                                                        : "0x33 is eth0.rx\n"
                                                          "taken 0x33 masked on 0, released\n"
                                                          "taken 0x33 on 0\nreleased 0x33\n"
                                                          "taken 0x33 on 0\ntaken 0x44 on 0\n"
                                                          "released 0x33\n");
        g_string_free(listener.heard, TRUE);
        testbed_fini();
    }
}

static void test_no_spinlock_is_forgotten(void)
{
    fresh();
    listener.heard = g_string_new(NULL);
    listener.known = true;
    cpu_listen_to_spinlocks(testbed.cpu, &hears, &listener);
    CU_ASSERT_EQUAL(testbed_run(guest_spins_often), CPU_STOP_POWER_OFF);
    g_auto(GStrv) lines = g_strsplit(listener.heard->str, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), 4 * 1000 + 1);
    for (unsigned i = 0; i < 1000; i++) {
        CU_ASSERT_STRING_EQUAL(lines[4 * i], "taken 0x33 masked on 0");
        CU_ASSERT_STRING_EQUAL(lines[4 * i + 3], "released 0x44");
    }
    g_string_free(listener.heard, TRUE);
    testbed_fini();
}

static void guest_probes(void)
{
    probe_ready();
    probe_task_created(1, seen.name, (const void *)(uintptr_t)0x1000);
    probe_task_running(1);
    probe_task_blocked(1, seen.kind, 0x22, UINT64_MAX);
    probe_task_woken(1);
    probe_task_signalled(1, 9);
    probe_lock_taken(0x33, seen.name);
    probe_lock_released(0x33);
    probe_timeout_registered(0x44, 5000);
    probe_timeout_fired(0x44);
    probe_timeout_cancelled(0x45);
    probe_call_entered(1, seen.kind, 1, 2, 3, 4);
    probe_call_returned(1, seen.kind, -11);
    probe_call_asked(1, -1, seen.kind, 5);
    probe_call_told(1, 3, seen.kind, 0x66);
    probe_socket_named(0x66, 6, 0x0a00020f, 49152, 0x0a000202, 80);
    probe_socket_timeouts(0x66, 2000, UINT64_MAX);
    probe_socket_ready(0x66, 1, 5);
    probe_config_rejected(seen.name);
    probe_config_applied(seen.name, 0x0a00020f, 0xffffff00);
    probe_route_disagreed(0xc6336401);
    probe_file_opened(1, seen.name, -2);
    probe_scheme_registered(1, 2, seen.name);
    probe_request_sent(7, 1, 2, seen.kind, 0x30, 4096);
    probe_request_delivered(7, 3);
    probe_request_served(7, 3);
    probe_request_about(7, 0x66);
    probe_request_answered(7, -5);
    probe_request_cancelled(8, seen.kind);
    probe_scheme_removed(2, seen.name);
    probe_event_watched(4, seen.kind, 37, 0x30, 1);
    probe_event_posted(4, seen.kind, 37, 0x30, 2);
    probe_event_read(1, 4, 5, 6);
    probe_file_ready(2, 0x30, 1);
    probe_time_set(1, 3, 0x44, 6000);
    probe_stack_polled(5500);
    probe_irq_acknowledged(1, 37, 12, -116);
    probe_counter(seen.name, 9);
    probe_drop(seen.name, seen.kind);
    probe_program_started(2, 1);
    probe_program_output(2, seen.text, 9);
    probe_program_output(2, NULL, 0);
    probe_program_exited(2, -1);
    probe_task_exited(1);
    hal_power_off(0);
}

static void test_each_probe_is_its_event(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_probes), CPU_STOP_POWER_OFF);
    const char *expected = "run.power-on guest=test seed=42\n"
                           "guest.ready\n"
                           "task.created task=1 name=eth0.rx context=0x1000\n"
                           "task.running task=1\n"
                           "task.blocked task=1 on=irq object=0x22 deadline=-1\n"
                           "task.woken task=1\n"
                           "task.signalled task=1 signal=9\n"
                           "lock.taken task=1 lock=0x33 name=eth0.rx\n"
                           "lock.released task=1 lock=0x33\n"
                           "timeout.registered timeout=0x44 deadline=5000\n"
                           "timeout.fired timeout=0x44\n"
                           "timeout.cancelled timeout=0x45\n"
                           "call.entered task=1 call=irq a0=0x1 a1=0x2 a2=0x3 a3=0x4\n"
                           "call.returned task=1 call=irq result=-11\n"
                           "call.asked task=1 descriptor=-1 what=irq value=0x5\n"
                           "call.told task=1 descriptor=3 what=irq value=0x66\n"
                           "socket.named object=0x66 protocol=6 address=0xa00020f port=49152 "
                           "peer=0xa000202 peer_port=80\n"
                           "socket.timeouts object=0x66 receive=2000 send=-1\n"
                           "socket.ready object=0x66 task=1 events=0x5\n"
                           "config.rejected path=eth0.rx\n"
                           "config.applied interface=eth0.rx address=0xa00020f "
                           "mask=0xffffff00\n"
                           "route.disagreed address=0xc6336401\n"
                           "file.opened task=1 path=eth0.rx result=-2\n"
                           "scheme.registered task=1 scheme=2 name=eth0.rx\n"
                           "request.sent tag=7 task=1 scheme=2 operation=irq handle=0x30 "
                           "size=4096\n"
                           "request.delivered tag=7 task=3\n"
                           "request.served tag=7 task=3\n"
                           "request.about tag=7 object=0x66\n"
                           "request.answered tag=7 result=-5\n"
                           "request.cancelled tag=8 how=irq\n"
                           "scheme.removed scheme=2 name=eth0.rx\n"
                           "event.watched queue=4 kind=irq number=37 handle=0x30 events=1\n"
                           "event.posted queue=4 kind=irq number=37 handle=0x30 events=2\n"
                           "event.read task=1 queue=4 count=5 left=6\n"
                           "file.ready scheme=2 handle=0x30 events=1\n"
                           "time.set task=1 file=3 timeout=0x44 deadline=6000\n"
                           "stack.polled time=5500\n"
                           "irq.acknowledged task=1 intid=37 count=12 result=-116\n"
                           "counter name=eth0.rx value=9\n"
                           "guest.drop where=eth0.rx why=irq\n"
                           "program.started program=2 task=1\n"
                           "program.output program=2 text=\"some text\"\n"
                           "program.output program=2 text=\"\"\n"
                           "program.exited program=2 status=-1\n"
                           "task.exited task=1\n"
                           "run.power-off status=0\n";
    CU_ASSERT_STRING_EQUAL(testbed.events->str, expected);
    CU_ASSERT_EQUAL(testbed_now(), 0);
    CU_ASSERT_EQUAL(cpu_ticks(testbed.cpu), 0);
    testbed_fini();
}

static void vector_takes_lock(void)
{
    seen.irqs++;
    probe_lock_taken(0x50, seen.name);
    irqline_set(&testbed.input, false);
}

static void guest_probes_with_pending_interrupt(void)
{
    hal_irq_set_vector(vector_takes_lock);
    hal_irq_restore(0);
    probe_task_running(3);
    hal_mmio_write32(DEVICE_ARM, 150);
    ringside_ticks.left -= 60; /* past the event: the next tick would take it */
    probe_task_woken(3);
    probe_lock_taken(0x51, seen.name);
    CU_ASSERT_EQUAL(seen.irqs, 0);
    guest_ticks(1);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    probe_lock_taken(0x52, seen.name);
    hal_power_off(0);
}

static void test_probes_run_no_event_and_take_no_interrupt(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_probes_with_pending_interrupt), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    testbed_fini();
}

static void test_a_lock_in_the_vector_is_the_kernels(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_probes_with_pending_interrupt), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed_count("lock.taken task=3 lock=0x51 "), 1);
    CU_ASSERT_EQUAL(testbed_count("lock.taken task=0 lock=0x50 "), 1);
    CU_ASSERT_EQUAL(testbed_count("lock.taken task=3 lock=0x52 "), 1);
    testbed_fini();
}

static void guest_stamps(void)
{
    guest_ticks(25);
    probe_task_woken(1);
    guest_ticks(5);
    hal_power_off(0);
}

static void test_an_event_is_stamped_with_the_guests_time(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_stamps), CPU_STOP_POWER_OFF);
    const struct trace_event *woken = trace_get(testbed.trace, 2);
    CU_ASSERT_EQUAL(woken->kind, TRACE_TASK_WOKEN);
    CU_ASSERT_EQUAL(woken->time_ns, VCLOCK_POWER_ON_NS + 25);
    testbed_fini();
}

static void test_an_observer_can_stop_the_cpu_in_a_probe(void)
{
    fresh();
    testbed.stop_at = TRACE_TASK_WOKEN;
    CU_ASSERT_EQUAL(testbed_run(guest_stamps), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(cpu_ticks(testbed.cpu), 25);
    CU_ASSERT_EQUAL(cpu_resume(testbed.cpu), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_ticks(testbed.cpu), 30);
    testbed_fini();
}

static void guest_probes_nonsense(void)
{
    char *endless = testbed_ram(2000);
    memset(endless, 'e', 2000);
    probe_counter(NULL, 1);
    probe_counter("outside of guest RAM", 2);
    probe_counter(endless, 3);
    probe_program_output(1, "outside", 7);
    probe_program_output(1, seen.text, SIZE_MAX);
    hal_power_off(0);
}

static void test_strings_that_are_none_are_violations(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_probes_nonsense), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=probe_counter "), 3);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=probe_program_output "), 2);
    CU_ASSERT_EQUAL(testbed_count("counter name=? value=1 "), 1);
    CU_ASSERT_EQUAL(testbed_count("counter name=? value=2 "), 1);
    CU_ASSERT_EQUAL(testbed_count("eee value=3 "), 1);
    CU_ASSERT_EQUAL(testbed_count("program.output"), 0);
    testbed_fini();
}

static void guest_reaches_the_end_of_ram(void)
{
    char *last =
        hal_phys_to_virt(gmem_ram_base(testbed.memory) + gmem_ram_size(testbed.memory) - 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(last);
    *last = 'z';
    probe_counter(last, 1);
    hal_power_off(0);
}

static void test_a_string_that_leaves_ram_is_a_violation(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_reaches_the_end_of_ram), CPU_STOP_POWER_OFF);
    ASSERT_ONE_VIOLATION("probe_counter");
    testbed_fini();
}

UNIT_SUITE("probe", UNIT_TEST(test_each_probe_is_its_event),
           UNIT_TEST(test_spinlocks_are_told_to_who_listens_and_are_no_events),
           UNIT_TEST(test_no_spinlock_is_forgotten),
           UNIT_TEST(test_probes_run_no_event_and_take_no_interrupt),
           UNIT_TEST(test_a_lock_in_the_vector_is_the_kernels),
           UNIT_TEST(test_an_event_is_stamped_with_the_guests_time),
           UNIT_TEST(test_an_observer_can_stop_the_cpu_in_a_probe),
           UNIT_TEST(test_strings_that_are_none_are_violations),
           UNIT_TEST(test_a_string_that_leaves_ram_is_a_violation))
