/*
 * board_test.c - the machine as a whole, with a small guest (testguest.c)
 */
#include "emu/board/board.h"

#include "tests/unit.h"

#include <string.h>
#include <sys/mman.h>

#define MILLISECOND_NS UINT64_C(1000000)

static const struct board_net_config two_nets[] = {
    {.device = {.name = "eth0", .mac = {0x52, 0x54, 0, 0, 0, 1}, .queue_size = 8},
     .backend = BOARD_BACKEND_SLIRP},
    {.device = {.name = "eth1", .mac = {0x52, 0x54, 0, 0, 0, 2}, .queue_size = 16},
     .backend = BOARD_BACKEND_NONE},
};
static const struct board_file ip_file = {.path = "/etc/net/ip", .data = "10.0.2.15", .size = 9};

/* A machine with the guest, and the log of its run. */
struct machine {
    struct guest_image *image;
    struct board *board;
    GString *log;
    unsigned quiescent_calls;
};

static void machine_record(void *opaque, const struct trace_event *event)
{
    struct machine *machine = opaque;
    trace_format_line(machine->log, event);
    g_string_append_c(machine->log, '\n');
}

static struct board_config machine_config(const char *command_line)
{
    struct board_config config;
    board_config_init(&config);
    config.command_line = command_line;
    config.nets = two_nets;
    config.net_count = G_N_ELEMENTS(two_nets);
    config.files = &ip_file;
    config.file_count = 1;
    return config;
}

static void machine_init(struct machine *machine, const struct board_config *config)
{
    GError *error = NULL;
    *machine = (struct machine){.log = g_string_new(NULL)};
    machine->image = guest_image_load(TESTGUEST, &error);
    g_assert_no_error(error);
    machine->board = board_new(config, machine->image, &error);
    g_assert_no_error(error);
    trace_add_observer(board_trace(machine->board), machine_record, machine);
}

static void machine_fini(struct machine *machine)
{
    board_free(machine->board);
    guest_image_free(machine->image);
    g_string_free(machine->log, TRUE);
}

static bool machine_logged(const struct machine *machine, const char *text)
{
    return strstr(machine->log->str, text) != NULL;
}

/* Nothing that the guest did was wrong. */
static void machine_check_silence(const struct machine *machine)
{
    static const char *const wrong[] = {"breach",   "violation", "refused",
                                        "unmapped", "spurious",  "guest.panic"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        CU_ASSERT_FALSE(machine_logged(machine, wrong[i]));
    }
}

static void run_timer_guest(const struct board_config *config)
{
    struct machine machine;
    machine_init(&machine, config);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(board_cpu(machine.board)), 0);
    CU_ASSERT_TRUE(machine_logged(&machine, " timer.armed timer=CNTV"));
    CU_ASSERT_TRUE(machine_logged(&machine, " timer.fired timer=CNTV masked=0\n"));
    CU_ASSERT_TRUE(machine_logged(&machine, " irq.taken intid=27 cpu=0\n"));
    CU_ASSERT_TRUE(machine_logged(&machine, " irq.eoi intid=27 cpu=0\n"));
    CU_ASSERT_TRUE(machine_logged(&machine, " run.power-off status=0\n"));
    machine_check_silence(&machine);
    CU_ASSERT(vclock_now_ns(board_clock(machine.board)) >= VCLOCK_POWER_ON_NS + MILLISECOND_NS);
    machine_fini(&machine);
}

static void test_guest_boots_takes_a_timer_interrupt_and_powers_off(void)
{
    struct board_config config = machine_config("timer");
    run_timer_guest(&config);
}

static void test_guest_boots_at_el2_with_vhe(void)
{
    struct board_config config = machine_config("timer vhe");
    config.vhe = true;
    run_timer_guest(&config);
}

static void test_timers_of_el2_are_not_there_for_a_guest_at_el1(void)
{
    struct board_config config = machine_config("no el2");
    struct machine machine;
    machine_init(&machine, &config);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(board_cpu(machine.board)), 0);
    CU_ASSERT_TRUE(machine_logged(&machine, " guest.violation function=hal_sysreg_write rule=\"the "
                                            "timers of EL2 are not there for a guest at EL1\""));
    machine_fini(&machine);
}

static void test_guest_boots_with_translated_addresses(void)
{
    struct board_config config = machine_config("timer");
    config.pa_offset = UINT64_C(0x100000000);
    config.ram_size = GMEM_SIZE_MIN;
    run_timer_guest(&config);
}

static void test_power_on_comes_first_and_names_guest_and_seed(void)
{
    struct board_config config = machine_config("timer");
    config.seed = 7;
    struct machine machine;
    machine_init(&machine, &config);
    CU_ASSERT_EQUAL(trace_last(board_trace(machine.board)), 0); /* building is silent */
    (void)board_run(machine.board);
    static const char power_on[] = "1.000000000 #1 run.power-on guest=boardtest seed=7\n";
    CU_ASSERT_EQUAL(strncmp(machine.log->str, power_on, strlen(power_on)), 0);
    machine_fini(&machine);
}

