/* user_map_test.c - memory that programs ask for: pages, calls, and what is left when they end */
#include "kernel/user_map.h"

#include "kernel/boot_memory.h"
#include "kernel/fake_program.h"

#define PAGE     USER_PAGE_SIZE
#define RW       (PROT_READ | PROT_WRITE)
#define PRIVATE  (MAP_PRIVATE | MAP_ANONYMOUS)
#define SECOND_S UINT64_C(1000000000)

/* ---- pages ----------------------------------------------------------------------------------- */

/* Pages in memory that begins in the middle of one. */
static uintptr_t begin(unsigned pages)
{
    fake_boot();
    char *memory = fake_ram((size_t)(pages + 1) * PAGE);
    memset(memory, 0xee, (size_t)(pages + 1) * PAGE);
    user_map_init(memory + 64, (size_t)(pages + 1) * PAGE - 64);
    return (uintptr_t)memory + PAGE;
}

static uintptr_t take(uint32_t owner, size_t size)
{
    return (uintptr_t)user_map_take(owner, size);
}

static const struct pool *pages_pool(void)
{
    unsigned i = 0;
    while (strcmp(pool_by_index(i)->name, "program-pages") != 0)
        i++;
    return pool_by_index(i);
}

static void test_the_first_run_that_is_long_enough_is_taken(void)
{
    uintptr_t base = begin(8);
    CU_ASSERT_EQUAL(take(1, 1), base);
    CU_ASSERT_EQUAL(take(2, 2 * PAGE), base + PAGE);
    CU_ASSERT_EQUAL(take(1, PAGE + 1), base + 3 * PAGE);
    CU_ASSERT_EQUAL(user_map_give_back(2, base + PAGE, 2 * PAGE), 0);
    CU_ASSERT_EQUAL(take(1, 3 * PAGE), base + 5 * PAGE);
    CU_ASSERT_EQUAL(take(3, 2 * PAGE), base + PAGE);
    CU_ASSERT_EQUAL(pages_pool()->used, 8);
    CU_ASSERT_EQUAL(take(3, 1), 0);
    CU_ASSERT_EQUAL(pages_pool()->exhausted, 1);
}

static void test_free_pages_that_are_apart_are_no_run(void)
{
    uintptr_t base = begin(5);
    CU_ASSERT_EQUAL(take(1, 5 * PAGE), base);
    CU_ASSERT_EQUAL(user_map_give_back(1, base, PAGE), 0);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 2 * PAGE, PAGE), 0);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 4 * PAGE, PAGE), 0);
    CU_ASSERT_EQUAL(take(2, 2 * PAGE), 0);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 3 * PAGE, PAGE), 0);
    CU_ASSERT_EQUAL(take(2, 3 * PAGE), base + 2 * PAGE);
}

static void test_sizes_that_no_machine_has_are_refused(void)
{
    uintptr_t base = begin(2);
    CU_ASSERT_EQUAL(take(1, 2 * PAGE + 1), 0);
    CU_ASSERT_EQUAL(take(1, SIZE_MAX), 0);
    CU_ASSERT_EQUAL(take(1, SIZE_MAX - PAGE + 2), 0);
    CU_ASSERT_EQUAL(take(1, 2 * PAGE), base);
}

static void test_pages_are_zero_whoever_had_them(void)
{
    static const char zeros[2 * PAGE];
    uintptr_t base = begin(2);
    CU_ASSERT_EQUAL(take(1, PAGE + 1), base);
    CU_ASSERT_EQUAL(memcmp((void *)base, zeros, sizeof zeros), 0);
    memset((void *)base, 1, sizeof zeros);
    user_map_give_back_all(1);
    CU_ASSERT_EQUAL(take(2, 2 * PAGE), base);
    CU_ASSERT_EQUAL(memcmp((void *)base, zeros, sizeof zeros), 0);
}

