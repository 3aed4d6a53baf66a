/*
 * words.c - the nearest word to a misspelt one
 *
 * Optimal string alignment distance: an insertion, deletion, replacement or exchange of neighbours
 * costs 1; a wrong case costs nothing. A word is near when no more than a third of its letters are
 * wrong, or one.
 */
#include "harness/language/scenario.h"

#include <string.h>

#define WORDS_SIZE_MAX 40 /* longer words are no misspellings of ours */

static unsigned words_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned words_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned rows[3][WORDS_SIZE_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++) {
        above[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            char left = g_ascii_tolower(a[i - 1]), right = g_ascii_tolower(b[j - 1]);
            row[j] = words_min(words_min(above[j], row[j - 1]) + 1,
                               above[j - 1] + (left == right ? 0 : 1));
            if (i > 1 && j > 1 && left == g_ascii_tolower(b[j - 2]) &&
                g_ascii_tolower(a[i - 2]) == right) {
                row[j] = words_min(row[j], before[j - 2] + 1);
            }
        }
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_size];
}

const char *scenario_nearest_word(const char *word, const char *const *words)
{
    size_t size = strlen(word);
    if (size == 0 || size > WORDS_SIZE_MAX) {
        return NULL;
    }
    const char *nearest = NULL;
    unsigned limit = size < 2 ? 0 : MAX(1, (unsigned)size / 3);
    unsigned best = limit + 1;
    for (; *words != NULL; words++) {
        size_t other = strlen(*words);
        /* A number is no misspelt name. */
        bool alike = g_ascii_isdigit(word[0]) == g_ascii_isdigit((*words)[0]);
        if (other > WORDS_SIZE_MAX || other == 0 || !alike) {
            continue;
        }
        unsigned distance = words_distance(word, size, *words, other);
        if (distance < best && distance < other) {
            best = distance;
            nearest = *words;
        }
    }
    return nearest;
}
