/*
 * gmem_test.c - what devices may touch, what the guest may open, and the pool
 */
#include "emu/core/gmem.h"

#include "emu/core/death_test.h"
#include "tests/unit.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE       GMEM_PAGE
#define SIZE       GMEM_SIZE_MIN
#define OFFSET     UINT64_C(0x100000000)
#define IMAGE_SIZE (3 * PAGE - 100) /* a page of constants, then data */

struct fixture {
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
    uint64_t seen; /* events that were checked */
};

static void *pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static void set_up_with(struct fixture *f, const struct gmem_config *config)
{
    *f = (struct fixture){.clock = vclock_new()};
    f->trace = trace_new(f->clock);
    f->memory = gmem_new(f->trace, config, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f->memory);
}

static void set_up(struct fixture *f)
{
    set_up_with(f, &(struct gmem_config){.size = SIZE});
}

/* What was opened and closed has a test of its own. */
static void pass_over_told(struct fixture *f)
{
    while (f->seen < trace_last(f->trace)) {
        enum trace_kind kind = trace_get(f->trace, f->seen + 1)->kind;
        if (kind != TRACE_DMA_OPENED && kind != TRACE_DMA_CLOSED) {
            break;
        }
        f->seen++;
    }
}

/* Every test ends with all its events checked and nothing allocated. */
static void tear_down(struct fixture *f)
{
    pass_over_told(f);
    CU_ASSERT_EQUAL(trace_last(f->trace), f->seen);
    CU_ASSERT_EQUAL(gmem_allocated(f->memory), 0);
    gmem_free(f->memory);
    trace_free(f->trace);
    vclock_free(f->clock);
}

static void check_violation(struct fixture *f, uint64_t pa, uint64_t size, const char *access,
                            const char *why)
{
    pass_over_told(f);
    CU_ASSERT_EQUAL_FATAL(trace_last(f->trace), f->seen + 1);
    const struct trace_event *event = trace_get(f->trace, ++f->seen);
    CU_ASSERT_EQUAL(event->kind, TRACE_DMA_VIOLATION);
    CU_ASSERT_STRING_EQUAL(event->fields[0].string, "dev");
    CU_ASSERT_EQUAL(event->fields[1].number, pa);
    CU_ASSERT_EQUAL(event->fields[2].number, size);
    CU_ASSERT_STRING_EQUAL(event->fields[3].string, access);
    CU_ASSERT_STRING_EQUAL(event->fields[4].string, why);
}

static gpa_t address_of(struct fixture *f, const void *va)
{
    gpa_t at = gpa(0);
    CU_ASSERT_TRUE(gmem_address_of(f->memory, va, &at));
    return at;
}

static bool can_read(struct fixture *f, uint64_t pa, size_t size)
{
    return gmem_span(f->memory, "dev", gpa(pa), size, GMEM_DEVICE_READS) != NULL;
}

static bool can_write(struct fixture *f, uint64_t pa, size_t size)
{
    return gmem_span(f->memory, "dev", gpa(pa), size, GMEM_DEVICE_WRITES) != NULL;
}

static bool is_all(const uint8_t *bytes, uint8_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

static void test_layout_is_boot_image_free_pool(void)
{
    struct fixture f;
    uint64_t base = 0;
    uint64_t size = 0;
    set_up(&f);
    CU_ASSERT_EQUAL(gmem_ram_base(f.memory), GMEM_BASE);
    CU_ASSERT_EQUAL(gmem_ram_size(f.memory), SIZE);
    CU_ASSERT_PTR_EQUAL(gmem_boot_area(f.memory), pointer(GMEM_BASE));
    gmem_free_range(f.memory, &base, &size);
    CU_ASSERT_EQUAL(base, GMEM_BASE + GMEM_BOOT_SIZE);
    CU_ASSERT_EQUAL(base + size, GMEM_BASE + SIZE / 2);
    CU_ASSERT_TRUE(is_all(pointer(base), 0, PAGE));
    void *first = gmem_alloc(f.memory, 16, 1);
    CU_ASSERT_PTR_EQUAL(first, pointer(GMEM_BASE + SIZE / 2));
    CU_ASSERT_TRUE(gmem_release(f.memory, first, 16));
    tear_down(&f);
}

static void test_second_memory_finds_the_addresses_taken(void)
{
    struct fixture f;
    GError *error = NULL;
    set_up(&f);
    CU_ASSERT_PTR_NULL(gmem_new(f.trace, &(struct gmem_config){.size = SIZE}, &error));
    CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST));
    g_clear_error(&error);
    gmem_free(NULL);
    tear_down(&f);
}

