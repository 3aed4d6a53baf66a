/*
 * hal_test.c - contexts, system registers, memory, console, entropy, and every rule that a guest
 * can break
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE           16384U
#define RULE(function, rule) "guest.violation function=" function " rule=\"" rule "\" "

static struct {
    struct hal_context *boot, *first, *second; /* in guest RAM */
    unsigned turns, irqs, wrong;
    uint64_t daif[4];
    void *arg;
    char *stack, *freed;
} seen;

static void fresh(void)
{
    memset(&seen, 0, sizeof(seen));
    testbed_init(1);
    seen.boot = testbed_ram(sizeof(*seen.boot));
    seen.first = testbed_ram(sizeof(*seen.first));
    seen.second = testbed_ram(sizeof(*seen.second));
}

static void run(void (*boot)(void))
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(boot), CPU_STOP_POWER_OFF);
    CU_ASSERT_PTR_NULL(cpu_panic_reason(testbed.cpu));
}

static void init_context(struct hal_context *context, void (*entry)(void *), void *arg)
{
    seen.stack = hal_stack_alloc(STACK_SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(seen.stack);
    hal_context_init(context, entry, arg, seen.stack, STACK_SIZE);
}

/* ---- contexts -------------------------------------------------------------------------------- */

static void back_and_forth(void *arg)
{
    volatile char local = 0;
    seen.arg = arg;
    seen.wrong += (char *)&local < seen.stack || (char *)&local >= seen.stack + STACK_SIZE;
    seen.daif[1] = hal_irq_flags();
    for (;;) {
        seen.turns++;
        hal_irq_save();
        hal_context_switch(seen.first, seen.boot);
    }
}

static void guest_switches(void)
{
    init_context(seen.first, back_and_forth, &seen);
    CU_ASSERT_EQUAL(seen.turns, 0);
    seen.daif[0] = hal_irq_flags();
    for (unsigned i = 1; i <= 100; i++) {
        hal_context_switch(seen.boot, seen.first);
        CU_ASSERT_EQUAL(seen.turns, i);
    }
    seen.daif[2] = hal_irq_flags();
    hal_irq_restore(0);
    hal_context_switch(seen.boot, seen.first);
    seen.daif[3] = hal_irq_flags();
    hal_power_off(0);
}

static void test_contexts_switch_and_carry_their_own_mask(void)
{
    run(guest_switches);
    CU_ASSERT_EQUAL(seen.turns, 101);
    CU_ASSERT_PTR_EQUAL(seen.arg, &seen);
    CU_ASSERT_EQUAL(seen.wrong, 0);
    CU_ASSERT_EQUAL(seen.daif[0], HAL_DAIF_I);
    CU_ASSERT_EQUAL(seen.daif[1], 0); /* a new context is unmasked */
    CU_ASSERT_EQUAL(seen.daif[2], HAL_DAIF_I);
    CU_ASSERT_EQUAL(seen.daif[3], 0);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    testbed_fini();
}

static void vector_quiets(void)
{
    seen.irqs++;
    irqline_set(&testbed.input, false);
}

static void returns_to_boot(void *arg)
{
    (void)arg;
    seen.turns = seen.irqs;
    hal_context_switch(seen.first, seen.boot);
}

static void guest_with_pending_interrupt(void)
{
    hal_irq_set_vector(vector_quiets);
    hal_mmio_write8(DEVICE_LEVEL, 1);
    CU_ASSERT_EQUAL(seen.irqs, 0);
    init_context(seen.first, returns_to_boot, NULL);
    hal_context_switch(seen.boot, seen.first);
    hal_power_off(0);
}

static void test_a_pending_interrupt_is_taken_on_the_unmasked_context(void)
{
    run(guest_with_pending_interrupt);
    CU_ASSERT_EQUAL(seen.turns, 1); /* taken before the entry was called */
    CU_ASSERT_EQUAL(seen.irqs, 1);
    testbed_fini();
}

/* The vector switches away; the interrupted code goes on, unmasked, when it is resumed. */
static void switching_vector(void)
{
    seen.irqs++;
    irqline_set(&testbed.input, false);
    hal_context_switch(seen.boot, seen.first);
}

static void resumes_interrupted(void *arg)
{
    (void)arg;
    seen.turns++;
    hal_context_switch(seen.first, seen.boot);
}

static void guest_preempted(void)
{
    init_context(seen.first, resumes_interrupted, NULL);
    hal_irq_set_vector(switching_vector);
    hal_irq_restore(0);
    hal_mmio_write32(DEVICE_ARM, 200);
    guest_ticks(99);
    CU_ASSERT_EQUAL(seen.turns, 0);
    guest_ticks(2);
    CU_ASSERT_EQUAL(seen.turns, 1);
    seen.daif[0] = hal_irq_flags();
    hal_power_off(0);
}

static void test_the_vector_may_switch_and_the_interrupted_context_goes_on(void)
{
    run(guest_preempted);
    CU_ASSERT_EQUAL(seen.irqs, 1);
    CU_ASSERT_EQUAL(seen.turns, 1);
    CU_ASSERT_EQUAL(seen.daif[0], 0);
    testbed_fini();
}

static void frees_the_first(void *arg)
{
    (void)arg;
    hal_stack_free(seen.freed, STACK_SIZE);
    seen.turns++;
    hal_context_exit(seen.second, seen.boot);
}

static void exits_to_second(void *arg)
{
    (void)arg;
    seen.turns++;
    hal_context_exit(seen.first, seen.second);
}

static void guest_with_exits(void)
{
    for (unsigned i = 0; i < 3; i++) {
        init_context(seen.first, exits_to_second, NULL);
        seen.freed = seen.stack;
        init_context(seen.second, frees_the_first, NULL);
        hal_context_switch(seen.boot, seen.first);
        hal_stack_free(seen.stack, STACK_SIZE);
    }
    hal_power_off(0);
}

static void test_an_exited_context_can_be_freed_and_used_again(void)
{
    run(guest_with_exits);
    CU_ASSERT_EQUAL(seen.turns, 6);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    testbed_fini();
}

static void overflows(void *arg)
{
    (void)arg;
    *(volatile char *)(seen.stack - 1) = 1;
}

static void guest_overflows_stack(void)
{
    init_context(seen.first, overflows, NULL);
    *(volatile char *)seen.stack = 1;
    hal_context_switch(seen.boot, seen.first);
}

static void test_a_guard_page_lies_below_a_guest_stack(void)
{
    fresh();
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL);
        testbed_run(guest_overflows_stack);
        _exit(EXIT_SUCCESS);
    }
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    testbed_fini();
}