static void test_two_runs_are_the_same_to_the_byte(void)
{
    struct board_config config = machine_config("timer");
    g_autofree char *first = NULL;
    for (unsigned run = 0; run < 2; run++) {
        struct machine machine;
        machine_init(&machine, &config);
        (void)board_run(machine.board);
        if (first == NULL) {
            first = g_strdup(machine.log->str);
        } else {
            CU_ASSERT_STRING_EQUAL(first, machine.log->str);
        }
        machine_fini(&machine);
    }
}

static void test_step_and_mmio_cost_reach_the_cpu(void)
{
    uint64_t end_ns[3];
    for (unsigned run = 0; run < G_N_ELEMENTS(end_ns); run++) {
        struct board_config config = machine_config("sleep");
        config.step_ns = run == 1 ? 10 : 1;
        config.mmio_ns = run == 2 ? 1000 : 100;
        struct machine machine;
        machine_init(&machine, &config);
        CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_QUIESCENT);
        end_ns[run] = vclock_now_ns(board_clock(machine.board)) - VCLOCK_POWER_ON_NS;
        machine_fini(&machine);
    }
    /* sleep makes 4 accesses; the rest of its time is ticks */
    CU_ASSERT_EQUAL(end_ns[2] - end_ns[0], 4 * UINT64_C(900));
    CU_ASSERT_EQUAL(end_ns[1] - end_ns[0], (end_ns[0] - 4 * UINT64_C(100)) * 9);
}

static void test_machine_that_only_sleeps_is_quiescent(void)
{
    struct board_config config = machine_config("sleep");
    struct machine machine;
    machine_init(&machine, &config);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_QUIESCENT);
    CU_ASSERT_FALSE(machine_logged(&machine, "irq.pending"));
    machine_check_silence(&machine);
    machine_fini(&machine);
}

static void test_masked_timer_does_not_wake_the_machine(void)
{
    struct board_config config = machine_config("masked");
    struct machine machine;
    machine_init(&machine, &config);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_QUIESCENT);
    CU_ASSERT_TRUE(machine_logged(&machine, " timer.armed timer=CNTV"));
    CU_ASSERT_FALSE(machine_logged(&machine, "timer.fired"));
    CU_ASSERT(vclock_now_ns(board_clock(machine.board)) < VCLOCK_POWER_ON_NS + MILLISECOND_NS);
    machine_fini(&machine);
}

/* First nothing can happen; then somebody pulls the cable. */
static void machine_pull_cable(void *opaque)
{
    struct machine *machine = opaque;
    machine->quiescent_calls++;
    virtio_net_set_link(board_net(machine->board, "eth1"), false);
}

static void test_second_device_interrupts_through_the_second_window(void)
{
    struct board_config config = machine_config("link");
    struct machine machine;
    machine_init(&machine, &config);
    board_set_quiescent(machine.board, machine_pull_cable, &machine);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(board_cpu(machine.board)), 0);
    CU_ASSERT_EQUAL(machine.quiescent_calls, 1);
    CU_ASSERT_TRUE(machine_logged(&machine, " irq.line intid=49 level=1\n"));
    CU_ASSERT_TRUE(machine_logged(&machine, " irq.line intid=49 level=0\n"));
    CU_ASSERT_TRUE(machine_logged(&machine, " irq.eoi intid=49 cpu=0\n"));
    CU_ASSERT_FALSE(machine_logged(&machine, "intid=48"));
    machine_check_silence(&machine);
    machine_fini(&machine);
}

static void machine_stop(void *opaque)
{
    struct machine *machine = opaque;
    machine->quiescent_calls++;
    board_stop(machine->board);
}

static void test_stopped_machine_goes_on(void)
{
    struct board_config config = machine_config("link");
    struct machine machine;
    machine_init(&machine, &config);
    board_set_quiescent(machine.board, machine_stop, &machine);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_REQUESTED);
    CU_ASSERT_EQUAL(machine.quiescent_calls, 1);
    board_set_quiescent(machine.board, NULL, NULL);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_QUIESCENT);
    virtio_net_set_link(board_net(machine.board, "eth1"), false);
    CU_ASSERT_EQUAL(board_run(machine.board), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(board_cpu(machine.board)), 0);
    machine_fini(&machine);
}

