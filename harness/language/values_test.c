/*
 * values_test.c - words to values, and what is said about those that are none
 */
#include "harness/language/values.h"
#include "tests/unit.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

struct row {
    const char *text;
    uint64_t value;
    const char *message; /* NULL: it is right */
};

static void check(const struct row *row, char *message, uint64_t value)
{
    if (row->message == NULL) {
        CU_ASSERT_PTR_NULL(message);
        CU_ASSERT_EQUAL(value, row->value);
    } else {
        CU_ASSERT_PTR_NOT_NULL_FATAL(message);
        CU_ASSERT_STRING_EQUAL(message, row->message);
    }
    g_free(message);
}

static void test_numbers(void)
{
    static const struct row rows[] = {
        {"2", 2, NULL},
        {"0x1F", 31, NULL},
        {"0X1f", 31, NULL},
        {"007", 7, NULL},
        {"100", 100, NULL},
        {"1", 0, "1 is out of range: 2 to 100"},
        {"101", 0, "101 is out of range: 2 to 100"},
        {"99999999999999999999999", 0, "99999999999999999999999 is out of range: 2 to 100"},
        {"0xfffffffffffffffff", 0, "0xfffffffffffffffff is out of range: 2 to 100"},
        {"", 0, "expected a number, not ''"},
        {"0x", 0, "expected a number, not '0x'"},
        {"5x", 0, "expected a number, not '5x'"},
        {"1f", 0, "expected a number, not '1f'"},
        {"-5", 0, "expected a number, not '-5'"},
        {"+5", 0, "expected a number, not '+5'"},
        {"1.5", 0, "expected a number, not '1.5'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t value = 0;
        char *message = values_number(rows[i].text, 2, 100, &value);
        check(&rows[i], message, value);
    }
    uint64_t value = 0;
    CU_ASSERT_PTR_NULL(values_number("18446744073709551615", 0, UINT64_MAX, &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
}

static void test_signed_numbers(void)
{
    static const struct row rows[] = {
        {"5", 5, NULL},
        {"-5", (uint64_t)-5, NULL},
        {"-0x10", (uint64_t)-16, NULL},
        {"9223372036854775807", INT64_MAX, NULL},
        {"9223372036854775808", 0, "9223372036854775808 is out of range"},
        {"-9223372036854775808", 0, "-9223372036854775808 is out of range"},
        {"99999999999999999999", 0, "99999999999999999999 is out of range"},
        {"-", 0, "expected a number, not '-'"},
        {"--5", 0, "expected a number, not '--5'"},
        {"x", 0, "expected a number, not 'x'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t value = 0;
        char *message = values_signed(rows[i].text, &value);
        check(&rows[i], message, (uint64_t)value);
    }
}

static void test_frequencies(void)
{
    static const struct row rows[] = {
        {"1Hz", 1, NULL},
        {"32.768kHz", 32768, NULL},
        {"62.5MHz", 62500000, NULL},
        {"1.0GHz", 1000000000, NULL},
        {"1.0000001MHz", 0, "1.0000001MHz is not a whole number of Hz that a counter could have"},
        {"9999999999GHz", 0, "9999999999GHz is not a whole number of Hz that a counter could have"},
        {"62.5", 0, "expected a frequency such as 62.5MHz, not '62.5'"},
        {"62.MHz", 0, "expected a frequency such as 62.5MHz, not '62.MHz'"},
        {"62.5mhz", 0, "expected a frequency such as 62.5MHz, not '62.5mhz'"},
        {"99999999999999999999Hz", 0,
         "expected a frequency such as 62.5MHz, not '99999999999999999999Hz'"},
        {"MHz", 0, "expected a frequency such as 62.5MHz, not 'MHz'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t value = 0;
        char *message = values_frequency(rows[i].text, &value);
        check(&rows[i], message, value);
    }
}

static void test_rates(void)
{
    static const struct row rows[] = {
        {"1ppm", 1, NULL},
        {"-200ppm", (uint64_t)-200, NULL},
        {"0ppm", 0, "0ppm is out of range: 1ppm to 200ppm, either way"},
        {"201ppm", 0, "201ppm is out of range: 1ppm to 200ppm, either way"},
        {"5", 0, "expected a rate such as 100ppm or -100ppm, not '5'"},
        {"ppm", 0, "expected a rate such as 100ppm or -100ppm, not 'ppm'"},
        {"--5ppm", 0, "expected a rate such as 100ppm or -100ppm, not '--5ppm'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int value = 0;
        char *message = values_ppm(rows[i].text, 200, &value);
        check(&rows[i], message, (uint64_t)(int64_t)value);
    }
}

static void test_times(void)
{
    static const struct row rows[] = {
        {"1ns", 1, NULL},
        {"2us", 2000, NULL},
        {"10ms", 10000000, NULL},
        {"3s", UINT64_C(3000000000), NULL},
        {"2min", UINT64_C(120000000000), NULL},
        {"1h", UINT64_C(3600000000000), NULL},
        {"0s", 0, NULL},
        {"0.5s", 500000000, NULL},
        {"1.000000001s", 1000000001, NULL},
        {"1.50us", 1500, NULL},
        {"0.1min", UINT64_C(6000000000), NULL},
        {"0.0000000000025h", 9, NULL},
        {"10000h", VALUES_TIME_MAX_NS, NULL},
        {"0.5ns", 0, "0.5ns is not a whole number of nanoseconds"},
        {"1.0000000001s", 0, "1.0000000001s is not a whole number of nanoseconds"},
        {"0.00000000000000001h", 0, "0.00000000000000001h is not a whole number of nanoseconds"},
        {"10000.1h", 0, "10000.1h is too long: at most 10000h"},
        {"10001h", 0, "10001h is too long: at most 10000h"},
        {"99999999999999999999s", 0, "99999999999999999999s is too long: at most 10000h"},
        {"18446744073709551615h", 0, "18446744073709551615h is too long: at most 10000h"},
        {"10", 0, "'10' needs a unit: ns, us, ms, s, min or h"},
        {"1.5", 0, "'1.5' needs a unit: ns, us, ms, s, min or h"},
        {"10m", 0, "unknown unit 'm' of time: ns, us, ms, s, min or h"},
        {"10MS", 0, "unknown unit 'MS' of time: ns, us, ms, s, min or h"},
        {"1.s", 0, "expected digits after the point of '1.s'"},
        {".5s", 0, "expected a time such as 10ms, not '.5s'"},
        {"", 0, "expected a time such as 10ms, not ''"},
        {"-5s", 0, "expected a time such as 10ms, not '-5s'"},
        {"soon", 0, "expected a time such as 10ms, not 'soon'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t value = 0;
        char *message = values_time(rows[i].text, &value);
        check(&rows[i], message, value);
    }
}

static void test_sizes(void)
{
    static const struct row rows[] = {
        {"64M", UINT64_C(64) << 20, NULL},
        {"4K", 4096, NULL},
        {"1G", UINT64_C(1) << 30, NULL},
        {"512", 512, NULL},
        {"64m", 0, "expected a size such as 64M, not '64m'"},
        {"64MB", 0, "expected a size such as 64M, not '64MB'"},
        {"M", 0, "expected a size such as 64M, not 'M'"},
        {"18446744073709551615G", 0, "expected a size such as 64M, not '18446744073709551615G'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t value = 0;
        char *message = values_size(rows[i].text, &value);
        check(&rows[i], message, value);
    }
}

static void test_mac_addresses(void)
{
    uint8_t mac[6] = {0};
    static const uint8_t right[6] = {0x52, 0x54, 0x00, 0xab, 0xCD, 0xef};
    CU_ASSERT_PTR_NULL(values_mac("52:54:00:ab:CD:ef", mac));
    CU_ASSERT_EQUAL(memcmp(mac, right, sizeof(right)), 0);
    static const char *const wrong[] = {
        "",
        "52:54:00:12:34",
        "52:54:00:12:34:5",
        "52:54:00:12:34:567",
        "52-54-00-12-34-56",
        "52:54:00:12:34:5g",
        "525:4:00:12:34:56",
        "01:00:00:00:00:01",
        "ff:ff:ff:ff:ff:ff",
        "00:00:00:00:00:00",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message = values_mac(wrong[i], mac);
        CU_ASSERT_PTR_NOT_NULL(message);
        CU_ASSERT_EQUAL(memcmp(mac, right, sizeof(right)), 0);
    }
}

static void test_addresses(void)
{
    uint32_t address = 0;
    unsigned prefix = 0;
    uint16_t port = 0;
    CU_ASSERT_PTR_NULL(values_ipv4("10.0.2.15", &address, NULL));
    CU_ASSERT_EQUAL(address, 0x0a00020f);
    CU_ASSERT_PTR_NULL(values_ipv4("10.0.2.15", &address, &prefix));
    CU_ASSERT_EQUAL(prefix, 32);
    CU_ASSERT_PTR_NULL(values_ipv4("255.255.255.0/24", &address, &prefix));
    CU_ASSERT_EQUAL(address, 0xffffff00);
    CU_ASSERT_EQUAL(prefix, 24);
    CU_ASSERT_PTR_NULL(values_endpoint("0.0.0.1:65535", &address, &port));
    CU_ASSERT_EQUAL(address, 1);
    CU_ASSERT_EQUAL(port, 65535);
    static const char *const wrong[] = {"",         "10.0.2",      "10.0.2.",      "10.0.2.256",
                                        "10.0.2.x", "10.0.2.15.1", "10.0.2.0015",  "10.0.2.15/33",
                                        "x",        "10.0.2.15/",  "10.0.2.15/1x", "10.0..15"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message = values_ipv4(wrong[i], &address, &prefix);
        CU_ASSERT_PTR_NOT_NULL(message);
    }
    g_autofree char *masked = values_ipv4("10.0.2.0/24", &address, NULL);
    CU_ASSERT_PTR_NOT_NULL(masked);
    static const char *const ports[] = {"10.0.2.15",       "10.0.2.15:",   "10.0.2.15:0",
                                        "10.0.2.15:65536", "10.0.2.15:8x", "10.0.2:80"};
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
        g_autofree char *message = values_endpoint(ports[i], &address, &port);
        CU_ASSERT_PTR_NOT_NULL(message);
    }
    CU_ASSERT_EQUAL(address, 1);
    CU_ASSERT_EQUAL(port, 65535);
}

static void test_yes_and_no(void)
{
    bool value = false;
    CU_ASSERT_PTR_NULL(values_yes_no("yes", &value));
    CU_ASSERT_TRUE(value);
    CU_ASSERT_PTR_NULL(values_yes_no("no", &value));
    CU_ASSERT_FALSE(value);
    g_autofree char *message = values_yes_no("true", &value);
    CU_ASSERT_STRING_EQUAL(message, "expected 'yes' or 'no', not 'true'");
}

static void test_names(void)
{
    CU_ASSERT_PTR_NULL(values_name("eth0"));
    CU_ASSERT_PTR_NULL(values_name("A-b_c.d"));
    CU_ASSERT_PTR_NULL(
        values_name("abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"));
    static const char *const wrong[] = {
        "",   "0eth", "-x", "a/b",
        "a:", "a+b",  "a$", "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message = values_name(wrong[i]);
        CU_ASSERT_PTR_NOT_NULL(message);
    }
}

static void test_errors_have_the_numbers_of_linux(void)
{
    CU_ASSERT_EQUAL(values_errno("EINPROGRESS"), EINPROGRESS);
    CU_ASSERT_EQUAL(values_errno("EAGAIN"), EAGAIN);
    CU_ASSERT_EQUAL(values_errno("EWOULDBLOCK"), EWOULDBLOCK);
    CU_ASSERT_EQUAL(values_errno("EHOSTUNREACH"), EHOSTUNREACH);
    CU_ASSERT_EQUAL(values_errno("ENETUNREACH"), ENETUNREACH);
    CU_ASSERT_EQUAL(values_errno("ETIMEDOUT"), ETIMEDOUT);
    CU_ASSERT_EQUAL(values_errno("ECONNREFUSED"), ECONNREFUSED);
    CU_ASSERT_EQUAL(values_errno("ENOTSOCK"), ENOTSOCK);
    CU_ASSERT_EQUAL(values_errno("ENOTSOCKET"), 0);
    /*
     * Each name has a number, and strerrorname_np() agrees where the two names of 11 do not differ.
     */
    for (const char *const *name = values_errno_names(); *name != NULL; name++) {
        int number = values_errno(*name);
        CU_ASSERT(number > 0);
        const char *known = strcmp(*name, "EWOULDBLOCK") == 0 ? *name : strerrorname_np(number);
        CU_ASSERT_STRING_EQUAL(known, *name);
    }
}

UNIT_SUITE("values", UNIT_TEST(test_numbers), UNIT_TEST(test_signed_numbers),
           UNIT_TEST(test_frequencies), UNIT_TEST(test_rates), UNIT_TEST(test_times),
           UNIT_TEST(test_sizes), UNIT_TEST(test_mac_addresses), UNIT_TEST(test_addresses),
           UNIT_TEST(test_yes_and_no), UNIT_TEST(test_names),
           UNIT_TEST(test_errors_have_the_numbers_of_linux))