static void test_only_whole_pages_of_ones_own_are_given_back(void)
{
    uintptr_t base = begin(4);
    CU_ASSERT_EQUAL(take(1, PAGE), base);
    CU_ASSERT_EQUAL(take(2, PAGE), base + PAGE);
    CU_ASSERT_EQUAL(user_map_give_back(1, base, 0), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 1, 1), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base, PAGE + 1), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + PAGE, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 2 * PAGE, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 4 * PAGE, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base - PAGE, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, base, SIZE_MAX), -KEINVAL);
    CU_ASSERT_EQUAL(user_map_give_back(1, 0, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(pages_pool()->used, 2);
    CU_ASSERT_EQUAL(user_map_give_back(1, base, 1), 0);
    CU_ASSERT_EQUAL(user_map_give_back(1, base, 1), -KEINVAL);
    CU_ASSERT_EQUAL(pages_pool()->used, 1);
}

static void test_several_mappings_are_given_back_at_once_or_in_parts(void)
{
    uintptr_t base = begin(4);
    CU_ASSERT_EQUAL(take(1, 2 * PAGE), base);
    CU_ASSERT_EQUAL(take(1, 2 * PAGE), base + 2 * PAGE);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + PAGE, 2 * PAGE), 0);
    CU_ASSERT_EQUAL(take(2, 2 * PAGE), base + PAGE);
    CU_ASSERT_EQUAL(user_map_give_back(1, base + 3 * PAGE, PAGE), 0);
}

static void test_all_of_an_owner_is_given_back_and_nothing_else(void)
{
    uintptr_t base = begin(4);
    CU_ASSERT_EQUAL(take(1, PAGE), base);
    CU_ASSERT_EQUAL(take(2, PAGE), base + PAGE);
    CU_ASSERT_EQUAL(take(1, 2 * PAGE), base + 2 * PAGE);
    fake_log_clear();
    user_map_give_back_all(1);
    user_map_give_back_all(1);
    CU_ASSERT_STRING_EQUAL(fake_log(), "counter program-pages.live 1\n");
    CU_ASSERT_EQUAL(take(3, 2 * PAGE), base + 2 * PAGE);
    CU_ASSERT_EQUAL(user_map_give_back(2, base + PAGE, PAGE), 0);
}

static void test_a_small_machine_has_no_pages(void)
{
    fake_boot();
    CU_ASSERT_EQUAL(take(1, 1), 0);
    boot_memory_init();
    (void)boot_memory_take(boot_memory_left() - 32 * (PAGE - 64));
    user_map_reserve_memory();
    CU_ASSERT_EQUAL(take(1, 1), 0);
    CU_ASSERT_EQUAL(user_map_give_back(1, 0, PAGE), -KEINVAL);
    user_map_give_back_all(1);
}

static void test_a_machine_spares_a_small_part_of_its_memory(void)
{
    fake_boot();
    boot_memory_init();
    (void)boot_memory_take(64); /* what comes is not the beginning of a page */
    size_t before = boot_memory_left();
    user_map_reserve_memory();
    size_t taken = before - boot_memory_left();
    CU_ASSERT_EQUAL(taken, before / 32 / PAGE * PAGE);
    CU_ASSERT_EQUAL(pages_pool()->capacity, taken / PAGE - 1);
}