static void test_parts_are_found_by_name(void)
{
    GError *error = NULL;
    struct board_config config = machine_config("");
    struct board *board = board_new(&config, NULL, &error);
    g_assert_no_error(error);
    CU_ASSERT_PTR_NOT_NULL(board_net(board, "eth0"));
    CU_ASSERT_STRING_EQUAL(virtio_net_dev(board_net(board, "eth1"))->name, "eth1");
    CU_ASSERT_PTR_NULL(board_net(board, "eth2"));
    CU_ASSERT_PTR_NULL(board_net(board, ""));
    CU_ASSERT_STRING_EQUAL(board_queue(board, "eth0.rx")->name, "eth0.rx");
    CU_ASSERT_STRING_EQUAL(board_queue(board, "eth1.tx")->name, "eth1.tx");
    CU_ASSERT_PTR_NULL(board_queue(board, "eth0"));
    CU_ASSERT_PTR_NULL(board_queue(board, "eth0.ctrl"));
    CU_ASSERT_PTR_NOT_NULL(wire_port_by_name(board_wire(board), "eth0"));
    CU_ASSERT_PTR_NOT_NULL(wire_port_by_name(board_wire(board), "eth1"));
    CU_ASSERT_PTR_NOT_NULL(wire_port_by_name(board_wire(board), "slirp"));
    CU_ASSERT_EQUAL(gic_irq_count(board_gic(board)), BOARD_IRQ_COUNT);
    CU_ASSERT_EQUAL(gtimer_count(board_timer(board, 0), GTIMER_VIRTUAL), GTIMER_FREQUENCY_HZ);
    CU_ASSERT_EQUAL(gmem_ram_size(board_memory(board)), config.ram_size);
    CU_ASSERT_EQUAL(trace_last(board_trace(board)), 0);
    board_free(board);
}

static void test_libslirp_is_there_only_when_asked_for(void)
{
    GError *error = NULL;
    struct board_config config = machine_config("");
    config.nets = &two_nets[1];
    config.net_count = 1;
    struct board *board = board_new(&config, NULL, &error);
    g_assert_no_error(error);
    CU_ASSERT_PTR_NULL(wire_port_by_name(board_wire(board), "slirp"));
    CU_ASSERT_PTR_NOT_NULL(wire_port_by_name(board_wire(board), "eth1"));
    board_free(board);
    board_free(NULL);
}

static void test_a_machine_that_cannot_be_built_leaves_nothing_behind(void)
{
    struct board_config config = machine_config("");
    g_autofree char *huge = g_malloc0(GMEM_BOOT_SIZE);
    const struct board_file file = {.path = "/huge", .data = huge, .size = GMEM_BOOT_SIZE};
    config.files = &file;
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(board_new(&config, NULL, &error));
        CU_ASSERT_TRUE(g_error_matches(error, BOARD_ERROR, BOARD_ERROR_BOOT_SIZE));
    }
    config.files = &ip_file;
    GError *error = NULL;
    struct board *board = board_new(&config, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(board);
    CU_ASSERT_PTR_NULL(error);
    board_free(board);
}

static void test_memory_that_is_taken_is_an_error(void)
{
    struct board_config config = machine_config("");
    void *taken = mmap((void *)(uintptr_t)(GMEM_BASE + GMEM_SIZE_MIN), GMEM_PAGE, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CU_ASSERT_NOT_EQUAL_FATAL(taken, MAP_FAILED);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(board_new(&config, NULL, &error));
    g_assert(error != NULL);
    CU_ASSERT_EQUAL(error->domain, G_FILE_ERROR);
    munmap(taken, GMEM_PAGE);
}

static void test_bad_configuration_builds_nothing(void)
{
    struct board_config config = machine_config("");
    g_autoptr(GError) error = NULL;
    config.ram_size = 0;
    CU_ASSERT_PTR_NULL(board_new(&config, NULL, &error));
    CU_ASSERT_TRUE(g_error_matches(error, BOARD_ERROR, BOARD_ERROR_CONFIG));
}

UNIT_SUITE("board", UNIT_TEST(test_guest_boots_takes_a_timer_interrupt_and_powers_off),
           UNIT_TEST(test_guest_boots_at_el2_with_vhe),
           UNIT_TEST(test_timers_of_el2_are_not_there_for_a_guest_at_el1),
           UNIT_TEST(test_guest_boots_with_translated_addresses),
           UNIT_TEST(test_power_on_comes_first_and_names_guest_and_seed),
           UNIT_TEST(test_two_runs_are_the_same_to_the_byte),
           UNIT_TEST(test_step_and_mmio_cost_reach_the_cpu),
           UNIT_TEST(test_machine_that_only_sleeps_is_quiescent),
           UNIT_TEST(test_masked_timer_does_not_wake_the_machine),
           UNIT_TEST(test_second_device_interrupts_through_the_second_window),
           UNIT_TEST(test_stopped_machine_goes_on), UNIT_TEST(test_parts_are_found_by_name),
           UNIT_TEST(test_libslirp_is_there_only_when_asked_for),
           UNIT_TEST(test_a_machine_that_cannot_be_built_leaves_nothing_behind),
           UNIT_TEST(test_memory_that_is_taken_is_an_error),
           UNIT_TEST(test_bad_configuration_builds_nothing))
