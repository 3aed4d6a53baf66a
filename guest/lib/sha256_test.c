/* sha256_test.c */
#include "lib/fake_machine.h"
#include "lib/sha256.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static const char *digest_in_pieces(const char *text, size_t size, size_t piece)
{
    static char digest[SHA256_WORDS * 8 + 1];
    struct sha256 sha;
    sha256_begin(&sha);
    for (size_t done = 0; done < size; done += piece)
        sha256_add(&sha, (const uint8_t *)text + done, size - done < piece ? size - done : piece);
    sha256_end(&sha);
    for (unsigned i = 0; i < SHA256_WORDS; i++)
        snprintf(digest + i * 8, 9, "%08x", sha.state[i]);
    return digest;
}

/* Examples of the publisher, and a text that ends where its size just does not fit. */
static void test_digests_are_those_of_the_standard(void)
{
    static const struct {
        const char *text, *digest;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size = strlen(rows[i].text);
        CU_ASSERT_STRING_EQUAL(digest_in_pieces(rows[i].text, size, 1), rows[i].digest);
        CU_ASSERT_STRING_EQUAL(digest_in_pieces(rows[i].text, size, 64), rows[i].digest);
    }
}

static void test_pieces_do_not_matter(void)
{
    char text[300], whole[SHA256_WORDS * 8 + 1];
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size < sizeof text; size++) {
        strcpy(whole, digest_in_pieces(text, size, sizeof text));
        CU_ASSERT_STRING_EQUAL(digest_in_pieces(text, size, 7), whole);
    }
}

static void test_sixteen_bytes_cost_a_tick(void)
{
    char text[128] = {0};
    fake_charged_ticks = 0;
    (void)digest_in_pieces(text, sizeof text, sizeof text);
    CU_ASSERT_EQUAL(fake_charged_ticks, 3 * 64 / 16); /* with the padding */
}

UNIT_SUITE("sha256", UNIT_TEST(test_digests_are_those_of_the_standard),
           UNIT_TEST(test_pieces_do_not_matter), UNIT_TEST(test_sixteen_bytes_cost_a_tick))
