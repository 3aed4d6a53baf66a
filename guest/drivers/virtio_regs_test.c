/*
 * The witness: virtio_regs.h against the system's headers.
 */
#include "drivers/virtio_regs.h"

#include "tests/unit.h"

#include <linux/virtio_9p.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

static void test_mmio_registers_agree(void)
{
    CU_ASSERT_EQUAL(VREG_MAGIC, VIRTIO_MMIO_MAGIC_VALUE);
    CU_ASSERT_EQUAL(VREG_VERSION, VIRTIO_MMIO_VERSION);
    CU_ASSERT_EQUAL(VREG_DEVICE_ID, VIRTIO_MMIO_DEVICE_ID);
    CU_ASSERT_EQUAL(VREG_VENDOR_ID, VIRTIO_MMIO_VENDOR_ID);
    CU_ASSERT_EQUAL(VREG_DEVICE_FEATURES, VIRTIO_MMIO_DEVICE_FEATURES);
    CU_ASSERT_EQUAL(VREG_DEVICE_FEATURES_SEL, VIRTIO_MMIO_DEVICE_FEATURES_SEL);
    CU_ASSERT_EQUAL(VREG_DRIVER_FEATURES, VIRTIO_MMIO_DRIVER_FEATURES);
    CU_ASSERT_EQUAL(VREG_DRIVER_FEATURES_SEL, VIRTIO_MMIO_DRIVER_FEATURES_SEL);
    CU_ASSERT_EQUAL(VREG_STATUS, VIRTIO_MMIO_STATUS);
    CU_ASSERT_EQUAL(VREG_CONFIG_GENERATION, VIRTIO_MMIO_CONFIG_GENERATION);
    CU_ASSERT_EQUAL(VREG_CONFIG, VIRTIO_MMIO_CONFIG);
}

static void test_queue_registers_agree(void)
{
    CU_ASSERT_EQUAL(VREG_QUEUE_SEL, VIRTIO_MMIO_QUEUE_SEL);
    CU_ASSERT_EQUAL(VREG_QUEUE_NUM_MAX, VIRTIO_MMIO_QUEUE_NUM_MAX);
    CU_ASSERT_EQUAL(VREG_QUEUE_NUM, VIRTIO_MMIO_QUEUE_NUM);
    CU_ASSERT_EQUAL(VREG_QUEUE_READY, VIRTIO_MMIO_QUEUE_READY);
    CU_ASSERT_EQUAL(VREG_QUEUE_NOTIFY, VIRTIO_MMIO_QUEUE_NOTIFY);
    CU_ASSERT_EQUAL(VREG_QUEUE_DESC_LOW, VIRTIO_MMIO_QUEUE_DESC_LOW);
    CU_ASSERT_EQUAL(VREG_QUEUE_DESC_HIGH, VIRTIO_MMIO_QUEUE_DESC_HIGH);
    CU_ASSERT_EQUAL(VREG_QUEUE_DRIVER_LOW, VIRTIO_MMIO_QUEUE_AVAIL_LOW);
    CU_ASSERT_EQUAL(VREG_QUEUE_DRIVER_HIGH, VIRTIO_MMIO_QUEUE_AVAIL_HIGH);
    CU_ASSERT_EQUAL(VREG_QUEUE_DEVICE_LOW, VIRTIO_MMIO_QUEUE_USED_LOW);
    CU_ASSERT_EQUAL(VREG_QUEUE_DEVICE_HIGH, VIRTIO_MMIO_QUEUE_USED_HIGH);
}

static void test_legacy_registers_agree(void)
{
    CU_ASSERT_EQUAL(VREG_GUEST_PAGE_SIZE, VIRTIO_MMIO_GUEST_PAGE_SIZE);
    CU_ASSERT_EQUAL(VREG_QUEUE_ALIGN, VIRTIO_MMIO_QUEUE_ALIGN);
    CU_ASSERT_EQUAL(VREG_QUEUE_PFN, VIRTIO_MMIO_QUEUE_PFN);
    CU_ASSERT_EQUAL(VFEATURE_ANY_LAYOUT, VIRTIO_F_ANY_LAYOUT);
    CU_ASSERT_EQUAL(VNET_HEADER_SIZE_LEGACY, sizeof(struct virtio_net_hdr));
}

