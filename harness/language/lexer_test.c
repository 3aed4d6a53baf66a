/*
 * lexer_test.c - how a text is split into lines and words
 */
#include "harness/language/language_rig.h"
#include "harness/language/lexer.h"

static const struct rig_row words_strings_and_comments_rows[] = {
    {"run a: \"b\" # comment", ""},
    {"run a: \"b\"# comment \"", ""},
    {"run a: \"#\"", ""},
    {"run a: \"b", "2:8: the string does not end: its closing '\"' is missing"},
    {"run a: \"b\\\"", "2:8: the string does not end: its closing '\"' is missing"},
    {"run a: \"b\\q\"", "2:10: unknown escape '\\q' in a string: there are \\\\ \\\" \\n \\t \\r"},
    {"run a: \"b\\\303\274\"",
     "2:10: unknown escape '\\\303\274' in a string: there are \\\\ \\\" \\n \\t \\r"},
    {"run a: \"\\\\ \\\" \\n \\t \\r\"", ""},
    {"run a: \"\\0\"", "2:9: unknown escape '\\0' in a string: there are \\\\ \\\" \\n \\t \\r"},
    {"run a: 'b'", "2:8: unexpected character '''"},
    {"run a: (b)", "2:8: unexpected character '('"},
    {"run a: \303\274", "2:8: unexpected character '\303\274'"},
    {"run a: \"\303\274\"", ""},
    {"run a: \"b\" ; x", "2:12: unexpected character ';'"},
    {"run a: b!", "2:9: unexpected character '!'"},
    {"run a! = \"b\"", "2:6: unexpected character '!'"},
    {"run a != \"b\"", "2:7: expected ':', not '!='"},
    {"\trun\ta:\t\"b\"\t", ""},
    {"run a: \"b\"\r", "2:11: the line ends in CR LF: a scenario has LF alone"},
    {"run a: \"b\"\r\nrun b: \"b\"\r", "2:11: the line ends in CR LF: a scenario has LF alone"},
    {"run a: \"\001\"", "2:9: control character U+0001: a scenario has only text that shows"},
    {"run a: \"b\" # \033[2J",
     "2:14: control character U+001B: a scenario has only text that shows"},
    {"run a: \"\177\"", "2:9: control character U+007F: a scenario has only text that shows"},
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): what the test is about */
    {"run a: \"\342\200\256\"",
     "2:9: control character U+202E: a scenario has only text that shows"},
    {"run a: \"\302\205\"", "2:9: control character U+0085: a scenario has only text that shows"},
    {"run a: \"b\"\n\n\n   \n# only", ""},
    {"\nrun a: \"b\"", ""},
    {"   # x\nrun a: \"b\"", ""},
};

static void test_words_strings_and_comments(void)
{
    rig_check_rows(words_strings_and_comments_rows, G_N_ELEMENTS(words_strings_and_comments_rows),
                   "version 1\n", "\n");
}

static struct lexer_file *split(const char *text, size_t size, GPtrArray *diagnostics)
{
    return lexer_file_new(text, size, "x.scn", diagnostics);
}

/* The tokens of all lines: WORD, "STRING", PUNCTUATION and an end for each line, with columns. */
static char *describe(const struct lexer_file *file)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < file->lines->len; i++) {
        const struct lexer_line *line = &g_array_index(file->lines, struct lexer_line, i);
        g_string_append_printf(out, "%s%u", i > 0 ? " | " : "", line->source.number);
        for (unsigned j = 0; j < line->count; j++) {
            static const char kinds[] = "wsp.";
            const struct lexer_token *token = &line->tokens[j];
            g_string_append_printf(out, " %c%u+%u<%s>", kinds[token->kind], token->column,
                                   token->size, token->text);
        }
    }
    return g_string_free(out, FALSE);
}

