/*
 * mmio_test.c - which device gets an access, and which accesses none gets
 */
#include "emu/core/mmio.h"

#include "emu/core/death_test.h"
#include "tests/unit.h"

#define BASE      UINT64_C(0x0a000000)
#define WORD_BASE UINT64_C(0x0a000200)

struct device {
    unsigned reads;
    unsigned writes;
    uint64_t offset;
    unsigned size;
    uint64_t value; /* what is read, or was written */
};

struct fixture {
    struct vclock *clock;
    struct trace *trace;
    struct mmio_bus *bus;
    struct device any;   /* at BASE, 0x200 bytes, all sizes */
    struct device words; /* at WORD_BASE, 0x14 bytes, 4 and 8 */
};

static uint64_t device_read(void *opaque, uint64_t offset, unsigned size)
{
    struct device *device = opaque;
    device->reads++;
    device->offset = offset;
    device->size = size;
    return device->value;
}

static void device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct device *device = opaque;
    device->writes++;
    device->offset = offset;
    device->size = size;
    device->value = value;
}

static const struct mmio_ops any_ops = {
    .read = device_read, .write = device_write, .sizes = 1 | 2 | 4 | 8};
static const struct mmio_ops word_ops = {
    .read = device_read, .write = device_write, .sizes = 4 | 8};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){.clock = vclock_new()};
    f->trace = trace_new(f->clock);
    f->bus = mmio_bus_new(f->trace);
    mmio_map(f->bus, "words", WORD_BASE, 0x14, &word_ops, &f->words);
    mmio_map(f->bus, "any", BASE, 0x200, &any_ops, &f->any);
}

static void tear_down(struct fixture *f)
{
    mmio_bus_free(f->bus);
    trace_free(f->trace);
    vclock_free(f->clock);
}

/*
 * The one event since the last call is of this kind, with these fields; and no device was touched.
 */
static void check_refused(struct fixture *f, uint64_t *seen, enum trace_kind kind, uint64_t pa,
                          unsigned size, const char *access)
{
    CU_ASSERT_EQUAL_FATAL(trace_last(f->trace), *seen + 1);
    const struct trace_event *event = trace_get(f->trace, ++*seen);
    CU_ASSERT_EQUAL(event->kind, kind);
    CU_ASSERT_EQUAL(event->fields[0].number, pa);
    CU_ASSERT_EQUAL(event->fields[1].number, size);
    CU_ASSERT_STRING_EQUAL(event->fields[2].string, access);
    CU_ASSERT_EQUAL(f->any.reads + f->any.writes + f->words.reads + f->words.writes, 0);
}

static void test_access_reaches_its_device_as_an_offset(void)
{
    struct fixture f;
    set_up(&f);
    f.any.value = 0x1122334455667788;
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE + 0x1f8, 8), 0x1122334455667788);
    CU_ASSERT_EQUAL(f.any.offset, 0x1f8);
    CU_ASSERT_EQUAL(f.any.size, 8);
    mmio_write(f.bus, WORD_BASE + 0x10, 4, 0xcafe);
    CU_ASSERT_EQUAL(f.words.offset, 0x10);
    CU_ASSERT_EQUAL(f.words.value, 0xcafe);
    mmio_write(f.bus, BASE, 1, 0x42);
    CU_ASSERT_EQUAL(f.any.offset, 0);
    CU_ASSERT_EQUAL(f.any.writes, 1);
    CU_ASSERT_EQUAL(f.words.writes, 1);
    CU_ASSERT_EQUAL(trace_last(f.trace), 0);
    tear_down(&f);
}

static void test_values_are_cut_to_the_size_of_the_access(void)
{
    struct fixture f;
    set_up(&f);
    f.any.value = 0x1122334455667788;
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE, 1), 0x88);
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE, 2), 0x7788);
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE, 4), 0x55667788);
    mmio_write(f.bus, BASE, 2, UINT64_MAX);
    CU_ASSERT_EQUAL(f.any.value, 0xffff);
    tear_down(&f);
}