static void test_image_must_end_below_the_pool(void)
{
    struct vclock *clock = vclock_new();
    struct trace *trace = trace_new(clock);
    GError *error = NULL;
    struct gmem_config config = {.size = SIZE, .image_size = SIZE / 2 - GMEM_BOOT_SIZE + 1};
    CU_ASSERT_PTR_NULL(gmem_new(trace, &config, &error));
    CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC));
    g_clear_error(&error);
    config.image_size = UINT64_MAX;
    CU_ASSERT_PTR_NULL(gmem_new(trace, &config, &error));
    g_clear_error(&error);
    trace_free(trace);
    vclock_free(clock);
}

static void test_offset_tells_physical_addresses_from_pointers(void)
{
    struct fixture f;
    uint64_t base = 0;
    uint64_t size = 0;
    set_up_with(&f, &(struct gmem_config){.size = SIZE, .pa_offset = OFFSET});
    CU_ASSERT_EQUAL(gmem_ram_base(f.memory), GMEM_BASE + OFFSET);
    gmem_free_range(f.memory, &base, &size);
    CU_ASSERT_EQUAL(base, GMEM_IMAGE_BASE + OFFSET);
    uint8_t *va = gmem_alloc(f.memory, 64, 1);
    gpa_t at = address_of(&f, va);
    CU_ASSERT_EQUAL(at.value, (uintptr_t)va + OFFSET);
    CU_ASSERT_PTR_EQUAL(gmem_host(f.memory, at, 64), va);
    CU_ASSERT_TRUE(gmem_write(f.memory, "dev", at, "abc", 3));
    CU_ASSERT_EQUAL(va[2], 'c');
    CU_ASSERT_FALSE(gmem_write(f.memory, "dev", gpa((uintptr_t)va), "abc", 3));
    check_violation(&f, (uintptr_t)va, 3, "write", "not in RAM");
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(base), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(can_read(&f, base, 8));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(base), 8));
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 64));
    tear_down(&f);
}

static void test_translation_covers_ram_exactly(void)
{
    struct fixture f;
    gpa_t at = gpa(77);
    set_up(&f);
    CU_ASSERT_PTR_EQUAL(gmem_host(f.memory, gpa(GMEM_BASE), SIZE), pointer(GMEM_BASE));
    CU_ASSERT_PTR_NULL(gmem_host(f.memory, gpa(GMEM_BASE), SIZE + 1));
    CU_ASSERT_PTR_NULL(gmem_host(f.memory, gpa(GMEM_BASE - 1), 1));
    CU_ASSERT_PTR_NULL(gmem_host(f.memory, gpa(GMEM_BASE + SIZE), 1));
    CU_ASSERT_PTR_NULL(gmem_host(f.memory, gpa(GMEM_BASE + 1), SIZE_MAX));
    CU_ASSERT_FALSE(gmem_address_of(f.memory, pointer(GMEM_BASE - 1), &at));
    CU_ASSERT_FALSE(gmem_address_of(f.memory, pointer(GMEM_BASE + SIZE), &at));
    CU_ASSERT_FALSE(gmem_address_of(f.memory, NULL, &at));
    CU_ASSERT_EQUAL(at.value, 77);
    CU_ASSERT_TRUE(gmem_address_of(f.memory, pointer(GMEM_BASE + SIZE - 1), &at));
    CU_ASSERT_EQUAL(at.value, GMEM_BASE + SIZE - 1);
    tear_down(&f);
}

