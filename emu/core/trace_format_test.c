/*
 * trace_format_test.c - the notation of the event log
 */
#include "emu/core/trace.h"

#include "tests/unit.h"

/* A console event with this text, formatted; the text is valid until the next call. */
static const char *format_text(const char *text)
{
    static char formatted[256];
    struct trace_event event = {.kind = TRACE_GUEST_CONSOLE, .fields = {{.string = text}}};
    g_autoptr(GString) out = g_string_new(NULL);
    trace_format_fields(out, &event);
    g_strlcpy(formatted, out->str, sizeof(formatted));
    return formatted;
}

static void test_line_has_time_sequence_name_and_fields(void)
{
    struct trace_event event = {
        .sequence = 57,
        .time_ns = UINT64_C(1000140002),
        .kind = TRACE_VQ_USED,
        .fields = {{.string = "eth0.rx"}, {.number = 3}, {.number = 60}, {.number = 4}},
    };
    g_autoptr(GString) out = g_string_new("> ");
    trace_format_line(out, &event);
    CU_ASSERT_STRING_EQUAL(out->str,
                           "> 1.000140002 #57 vq.used queue=eth0.rx head=3 len=60 used=4");
}

static void test_event_without_fields_is_its_name(void)
{
    struct trace_event event = {.kind = TRACE_GUEST_READY};
    g_autoptr(GString) out = g_string_new(NULL);
    trace_format_fields(out, &event);
    CU_ASSERT_STRING_EQUAL(out->str, "guest.ready");
}

static void test_numbers_are_signed_and_addresses_hexadecimal(void)
{
    struct trace_event event = {
        .kind = TRACE_CALL_RETURNED,
        .fields = {{.number = 2}, {.string = "sendto"}, {.number = (uint64_t)INT64_C(-113)}},
    };
    g_autoptr(GString) out = g_string_new(NULL);
    trace_format_fields(out, &event);
    CU_ASSERT_STRING_EQUAL(out->str, "call.returned task=2 call=sendto result=-113");

    struct trace_event fired = {.kind = TRACE_TIMEOUT_FIRED, .fields = {{.number = UINT64_MAX}}};
    g_string_truncate(out, 0);
    trace_format_fields(out, &fired);
    CU_ASSERT_STRING_EQUAL(out->str, "timeout.fired timeout=0xffffffffffffffff");
    fired.fields[0].number = 0;
    g_string_truncate(out, 0);
    trace_format_fields(out, &fired);
    CU_ASSERT_STRING_EQUAL(out->str, "timeout.fired timeout=0x0");
}

static void test_words_stand_bare(void)
{
    CU_ASSERT_STRING_EQUAL(format_text("ready"), "guest.console text=ready");
    CU_ASSERT_STRING_EQUAL(format_text("a=b,c!"), "guest.console text=a=b,c!");
}

static void test_other_text_is_quoted(void)
{
    CU_ASSERT_STRING_EQUAL(format_text(""), "guest.console text=\"\"");
    CU_ASSERT_STRING_EQUAL(format_text("no route"), "guest.console text=\"no route\"");
    CU_ASSERT_STRING_EQUAL(format_text("say \"x\""), "guest.console text=\"say \\\"x\\\"\"");
    CU_ASSERT_STRING_EQUAL(format_text("a\\b"), "guest.console text=\"a\\\\b\"");
}

static void test_control_characters_are_escaped(void)
{
    CU_ASSERT_STRING_EQUAL(format_text("a\nb\tc\r"), "guest.console text=\"a\\nb\\tc\\r\"");
    CU_ASSERT_STRING_EQUAL(format_text("\033[2J"), "guest.console text=\"\\x1b[2J\"");
    CU_ASSERT_STRING_EQUAL(format_text("\177"), "guest.console text=\"\\x7f\"");
    /* U+009B is a control character too: a terminal takes it for ESC [. */
    CU_ASSERT_STRING_EQUAL(format_text("\xc2\x9b"), "guest.console text=\"\\xc2\\x9b\"");
}

static void test_valid_utf8_passes_and_other_bytes_are_escaped(void)
{
    CU_ASSERT_STRING_EQUAL(format_text("gr\u00fc\u00df"), "guest.console text=\"gr\u00fc\u00df\"");
    CU_ASSERT_STRING_EQUAL(format_text("\xff"), "guest.console text=\"\\xff\"");
    CU_ASSERT_STRING_EQUAL(format_text("\xe2\x90"), "guest.console text=\"\\xe2\\x90\"");
    CU_ASSERT_STRING_EQUAL(format_text("\xc0\x80z"), "guest.console text=\"\\xc0\\x80z\"");
}

static void test_time_has_nine_decimals(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    trace_format_time(out, 0);
    g_string_append_c(out, ' ');
    trace_format_time(out, UINT64_C(1000000000));
    g_string_append_c(out, ' ');
    trace_format_time(out, UINT64_C(3600000000001));
    CU_ASSERT_STRING_EQUAL(out->str, "0.000000000 1.000000000 3600.000000001");
}

UNIT_SUITE("trace_format", UNIT_TEST(test_line_has_time_sequence_name_and_fields),
           UNIT_TEST(test_event_without_fields_is_its_name),
           UNIT_TEST(test_numbers_are_signed_and_addresses_hexadecimal),
           UNIT_TEST(test_words_stand_bare), UNIT_TEST(test_other_text_is_quoted),
           UNIT_TEST(test_control_characters_are_escaped),
           UNIT_TEST(test_valid_utf8_passes_and_other_bytes_are_escaped),
           UNIT_TEST(test_time_has_nine_decimals))