/* ---- contexts, wrongly used ------------------------------------------------------------------ */

static void guest_inits_nonsense(void)
{
    static struct hal_context outside;
    void *stack = hal_stack_alloc(STACK_SIZE);
    hal_context_init(&outside, back_and_forth, NULL, stack, STACK_SIZE);
    hal_context_init(seen.first, NULL, NULL, stack, STACK_SIZE);
    hal_context_init(seen.first, back_and_forth, NULL, stack, 4095);
    hal_context_init(seen.first, back_and_forth, NULL, &outside, STACK_SIZE);
    hal_context_init(seen.first, back_and_forth, NULL, stack, SIZE_MAX);
    hal_power_off(0);
}

static void test_nonsense_for_a_new_context_is_a_violation(void)
{
    run(guest_inits_nonsense);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_context_init "), 5);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_context_init", "a context lies in guest RAM")), 1);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_context_init", "a context has an entry")), 1);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_context_init", "a context's stack has at least 4 KiB")),
                    1);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_context_init", "a context's stack lies in guest RAM")),
                    2);
    testbed_fini();
}

/* Runs a guest that cannot survive what it does. */
static void run_fatal(void (*boot)(void), const char *reason)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(boot), CPU_STOP_PANIC);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cpu_panic_reason(testbed.cpu));
    CU_ASSERT_STRING_EQUAL(cpu_panic_reason(testbed.cpu), reason);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.panic"), 1);
    testbed_fini();
}

