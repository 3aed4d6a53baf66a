/*
 * virtio_spec_test.c - our transcription of the specification against that of the Linux kernel
 */
#include "emu/virtio/virtio_spec.h"

#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

static void test_registers_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(VIRTIO_REG_MAGIC_VALUE, VIRTIO_MMIO_MAGIC_VALUE);
    CU_ASSERT_EQUAL(VIRTIO_REG_VERSION, VIRTIO_MMIO_VERSION);
    CU_ASSERT_EQUAL(VIRTIO_REG_DEVICE_ID, VIRTIO_MMIO_DEVICE_ID);
    CU_ASSERT_EQUAL(VIRTIO_REG_VENDOR_ID, VIRTIO_MMIO_VENDOR_ID);
    CU_ASSERT_EQUAL(VIRTIO_REG_DEVICE_FEATURES, VIRTIO_MMIO_DEVICE_FEATURES);
    CU_ASSERT_EQUAL(VIRTIO_REG_DEVICE_FEATURES_SEL, VIRTIO_MMIO_DEVICE_FEATURES_SEL);
    CU_ASSERT_EQUAL(VIRTIO_REG_DRIVER_FEATURES, VIRTIO_MMIO_DRIVER_FEATURES);
    CU_ASSERT_EQUAL(VIRTIO_REG_DRIVER_FEATURES_SEL, VIRTIO_MMIO_DRIVER_FEATURES_SEL);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_SEL, VIRTIO_MMIO_QUEUE_SEL);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_NUM_MAX, VIRTIO_MMIO_QUEUE_NUM_MAX);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_NUM, VIRTIO_MMIO_QUEUE_NUM);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_READY, VIRTIO_MMIO_QUEUE_READY);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_NOTIFY, VIRTIO_MMIO_QUEUE_NOTIFY);
    CU_ASSERT_EQUAL(VIRTIO_REG_INTERRUPT_STATUS, VIRTIO_MMIO_INTERRUPT_STATUS);
    CU_ASSERT_EQUAL(VIRTIO_REG_INTERRUPT_ACK, VIRTIO_MMIO_INTERRUPT_ACK);
    CU_ASSERT_EQUAL(VIRTIO_REG_STATUS, VIRTIO_MMIO_STATUS);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_DESC_LOW, VIRTIO_MMIO_QUEUE_DESC_LOW);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_DESC_HIGH, VIRTIO_MMIO_QUEUE_DESC_HIGH);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_DRIVER_LOW, VIRTIO_MMIO_QUEUE_AVAIL_LOW);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_DRIVER_HIGH, VIRTIO_MMIO_QUEUE_AVAIL_HIGH);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_DEVICE_LOW, VIRTIO_MMIO_QUEUE_USED_LOW);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_DEVICE_HIGH, VIRTIO_MMIO_QUEUE_USED_HIGH);
    CU_ASSERT_EQUAL(VIRTIO_REG_SHM_SEL, VIRTIO_MMIO_SHM_SEL);
    CU_ASSERT_EQUAL(VIRTIO_REG_SHM_LEN_LOW, VIRTIO_MMIO_SHM_LEN_LOW);
    CU_ASSERT_EQUAL(VIRTIO_REG_SHM_LEN_HIGH, VIRTIO_MMIO_SHM_LEN_HIGH);
    CU_ASSERT_EQUAL(VIRTIO_REG_SHM_BASE_LOW, VIRTIO_MMIO_SHM_BASE_LOW);
    CU_ASSERT_EQUAL(VIRTIO_REG_SHM_BASE_HIGH, VIRTIO_MMIO_SHM_BASE_HIGH);
    CU_ASSERT_EQUAL(VIRTIO_REG_CONFIG_GENERATION, VIRTIO_MMIO_CONFIG_GENERATION);
    CU_ASSERT_EQUAL(VIRTIO_REG_CONFIG, VIRTIO_MMIO_CONFIG);
}

static void test_status_interrupt_and_feature_bits_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(VIRTIO_STATUS_ACKNOWLEDGE, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    CU_ASSERT_EQUAL(VIRTIO_STATUS_DRIVER, VIRTIO_CONFIG_S_DRIVER);
    CU_ASSERT_EQUAL(VIRTIO_STATUS_DRIVER_OK, VIRTIO_CONFIG_S_DRIVER_OK);
    CU_ASSERT_EQUAL(VIRTIO_STATUS_FEATURES_OK, VIRTIO_CONFIG_S_FEATURES_OK);
    CU_ASSERT_EQUAL(VIRTIO_STATUS_NEEDS_RESET, VIRTIO_CONFIG_S_NEEDS_RESET);
    CU_ASSERT_EQUAL(VIRTIO_STATUS_FAILED, VIRTIO_CONFIG_S_FAILED);
    CU_ASSERT_EQUAL(VIRTIO_ISR_USED, VIRTIO_MMIO_INT_VRING);
    CU_ASSERT_EQUAL(VIRTIO_ISR_CONFIG, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_VERSION_1, VIRTIO_F_VERSION_1);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_INDIRECT_DESC, VIRTIO_RING_F_INDIRECT_DESC);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_EVENT_IDX, VIRTIO_RING_F_EVENT_IDX);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_ACCESS_PLATFORM, VIRTIO_F_ACCESS_PLATFORM);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_RING_PACKED, VIRTIO_F_RING_PACKED);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_IN_ORDER, VIRTIO_F_IN_ORDER);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_ORDER_PLATFORM, VIRTIO_F_ORDER_PLATFORM);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_SR_IOV, VIRTIO_F_SR_IOV);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_RING_RESET, VIRTIO_F_RING_RESET);
}

