/*
 * frame_store.c - frames in one growing buffer, with a sorted index
 *
 * Discarding moves what is left to the front, and only when that frees at least half: each byte is
 * moved a bounded number of times.
 */
#include "harness/run/frame_store.h"

#include <glib.h>

struct frame_entry {
    uint64_t sequence;
    size_t offset, len;
};

struct frame_store {
    GByteArray *bytes;
    GArray *index; /* struct frame_entry, sorted by sequence */
};

struct frame_store *frame_store_new(void)
{
    struct frame_store *store = g_new(struct frame_store, 1);
    store->bytes = g_byte_array_new();
    store->index = g_array_new(FALSE, FALSE, sizeof(struct frame_entry));
    return store;
}

void frame_store_free(struct frame_store *store)
{
    if (store == NULL) {
        return;
    }
    g_byte_array_free(store->bytes, TRUE);
    g_array_free(store->index, TRUE);
    g_free(store);
}

static struct frame_entry *store_entry(const struct frame_store *store, size_t position)
{
    return &g_array_index(store->index, struct frame_entry, position);
}

/* The first entry whose number is not smaller. */
static size_t store_lower_bound(const struct frame_store *store, uint64_t sequence)
{
    size_t low = 0, high = store->index->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (store_entry(store, middle)->sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void frame_store_add(struct frame_store *store, uint64_t sequence, const uint8_t *frame, size_t len)
{
    g_assert(store->index->len == 0 ||
             store_entry(store, store->index->len - 1)->sequence < sequence);
    struct frame_entry entry = {.sequence = sequence, .offset = store->bytes->len, .len = len};
    g_byte_array_append(store->bytes, frame, (guint)len);
    g_array_append_val(store->index, entry);
}

bool frame_store_get(const struct frame_store *store, uint64_t sequence, const uint8_t **frame,
                     size_t *len)
{
    size_t position = store_lower_bound(store, sequence);
    if (position == store->index->len || store_entry(store, position)->sequence != sequence) {
        return false;
    }
    *frame = store->bytes->data + store_entry(store, position)->offset;
    *len = store_entry(store, position)->len;
    return true;
}

void frame_store_discard_before(struct frame_store *store, uint64_t sequence)
{
    size_t keep_from = store_lower_bound(store, sequence);
    size_t freed =
        keep_from < store->index->len ? store_entry(store, keep_from)->offset : store->bytes->len;
    if (keep_from == 0 || freed < store->bytes->len / 2) {
        return;
    }
    g_byte_array_remove_range(store->bytes, 0, (guint)freed);
    g_array_remove_range(store->index, 0, (guint)keep_from);
    for (size_t i = 0; i < store->index->len; i++) {
        store_entry(store, i)->offset -= freed;
    }
}
