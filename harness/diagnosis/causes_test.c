/* causes_test.c - the table of causes is complete, and its texts have all of it */
#include "harness/diagnosis/causes.h"

#include "tests/unit.h"

#include <string.h>

static void test_every_cause_says_all_and_is_found_by_its_id(void)
{
    guint count = g_strv_length((char **)causes_ids());
    CU_ASSERT_TRUE(count > 0);
    for (guint i = 0; i < count; i++) {
        const struct cause *cause = causes_get(i);
        CU_ASSERT_PTR_EQUAL(causes_find(causes_ids()[i]), cause);
        const char *const texts[] = {cause->meaning, cause->looks, cause->evidence, cause->mistakes,
                                     cause->mend,    cause->near,  cause->scenario};
        for (size_t j = 0; j < G_N_ELEMENTS(texts); j++) {
            CU_ASSERT(texts[j] != NULL && strlen(texts[j]) > 20);
        }
        CU_ASSERT_PTR_NOT_NULL(strchr(cause->id, '.'));
    }
    CU_ASSERT_PTR_NULL(causes_get(count));
    CU_ASSERT_PTR_NULL(causes_find("irq.lots"));
    CU_ASSERT_PTR_NULL(causes_find(""));
}

static void test_texts_name_every_cause_and_keep_to_their_width(void)
{
    g_autoptr(GString) list = g_string_new(NULL), page = g_string_new(NULL);
    causes_write_list(list);
    causes_write_page(page);
    for (guint i = 0; causes_get(i) != NULL; i++) {
        const struct cause *cause = causes_get(i);
        CU_ASSERT_PTR_NOT_NULL(strstr(list->str, cause->id));
        g_autofree char *heading = g_strdup_printf("\n## `%s`\n", cause->id);
        CU_ASSERT_PTR_NOT_NULL(strstr(page->str, heading));
        g_autoptr(GString) text = g_string_new(NULL);
        causes_write_explanation(text, cause);
        CU_ASSERT(g_str_has_prefix(text->str, cause->id));
        g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
            CU_ASSERT(g_utf8_strlen(*line, -1) <= 80);
        }
    }
}

UNIT_SUITE("causes", UNIT_TEST(test_every_cause_says_all_and_is_found_by_its_id),
           UNIT_TEST(test_texts_name_every_cause_and_keep_to_their_width))
