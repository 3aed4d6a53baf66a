/* Names of devices are what daemons tell each other: printed and read back, and nothing else. */
#include "drivers/device_name.h"

#include "tests/unit.h"

static void test_names_are_read_back_as_they_were_printed(void)
{
    static const struct {
        struct device_name name;
        const char *text;
    } rows[] = {
        {{.is_pci = true, .slot = 3}, "pci-00-00-03.0"},
        {{.is_pci = true, .slot = 31, .function = 7}, "pci-00-00-1f.7"},
        {{.base = 0x0a003e00}, "mmio-0a003e00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DEVICE_NAME_MAX];
        struct device_name name;
        device_name_print(&rows[i].name, text);
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
        CU_ASSERT_TRUE(device_name_parse(text, &name));
        CU_ASSERT_EQUAL(name.is_pci, rows[i].name.is_pci);
        CU_ASSERT_EQUAL(name.slot, rows[i].name.slot);
        CU_ASSERT_EQUAL(name.function, rows[i].name.function);
        CU_ASSERT_EQUAL(name.base, rows[i].name.base);
    }
}

static void test_what_is_not_a_name_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "eth0",
        "mmio-",
        "mmio-0a00000",
        "mmio-0a0000000",
        "mmio-0A000000",
        "pci-00-00-03",
        "pci-00-00-03.8",
        "pci-00-00-20.0",
        "pci-00-01-03.0",
        "pci-00-00-3.0",
        "pci-00-00-03.00",
        "xpci-00-00-03.0",
    };
    struct device_name name;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CU_ASSERT_FALSE(device_name_parse(texts[i], &name));
}

UNIT_SUITE("device_name", UNIT_TEST(test_names_are_read_back_as_they_were_printed),
           UNIT_TEST(test_what_is_not_a_name_is_refused))
