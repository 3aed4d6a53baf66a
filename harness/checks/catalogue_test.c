/* catalogue_test.c - the table of checks is complete, and its texts have all of it */
#include "harness/checks/catalogue.h"

#include "harness/diagnosis/causes.h"
#include "tests/unit.h"

#include <string.h>

static void test_every_check_says_all_and_is_found_by_its_name(void)
{
    CU_ASSERT_EQUAL(g_strv_length((char **)catalogue_names()), CHECK_COUNT);
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = catalogue_get((enum check_id)i);
        CU_ASSERT_EQUAL(catalogue_find(catalogue_names()[i]), i);
        const char *const texts[] = {check->rule, check->clause, check->looks, check->mistakes,
                                     check->limits};
        for (size_t j = 0; j < G_N_ELEMENTS(texts); j++) {
            CU_ASSERT(texts[j] != NULL && strlen(texts[j]) > 10);
        }
        CU_ASSERT_PTR_NOT_NULL(strchr(check->name, '.'));
    }
    CU_ASSERT_EQUAL(catalogue_find("dma.free"), CHECK_COUNT);
    CU_ASSERT_EQUAL(catalogue_find(""), CHECK_COUNT);
}

/* A broken rule of these may be what a hang comes from, and is called the same then. */
static void test_only_rules_of_locks_and_timeouts_are_called_like_causes(void)
{
    static const char *const both[] = {"lock.order", "lock.self", "timeout.overdue", NULL};
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const char *name = catalogue_names()[i];
        CU_ASSERT_EQUAL(causes_find(name) != NULL, g_strv_contains(both, name));
    }
}

static void test_texts_name_every_check_and_keep_to_their_width(void)
{
    g_autoptr(GString) page = g_string_new(NULL);
    catalogue_write_page(page);
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = catalogue_get((enum check_id)i);
        g_autofree char *heading = g_strdup_printf("\n## `%s`\n", check->name);
        CU_ASSERT_PTR_NOT_NULL(strstr(page->str, heading));
        g_autoptr(GString) text = g_string_new(NULL);
        catalogue_write_explanation(text, check);
        CU_ASSERT(g_str_has_prefix(text->str, check->name));
        g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
            CU_ASSERT(g_utf8_strlen(*line, -1) <= 80);
        }
    }
}

UNIT_SUITE("catalogue", UNIT_TEST(test_every_check_says_all_and_is_found_by_its_name),
           UNIT_TEST(test_only_rules_of_locks_and_timeouts_are_called_like_causes),
           UNIT_TEST(test_texts_name_every_check_and_keep_to_their_width))
