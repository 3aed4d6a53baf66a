/*
 * dirent.h - the records of getdents64, written and read
 *
 * For whoever serves a directory, and for programs that read one. What is read is not trusted: it
 * may have come from a provider.
 */
#ifndef KERNEL_DIRENT_H
#define KERNEL_DIRENT_H

#include "kernel/stat.h"
#include "lib/string.h"

struct dirent_list {
    void *buffer;
    size_t size, used;
};

/* One more record; false: there is no room for it. `next` is where the directory goes on then. */
static inline bool dirent_add(struct dirent_list *list, uint64_t inode, uint64_t next, uint8_t type,
                              const char *name)
{
    size_t length = kstrlen(name) + 1;
    size_t size = (DIRENT_NAME_AT + length + 7) / 8 * 8;
    struct kernel_dirent64 head = {inode, (int64_t)next, (uint16_t)size, type, ""};
    if (size > list->size - list->used)
        return false;
    char *record = (char *)list->buffer + list->used;
    memset(record, 0, size);
    memcpy(record, &head, DIRENT_NAME_AT);
    memcpy(record + DIRENT_NAME_AT, name, length);
    list->used += size;
    return true;
}

/* What one call gives: bytes; 0: the end; -KEINVAL: not even one of those that are left fits. */
static inline long dirent_result(const struct dirent_list *list, bool are_more)
{
    return list->used > 0 || !are_more ? (long)list->used : -KEINVAL;
}

/*
 * The record at *at, which then is where the next one stands: its name, which stays where it is.
 * NULL: the end, or no record that could be right.
 */
static inline const char *dirent_next(const void *buffer, size_t size, size_t *at,
                                      struct kernel_dirent64 *record)
{
    const char *from = (const char *)buffer + *at;
    if (size - *at < DIRENT_NAME_AT + 1)
        return NULL;
    memcpy(record, from, DIRENT_NAME_AT);
    if (record->d_reclen < DIRENT_NAME_AT + 1 || record->d_reclen > size - *at)
        return NULL;
    size_t room = record->d_reclen - DIRENT_NAME_AT;
    if (kstrnlen(from + DIRENT_NAME_AT, room) == room)
        return NULL;
    *at += record->d_reclen;
    return from + DIRENT_NAME_AT;
}

#endif
