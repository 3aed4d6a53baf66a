/*
 * trace_table_test.c - what must hold for every event of the table
 */
#include "emu/core/trace.h"

#include "emu/core/trace_doc.h"
#include "tests/unit.h"

#include <string.h>

static bool is_name(const char *name, const char *punctuation)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && strchr(punctuation, *c) == NULL) {
            return false;
        }
    }
    return g_ascii_islower(name[0]);
}

static void test_every_kind_is_found_by_its_name(void)
{
    for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        const struct trace_kind_info *info = trace_kind_info((enum trace_kind)kind);
        CU_ASSERT_TRUE(is_name(info->name, ".-"));
        CU_ASSERT_TRUE(strlen(info->meaning) > 0);
        /* Also says that no name stands twice. */
        CU_ASSERT_EQUAL(trace_kind_by_name(info->name), kind);
    }
}

static void test_every_field_is_found_by_its_name(void)
{
    for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        const struct trace_kind_info *info = trace_kind_info((enum trace_kind)kind);
        CU_ASSERT_TRUE_FATAL(info->field_count <= TRACE_FIELDS_MAX);
        for (unsigned i = 0; i < info->field_count; i++) {
            const struct trace_field_info *field = &info->fields[i];
            CU_ASSERT_TRUE(is_name(field->name, "_"));
            CU_ASSERT_TRUE(strlen(field->meaning) > 0);
            CU_ASSERT_EQUAL(trace_field_by_name((enum trace_kind)kind, field->name), (int)i);
        }
    }
}

static void test_unknown_names_are_not_found(void)
{
    CU_ASSERT_EQUAL(trace_kind_by_name("vq.use"), TRACE_KIND_COUNT);
    CU_ASSERT_EQUAL(trace_kind_by_name(""), TRACE_KIND_COUNT);
    CU_ASSERT_EQUAL(trace_field_by_name(TRACE_VQ_USED, "intid"), -1);
    CU_ASSERT_EQUAL(trace_field_by_name(TRACE_GUEST_READY, "queue"), -1);
}

static void test_types_are_those_of_the_table(void)
{
    const struct trace_kind_info *info = trace_kind_info(TRACE_MMIO_UNMAPPED);
    CU_ASSERT_EQUAL(info->field_count, 3);
    CU_ASSERT_EQUAL(info->fields[0].type, TRACE_FIELD_HEX);
    CU_ASSERT_EQUAL(info->fields[1].type, TRACE_FIELD_NUM);
    CU_ASSERT_EQUAL(info->fields[2].type, TRACE_FIELD_STR);
    CU_ASSERT_EQUAL(trace_kind_info(TRACE_CPU_WFI)->field_count, 0);
    CU_ASSERT_EQUAL(trace_kind_info(TRACE_CALL_ENTERED)->field_count, 6);
}

static void test_documentation_has_every_event_once_and_in_order(void)
{
    g_autoptr(GString) page = g_string_new(NULL);
    trace_write_table(page);
    const char *rest = page->str;
    for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        rest = strstr(rest, "\n### `");
        if (rest == NULL) {
            CU_FAIL("an event is missing");
            return;
        }
        rest += strlen("\n### `");
        const char *name = trace_kind_info((enum trace_kind)kind)->name;
        CU_ASSERT_TRUE(strncmp(rest, name, strlen(name)) == 0 && rest[strlen(name)] == '`');
    }
    CU_ASSERT_PTR_NULL(strstr(rest, "\n### "));
}

static void test_documentation_shows_groups_meanings_and_fields(void)
{
    g_autoptr(GString) page = g_string_new(NULL);
    trace_write_table(page);
    CU_ASSERT_TRUE(g_str_has_prefix(page->str, "# Events\n"));
    CU_ASSERT_TRUE(g_str_has_suffix(page->str, "\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page->str, "\n## Virtio\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page->str, "\n### `vq.used`\n\n"
                                             "The device returned a chain.\n\n"
                                             "- `queue` (text): queue\n"
                                             "- `head` (number): head descriptor\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page->str, "- `pa` (hexadecimal): physical address\n"));
}

UNIT_SUITE("trace_table", UNIT_TEST(test_every_kind_is_found_by_its_name),
           UNIT_TEST(test_every_field_is_found_by_its_name),
           UNIT_TEST(test_unknown_names_are_not_found),
           UNIT_TEST(test_types_are_those_of_the_table),
           UNIT_TEST(test_documentation_has_every_event_once_and_in_order),
           UNIT_TEST(test_documentation_shows_groups_meanings_and_fields))