static void guest_switches_to_uninitialised(void)
{
    hal_context_switch(seen.boot, seen.first);
}

static void guest_switches_outside(void)
{
    hal_context_switch(seen.boot, NULL);
}

static void guest_switches_from_outside(void)
{
    hal_context_switch(NULL, seen.first);
}

static void guest_switches_to_itself_at_boot(void)
{
    init_context(seen.first, back_and_forth, NULL);
    hal_context_switch(seen.first, seen.first);
}

static void exits_to_itself(void *arg)
{
    (void)arg;
    hal_context_exit(seen.first, seen.first);
}

static void guest_exits_to_itself(void)
{
    init_context(seen.first, exits_to_itself, NULL);
    hal_context_switch(seen.boot, seen.first);
}

static void guest_exits_to_itself_at_boot(void)
{
    init_context(seen.first, back_and_forth, NULL);
    hal_context_exit(seen.first, seen.first);
}

static void exits_to_boot(void *arg)
{
    (void)arg;
    hal_context_exit(seen.first, seen.boot);
}

static void guest_resumes_the_dead(void)
{
    init_context(seen.first, exits_to_boot, NULL);
    hal_context_switch(seen.boot, seen.first);
    hal_context_switch(seen.boot, seen.first);
}

static void guest_tampers_with_sp(void)
{
    init_context(seen.first, back_and_forth, NULL);
    seen.first->sp = (char *)seen.first->stack - 8;
    hal_context_switch(seen.boot, seen.first);
}

static void guest_copies_context(void)
{
    init_context(seen.first, back_and_forth, NULL);
    *seen.second = *seen.first;
    hal_context_switch(seen.boot, seen.second);
}

static void returns_from_entry(void *arg)
{
    (void)arg;
}

static void guest_entry_returns(void)
{
    init_context(seen.first, returns_from_entry, NULL);
    hal_context_switch(seen.boot, seen.first);
}

static void test_rules_of_contexts_that_end_the_guest(void)
{
    run_fatal(guest_switches_to_uninitialised,
              "hal_context_switch: the context was never initialised");
    run_fatal(guest_switches_outside, "hal_context_switch: a context lies in guest RAM");
    run_fatal(guest_switches_from_outside, "hal_context_switch: a context lies in guest RAM");
    run_fatal(guest_switches_to_itself_at_boot,
              "hal_context_switch: a context cannot be switched to itself");
    run_fatal(guest_exits_to_itself, "hal_context_exit: the running context cannot be resumed");
    run_fatal(guest_exits_to_itself_at_boot, "hal_context_exit: a context cannot exit to itself");
    run_fatal(guest_resumes_the_dead,
              "hal_context_switch: a context that exited cannot be resumed");
    run_fatal(guest_tampers_with_sp,
              "hal_context_switch: the members of a context belong to the bench");
    run_fatal(guest_copies_context, "hal_context_switch: the context was never initialised");
    run_fatal(guest_entry_returns, "hal_context_init: a context's entry must not return");
}

static void breaks_rules_and_goes_on(void *arg)
{
    (void)arg;
    hal_context_switch(seen.first, seen.first);
    hal_context_init(seen.first, back_and_forth, NULL, seen.stack, STACK_SIZE);
    seen.turns++;
    hal_context_switch(seen.second, seen.boot); /* this is not `second` */
    seen.turns++;
    hal_context_switch(seen.second, seen.boot);
}