static void test_of_much_memory_a_bounded_number_of_pages_is_used(void)
{
    uintptr_t base = begin(USER_MAP_PAGES_MAX + 8);
    CU_ASSERT_EQUAL(take(1, USER_MAP_PAGES_MAX * PAGE + 1), 0);
    CU_ASSERT_EQUAL(take(1, USER_MAP_PAGES_MAX * PAGE), base);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static long map(long size, long protection, long flags, long file, long offset)
{
    return call(SYS_MMAP, 0, size, protection, flags, file, offset);
}

static long unmap(long at, long size)
{
    return call(SYS_MUNMAP, at, size, 0, 0, 0, 0);
}

static void give_machine_pages(void)
{
    boot_memory_init();
    user_map_reserve_memory();
}

static void body_uses_memory(void)
{
    give_machine_pages();
    long at = map(PAGE + 1, RW, PRIVATE, -1, 0);
    CU_ASSERT_TRUE_FATAL(at > 0 && at % PAGE == 0);
    memcpy((void *)at, "/etc/", 6);
    CU_ASSERT_EQUAL(call(SYS_OPENAT, AT_FDCWD, at, O_RDONLY, 0, 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(call(SYS_GETRANDOM, at + 2 * PAGE - 8, 8, 0, 0, 0, 0), 8);
    CU_ASSERT_EQUAL(unmap(at, PAGE + 1), 0);
    CU_ASSERT_EQUAL(unmap(at, PAGE + 1), -KEINVAL);
    CU_ASSERT_EQUAL(map(PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, PAGE), at);
    CU_ASSERT_EQUAL(unmap(at, PAGE), 0);
}

static void test_what_is_mapped_is_memory_of_the_program(void)
{
    run(body_uses_memory);
}

static void body_asks_wrongly(void)
{
    give_machine_pages();
    CU_ASSERT_EQUAL(map(0, RW, PRIVATE, -1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(map(PAGE, RW, PRIVATE, -1, 1), -KEINVAL);
    CU_ASSERT_EQUAL(map(PAGE, RW, MAP_ANONYMOUS, -1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(map(PAGE, RW, MAP_ANONYMOUS | MAP_TYPE, -1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(map(PAGE, RW, PRIVATE | MAP_FIXED, -1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(map(PAGE, RW | PROT_EXEC, PRIVATE, -1, 0), -KEACCES);
    CU_ASSERT_EQUAL(map(INT64_MAX, RW, PRIVATE, -1, 0), -KENOMEM);
    CU_ASSERT_EQUAL(map(-1, RW, PRIVATE, -1, 0), -KENOMEM);
    CU_ASSERT_EQUAL(map(PAGE, RW, MAP_PRIVATE, -1, 0), -KEBADF);
    CU_ASSERT_EQUAL(map(0, RW, MAP_PRIVATE, 99, 0), -KEBADF);
    CU_ASSERT_EQUAL(map(PAGE, RW, MAP_PRIVATE, 1, 0), -KENODEV);
    CU_ASSERT_EQUAL(map(0, RW, MAP_PRIVATE, 1, 0), -KEINVAL);
    CU_ASSERT_EQUAL(unmap((long)ram, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(unmap(BAD & -PAGE, PAGE), -KEINVAL);
    CU_ASSERT_EQUAL(unmap(0, 0), -KEINVAL);
}

static void test_what_cannot_be_mapped_is_refused_as_elsewhere(void)
{
    run(body_asks_wrongly);
}

static void body_takes_all(void)
{
    unsigned count = 0;
    give_machine_pages();
    while (map(PAGE, RW, PRIVATE, -1, 0) > 0)
        count++;
    CU_ASSERT_EQUAL(count, pages_pool()->capacity);
    CU_ASSERT_EQUAL(map(PAGE, RW, PRIVATE, -1, 0), -KENOMEM);
}

static void test_memory_comes_back_when_a_program_ends(void)
{
    run(body_takes_all);
    CU_ASSERT_EQUAL(pages_pool()->used, 0);
    CU_ASSERT_EQUAL(pages_pool()->high_water, pages_pool()->capacity);
}

static void body_sleeps_with_memory(void)
{
    give_machine_pages();
    struct kernel_timespec *time = (struct kernel_timespec *)map(PAGE, RW, PRIVATE, -1, 0);
    time->tv_sec = 3600;
    (void)call(SYS_NANOSLEEP, (long)time, 0, 0, 0, 0, 0);
    CU_FAIL("it was to be killed");
}

static void test_memory_comes_back_when_a_program_is_killed(void)
{
    body_start(body_sleeps_with_memory);
    fake_run_until(FAKE_START_NS + SECOND_S);
    CU_ASSERT_EQUAL(pages_pool()->used, 1);
    CU_ASSERT_EQUAL(program_kill(7, SIGKILL), 0);
    fake_run_until(FAKE_START_NS + 2 * SECOND_S);
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 137"), 1);
    CU_ASSERT_EQUAL(pages_pool()->used, 0);
}

UNIT_SUITE("user_map", UNIT_TEST(test_the_first_run_that_is_long_enough_is_taken),
           UNIT_TEST(test_free_pages_that_are_apart_are_no_run),
           UNIT_TEST(test_sizes_that_no_machine_has_are_refused),
           UNIT_TEST(test_pages_are_zero_whoever_had_them),
           UNIT_TEST(test_only_whole_pages_of_ones_own_are_given_back),
           UNIT_TEST(test_several_mappings_are_given_back_at_once_or_in_parts),
           UNIT_TEST(test_all_of_an_owner_is_given_back_and_nothing_else),
           UNIT_TEST(test_a_small_machine_has_no_pages),
           UNIT_TEST(test_a_machine_spares_a_small_part_of_its_memory),
           UNIT_TEST(test_of_much_memory_a_bounded_number_of_pages_is_used),
           UNIT_TEST(test_what_is_mapped_is_memory_of_the_program),
           UNIT_TEST(test_what_cannot_be_mapped_is_refused_as_elsewhere),
           UNIT_TEST(test_memory_comes_back_when_a_program_ends),
           UNIT_TEST(test_memory_comes_back_when_a_program_is_killed))
