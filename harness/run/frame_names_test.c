/*
 * frame_names_test.c - fields of frames, put into what is sent
 */
#include "harness/run/frame_names.h"

#include "tests/unit.h"

#include <string.h>

/* 10.0.2.15.49152 > 10.0.2.9.80: Flags [FP.], seq 1000, ack 2000, win 300, length 3; a trailer */
static const uint8_t segment[] = {
    2, 0,   0,  0, 0, 9,   2,    0,    0, 0,  0,  1, 8, 0, 0x45, 0,   0,   43, 0, 0,
    0, 0,   64, 6, 0, 0,   10,   0,    2, 15, 10, 0, 2, 9, 0xc0, 0,   0,   80, 0, 0,
    3, 232, 0,  0, 7, 208, 0x50, 0x19, 1, 44, 0,  0, 0, 0, 'a',  'b', 'c', 0,  0, 0,
};

static struct frame_names *names;

static char *resolve(enum scenario_frame_field field, int64_t offset, int64_t *number)
{
    struct scenario_send send = {.kind = SCENARIO_SEND_TCP}, resolved;
    send.segment.from = (struct scenario_peer){.label = (char *)"q", .is_dst = true};
    send.segment.to = (struct scenario_peer){.label = (char *)"q"};
    send.segment.ack = (struct scenario_value){(char *)"q", field, offset};
    char *why = frame_names_resolve(names, &send, &resolved);
    if (why == NULL) {
        CU_ASSERT_EQUAL(resolved.source, 0x0a000209);
        CU_ASSERT_EQUAL(resolved.target, 0x0a00020f);
        CU_ASSERT_EQUAL(resolved.segment.from.port, 80);
        CU_ASSERT_EQUAL(resolved.segment.to.port, 49152);
        *number = resolved.segment.ack.number;
    }
    return why;
}

static void test_fields_of_a_segment(void)
{
    static const struct {
        enum scenario_frame_field field;
        int64_t offset, number;
    } rows[] = {
        {SCENARIO_FIELD_SEQ, 0, 1000},
        {SCENARIO_FIELD_SEQ, 1, 1001},
        {SCENARIO_FIELD_ACK, -1, 1999},
        {SCENARIO_FIELD_NEXT, 0, 1004},
        {SCENARIO_FIELD_LEN, 0, 3},
        {SCENARIO_FIELD_WIN, 0, 300},
        {SCENARIO_FIELD_SPORT, 0, 49152},
        {SCENARIO_FIELD_DPORT, 0, 80},
        {SCENARIO_FIELD_SEQ, -1001, UINT32_MAX},
    };
    names = frame_names_new();
    frame_names_set(names, "q", segment, sizeof(segment));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t number = 0;
        CU_ASSERT_PTR_NULL(resolve(rows[i].field, rows[i].offset, &number));
        CU_ASSERT_EQUAL(number, rows[i].number);
    }
    frame_names_free(names);
}

static void test_frames_without_such_fields(void)
{
    static const struct {
        size_t at, len;
        uint8_t value;
    } rows[] = {
        {0, 53, 2},                  /* cut inside of TCP */
        {12, sizeof(segment), 0x86}, /* not IPv4 */
        {14, sizeof(segment), 0x44}, /* a header that is too short */
        {17, sizeof(segment), 60},   /* longer than the frame */
        {23, sizeof(segment), 1},    /* ICMP */
        {46, sizeof(segment), 0x40}, /* a TCP header that is too short */
        {46, sizeof(segment), 0x70}, /* and one that is too long */
    };
    int64_t number;
    names = frame_names_new();
    g_autofree char *none = resolve(SCENARIO_FIELD_SEQ, 0, &number);
    CU_ASSERT_STRING_EQUAL(none, "no frame was named 'q' yet");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t frame[sizeof(segment)];
        memcpy(frame, segment, sizeof(frame));
        frame[rows[i].at] = rows[i].value;
        frame_names_set(names, "q", frame, rows[i].len);
        g_autofree char *why = resolve(SCENARIO_FIELD_SEQ, 0, &number);
        CU_ASSERT_STRING_EQUAL(why, "the frame 'q' is neither TCP nor UDP over IPv4");
    }
    uint8_t udp[sizeof(segment)];
    memcpy(udp, segment, sizeof(udp));
    udp[23] = 17;
    frame_names_set(names, "q", udp, sizeof(udp));
    g_autofree char *why = resolve(SCENARIO_FIELD_SEQ, 0, &number);
    CU_ASSERT_STRING_EQUAL(why, "the frame 'q' is UDP and has no sequence numbers");
    CU_ASSERT_PTR_NULL(resolve(SCENARIO_FIELD_LEN, 0, &number));
    CU_ASSERT_EQUAL(number, 15);
    frame_names_free(names);
}

UNIT_SUITE("frame_names", UNIT_TEST(test_fields_of_a_segment),
           UNIT_TEST(test_frames_without_such_fields))