static void test_access_where_nothing_is_reads_as_ones(void)
{
    struct fixture f;
    uint64_t seen = 0;
    set_up(&f);
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE - 1, 1), 0xff);
    check_refused(&f, &seen, TRACE_MMIO_UNMAPPED, BASE - 1, 1, "read");
    CU_ASSERT_EQUAL(mmio_read(f.bus, WORD_BASE + 0x14, 4), 0xffffffff);
    check_refused(&f, &seen, TRACE_MMIO_UNMAPPED, WORD_BASE + 0x14, 4, "read");
    CU_ASSERT_EQUAL(mmio_read(f.bus, UINT64_MAX - 7, 8), UINT64_MAX);
    check_refused(&f, &seen, TRACE_MMIO_UNMAPPED, UINT64_MAX - 7, 8, "read");
    mmio_write(f.bus, 0, 2, 1);
    check_refused(&f, &seen, TRACE_MMIO_UNMAPPED, 0, 2, "write");
    tear_down(&f);
}

static void test_misaligned_access_is_refused(void)
{
    struct fixture f;
    uint64_t seen = 0;
    set_up(&f);
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE + 1, 2), 0xffff);
    check_refused(&f, &seen, TRACE_MMIO_REFUSED, BASE + 1, 2, "read");
    CU_ASSERT_EQUAL(mmio_read(f.bus, BASE + 4, 8), UINT64_MAX);
    check_refused(&f, &seen, TRACE_MMIO_REFUSED, BASE + 4, 8, "read");
    mmio_write(f.bus, WORD_BASE + 2, 4, 1);
    check_refused(&f, &seen, TRACE_MMIO_REFUSED, WORD_BASE + 2, 4, "write");
    tear_down(&f);
}

static void test_size_that_the_device_lacks_is_refused(void)
{
    struct fixture f;
    uint64_t seen = 0;
    set_up(&f);
    CU_ASSERT_EQUAL(mmio_read(f.bus, WORD_BASE, 1), 0xff);
    check_refused(&f, &seen, TRACE_MMIO_REFUSED, WORD_BASE, 1, "read");
    mmio_write(f.bus, WORD_BASE, 2, 1);
    check_refused(&f, &seen, TRACE_MMIO_REFUSED, WORD_BASE, 2, "write");
    tear_down(&f);
}

static void test_access_across_the_end_of_a_device_is_refused(void)
{
    struct fixture f;
    uint64_t seen = 0;
    set_up(&f);
    CU_ASSERT_EQUAL(mmio_read(f.bus, WORD_BASE + 0x10, 8), UINT64_MAX);
    check_refused(&f, &seen, TRACE_MMIO_REFUSED, WORD_BASE + 0x10, 8, "read");
    tear_down(&f);
}

static void map_overlapping(void *opaque)
{
    mmio_map(opaque, "late", WORD_BASE + 0x10, 8, &any_ops, NULL);
}

static void map_unaligned(void *opaque)
{
    mmio_map(opaque, "odd", UINT64_C(0x09000004), 8, &any_ops, NULL);
}

static void read_three_bytes(void *opaque)
{
    mmio_read(opaque, BASE, 3);
}

static void test_misuse_is_asserted(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_TRUE(death_aborts(map_overlapping, f.bus));
    CU_ASSERT_TRUE(death_aborts(map_unaligned, f.bus));
    CU_ASSERT_TRUE(death_aborts(read_three_bytes, f.bus));
    mmio_bus_free(NULL);
    tear_down(&f);
}

UNIT_SUITE("mmio", UNIT_TEST(test_access_reaches_its_device_as_an_offset),
           UNIT_TEST(test_values_are_cut_to_the_size_of_the_access),
           UNIT_TEST(test_access_where_nothing_is_reads_as_ones),
           UNIT_TEST(test_misaligned_access_is_refused),
           UNIT_TEST(test_size_that_the_device_lacks_is_refused),
           UNIT_TEST(test_access_across_the_end_of_a_device_is_refused),
           UNIT_TEST(test_misuse_is_asserted))
