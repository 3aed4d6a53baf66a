/*
 * virtio_9p_test.c - the device of a share, through its ring
 */
#include "emu/virtio-9p/virtio_9p_setup.h"

#include <linux/virtio_mmio.h>

static struct share_setup setup;

static void begin(void)
{
    share_setup_init(&setup);
    share_setup_start(&setup);
}

static uint64_t seen(enum trace_kind kind)
{
    return setup.machine.counts[kind];
}

static const struct trace_event *last(enum trace_kind kind)
{
    return &setup.machine.last[kind];
}

/* ---- the device ------------------------------------------------------------------------------ */

static void test_mount_tag_is_in_the_configuration_space(void)
{
    share_setup_init(&setup);
    struct mmio_bus *bus = setup.machine.bus;
    CU_ASSERT_EQUAL(mock_reg_read(&setup.machine, VIRTIO_MMIO_DEVICE_ID), 9);
    CU_ASSERT_EQUAL(mmio_read(bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG, 2), 3);
    static const char tag[] = "box";
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(mmio_read(bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG + 2 + i, 1), tag[i]);
    }
    CU_ASSERT_EQUAL(seen(TRACE_VIRTIO_BREACH), 0);
    CU_ASSERT_EQUAL(mmio_read(bus, MOCK_MMIO_BASE + VIRTIO_MMIO_CONFIG, 1),
                    3); /* read all the same */
    CU_ASSERT_TRUE(mock_machine_saw_breach(&setup.machine, "box", "4.2.2.2"));
    share_setup_fini(&setup);
}

static void test_a_file_is_read_through_the_ring_and_told(void)
{
    begin();
    share_open_file(&setup);
    share_put_read(&setup, 7, 2, 5);
    const uint8_t *answer = share_ask(&setup, 1, 117);
    CU_ASSERT_EQUAL(share_get(answer, 7, 4), 5);
    CU_ASSERT_EQUAL(memcmp(answer + 11, "llo, ", 5), 0);
    CU_ASSERT_EQUAL(answer[16], 0xee); /* and no byte more */
    const struct trace_event *request = last(TRACE_P9_REQUEST), *reply = last(TRACE_P9_REPLY);
    CU_ASSERT_EQUAL(seen(TRACE_P9_REQUEST), 1);
    CU_ASSERT_STRING_EQUAL(request->fields[0].string, "box");
    CU_ASSERT_EQUAL(request->fields[1].number, 7);
    CU_ASSERT_STRING_EQUAL(request->fields[2].string, "Tread");
    CU_ASSERT_EQUAL(request->fields[3].number, 1);
    CU_ASSERT_EQUAL(request->fields[8].number, 2);
    CU_ASSERT_EQUAL(request->fields[9].number, 5);
    CU_ASSERT_STRING_EQUAL(reply->fields[2].string, "Rread");
    CU_ASSERT_EQUAL(reply->fields[3].number, 16);
    CU_ASSERT_EQUAL(reply->fields[4].number, 0);
    CU_ASSERT_EQUAL(reply->fields[5].number, 5);
    CU_ASSERT_EQUAL(request->fields[10].number, 2); /* chain 1 begins with descriptor 2 */
    CU_ASSERT_EQUAL(reply->fields[6].number, 2);
    CU_ASSERT_EQUAL(seen(TRACE_P9_BREACH), 0);
    CU_ASSERT_EQUAL(virtio_9p_fid_count(setup.share), 2);
    struct virtio_9p_counters counters = virtio_9p_counters(setup.share);
    CU_ASSERT_EQUAL(counters.requests, 5);
    CU_ASSERT_EQUAL(counters.replies, 5);
    CU_ASSERT_EQUAL(counters.errors + counters.breaches, 0);
    share_setup_fini(&setup);
}

static void test_names_of_a_walk_are_told_as_a_path(void)
{
    begin();
    share_open_file(&setup);
    share_begin(&setup, 110, 1);
    share_put(&setup, 0, 4);
    share_put(&setup, 2, 4);
    share_put(&setup, 2, 2);
    share_put_string(&setup, "d\xff");
    share_put_string(&setup, "e");
    share_ask(&setup, 0, 7);
    CU_ASSERT_STRING_EQUAL(last(TRACE_P9_REQUEST)->fields[5].string, "d\xef\xbf\xbd/e");
    CU_ASSERT_EQUAL(last(TRACE_P9_REPLY)->fields[4].number, 2); /* ENOENT */
    CU_ASSERT_EQUAL(virtio_9p_counters(setup.share).errors, 1);
    share_setup_fini(&setup);
}