static void guest_breaks_survivable_rules(void)
{
    init_context(seen.first, breaks_rules_and_goes_on, NULL);
    hal_context_switch(seen.boot, seen.first);
    hal_context_switch(seen.boot, seen.second);
    hal_power_off(0);
}

static void test_rules_of_contexts_that_the_guest_survives(void)
{
    run(guest_breaks_survivable_rules);
    CU_ASSERT_EQUAL(seen.turns, 2);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 3);
    CU_ASSERT_EQUAL(
        testbed_count(RULE("hal_context_switch", "a context cannot be switched to itself")), 1);
    CU_ASSERT_EQUAL(
        testbed_count(RULE("hal_context_init", "the running context cannot be prepared again")), 1);
    CU_ASSERT_EQUAL(
        testbed_count(RULE("hal_context_switch", "the context to suspend is the running one")), 1);
    testbed_fini();
}

static void exits_as_another(void *arg)
{
    (void)arg;
    hal_context_exit(seen.second, seen.boot);
}

static void guest_exits_as_another(void)
{
    init_context(seen.first, exits_as_another, NULL);
    hal_context_switch(seen.boot, seen.first);
    hal_power_off(0);
}

static void boots_off(void *arg)
{
    hal_power_off(*(int *)arg);
}

static void guest_leaves_boot_for_good(void)
{
    static int status = 6;
    init_context(seen.first, boots_off, &status);
    hal_context_exit(NULL, seen.first);
}

static void test_boot_code_may_exit_and_a_wrong_name_is_a_violation(void)
{
    run(guest_exits_as_another);
    ASSERT_ONE_VIOLATION("hal_context_exit");
    run(guest_leaves_boot_for_good);
    CU_ASSERT_EQUAL(cpu_power_off_status(testbed.cpu), 6);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    testbed_fini();
}

/* ---- system registers ------------------------------------------------------------------------ */

static void guest_uses_sysregs(void)
{
    CU_ASSERT_EQUAL(hal_sysreg_read(HAL_CNTFRQ_EL0), 100 + HAL_CNTFRQ_EL0);
    CU_ASSERT_EQUAL(hal_sysreg_read(HAL_CNTVCT_EL0), 2); /* each of them takes a tick */
    hal_sysreg_write(HAL_CNTV_CVAL_EL0, 1234);
    hal_sysreg_write(HAL_CNTFRQ_EL0, 1);
    hal_sysreg_write(HAL_CURRENT_EL, 1);
    hal_power_off(0);
}

static void test_system_registers_reach_the_board_unless_read_only(void)
{
    run(guest_uses_sysregs);
    CU_ASSERT_EQUAL(testbed.sysreg_written, HAL_CNTV_CVAL_EL0);
    CU_ASSERT_EQUAL(testbed.sysreg_value, 1234);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    testbed_fini();
}

static void guest_uses_unknown_sysreg(void)
{
    CU_ASSERT_EQUAL(hal_sysreg_read(HAL_SYSREG_COUNT), 0);
    hal_sysreg_write(HAL_SYSREG_COUNT, 5);
    hal_power_off(0);
}

static void test_an_unknown_system_register_is_a_violation(void)
{
    run(guest_uses_unknown_sysreg);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_sysreg_read "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_sysreg_write "), 1);
    CU_ASSERT_EQUAL(testbed.sysreg_value, 0);
    testbed_fini();
}

static void guest_uses_icc_registers(void)
{
    testbed.has_no_icc = true;
    CU_ASSERT_EQUAL(hal_sysreg_read(HAL_ICC_IAR1_EL1), 0);
    hal_sysreg_write(HAL_ICC_EOIR1_EL1, 5);
    CU_ASSERT_EQUAL(testbed.sysreg_value, 0);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_sysreg_read "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_sysreg_write "), 1);
    testbed.has_no_icc = false;
    CU_ASSERT_EQUAL(hal_sysreg_read(HAL_ICC_IAR1_EL1), 100 + HAL_ICC_IAR1_EL1);
    hal_sysreg_write(HAL_ICC_EOIR1_EL1, 5);
    CU_ASSERT_EQUAL(testbed.sysreg_value, 5);
    hal_sysreg_write(HAL_ICC_IAR1_EL1, 6); /* read-only */
    CU_ASSERT_EQUAL(testbed.sysreg_value, 5);
    hal_power_off(0);
}