static void test_tokens_have_kinds_and_places(void)
{
    static const struct rig_row rows[] = {
        {"a b", "1 w1+1<a> w3+1<b> .4+0<>"},
        {"\t a\tb  ", "1 w3+1<a> w5+1<b> .6+0<>"},
        {"\n\n# c\na#b", "4 w1+1<a> .2+0<>"},
        {"a\nb", "1 w1+1<a> .2+0<> | 2 w1+1<b> .2+0<>"},
        {"p: \"x\\\"y\" z", "1 w1+1<p> p2+1<:> s4+6<x\"y> w11+1<z> .12+0<>"},
        {"p:\"x\"", "1 w1+1<p> p2+1<:> s3+3<x> .6+0<>"},
        {"\"\\\\ \\n\\t\\r\"\"\"", "1 s1+11<\\ \n\t\r> s12+2<> .14+0<>"},
        {"k=1 k = v", "1 w1+1<k> p2+1<=> w3+1<1> w5+1<k> p7+1<=> w9+1<v> .10+0<>"},
        {"a==b!=c<=d>=e<f>g", "1 w1+1<a> p2+2<==> w4+1<b> p5+2<!=> w7+1<c> p8+2<<=> w10+1<d> "
                              "p11+2<>=> w13+1<e> p14+1<<> w15+1<f> p16+1<>> w17+1<g> .18+0<>"},
        {"= = ==", "1 p1+1<=> p3+1<=> p5+2<==> .7+0<>"},
        {"52:54:00:12:34:56 10.0.2.9/24 10.0.2.9:80 host:tcp",
         "1 w1+17<52:54:00:12:34:56> w19+11<10.0.2.9/24> w31+11<10.0.2.9:80> w43+8<host:tcp> "
         ".51+0<>"},
        {"+70ms -event-idx $n/x ./a@b ~", "1 w1+5<+70ms> w7+10<-event-idx> w18+4<$n/x> "
                                          "w23+5<./a@b> w29+1<~> .30+0<>"},
        {"{ \"a\", b }", "1 p1+1<{> s3+3<a> p6+1<,> w8+1<b> p10+1<}> .11+0<>"},
        {"0x1F 1.5s x=NULL", "1 w1+4<0x1F> w6+4<1.5s> w11+1<x> p12+1<=> w13+4<NULL> .17+0<>"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
        struct lexer_file *file = split(rows[i].text, strlen(rows[i].text), diagnostics);
        g_autofree char *got = describe(file);
        CU_ASSERT_STRING_EQUAL(got, rows[i].complaint);
        CU_ASSERT_EQUAL(diagnostics->len, 0);
        lexer_file_free(file);
    }
}

static void test_a_statement_goes_on_while_a_brace_is_open(void)
{
    static const char text[] = "a {\n\n  b # c\n} d\ne\n";
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text, strlen(text), diagnostics);
    g_autofree char *got = describe(file);
    CU_ASSERT_STRING_EQUAL(got,
                           "1 w1+1<a> p3+1<{> w3+1<b> p1+1<}> w3+1<d> .4+0<> | 5 w1+1<e> .2+0<>");
    CU_ASSERT_EQUAL(diagnostics->len, 0);
    const struct lexer_line *line = &g_array_index(file->lines, struct lexer_line, 0);
    CU_ASSERT_EQUAL(lexer_place(file, &line->tokens[2]).line, 3);
    CU_ASSERT_EQUAL(lexer_place(file, &line->tokens[4]).line, 4);
    lexer_file_free(file);
}

static void test_a_brace_that_stays_open_is_shown_and_its_statement_left_out(void)
{
    static const char text[] = "a\nb { {\n}\nc\n";
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text, strlen(text), diagnostics);
    g_autofree char *got = describe(file), *found = rig_describe(diagnostics);
    CU_ASSERT_STRING_EQUAL(got, "1 w1+1<a> .2+0<>");
    CU_ASSERT_STRING_EQUAL(found, "2:3: the '{' is not closed: its '}' is missing");
    lexer_file_free(file);
}