static void test_interrupts_status_and_features_agree(void)
{
    CU_ASSERT_EQUAL(VREG_INTERRUPT_STATUS, VIRTIO_MMIO_INTERRUPT_STATUS);
    CU_ASSERT_EQUAL(VREG_INTERRUPT_ACK, VIRTIO_MMIO_INTERRUPT_ACK);
    CU_ASSERT_EQUAL(VIRQ_USED_BUFFER, VIRTIO_MMIO_INT_VRING);
    CU_ASSERT_EQUAL(VIRQ_CONFIG_CHANGE, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_EQUAL(VSTATUS_ACKNOWLEDGE, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    CU_ASSERT_EQUAL(VSTATUS_DRIVER, VIRTIO_CONFIG_S_DRIVER);
    CU_ASSERT_EQUAL(VSTATUS_DRIVER_OK, VIRTIO_CONFIG_S_DRIVER_OK);
    CU_ASSERT_EQUAL(VSTATUS_FEATURES_OK, VIRTIO_CONFIG_S_FEATURES_OK);
    CU_ASSERT_EQUAL(VSTATUS_NEEDS_RESET, VIRTIO_CONFIG_S_NEEDS_RESET);
    CU_ASSERT_EQUAL(VSTATUS_FAILED, VIRTIO_CONFIG_S_FAILED);
    CU_ASSERT_EQUAL(VFEATURE_VERSION_1, VIRTIO_F_VERSION_1);
    CU_ASSERT_EQUAL(VFEATURE_NET_MAC, VIRTIO_NET_F_MAC);
    CU_ASSERT_EQUAL(VDEVICE_NET, VIRTIO_ID_NET);
}

static void test_ring_layout_agrees(void)
{
    CU_ASSERT_EQUAL(VDESC_NEXT, VRING_DESC_F_NEXT);
    CU_ASSERT_EQUAL(VDESC_DEVICE_WRITES, VRING_DESC_F_WRITE);
    CU_ASSERT_EQUAL(VUSED_NO_KICK, VRING_USED_F_NO_NOTIFY);
    CU_ASSERT_EQUAL(VDESC_ALIGN, VRING_DESC_ALIGN_SIZE);
    CU_ASSERT_EQUAL(VAVAIL_ALIGN, VRING_AVAIL_ALIGN_SIZE);
    CU_ASSERT_EQUAL(VUSED_ALIGN, VRING_USED_ALIGN_SIZE);
    CU_ASSERT_EQUAL(sizeof(struct vdesc), sizeof(struct vring_desc));
    CU_ASSERT_EQUAL(offsetof(struct vdesc, size), offsetof(struct vring_desc, len));
    CU_ASSERT_EQUAL(offsetof(struct vdesc, flags), offsetof(struct vring_desc, flags));
    CU_ASSERT_EQUAL(offsetof(struct vdesc, next), offsetof(struct vring_desc, next));
    CU_ASSERT_EQUAL(offsetof(struct vavail, index), offsetof(struct vring_avail, idx));
    CU_ASSERT_EQUAL(offsetof(struct vavail, ring), offsetof(struct vring_avail, ring));
    CU_ASSERT_EQUAL(offsetof(struct vused, index), offsetof(struct vring_used, idx));
    CU_ASSERT_EQUAL(offsetof(struct vused, ring), offsetof(struct vring_used, ring));
    CU_ASSERT_EQUAL(offsetof(struct vused_element, len), offsetof(struct vring_used_elem, len));
    CU_ASSERT_EQUAL(sizeof(struct vused_element), sizeof(struct vring_used_elem));
}

static void test_network_header_agrees(void)
{
    typedef struct virtio_net_hdr_v1 witness;
    CU_ASSERT_EQUAL(sizeof(struct vnet_header), sizeof(witness));
    CU_ASSERT_EQUAL(offsetof(struct vnet_header, gso_type), offsetof(witness, gso_type));
    CU_ASSERT_EQUAL(offsetof(struct vnet_header, header_len), offsetof(witness, hdr_len));
    CU_ASSERT_EQUAL(offsetof(struct vnet_header, gso_size), offsetof(witness, gso_size));
    CU_ASSERT_EQUAL(offsetof(struct vnet_header, checksum_start), offsetof(witness, csum_start));
    CU_ASSERT_EQUAL(offsetof(struct vnet_header, checksum_offset), offsetof(witness, csum_offset));
    CU_ASSERT_EQUAL(offsetof(struct vnet_header, buffer_count), offsetof(witness, num_buffers));
    CU_ASSERT_EQUAL(VNET_CONFIG_MAC, offsetof(struct virtio_net_config, mac));
}

static void test_shared_folder_agrees(void)
{
    CU_ASSERT_EQUAL(VDEVICE_9P, VIRTIO_ID_9P);
    CU_ASSERT_EQUAL(VFEATURE_9P_MOUNT_TAG, VIRTIO_9P_MOUNT_TAG);
    CU_ASSERT_EQUAL(V9P_CONFIG_TAG_LENGTH, offsetof(struct virtio_9p_config, tag_len));
    CU_ASSERT_EQUAL(V9P_CONFIG_TAG, offsetof(struct virtio_9p_config, tag));
}

UNIT_SUITE("virtio_regs", UNIT_TEST(test_shared_folder_agrees),
           UNIT_TEST(test_legacy_registers_agree), UNIT_TEST(test_mmio_registers_agree),
           UNIT_TEST(test_queue_registers_agree),
           UNIT_TEST(test_interrupts_status_and_features_agree), UNIT_TEST(test_ring_layout_agrees),
           UNIT_TEST(test_network_header_agrees))