static void test_a_register_that_the_machine_lacks_is_a_violation(void)
{
    run(guest_uses_icc_registers);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 2);
    testbed_fini();
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void guest_allocates(void)
{
    uint64_t *pa = (uint64_t *)seen.first; /* somewhere in guest RAM */
    unsigned char *memory = hal_dma_alloc(100, 256, pa);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    CU_ASSERT_EQUAL(*pa % 256, 0);
    CU_ASSERT_EQUAL(hal_virt_to_phys(memory), *pa);
    CU_ASSERT_PTR_EQUAL(hal_phys_to_virt(*pa), memory);
    CU_ASSERT_TRUE(gmem_allocated(testbed.memory) >= 100);
    hal_dma_free(memory, 100);
    CU_ASSERT_EQUAL(gmem_allocated(testbed.memory), 0);
    hal_dma_free(NULL, 0);
    hal_stack_free(NULL, 0);
    CU_ASSERT_EQUAL(hal_virt_to_phys(&seen), UINT64_MAX);
    CU_ASSERT_EQUAL(hal_virt_to_phys(NULL), UINT64_MAX);
    CU_ASSERT_PTR_NULL(hal_phys_to_virt(0));
    CU_ASSERT_PTR_NULL(hal_phys_to_virt(UINT64_MAX));
    hal_power_off(0);
}

static void test_dma_memory_and_addresses(void)
{
    run(guest_allocates);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    testbed_fini();
}

static void guest_exhausts_memory(void)
{
    uint64_t *pa = (uint64_t *)seen.first;
    *pa = 7;
    CU_ASSERT_PTR_NULL(hal_dma_alloc(GMEM_SIZE_MIN, 16, pa));
    CU_ASSERT_PTR_NULL(hal_dma_alloc(SIZE_MAX, 16, pa));
    CU_ASSERT_EQUAL(*pa, 7);
    CU_ASSERT_PTR_NULL(hal_stack_alloc(GMEM_SIZE_MIN));
    hal_power_off(0);
}

static void test_exhaustion_is_no_violation(void)
{
    run(guest_exhausts_memory);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    testbed_fini();
}

static void guest_gets_no_memory(void)
{
    uint64_t *pa = (uint64_t *)seen.first;
    *pa = 7;
    testbed.allocations_fail = 2;
    CU_ASSERT_PTR_NULL(hal_dma_alloc(0, 16, pa)); /* nonsense is no allocation */
    CU_ASSERT_EQUAL(testbed.allocations_fail, 2);
    CU_ASSERT_PTR_NULL(hal_dma_alloc(16, 16, pa));
    CU_ASSERT_EQUAL(*pa, 7);
    CU_ASSERT_PTR_NULL(hal_stack_alloc(4096));
    CU_ASSERT_EQUAL(gmem_allocated(testbed.memory), 0);
    void *stack = hal_stack_alloc(4096);
    CU_ASSERT_PTR_NOT_NULL(stack);
    hal_stack_free(stack, 4096);
    hal_power_off(0);
}

static void test_allocations_fail_when_the_machine_says_so(void)
{
    run(guest_gets_no_memory);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 1);
    testbed_fini();
}

static void guest_allocates_nonsense(void)
{
    uint64_t *pa = (uint64_t *)seen.first;
    CU_ASSERT_PTR_NULL(hal_dma_alloc(0, 16, pa));
    CU_ASSERT_PTR_NULL(hal_dma_alloc(16, 0, pa));
    CU_ASSERT_PTR_NULL(hal_dma_alloc(16, 24, pa));
    CU_ASSERT_PTR_NULL(hal_dma_alloc(16, 16, NULL));
    hal_dma_free(seen.second, 16);
    CU_ASSERT_PTR_NULL(hal_stack_alloc(0));
    hal_stack_free(seen.second, 4096);
    hal_power_off(0);
}

