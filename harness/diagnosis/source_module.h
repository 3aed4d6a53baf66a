/*
 * source_module.h - between source.c and the module that reads images
 *
 * Reading symbols and lines is libdw's work. It brings five libraries along, which would cost every
 * run a twentieth of its start; but only a run that fails asks for a source line. So what calls
 * libdw is a module of its own, loaded from SOURCE_MODULE_FILE of the build by the first
 * source_open().
 */
#ifndef HARNESS_DIAGNOSIS_SOURCE_MODULE_H
#define HARNESS_DIAGNOSIS_SOURCE_MODULE_H

#include "harness/diagnosis/source.h"

/* Below the folder that holds the program's own. */
#define SOURCE_MODULE_FILE "lib/ringside-source.so"
/* The one symbol of the module: a struct source_module. */
#define SOURCE_MODULE_SYMBOL "ringside_source_module"

/* An image that is open, in the words of the module. */
struct source_image;

struct source_module {
    /* Borrows the bytes until `close`. NULL when they are no 64-bit ELF file. */
    struct source_image *(*open)(const uint8_t *data, size_t size);
    /* As source_find(). */
    bool (*find)(struct source_image *image, uint64_t address, struct source_place *place);
    void (*close)(struct source_image *image);
};

extern const struct source_module ringside_source_module;

#endif