/* Walks to a name of 255 bytes that begins with the number, through the same memory each time. */
static const char *told_of_long_name(uint8_t *number, unsigned value)
{
    char digits[9];
    g_snprintf(digits, sizeof(digits), "%08u", value);
    memcpy(number, digits, 8);
    mock_ring_offer(&setup.ring, 0);
    mock_ring_kick(&setup.ring);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    return last(TRACE_P9_REQUEST)->fields[5].string;
}

static void test_a_client_that_makes_up_names_for_ever_fills_no_memory(void)
{
    char name[256] = "";
    uint8_t *bytes;
    begin();
    share_open_file(&setup);
    memset(name, 'n', 255);
    share_begin(&setup, 110, 1);
    share_put(&setup, 0, 4);
    share_put(&setup, 2, 4);
    share_put(&setup, 16, 2);
    for (unsigned i = 0; i < 16; i++) {
        share_put_string(&setup, name);
    }
    uint32_t size = (uint32_t)setup.size;
    memcpy(setup.message, &size, sizeof(size));
    gpa_t at = mock_machine_alloc(&setup.machine, size, &bytes);
    memcpy(bytes, setup.message, size);
    mock_ring_desc(&setup.ring, 0, at, size, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&setup.ring, 1, mock_machine_alloc(&setup.machine, 64, NULL), 64,
                   VRING_DESC_F_WRITE, 0);
    uint8_t *number = bytes + 7 + 4 + 4 + 2 + 2;
    unsigned told = 0;
    while (told < 5000 && strcmp(told_of_long_name(number, told), "…") != 0) {
        told++;
    }
    CU_ASSERT_EQUAL(told, (8 << 20) / 4096 - 1); /* the file's own name was told before */
    CU_ASSERT_EQUAL(strncmp(told_of_long_name(number, 7), "00000007nnn", 11), 0);
    CU_ASSERT_EQUAL(virtio_9p_counters(setup.share).errors, told + 2); /* and all are answered */
    share_setup_fini(&setup);
}

/* A message in three pieces, its answer in two, the first of one byte. */
static void test_messages_in_pieces_are_gathered_and_answers_scattered(void)
{
    begin();
    share_open_file(&setup);
    share_put_read(&setup, 7, 0, 12);
    uint8_t *bytes, *answer;
    uint32_t size = (uint32_t)setup.size;
    memcpy(setup.message, &size, sizeof(size));
    gpa_t at = mock_machine_alloc(&setup.machine, size, &bytes);
    memcpy(bytes, setup.message, size);
    gpa_t room = mock_machine_alloc(&setup.machine, 64, &answer);
    mock_ring_desc(&setup.ring, 0, at, 1, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&setup.ring, 1, gpa(at.value + 1), 8, VRING_DESC_F_NEXT, 2);
    mock_ring_desc(&setup.ring, 2, gpa(at.value + 9), size - 9, VRING_DESC_F_NEXT, 3);
    mock_ring_desc(&setup.ring, 3, room, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 4);
    mock_ring_desc(&setup.ring, 4, gpa(room.value + 1), 63, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&setup.ring, 0);
    mock_ring_kick(&setup.ring);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(share_get(answer, 0, 4), 23);
    CU_ASSERT_EQUAL(answer[4], 117);
    CU_ASSERT_EQUAL(memcmp(answer + 11, "hello, world", 12), 0);
    share_setup_fini(&setup);
}

/*
 * The driver has the answer written over the data of its own message: what arrives is the data as
 * it was.
 */
static void test_answer_over_its_own_message_does_no_harm(void)
{
    begin();
    share_open_file(&setup);
    share_begin(&setup, 118, 7); /* Twrite */
    share_put(&setup, 1, 4);
    share_put(&setup, 0, 8);
    share_put(&setup, 5, 4);
    share_put(&setup, UINT64_C(0x4f4c4c4548), 5); /* HELLO, at 23 */
    uint8_t *bytes;
    uint32_t size = (uint32_t)setup.size;
    memcpy(setup.message, &size, sizeof(size));
    gpa_t at = mock_machine_alloc(&setup.machine, 64, &bytes);
    memcpy(bytes, setup.message, size);
    mock_ring_desc(&setup.ring, 0, at, size, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&setup.ring, 1, gpa(at.value + 22), 32, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&setup.ring, 0);
    mock_ring_kick(&setup.ring);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(bytes[22 + 4], 119);
    share_put_read(&setup, 8, 0, 12);
    CU_ASSERT_EQUAL(memcmp(share_ask(&setup, 1, 117) + 11, "HELLO, world", 12), 0);
    CU_ASSERT_EQUAL(seen(TRACE_P9_BREACH), 0);
    share_setup_fini(&setup);
}