static void test_nonsense_for_memory_is_a_violation(void)
{
    run(guest_allocates_nonsense);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_dma_alloc", "a size is not 0")), 1);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_dma_alloc", "an alignment is a power of two")), 2);
    CU_ASSERT_EQUAL(testbed_count(RULE("hal_dma_alloc", "the address is stored in guest RAM")), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_dma_free "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_stack_alloc "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_stack_free "), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 7);
    testbed_fini();
}

static void frees_its_own_stack(void *arg)
{
    (void)arg;
    hal_stack_free(seen.stack, STACK_SIZE);
    hal_context_switch(seen.first, seen.boot);
}

static void guest_frees_running_stack(void)
{
    init_context(seen.first, frees_its_own_stack, NULL);
    hal_context_switch(seen.boot, seen.first);
    hal_power_off(0);
}

static void test_the_running_stack_cannot_be_freed(void)
{
    run(guest_frees_running_stack);
    ASSERT_ONE_VIOLATION("hal_stack_free");
    testbed_fini();
}

static void guest_opens_windows(void)
{
    char *memory = (char *)seen.first;
    CU_ASSERT_EQUAL(hal_dma_window(memory + 1, 3, HAL_DMA_BOTH), 0);
    CU_ASSERT_EQUAL(hal_dma_window(memory + 4, 3, HAL_DMA_DEVICE_READS), 0);
    CU_ASSERT_EQUAL(hal_dma_window_drop(memory + 1, 3), 0);
    CU_ASSERT_EQUAL(hal_dma_window_drop(memory + 4, 3), 0);
    CU_ASSERT_EQUAL(hal_dma_window(memory, 64, HAL_DMA_DEVICE_WRITES), 0);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    CU_ASSERT_EQUAL(hal_dma_window(memory + 63, 8, HAL_DMA_BOTH), -1);
    CU_ASSERT_EQUAL(hal_dma_window(&seen, 8, HAL_DMA_BOTH), -1);
    CU_ASSERT_EQUAL(hal_dma_window(memory + 64, 0, HAL_DMA_BOTH), -1);
    CU_ASSERT_EQUAL(hal_dma_window(memory + 64, 8, (enum hal_dma_access)0), -1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_dma_window "), 4);
    CU_ASSERT_EQUAL(hal_dma_window_drop(memory, 63), -1);
    CU_ASSERT_EQUAL(hal_dma_window_drop(&seen, 8), -1);
    CU_ASSERT_EQUAL(hal_dma_window_drop(memory, 64), 0);
    CU_ASSERT_EQUAL(hal_dma_window_drop(memory, 64), -1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_dma_window_drop "), 3);
    hal_power_off(0);
}

static void test_windows_open_and_drop_exactly(void)
{
    run(guest_opens_windows);
    testbed_fini();
}

/* ---- MMIO where nothing is ------------------------------------------------------------------- */

static void guest_accesses_nothing(void)
{
    CU_ASSERT_EQUAL(hal_mmio_read8(0x1000), UINT8_MAX);
    CU_ASSERT_EQUAL(hal_mmio_read16(0x1000), UINT16_MAX);
    CU_ASSERT_EQUAL(hal_mmio_read32(0x1000), UINT32_MAX);
    CU_ASSERT_EQUAL(hal_mmio_read64(0x1000), UINT64_MAX);
    hal_mmio_write16(0x1000, 1);
    hal_mmio_write64(0x1000, 1);
    hal_power_off(0);
}

static void test_unmapped_accesses_read_as_ones(void)
{
    run(guest_accesses_nothing);
    CU_ASSERT_EQUAL(testbed_count("mmio.unmapped"), 6);
    CU_ASSERT_EQUAL(testbed_now(), 6 * TESTBED_MMIO_NS);
    testbed_fini();
}

/* ---- console, entropy, boot information, the end --------------------------------------------- */

static void print(const char *text, size_t size)
{
    char *copy = testbed_ram(size);
    memcpy(copy, text, size);
    hal_console_write(copy, size);
}

static void guest_prints(void)
{
    print("one\ntw", 6);
    print("", 0);
    hal_console_write(NULL, 0);
    print("o\r\n\nn\0l\n", 8);
    print("rest", 4);
    hal_power_off(0);
}

static void test_the_console_is_split_into_lines_and_flushed(void)
{
    run(guest_prints);
    const char *expected = "run.power-on guest=test seed=42\n"
                           "guest.console text=one\n"
                           "guest.console text=two\n"
                           "guest.console text=\"\"\n"
                           "guest.console text=\"n\xe2\x90\x80l\"\n"
                           "guest.console text=rest\n"
                           "run.power-off status=0\n";
    CU_ASSERT_STRING_EQUAL(testbed.events->str, expected);
    testbed_fini();
}

static void guest_prints_prompt_and_waits(void)
{
    print("> ", 2);
    hal_wfi();
}

static void test_a_partial_line_is_flushed_at_a_stop(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_prints_prompt_and_waits), CPU_STOP_QUIESCENT);
    CU_ASSERT_EQUAL(testbed_count("guest.console text=\"> \""), 1);
    testbed_fini();
}