static void test_what_devices_would_see_is_looked_at_without_a_violation(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *va = gmem_alloc(f.memory, 64, 1);
    gpa_t at = address_of(&f, va);
    CU_ASSERT_PTR_EQUAL(gmem_open_host(f.memory, at, 64), va);
    CU_ASSERT_PTR_EQUAL(gmem_open_host(f.memory, gpa(at.value + 63), 1), va + 63);
    CU_ASSERT_PTR_NULL(gmem_open_host(f.memory, at, 65));
    CU_ASSERT_PTR_NULL(gmem_open_host(f.memory, at, SIZE_MAX));
    CU_ASSERT_PTR_NULL(gmem_open_host(f.memory, gpa(GMEM_BASE), 1));
    CU_ASSERT_PTR_NULL(gmem_open_host(f.memory, gpa(GMEM_BASE - 1), 1));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(GMEM_BASE), 8, GMEM_DEVICE_WRITES));
    CU_ASSERT_PTR_EQUAL(gmem_open_host(f.memory, gpa(GMEM_BASE), 8), pointer(GMEM_BASE));
    CU_ASSERT_EQUAL(gmem_closings(f.memory), 0);
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(GMEM_BASE), 8));
    CU_ASSERT_EQUAL(gmem_closings(f.memory), 1);
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 64));
    CU_ASSERT_EQUAL(gmem_closings(f.memory), 2);
    CU_ASSERT_PTR_NULL(gmem_open_host(f.memory, at, 64));
    tear_down(&f);
}

static void test_allocation_is_open_to_its_last_byte(void)
{
    struct fixture f;
    char text[4] = "";
    set_up(&f);
    uint8_t *va = gmem_alloc(f.memory, 20, 1);
    uint8_t *next = gmem_alloc(f.memory, 20, 1);
    uint64_t at = address_of(&f, va).value;
    CU_ASSERT_TRUE(gmem_write(f.memory, "dev", gpa(at + 17), "xyz", 3));
    CU_ASSERT_TRUE(gmem_read(f.memory, "dev", gpa(at + 17), text, 3));
    CU_ASSERT_STRING_EQUAL(text, "xyz");
    CU_ASSERT_PTR_EQUAL(gmem_span(f.memory, "dev", gpa(at), 20, GMEM_DEVICE_BOTH), va);
    CU_ASSERT_FALSE(gmem_write(f.memory, "dev", gpa(at + 18), "123", 3));
    check_violation(&f, at + 18, 3, "write", "runs past the end of the open range");
    CU_ASSERT_EQUAL(va[18], 'y');
    CU_ASSERT_FALSE(gmem_read(f.memory, "dev", gpa(at + 20), text, 1));
    check_violation(&f, at + 20, 1, "read", "not open to devices");
    CU_ASSERT_STRING_EQUAL(text, "xyz");
    CU_ASSERT_FALSE(can_write(&f, at, 52));
    check_violation(&f, at, 52, "write", "runs past the end of the open range");
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 20));
    CU_ASSERT_TRUE(gmem_release(f.memory, next, 20));
    tear_down(&f);
}

static void test_access_outside_of_ram_is_a_violation(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_FALSE(can_read(&f, 0, 1));
    check_violation(&f, 0, 1, "read", "not in RAM");
    CU_ASSERT_FALSE(can_write(&f, GMEM_BASE + SIZE - 1, 2));
    check_violation(&f, GMEM_BASE + SIZE - 1, 2, "write", "not in RAM");
    CU_ASSERT_FALSE(can_read(&f, UINT64_MAX, SIZE_MAX));
    check_violation(&f, UINT64_MAX, SIZE_MAX, "read", "not in RAM");
    CU_ASSERT_FALSE(can_read(&f, GMEM_BASE, 1));
    check_violation(&f, GMEM_BASE, 1, "read", "not open to devices");
    tear_down(&f);
}

static void test_access_of_no_bytes_is_never_a_violation(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_TRUE(gmem_read(f.memory, "dev", gpa(0), NULL, 0));
    CU_ASSERT_TRUE(gmem_write(f.memory, "dev", gpa(UINT64_MAX), NULL, 0));
    CU_ASSERT_TRUE(can_write(&f, 5, 0));
    tear_down(&f);
}

static void test_window_opens_one_direction(void)
{
    struct fixture f;
    const uint64_t at = GMEM_IMAGE_BASE + 3;
    set_up(&f);
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(at), 10, GMEM_DEVICE_READS));
    CU_ASSERT_TRUE(can_read(&f, at, 10));
    CU_ASSERT_FALSE(can_write(&f, at, 10));
    check_violation(&f, at, 10, "write", "open for reading only");
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(at), 10));
    CU_ASSERT_FALSE(can_read(&f, at, 10));
    check_violation(&f, at, 10, "read", "not open to devices");

    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(at), 10, GMEM_DEVICE_WRITES));
    CU_ASSERT_TRUE(can_write(&f, at + 9, 1));
    CU_ASSERT_FALSE(can_read(&f, at, 1));
    check_violation(&f, at, 1, "read", "open for writing only");
    CU_ASSERT_PTR_NULL(gmem_span(f.memory, "dev", gpa(at), 1, GMEM_DEVICE_BOTH));
    check_violation(&f, at, 1, "write", "open for writing only");
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(at), 10));
    tear_down(&f);
}