static void test_descriptors_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(sizeof(struct virtq_desc), sizeof(struct vring_desc));
    CU_ASSERT_EQUAL(offsetof(struct virtq_desc, addr), offsetof(struct vring_desc, addr));
    CU_ASSERT_EQUAL(offsetof(struct virtq_desc, len), offsetof(struct vring_desc, len));
    CU_ASSERT_EQUAL(offsetof(struct virtq_desc, flags), offsetof(struct vring_desc, flags));
    CU_ASSERT_EQUAL(offsetof(struct virtq_desc, next), offsetof(struct vring_desc, next));
    CU_ASSERT_EQUAL(VIRTQ_DESC_F_NEXT, VRING_DESC_F_NEXT);
    CU_ASSERT_EQUAL(VIRTQ_DESC_F_WRITE, VRING_DESC_F_WRITE);
    CU_ASSERT_EQUAL(VIRTQ_DESC_F_INDIRECT, VRING_DESC_F_INDIRECT);
}

static void test_rings_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(VIRTQ_AVAIL_F_NO_INTERRUPT, VRING_AVAIL_F_NO_INTERRUPT);
    CU_ASSERT_EQUAL(VIRTQ_AVAIL_FLAGS, offsetof(struct vring_avail, flags));
    CU_ASSERT_EQUAL(VIRTQ_AVAIL_IDX, offsetof(struct vring_avail, idx));
    CU_ASSERT_EQUAL(VIRTQ_AVAIL_RING, offsetof(struct vring_avail, ring));
    CU_ASSERT_EQUAL(VIRTQ_USED_FLAGS, offsetof(struct vring_used, flags));
    CU_ASSERT_EQUAL(VIRTQ_USED_IDX, offsetof(struct vring_used, idx));
    CU_ASSERT_EQUAL(VIRTQ_USED_RING, offsetof(struct vring_used, ring));
    CU_ASSERT_EQUAL(sizeof(struct virtq_used_elem), sizeof(struct vring_used_elem));
    CU_ASSERT_EQUAL(offsetof(struct virtq_used_elem, id), offsetof(struct vring_used_elem, id));
    CU_ASSERT_EQUAL(offsetof(struct virtq_used_elem, len), offsetof(struct vring_used_elem, len));
    CU_ASSERT_EQUAL(VIRTQ_DESC_ALIGN, VRING_DESC_ALIGN_SIZE);
    CU_ASSERT_EQUAL(VIRTQ_AVAIL_ALIGN, VRING_AVAIL_ALIGN_SIZE);
    CU_ASSERT_EQUAL(VIRTQ_USED_ALIGN, VRING_USED_ALIGN_SIZE);
}

static void test_sizes_add_up_to_those_of_linux(void)
{
    for (unsigned size = 1; size <= 1024; size *= 2) {
        /* Linux has one number: descriptors and available ring rounded up, and the used ring. */
        size_t before_used = virtq_desc_size(size) + virtq_avail_size(size);
        before_used = (before_used + VIRTQ_USED_ALIGN - 1) / VIRTQ_USED_ALIGN * VIRTQ_USED_ALIGN;
        CU_ASSERT_EQUAL(before_used + virtq_used_size(size), vring_size(size, VIRTQ_USED_ALIGN));
    }
}

static void test_legacy_registers_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(VIRTIO_REG_GUEST_PAGE_SIZE, VIRTIO_MMIO_GUEST_PAGE_SIZE);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_ALIGN, VIRTIO_MMIO_QUEUE_ALIGN);
    CU_ASSERT_EQUAL(VIRTIO_REG_QUEUE_PFN, VIRTIO_MMIO_QUEUE_PFN);
    CU_ASSERT_EQUAL(VIRTIO_FEATURE_ANY_LAYOUT, VIRTIO_F_ANY_LAYOUT);
}

static void test_legacy_used_ring_is_where_linux_looks_for_it(void)
{
    static const uint32_t aligns[] = {4, 64, 4096, 65536};
    char base;
    for (unsigned size = 1; size <= 1024; size *= 2) {
        for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
            struct vring ring;
            char *area = &base - (uintptr_t)&base % aligns[i];
            vring_init(&ring, size, area, aligns[i]);
            CU_ASSERT_EQUAL(virtq_legacy_used_offset(size, aligns[i]),
                            (uint64_t)((char *)ring.used - area));
        }
    }
}

UNIT_SUITE("virtio_spec", UNIT_TEST(test_legacy_registers_are_those_of_linux),
           UNIT_TEST(test_legacy_used_ring_is_where_linux_looks_for_it),
           UNIT_TEST(test_registers_are_those_of_linux),
           UNIT_TEST(test_status_interrupt_and_feature_bits_are_those_of_linux),
           UNIT_TEST(test_descriptors_are_those_of_linux), UNIT_TEST(test_rings_are_those_of_linux),
           UNIT_TEST(test_sizes_add_up_to_those_of_linux))