static void guest_prints_long_line(void)
{
    char *text = testbed_ram(5000);
    memset(text, 'x', 5000);
    hal_console_write(text, 5000);
    hal_power_off(0);
}

static void test_an_endless_line_is_cut(void)
{
    run(guest_prints_long_line);
    CU_ASSERT_EQUAL(testbed_count("guest.console"), 2);
    testbed_fini();
}

static void guest_prints_nonsense(void)
{
    hal_console_write("outside of guest RAM", 20);
    hal_console_write((const char *)seen.first, SIZE_MAX);
    hal_random(&seen, 4);
    hal_random(seen.first, SIZE_MAX);
    hal_power_off(0);
}

static void test_text_and_buffers_outside_guest_ram_are_violations(void)
{
    run(guest_prints_nonsense);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_console_write "), 2);
    CU_ASSERT_EQUAL(testbed_count("guest.violation function=hal_random "), 2);
    CU_ASSERT_EQUAL(testbed_count("guest.console"), 0);
    testbed_fini();
}

static void guest_draws(void)
{
    hal_random(seen.first, 16);
    hal_random(seen.second, 16);
    hal_random(seen.second, 0);
    hal_power_off(0);
}

static void test_entropy_repeats_with_the_seed(void)
{
    char first[2][16], second[2][16];
    for (unsigned i = 0; i < 2; i++) {
        run(guest_draws);
        memcpy(first[i], seen.first, 16);
        memcpy(second[i], seen.second, 16);
        testbed_fini();
    }
    CU_ASSERT_EQUAL(memcmp(first[0], first[1], 16), 0);
    CU_ASSERT_EQUAL(memcmp(second[0], second[1], 16), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first[0], second[0], 16), 0);
}

static void guest_asks_for_boot_info(void)
{
    seen.arg = (void *)(uintptr_t)hal_boot_info();
    hal_power_off(0);
}

static void test_boot_information_is_what_the_board_gave(void)
{
    run(guest_asks_for_boot_info);
    gpa_t at;
    CU_ASSERT_TRUE(gmem_address_of(testbed.memory, seen.arg, &at));
    testbed_fini();
}

static void guest_panics(void)
{
    hal_panic(testbed_string("out of luck"));
}

static void guest_panics_with_nonsense(void)
{
    hal_panic(NULL);
}