static void test_window_is_closed_exactly_as_it_was_opened(void)
{
    struct fixture f;
    const uint64_t at = GMEM_BASE + 100;
    set_up(&f);
    CU_ASSERT_FALSE(gmem_close(f.memory, gpa(at), 10));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(at), 10, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_close(f.memory, gpa(at), 9));
    CU_ASSERT_FALSE(gmem_close(f.memory, gpa(at + 1), 9));
    CU_ASSERT_FALSE(gmem_close(f.memory, gpa(0), 10));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(at), 10));
    CU_ASSERT_FALSE(gmem_close(f.memory, gpa(at), 10));
    uint8_t *va = gmem_alloc(f.memory, 64, 1);
    CU_ASSERT_FALSE(gmem_close(f.memory, address_of(&f, va), 64));
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 64));
    tear_down(&f);
}

static void test_window_that_makes_no_sense_is_refused(void)
{
    struct fixture f;
    const gpa_t at = gpa(GMEM_IMAGE_BASE);
    set_up(&f);
    CU_ASSERT_FALSE(gmem_open(f.memory, at, 0, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, at, 8, (enum gmem_access)0));
    CU_ASSERT_FALSE(gmem_open(f.memory, at, 8, (enum gmem_access)4));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(GMEM_BASE - 1), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(GMEM_BASE + SIZE - 1), 2, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, at, 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, at, 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(GMEM_IMAGE_BASE + 7), 1, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(GMEM_IMAGE_BASE - 1), 2, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(GMEM_IMAGE_BASE - 1), 1, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(GMEM_IMAGE_BASE - 1), 1));
    CU_ASSERT_TRUE(gmem_close(f.memory, at, 8));
    tear_down(&f);
}

static void test_window_into_the_pool_is_refused(void)
{
    struct fixture f;
    const uint64_t pool = GMEM_BASE + SIZE / 2;
    set_up(&f);
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(pool), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(pool - 4), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(pool - 4), 4, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(pool - 4), 4));
    tear_down(&f);
}

static void test_image_can_be_opened_as_it_is_mapped(void)
{
    struct fixture f;
    const uint64_t data = GMEM_IMAGE_BASE + PAGE;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    void *image = mmap(pointer(GMEM_IMAGE_BASE), 3 * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    CU_ASSERT_PTR_EQUAL_FATAL(image, pointer(GMEM_IMAGE_BASE));
    memset(image, 0x11, 3 * PAGE);
    mprotect(image, PAGE, PROT_READ);
    set_up_with(&f, &(struct gmem_config){.size = SIZE, .image_size = IMAGE_SIZE});
    uint64_t base = 0;
    uint64_t size = 0;
    gmem_free_range(f.memory, &base, &size);
    CU_ASSERT_EQUAL(base, GMEM_IMAGE_BASE + 3 * PAGE);

    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(data - 8), 16, GMEM_DEVICE_WRITES));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(data - 8), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(data - 8), 16, GMEM_DEVICE_READS));
    CU_ASSERT_TRUE(can_read(&f, data - 8, 16));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(data - 8), 16));
    /* From the image's data into the free memory behind it. */
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(base - 8), 16, GMEM_DEVICE_WRITES));
    CU_ASSERT_TRUE(gmem_write(f.memory, "dev", gpa(base - 1), "ab", 2));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(base - 8), 16));
    tear_down(&f);
    CU_ASSERT_EQUAL(((uint8_t *)image)[3 * PAGE - 1], 'a');
    munmap(image, 3 * PAGE);
}

