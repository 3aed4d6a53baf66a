/*
 * virtio_net_spec_test.c - our transcription of the network device against that of the Linux kernel
 */
#include "emu/virtio-net/virtio_net_spec.h"

#include "tests/unit.h"

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>

static void test_feature_bits_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(VNET_DEVICE_ID, VIRTIO_ID_NET);
    CU_ASSERT_EQUAL(VNET_FEATURE_CSUM, VIRTIO_NET_F_CSUM);
    CU_ASSERT_EQUAL(VNET_FEATURE_GUEST_CSUM, VIRTIO_NET_F_GUEST_CSUM);
    CU_ASSERT_EQUAL(VNET_FEATURE_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);
    CU_ASSERT_EQUAL(VNET_FEATURE_MTU, VIRTIO_NET_F_MTU);
    CU_ASSERT_EQUAL(VNET_FEATURE_MAC, VIRTIO_NET_F_MAC);
    CU_ASSERT_EQUAL(VNET_FEATURE_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO4);
    CU_ASSERT_EQUAL(VNET_FEATURE_GUEST_TSO6, VIRTIO_NET_F_GUEST_TSO6);
    CU_ASSERT_EQUAL(VNET_FEATURE_GUEST_ECN, VIRTIO_NET_F_GUEST_ECN);
    CU_ASSERT_EQUAL(VNET_FEATURE_GUEST_UFO, VIRTIO_NET_F_GUEST_UFO);
    CU_ASSERT_EQUAL(VNET_FEATURE_HOST_TSO4, VIRTIO_NET_F_HOST_TSO4);
    CU_ASSERT_EQUAL(VNET_FEATURE_HOST_TSO6, VIRTIO_NET_F_HOST_TSO6);
    CU_ASSERT_EQUAL(VNET_FEATURE_HOST_ECN, VIRTIO_NET_F_HOST_ECN);
    CU_ASSERT_EQUAL(VNET_FEATURE_HOST_UFO, VIRTIO_NET_F_HOST_UFO);
    CU_ASSERT_EQUAL(VNET_FEATURE_MRG_RXBUF, VIRTIO_NET_F_MRG_RXBUF);
    CU_ASSERT_EQUAL(VNET_FEATURE_STATUS, VIRTIO_NET_F_STATUS);
    CU_ASSERT_EQUAL(VNET_FEATURE_CTRL_VQ, VIRTIO_NET_F_CTRL_VQ);
    CU_ASSERT_EQUAL(VNET_FEATURE_CTRL_RX, VIRTIO_NET_F_CTRL_RX);
    CU_ASSERT_EQUAL(VNET_FEATURE_CTRL_VLAN, VIRTIO_NET_F_CTRL_VLAN);
    CU_ASSERT_EQUAL(VNET_FEATURE_GUEST_ANNOUNCE, VIRTIO_NET_F_GUEST_ANNOUNCE);
    CU_ASSERT_EQUAL(VNET_FEATURE_MQ, VIRTIO_NET_F_MQ);
    CU_ASSERT_EQUAL(VNET_FEATURE_CTRL_MAC_ADDR, VIRTIO_NET_F_CTRL_MAC_ADDR);
    CU_ASSERT_EQUAL(VNET_FEATURE_HASH_REPORT, VIRTIO_NET_F_HASH_REPORT);
    CU_ASSERT_EQUAL(VNET_FEATURE_RSS, VIRTIO_NET_F_RSS);
    CU_ASSERT_EQUAL(VNET_FEATURE_RSC_EXT, VIRTIO_NET_F_RSC_EXT);
    CU_ASSERT_EQUAL(VNET_FEATURE_STANDBY, VIRTIO_NET_F_STANDBY);
    CU_ASSERT_EQUAL(VNET_FEATURE_SPEED_DUPLEX, VIRTIO_NET_F_SPEED_DUPLEX);
}

#define SAME_PLACE(ours, our_field, theirs, their_field)                                           \
    CU_ASSERT_EQUAL(offsetof(struct ours, our_field), offsetof(struct theirs, their_field))

static void test_configuration_space_is_that_of_linux(void)
{
    SAME_PLACE(vnet_config_space, mac, virtio_net_config, mac);
    SAME_PLACE(vnet_config_space, status, virtio_net_config, status);
    SAME_PLACE(vnet_config_space, max_virtqueue_pairs, virtio_net_config, max_virtqueue_pairs);
    SAME_PLACE(vnet_config_space, mtu, virtio_net_config, mtu);
    CU_ASSERT_EQUAL(sizeof(struct vnet_config_space), offsetof(struct virtio_net_config, speed));
    CU_ASSERT_EQUAL(VNET_STATUS_LINK_UP, VIRTIO_NET_S_LINK_UP);
}

static void test_header_is_that_of_linux(void)
{
    SAME_PLACE(vnet_header, flags, virtio_net_hdr_v1, flags);
    SAME_PLACE(vnet_header, gso_type, virtio_net_hdr_v1, gso_type);
    SAME_PLACE(vnet_header, hdr_len, virtio_net_hdr_v1, hdr_len);
    SAME_PLACE(vnet_header, gso_size, virtio_net_hdr_v1, gso_size);
    SAME_PLACE(vnet_header, csum_start, virtio_net_hdr_v1, csum_start);
    SAME_PLACE(vnet_header, csum_offset, virtio_net_hdr_v1, csum_offset);
    SAME_PLACE(vnet_header, num_buffers, virtio_net_hdr_v1, num_buffers);
    CU_ASSERT_EQUAL(VNET_HEADER_SIZE, sizeof(struct virtio_net_hdr_v1));
    CU_ASSERT_EQUAL(VNET_HEADER_SIZE_LEGACY, sizeof(struct virtio_net_hdr));
    CU_ASSERT_EQUAL(VNET_HEADER_GSO_NONE, VIRTIO_NET_HDR_GSO_NONE);
}

UNIT_SUITE("virtio_net_spec", UNIT_TEST(test_feature_bits_are_those_of_linux),
           UNIT_TEST(test_configuration_space_is_that_of_linux),
           UNIT_TEST(test_header_is_that_of_linux))