/* ---- what is no request ---------------------------------------------------------------------- */

static void expect_breach(const char *rule, uint64_t value)
{
    CU_ASSERT_EQUAL(seen(TRACE_P9_BREACH), 1);
    CU_ASSERT_STRING_EQUAL(last(TRACE_P9_BREACH)->fields[3].string, rule);
    CU_ASSERT_EQUAL(last(TRACE_P9_BREACH)->fields[4].number, value);
    mock_machine_forget(&setup.machine);
}

static void test_chain_without_room_for_an_error_comes_back_empty(void)
{
    begin();
    share_put_version(&setup, SHARE_MSIZE);
    share_send_in(&setup, 0, 10);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    expect_breach("the buffer has room for an error", 10);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.ring, 0), 0);
    CU_ASSERT_EQUAL(seen(TRACE_P9_REQUEST), 0);
    CU_ASSERT_EQUAL(setup.answers[0][0], 0xee);
    share_setup_fini(&setup);
}

static void test_message_without_a_header_comes_back_empty(void)
{
    begin();
    setup.size = 6;
    share_send(&setup, 0);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    expect_breach("a message begins with size, type and tag", 6);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.ring, 0), 0);
    share_setup_fini(&setup);
}

static void test_malformed_message_is_answered_by_an_error(void)
{
    begin();
    share_begin(&setup, 116, 9); /* Tread without any field */
    const uint8_t *answer = share_ask(&setup, 0, 7);
    CU_ASSERT_EQUAL(share_get(answer, 7, 4), 22); /* EINVAL */
    CU_ASSERT_EQUAL(seen(TRACE_P9_BREACH), 1);
    CU_ASSERT_STRING_EQUAL(last(TRACE_P9_BREACH)->fields[2].string, "Tread");
    CU_ASSERT_EQUAL(seen(TRACE_P9_REQUEST), 0);
    share_setup_fini(&setup);
}

static void test_tag_is_in_use_until_the_answer_can_be_seen(void)
{
    begin();
    share_open_file(&setup);
    share_put_read(&setup, 7, 0, 1);
    share_send(&setup, 0);
    share_send(&setup, 1);
    expect_breach("a tag is not used twice at a time", 7);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), 6); /* both are answered */
    share_ask(&setup, 2, 117);
    CU_ASSERT_EQUAL(seen(TRACE_P9_BREACH), 0);
    share_setup_fini(&setup);
}

static void test_reset_ends_the_session(void)
{
    begin();
    share_open_file(&setup);
    CU_ASSERT_EQUAL(virtio_9p_fid_count(setup.share), 2);
    share_put_read(&setup, 7, 0, 1);
    share_send(&setup, 0);
    mock_driver_reset(&setup.machine);
    CU_ASSERT_EQUAL(virtio_9p_fid_count(setup.share), 0);
    share_setup_start(&setup);
    share_put_read(&setup, 7, 0, 1);
    share_ask(&setup, 0, 7); /* there is no session */
    CU_ASSERT_EQUAL(seen(TRACE_P9_BREACH), 1);
    share_setup_fini(&setup);
}

UNIT_SUITE("virtio_9p", UNIT_TEST(test_mount_tag_is_in_the_configuration_space),
           UNIT_TEST(test_a_file_is_read_through_the_ring_and_told),
           UNIT_TEST(test_names_of_a_walk_are_told_as_a_path),
           UNIT_TEST(test_a_client_that_makes_up_names_for_ever_fills_no_memory),
           UNIT_TEST(test_messages_in_pieces_are_gathered_and_answers_scattered),
           UNIT_TEST(test_answer_over_its_own_message_does_no_harm),
           UNIT_TEST(test_chain_without_room_for_an_error_comes_back_empty),
           UNIT_TEST(test_message_without_a_header_comes_back_empty),
           UNIT_TEST(test_malformed_message_is_answered_by_an_error),
           UNIT_TEST(test_tag_is_in_use_until_the_answer_can_be_seen),
           UNIT_TEST(test_reset_ends_the_session))