static void test_allocation_is_zeroed_aligned_and_counted(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *small = gmem_alloc(f.memory, 1, 1);
    uint8_t *large = gmem_alloc(f.memory, 5000, 4096);
    CU_ASSERT_EQUAL((uintptr_t)small % 16, 0);
    CU_ASSERT_EQUAL((uintptr_t)large % 4096, 0);
    CU_ASSERT_EQUAL(gmem_allocated(f.memory), 5001);
    memset(large, 0xff, 5000);
    CU_ASSERT_TRUE(gmem_release(f.memory, large, 5000));
    CU_ASSERT_EQUAL(gmem_allocated(f.memory), 1);
    CU_ASSERT_TRUE(is_all(large, 0xdb, 5000));
    CU_ASSERT_PTR_EQUAL(gmem_alloc(f.memory, 4999, 4096), large);
    CU_ASSERT_TRUE(is_all(large, 0, 4999));
    CU_ASSERT_TRUE(gmem_release(f.memory, large, 4999));
    CU_ASSERT_TRUE(gmem_release(f.memory, small, 1));
    tear_down(&f);
}

static void test_released_memory_is_closed(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *va = gmem_alloc(f.memory, 64, 1);
    uint64_t at = address_of(&f, va).value;
    CU_ASSERT_TRUE(can_write(&f, at, 64));
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 64));
    CU_ASSERT_FALSE(can_write(&f, at, 64));
    check_violation(&f, at, 64, "write", "not open to devices");
    tear_down(&f);
}

static void test_release_wants_what_was_allocated(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *va = gmem_alloc(f.memory, 64, 1);
    CU_ASSERT_FALSE(gmem_release(f.memory, va, 63));
    CU_ASSERT_FALSE(gmem_release(f.memory, va + 16, 48));
    CU_ASSERT_FALSE(gmem_release(f.memory, pointer(GMEM_BASE), 64));
    CU_ASSERT_FALSE(gmem_release(f.memory, &f, 64));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(GMEM_BASE), 64, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_release(f.memory, pointer(GMEM_BASE), 64));
    CU_ASSERT_TRUE(gmem_release(f.memory, NULL, 64));
    CU_ASSERT_EQUAL(gmem_allocated(f.memory), 64);
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 64));
    CU_ASSERT_FALSE(gmem_release(f.memory, va, 64));
    tear_down(&f);
}

static void test_allocation_that_makes_no_sense_or_does_not_fit_fails(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_PTR_NULL(gmem_alloc(f.memory, 0, 16));
    CU_ASSERT_PTR_NULL(gmem_alloc(f.memory, 16, 0));
    CU_ASSERT_PTR_NULL(gmem_alloc(f.memory, 16, 24));
    CU_ASSERT_PTR_NULL(gmem_alloc(f.memory, SIZE_MAX, 1));
    CU_ASSERT_PTR_NULL(gmem_alloc(f.memory, SIZE / 2 + 1, 1));
    CU_ASSERT_PTR_NULL(gmem_alloc(f.memory, 16, (size_t)1 << 63));
    CU_ASSERT_PTR_NULL(gmem_stack_alloc(f.memory, 0));
    CU_ASSERT_PTR_NULL(gmem_stack_alloc(f.memory, SIZE_MAX));
    CU_ASSERT_PTR_NULL(gmem_stack_alloc(f.memory, SIZE / 2));
    tear_down(&f);
}

static void touch(void *opaque)
{
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGSEGV, SIG_DFL);
    *(volatile uint8_t *)opaque = 1;
}

