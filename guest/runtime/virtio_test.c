/*
 * virtio_test.c - which windows have a device
 */
#include "runtime/fake_machine.h"
#include "tests/unit.h"

#define WINDOW(i) (0x0a000000u + (i)*0x200u)

static void window_set(unsigned i, uint32_t version, uint32_t device_id)
{
    fake_register_set(WINDOW(i), 0x74726976);
    fake_register_set(WINDOW(i) + 4, version);
    fake_register_set(WINDOW(i) + 8, device_id);
}

static void test_devices_are_found_by_type_in_the_order_of_windows(void)
{
    struct runtime_virtio found;
    fake_machine_reset();
    window_set(0, 2, 0);
    window_set(1, 2, 9);
    window_set(3, 1, 1);
    window_set(31, 2, 1);
    CU_ASSERT_TRUE(runtime_find_virtio(1, 0, &found));
    CU_ASSERT_EQUAL(found.base, WINDOW(3));
    CU_ASSERT_EQUAL(found.intid, 51);
    CU_ASSERT_EQUAL(found.version, 1);
    CU_ASSERT_TRUE(runtime_find_virtio(1, 1, &found));
    CU_ASSERT_EQUAL(found.base, WINDOW(31));
    CU_ASSERT_EQUAL(found.intid, 79);
    CU_ASSERT_FALSE(runtime_find_virtio(1, 2, &found));
    CU_ASSERT_FALSE(runtime_find_virtio(2, 0, &found));
    CU_ASSERT_FALSE(runtime_find_virtio(0, 0, &found)); /* that is an empty window */
}

UNIT_SUITE("runtime_virtio", UNIT_TEST(test_devices_are_found_by_type_in_the_order_of_windows))
