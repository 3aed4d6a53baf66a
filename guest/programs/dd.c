/*
 * dd.c - dd [if=PATH] [of=PATH] [bs=BYTES] [count=N] [skip=N] [seek=N] [conv=notrunc]
 *
 * Blocks of one file, from block `skip` on, to another, from block `seek` on. Each is read until it
 * is whole, so that `count` means whole blocks whoever serves the file, and then written. Without
 * `of` they are read and forgotten. Without `if`, where others have their standard input, each
 * block is the same pattern: byte i is i * 7 + i / 251, modulo 256. What the target has from there
 * on is cut off, unless `notrunc` says otherwise.
 */
#include "kernel/stat.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_buffer.h"
#include "programs/user_file.h"

#define DD_BLOCK_MAX   (2u << 20)
#define DD_BLOCK_SMALL 16384 /* half of a stack: up to here without other memory */
#define DD_BLOCK_SIZE  512
#define DD_MODE        0644

struct dd {
    const char *from, *to; /* NULL: none */
    uint32_t block_size;
    uint64_t count, skip, seek;
    bool keeps; /* what is behind what is written */
    long source, target;
    uint64_t bytes;
};

/* ---- the command line ------------------------------------------------------------------------ */

/* Numbers of blocks, so that their bytes are an offset. */
static bool dd_take_blocks(const char *text, uint64_t *blocks)
{
    return kparse_u64(text, blocks) && *blocks <= INT64_MAX / DD_BLOCK_MAX;
}

static bool dd_take(struct dd *dd, const char *word)
{
    if (kstr_has_prefix(word, "if="))
        dd->from = word + 3;
    else if (kstr_has_prefix(word, "of="))
        dd->to = word + 3;
    else if (kstr_has_prefix(word, "bs="))
        return kparse_u32(word + 3, DD_BLOCK_MAX, &dd->block_size) && dd->block_size > 0;
    else if (kstr_has_prefix(word, "count="))
        return dd_take_blocks(word + 6, &dd->count);
    else if (kstr_has_prefix(word, "skip="))
        return dd_take_blocks(word + 5, &dd->skip);
    else if (kstr_has_prefix(word, "seek="))
        return dd_take_blocks(word + 5, &dd->seek);
    else if (kstreq(word, "conv=notrunc"))
        dd->keeps = true;
    else
        return false;
    return true;
}

/* Without a source there is no end but that of the count. */
static bool dd_parse(struct dd *dd, int argc, char **argv)
{
    *dd = (struct dd){.block_size = DD_BLOCK_SIZE, .count = UINT64_MAX, .source = -1, .target = -1};
    for (int i = 1; i < argc; i++) {
        if (!dd_take(dd, argv[i]))
            return false;
    }
    return dd->from != NULL || (dd->to != NULL && dd->count != UINT64_MAX);
}

/* ---- files ----------------------------------------------------------------------------------- */

static long dd_seek(long file, uint64_t blocks, uint32_t block_size)
{
    long place = blocks > 0 ? user_seek((int)file, (int64_t)(blocks * block_size), SEEK_SET) : 0;
    return place < 0 ? place : 0;
}

static int dd_open_source(struct dd *dd)
{
    if (dd->from == NULL)
        return 0;
    dd->source = user_open(dd->from, O_RDONLY);
    long error = dd->source < 0 ? dd->source : dd_seek(dd->source, dd->skip, dd->block_size);
    return error != 0 ? user_fail("dd", dd->from, error) : 0;
}

static int dd_open_target(struct dd *dd)
{
    if (dd->to == NULL)
        return 0;
    bool empties = !dd->keeps && dd->seek == 0;
    dd->target = user_create(dd->to, O_WRONLY | O_CREAT | (empties ? O_TRUNC : 0), DD_MODE);
    if (dd->target < 0)
        return user_fail("dd", dd->to, dd->target);
    long error = dd_seek(dd->target, dd->seek, dd->block_size);
    if (error == 0 && !dd->keeps && !empties)
        error = user_truncate(dd->to, (int64_t)(dd->seek * dd->block_size));
    return error != 0 ? user_fail("dd", dd->to, error) : 0;
}

static int dd_close(struct dd *dd)
{
    if (dd->source >= 0)
        (void)user_close((int)dd->source);
    long error = dd->target >= 0 ? user_close((int)dd->target) : 0;
    return error != 0 ? user_fail("dd", dd->to, error) : 0;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void dd_fill(char *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        block[i] = (char)(i * 7 + i / 251);
}

/* A whole block; fewer bytes: these are the last ones. Or an error. */
static long dd_read(int file, char *block, size_t size)
{
    size_t done = 0;
    while (done < size) {
        long got = user_read(file, block + done, size - done);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (long)done;
}

static int dd_copy_blocks(struct dd *dd, char *block)
{
    if (dd->source < 0)
        dd_fill(block, dd->block_size);
    for (uint64_t i = 0; i < dd->count; i++) {
        long size = dd->block_size;
        if (dd->source >= 0)
            size = dd_read((int)dd->source, block, dd->block_size);
        if (size < 0)
            return user_fail("dd", dd->from, size);
        long error = dd->target >= 0 ? user_write_all((int)dd->target, block, (size_t)size) : 0;
        if (error != 0)
            return user_fail("dd", dd->to, error);
        dd->bytes += (uint64_t)size;
        if ((size_t)size < dd->block_size)
            break;
    }
    return 0;
}

static int dd_copy(struct dd *dd)
{
    char small[DD_BLOCK_SMALL];
    struct user_buffer block;
    int status = 1;
    user_buffer_take(&block, dd->block_size, small, sizeof small);
    if (block.size >= dd->block_size)
        status = dd_copy_blocks(dd, block.bytes);
    else
        user_error("dd", "no memory for blocks of %u bytes", dd->block_size);
    user_buffer_give_back(&block);
    return status;
}

int dd_main(int argc, char **argv)
{
    struct user_output output = {.used = 0};
    struct dd dd;
    if (!dd_parse(&dd, argc, argv)) {
        user_error("dd", "usage: dd if=PATH [of=PATH] [bs=BYTES] [count=N] [skip=N] [seek=N] "
                         "[conv=notrunc], or dd of=PATH count=N ...");
        return USER_EXIT_USAGE;
    }
    int status = dd_open_source(&dd);
    if (status == 0)
        status = dd_open_target(&dd);
    if (status == 0)
        status = dd_copy(&dd);
    status |= dd_close(&dd);
    if (status == 0)
        user_print(&output, "%lu bytes\n", (unsigned long)dd.bytes);
    return status;
}