/* True when writing to this address ends a process with SIGSEGV. */
static bool faults(void *at)
{
    pid_t child = fork();
    if (child == 0) {
        touch(at);
        _exit(EXIT_SUCCESS);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGSEGV;
}

static void test_stack_has_a_guard_page_until_it_is_released(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *stack = gmem_stack_alloc(f.memory, PAGE + 1);
    g_assert(stack != NULL);
    CU_ASSERT_EQUAL((uintptr_t)stack % PAGE, 0);
    stack[0] = 1;
    stack[2 * PAGE - 1] = 1;
    CU_ASSERT_TRUE(faults(stack - 1));
    CU_ASSERT_EQUAL(gmem_allocated(f.memory), 0);
    CU_ASSERT_TRUE(gmem_stack_release(f.memory, stack, PAGE + 1));
    CU_ASSERT_TRUE(is_all(stack, 0xdb, 2 * PAGE));
    uint8_t *again = gmem_alloc(f.memory, 3 * PAGE, PAGE);
    CU_ASSERT_PTR_EQUAL(again, stack - PAGE);
    CU_ASSERT_TRUE(is_all(again, 0, 3 * PAGE));
    CU_ASSERT_TRUE(gmem_release(f.memory, again, 3 * PAGE));
    tear_down(&f);
}

static void test_stack_release_wants_a_stack(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *stack = gmem_stack_alloc(f.memory, 2 * PAGE);
    uint8_t *va = gmem_alloc(f.memory, PAGE, PAGE);
    CU_ASSERT_FALSE(gmem_stack_release(f.memory, stack, PAGE));
    CU_ASSERT_FALSE(gmem_stack_release(f.memory, stack + PAGE, PAGE));
    CU_ASSERT_FALSE(gmem_stack_release(f.memory, stack, 0));
    CU_ASSERT_FALSE(gmem_stack_release(f.memory, stack, SIZE_MAX));
    CU_ASSERT_FALSE(gmem_stack_release(f.memory, va, PAGE));
    CU_ASSERT_FALSE(gmem_release(f.memory, stack, 2 * PAGE));
    CU_ASSERT_TRUE(gmem_stack_release(f.memory, NULL, PAGE));
    CU_ASSERT_TRUE(gmem_stack_release(f.memory, stack, 2 * PAGE));
    CU_ASSERT_FALSE(gmem_stack_release(f.memory, stack, 2 * PAGE));
    CU_ASSERT_TRUE(gmem_release(f.memory, va, PAGE));
    tear_down(&f);
}

static void test_stack_is_open_through_windows_only_and_never_its_guard(void)
{
    struct fixture f;
    set_up(&f);
    uint8_t *stack = gmem_stack_alloc(f.memory, PAGE);
    uint64_t at = address_of(&f, stack).value;
    CU_ASSERT_FALSE(can_read(&f, at, 8));
    check_violation(&f, at, 8, "read", "not open to devices");
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(at - 8), 16, GMEM_DEVICE_BOTH));
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(at + PAGE - 8), 16, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(at + PAGE - 8), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_write(f.memory, "dev", gpa(at + PAGE - 8), "12345678", 8));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(at + PAGE - 8), 8));
    CU_ASSERT_TRUE(gmem_stack_release(f.memory, stack, PAGE));
    tear_down(&f);
}

static void test_windows_of_a_stack_end_with_it(void)
{
    struct fixture f;
    const uint64_t elsewhere = GMEM_BASE + 64;
    set_up(&f);
    uint8_t *before = gmem_alloc(f.memory, 16, 1);
    uint8_t *stack = gmem_stack_alloc(f.memory, PAGE);
    uint64_t at = address_of(&f, stack).value;
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(elsewhere), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(at), 8, GMEM_DEVICE_BOTH));
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(at + PAGE - 8), 8, GMEM_DEVICE_READS));
    uint8_t *behind = gmem_alloc(f.memory, PAGE, PAGE);
    CU_ASSERT_PTR_EQUAL(behind, stack + PAGE);
    CU_ASSERT_TRUE(gmem_stack_release(f.memory, stack, PAGE));
    CU_ASSERT_FALSE(can_read(&f, at, 8));
    check_violation(&f, at, 8, "read", "not open to devices");
    CU_ASSERT_FALSE(gmem_close(f.memory, gpa(at + PAGE - 8), 8));
    CU_ASSERT_TRUE(can_read(&f, address_of(&f, behind).value, PAGE));
    CU_ASSERT_TRUE(can_read(&f, address_of(&f, before).value, 16));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(elsewhere), 8));
    CU_ASSERT_TRUE(gmem_release(f.memory, behind, PAGE));
    CU_ASSERT_TRUE(gmem_release(f.memory, before, 16));
    tear_down(&f);
}

static void check_told(struct fixture *f, enum trace_kind kind, uint64_t pa, uint64_t size,
                       const char *how)
{
    CU_ASSERT_EQUAL_FATAL(trace_last(f->trace), f->seen + 1);
    const struct trace_event *event = trace_get(f->trace, ++f->seen);
    CU_ASSERT_EQUAL(event->kind, kind);
    CU_ASSERT_EQUAL(event->fields[0].number, pa);
    CU_ASSERT_EQUAL(event->fields[1].number, size);
    CU_ASSERT_STRING_EQUAL(event->fields[2].string, how);
}

