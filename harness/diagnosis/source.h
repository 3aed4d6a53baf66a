/*
 * source.h - from an address in a guest's image to its function and source line
 *
 * Lines of any version of DWARF, by elfutils; without them, or in a file that is damaged, only the
 * function is known, or nothing. The file may be anybody's. Names are as the compiler recorded
 * them, so that a report is the same wherever the bench stands.
 */
#ifndef HARNESS_DIAGNOSIS_SOURCE_H
#define HARNESS_DIAGNOSIS_SOURCE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

/* NULL when the file cannot be read or is no 64-bit ELF file. */
struct source *source_open(const char *path);
/* The same from memory, which is kept. */
struct source *source_open_bytes(GBytes *bytes);
void source_free(struct source *source);

struct source_place {
    const char *function; /* borrowed from the source */
    uint64_t start;       /* of the function */
    char *file;           /* NULL: not known; the caller's to free */
    unsigned line;
};
/* False when no function of the image is there. */
bool source_find(const struct source *source, uint64_t address, struct source_place *place);

/*
 * Follows the frame pointers of a stack: return addresses, the innermost first. `fp` is the first
 * frame pointer; every frame lies within [low, high). Returns how many there are.
 */
unsigned source_unwind(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *addresses,
                       unsigned max);

#endif