static void test_a_panic_has_its_reason(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_panics), CPU_STOP_PANIC);
    CU_ASSERT_STRING_EQUAL(cpu_panic_reason(testbed.cpu), "out of luck");
    CU_ASSERT_EQUAL(testbed_count("guest.panic why=\"out of luck\""), 1);
    CU_ASSERT_EQUAL(testbed_count("guest.violation"), 0);
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_panics_with_nonsense), CPU_STOP_PANIC);
    CU_ASSERT_STRING_EQUAL(cpu_panic_reason(testbed.cpu), "?");
    ASSERT_ONE_VIOLATION("hal_panic");
    testbed_fini();
}

static void guest_orders_accesses(void)
{
    guest_ticks(10);
    hal_rmb();
    CU_ASSERT_EQUAL(testbed.barriers, 0);
    hal_wmb();
    CU_ASSERT_EQUAL(testbed.barriers, 1);
    hal_mb();
    CU_ASSERT_EQUAL(testbed.barriers, 2);
    CU_ASSERT_EQUAL(testbed.tellings, 0);
    testbed.barriers_find = 1;
    hal_mb();
    hal_wmb();
    CU_ASSERT_EQUAL(testbed.barriers, 4);
    hal_power_off((int)hal_mmio_read64(DEVICE_NOW));
}

static void test_barriers_that_order_stores_are_told_and_take_a_tick(void)
{
    fresh();
    CU_ASSERT_EQUAL(testbed_run(guest_orders_accesses), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(testbed.cpu), 15);
    CU_ASSERT_EQUAL(testbed.tellings, 1);
    CU_ASSERT_EQUAL(testbed.told_ns, 13); /* before its tick */
    testbed_fini();
}

UNIT_SUITE("hal", UNIT_TEST(test_contexts_switch_and_carry_their_own_mask),
           UNIT_TEST(test_a_pending_interrupt_is_taken_on_the_unmasked_context),
           UNIT_TEST(test_the_vector_may_switch_and_the_interrupted_context_goes_on),
           UNIT_TEST(test_an_exited_context_can_be_freed_and_used_again),
           UNIT_TEST(test_a_guard_page_lies_below_a_guest_stack),
           UNIT_TEST(test_nonsense_for_a_new_context_is_a_violation),
           UNIT_TEST(test_rules_of_contexts_that_end_the_guest),
           UNIT_TEST(test_rules_of_contexts_that_the_guest_survives),
           UNIT_TEST(test_boot_code_may_exit_and_a_wrong_name_is_a_violation),
           UNIT_TEST(test_system_registers_reach_the_board_unless_read_only),
           UNIT_TEST(test_an_unknown_system_register_is_a_violation),
           UNIT_TEST(test_a_register_that_the_machine_lacks_is_a_violation),
           UNIT_TEST(test_dma_memory_and_addresses), UNIT_TEST(test_exhaustion_is_no_violation),
           UNIT_TEST(test_allocations_fail_when_the_machine_says_so),
           UNIT_TEST(test_nonsense_for_memory_is_a_violation),
           UNIT_TEST(test_the_running_stack_cannot_be_freed),
           UNIT_TEST(test_windows_open_and_drop_exactly),
           UNIT_TEST(test_unmapped_accesses_read_as_ones),
           UNIT_TEST(test_the_console_is_split_into_lines_and_flushed),
           UNIT_TEST(test_a_partial_line_is_flushed_at_a_stop),
           UNIT_TEST(test_an_endless_line_is_cut),
           UNIT_TEST(test_text_and_buffers_outside_guest_ram_are_violations),
           UNIT_TEST(test_entropy_repeats_with_the_seed),
           UNIT_TEST(test_boot_information_is_what_the_board_gave),
           UNIT_TEST(test_a_panic_has_its_reason),
           UNIT_TEST(test_barriers_that_order_stores_are_told_and_take_a_tick))
