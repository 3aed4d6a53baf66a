/*
 * capture_scratch.h - for the tests of this folder: files in a folder of their own
 */
#ifndef PCAP_CAPTURE_SCRATCH_H
#define PCAP_CAPTURE_SCRATCH_H

#include <CUnit/CUnit.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>

struct scratch {
    char *folder;
    char *path; /* of a file in it, which need not exist */
};

static inline void scratch_setup(struct scratch *scratch)
{
    scratch->folder = g_dir_make_tmp("capture-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch->folder);
    scratch->path = g_build_filename(scratch->folder, "file.pcap", NULL);
}

static inline void scratch_teardown(struct scratch *scratch)
{
    g_unlink(scratch->path);
    CU_ASSERT_EQUAL(g_rmdir(scratch->folder), 0);
    g_free(scratch->path);
    g_free(scratch->folder);
}

/* Not g_file_set_contents(), which waits for the disk: a test writes a hundred files. */
static inline void scratch_put(const struct scratch *scratch, const void *bytes, size_t size)
{
    FILE *file = g_fopen(scratch->path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, size, file), size);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

#endif