static void test_a_statement_with_a_broken_line_is_left_out_up_to_its_last_brace(void)
{
    static const char text[] = "a {\n;\n}\nb\n";
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text, strlen(text), diagnostics);
    g_autofree char *got = describe(file);
    CU_ASSERT_STRING_EQUAL(got, "4 w1+1<b> .2+0<>");
    CU_ASSERT_EQUAL(diagnostics->len, 1);
    lexer_file_free(file);
}

static void test_a_broken_line_is_left_out_and_the_next_is_read(void)
{
    static const char text[] = "a\nb \"c\nd ;\ne\n\"\\q\" f\n g";
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text, strlen(text), diagnostics);
    g_autofree char *got = describe(file);
    CU_ASSERT_STRING_EQUAL(got, "1 w1+1<a> .2+0<> | 4 w1+1<e> .2+0<> | 6 w2+1<g> .3+0<>");
    CU_ASSERT_EQUAL(diagnostics->len, 3);
    lexer_file_free(file);
    lexer_file_free(NULL);
}

static void test_words_have_a_limit(void)
{
    g_autofree char *word = g_strnfill(255, 'a');
    g_autofree char *right = g_strdup_printf("version 1\nrun a: \"b\"\ntags %s\n", word);
    g_autofree char *wrong = g_strdup_printf("version 1\nrun a: \"b\"\ntags %sa:\n", word);
    g_autofree char *longest = rig_complaint(right, strlen(right));
    g_autofree char *longer = rig_complaint(wrong, strlen(wrong));
    CU_ASSERT_PTR_NULL(strstr(longest, "a word of"));
    CU_ASSERT_STRING_EQUAL(longer, "3:6: a word of 256 bytes: at most 255");
}

static void test_files_have_a_limit_of_statements(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < LEXER_LINES_MAX + 5; i++) {
        g_string_append(text, "a\n");
    }
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text->str, text->len, diagnostics);
    g_autofree char *got = rig_describe(diagnostics);
    CU_ASSERT_STRING_EQUAL(got, "10001:1: the file is too long: at most 10000 statements");
    lexer_file_free(file);
}

static void test_it_stops_after_twenty_errors(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < 50; i++) {
        g_string_append(text, "\"\n");
    }
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text->str, text->len, diagnostics);
    CU_ASSERT_EQUAL(diagnostics->len, 20);
    lexer_file_free(file);
}

static void test_cr_lf_is_reported_once(void)
{
    static const char text[] = "a\r\nb\r\n\r\nc\r";
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    struct lexer_file *file = split(text, strlen(text), diagnostics);
    g_autofree char *got = describe(file);
    CU_ASSERT_STRING_EQUAL(got, "1 w1+1<a> .2+0<> | 2 w1+1<b> .2+0<> | 4 w1+1<c> .2+0<>");
    g_autofree char *said = rig_describe(diagnostics);
    CU_ASSERT_STRING_EQUAL(said, "1:2: the line ends in CR LF: a scenario has LF alone");
    lexer_file_free(file);
}

UNIT_SUITE("lexer", UNIT_TEST(test_words_strings_and_comments),
           UNIT_TEST(test_tokens_have_kinds_and_places),
           UNIT_TEST(test_a_statement_goes_on_while_a_brace_is_open),
           UNIT_TEST(test_a_brace_that_stays_open_is_shown_and_its_statement_left_out),
           UNIT_TEST(test_a_statement_with_a_broken_line_is_left_out_up_to_its_last_brace),
           UNIT_TEST(test_a_broken_line_is_left_out_and_the_next_is_read),
           UNIT_TEST(test_words_have_a_limit), UNIT_TEST(test_files_have_a_limit_of_statements),
           UNIT_TEST(test_it_stops_after_twenty_errors), UNIT_TEST(test_cr_lf_is_reported_once))