static void test_what_opens_and_closes_is_told_with_its_physical_address(void)
{
    struct fixture f;
    set_up_with(&f, &(struct gmem_config){.size = SIZE, .pa_offset = GMEM_PAGE});
    uint8_t *va = gmem_alloc(f.memory, 100, 16);
    uint64_t at = address_of(&f, va).value;
    check_told(&f, TRACE_DMA_OPENED, at, 100, "allocation");
    CU_ASSERT_FALSE(gmem_release(f.memory, va, 99));
    CU_ASSERT_TRUE(gmem_release(f.memory, va, 100));
    check_told(&f, TRACE_DMA_CLOSED, at, 100, "allocation");
    uint8_t *stack = gmem_stack_alloc(f.memory, PAGE);
    uint64_t window = address_of(&f, stack).value;
    CU_ASSERT_TRUE(gmem_open(f.memory, gpa(window), 8, GMEM_DEVICE_READS));
    check_told(&f, TRACE_DMA_OPENED, window, 8, "window");
    CU_ASSERT_FALSE(gmem_open(f.memory, gpa(window), 8, GMEM_DEVICE_READS));
    CU_ASSERT_TRUE(gmem_close(f.memory, gpa(window), 8));
    check_told(&f, TRACE_DMA_CLOSED, window, 8, "window");
    gmem_open(f.memory, gpa(window), 8, GMEM_DEVICE_READS);
    f.seen++;
    CU_ASSERT_TRUE(gmem_stack_release(f.memory, stack, PAGE));
    check_told(&f, TRACE_DMA_CLOSED, window, 8, "window"); /* it goes with the stack */
    tear_down(&f);
}

static void make_with_odd_size(void *opaque)
{
    gmem_new(opaque, &(struct gmem_config){.size = SIZE + PAGE}, NULL);
}

static void make_too_large(void *opaque)
{
    gmem_new(opaque, &(struct gmem_config){.size = GMEM_SIZE_MAX + (UINT64_C(1) << 20)}, NULL);
}

static void test_largest_memory_works_and_other_sizes_are_asserted(void)
{
    struct fixture f;
    set_up_with(&f, &(struct gmem_config){.size = GMEM_SIZE_MAX});
    void *all = gmem_host(f.memory, gpa(GMEM_BASE), GMEM_SIZE_MAX);
    CU_ASSERT_PTR_EQUAL(all, pointer(GMEM_BASE));
    CU_ASSERT_TRUE(death_aborts(make_with_odd_size, f.trace));
    CU_ASSERT_TRUE(death_aborts(make_too_large, f.trace));
    tear_down(&f);
}

UNIT_SUITE("gmem", UNIT_TEST(test_what_opens_and_closes_is_told_with_its_physical_address),
           UNIT_TEST(test_layout_is_boot_image_free_pool),
           UNIT_TEST(test_second_memory_finds_the_addresses_taken),
           UNIT_TEST(test_image_must_end_below_the_pool),
           UNIT_TEST(test_offset_tells_physical_addresses_from_pointers),
           UNIT_TEST(test_translation_covers_ram_exactly),
           UNIT_TEST(test_what_devices_would_see_is_looked_at_without_a_violation),
           UNIT_TEST(test_allocation_is_open_to_its_last_byte),
           UNIT_TEST(test_access_outside_of_ram_is_a_violation),
           UNIT_TEST(test_access_of_no_bytes_is_never_a_violation),
           UNIT_TEST(test_window_opens_one_direction),
           UNIT_TEST(test_window_is_closed_exactly_as_it_was_opened),
           UNIT_TEST(test_window_that_makes_no_sense_is_refused),
           UNIT_TEST(test_window_into_the_pool_is_refused),
           UNIT_TEST(test_image_can_be_opened_as_it_is_mapped),
           UNIT_TEST(test_allocation_is_zeroed_aligned_and_counted),
           UNIT_TEST(test_released_memory_is_closed),
           UNIT_TEST(test_release_wants_what_was_allocated),
           UNIT_TEST(test_allocation_that_makes_no_sense_or_does_not_fit_fails),
           UNIT_TEST(test_stack_has_a_guard_page_until_it_is_released),
           UNIT_TEST(test_stack_release_wants_a_stack),
           UNIT_TEST(test_stack_is_open_through_windows_only_and_never_its_guard),
           UNIT_TEST(test_windows_of_a_stack_end_with_it),
           UNIT_TEST(test_largest_memory_works_and_other_sizes_are_asserted))
