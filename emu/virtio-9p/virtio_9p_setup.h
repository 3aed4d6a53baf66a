/*
 * virtio_9p_setup.h - for the tests of this folder: a share with a mock client
 *
 * The share is "box", with a file "a.txt" that holds "hello, world". Ring "box.requests" of eight
 * entries. A message goes in descriptor 2n, room for its answer is descriptor 2n + 1; the client
 * builds messages by hand, and numbers are those of the wire.
 */
#ifndef EMU_VIRTIO_9P_VIRTIO_9P_SETUP_H
#define EMU_VIRTIO_9P_VIRTIO_9P_SETUP_H

#include "emu/virtio-9p/p9_tree.h"
#include "emu/virtio-9p/virtio_9p.h"
#include "emu/virtio/mock_driver.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>
#include <string.h>

#define SHARE_RING    8
#define SHARE_LATENCY 2000
#define SHARE_ROOM    8192 /* for an answer */
#define SHARE_MSIZE   8192

struct share_setup {
    struct mock_machine machine;
    struct p9_tree *tree;
    struct virtio_9p *share;
    struct virtio_mmio *mmio;
    struct mock_ring ring;
    uint8_t message[SHARE_ROOM]; /* the one in the making */
    size_t size;
    uint8_t *answers[SHARE_RING / 2];
};

static inline void share_setup_init(struct share_setup *setup)
{
    static const struct p9_tree_config tree = {.now_ns = NULL};
    memset(setup, 0, sizeof(*setup));
    mock_machine_init(&setup->machine);
    setup->tree = p9_tree_new_memory(&tree);
    CU_ASSERT_EQUAL(p9_tree_add_file(setup->tree, "a.txt", "hello, world", 12), 0);
    const struct virtio_9p_config config = {
        .name = "box",
        .tree = setup->tree,
        .queue_size = SHARE_RING,
        .latency_ns = SHARE_LATENCY,
        .msize_max = SHARE_MSIZE,
    };
    setup->share = virtio_9p_new(&setup->machine.env, &config, setup->machine.line);
    setup->mmio =
        virtio_mmio_new(setup->machine.bus, "slot0", MOCK_MMIO_BASE, virtio_9p_dev(setup->share));
}

static inline void share_setup_start(struct share_setup *setup)
{
    mock_driver_negotiate(&setup->machine, 1); /* VIRTIO_9P_MOUNT_TAG */
    mock_ring_init(&setup->ring, &setup->machine, 0, SHARE_RING);
    mock_driver_ok(&setup->machine);
    mock_machine_forget(&setup->machine);
}

static inline void share_setup_fini(struct share_setup *setup)
{
    virtio_9p_free(setup->share);
    p9_tree_free(setup->tree);
    mock_machine_fini(&setup->machine);
    virtio_mmio_free(setup->mmio);
}

/* ---- messages -------------------------------------------------------------------------------- */

static inline void share_put(struct share_setup *setup, uint64_t value, size_t size)
{
    memcpy(setup->message + setup->size, &value, size);
    setup->size += size;
}

static inline void share_put_string(struct share_setup *setup, const char *text)
{
    share_put(setup, strlen(text), 2);
    memcpy(setup->message + setup->size, text, strlen(text));
    setup->size += strlen(text);
}

static inline void share_begin(struct share_setup *setup, uint8_t type, uint16_t tag)
{
    setup->size = 0;
    share_put(setup, 0, 4);
    share_put(setup, type, 1);
    share_put(setup, tag, 2);
}

/* Sends what was put together in chain n, and kicks. The size is filled in. */
static inline void share_send_in(struct share_setup *setup, unsigned n, uint32_t room)
{
    uint8_t *bytes;
    uint32_t size = (uint32_t)setup->size;
    memcpy(setup->message, &size, sizeof(size));
    gpa_t at = mock_machine_alloc(&setup->machine, size, &bytes);
    memcpy(bytes, setup->message, size);
    gpa_t answer = mock_machine_alloc(&setup->machine, room, &setup->answers[n]);
    memset(setup->answers[n], 0xee, room);
    mock_ring_desc(&setup->ring, 2 * n, at, size, VRING_DESC_F_NEXT, 2 * n + 1);
    mock_ring_desc(&setup->ring, 2 * n + 1, answer, room, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&setup->ring, (uint16_t)(2 * n));
    mock_ring_kick(&setup->ring);
}

static inline void share_send(struct share_setup *setup, unsigned n)
{
    share_send_in(setup, n, SHARE_ROOM);
}

static inline uint64_t share_get(const uint8_t *answer, size_t at, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, answer + at, size);
    return value;
}

/* Sends, waits for the latency, and expects an answer of this type and tag in chain n. */
static inline const uint8_t *share_ask(struct share_setup *setup, unsigned n, uint8_t type)
{
    uint16_t before = mock_ring_used_index(&setup->ring);
    uint16_t tag = (uint16_t)share_get(setup->message, 5, 2);
    share_send(setup, n);
    mock_machine_run(&setup->machine, SHARE_LATENCY);
    const uint8_t *answer = setup->answers[n];
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup->ring), (uint16_t)(before + 1));
    CU_ASSERT_EQUAL(mock_ring_used_id(&setup->ring, before), 2 * n);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup->ring, before), share_get(answer, 0, 4));
    CU_ASSERT_EQUAL(answer[4], type);
    CU_ASSERT_EQUAL(share_get(answer, 5, 2), tag);
    return answer;
}

/* ---- a session ------------------------------------------------------------------------------- */

static inline void share_put_version(struct share_setup *setup, uint32_t msize)
{
    share_begin(setup, 100, 0xffff);
    share_put(setup, msize, 4);
    share_put_string(setup, "9P2000.L");
}

/* Fid 0 is the root, and fid 1 the file, open. */
static inline void share_open_file(struct share_setup *setup)
{
    share_put_version(setup, SHARE_MSIZE);
    share_ask(setup, 0, 101);
    share_begin(setup, 104, 1); /* Tattach */
    share_put(setup, 0, 4);
    share_put(setup, 0xffffffff, 4);
    share_put_string(setup, "root");
    share_put_string(setup, "");
    share_put(setup, 0, 4);
    share_ask(setup, 0, 105);
    share_begin(setup, 110, 1); /* Twalk */
    share_put(setup, 0, 4);
    share_put(setup, 1, 4);
    share_put(setup, 1, 2);
    share_put_string(setup, "a.txt");
    share_ask(setup, 0, 111);
    share_begin(setup, 12, 1); /* Tlopen */
    share_put(setup, 1, 4);
    share_put(setup, 2, 4);
    share_ask(setup, 0, 13);
    mock_machine_forget(&setup->machine);
}

static inline void share_put_read(struct share_setup *setup, uint16_t tag, uint64_t offset,
                                  uint32_t count)
{
    share_begin(setup, 116, tag);
    share_put(setup, 1, 4);
    share_put(setup, offset, 8);
    share_put(setup, count, 4);
}

static inline void share_put_flush(struct share_setup *setup, uint16_t tag, uint16_t oldtag)
{
    share_begin(setup, 108, tag);
    share_put(setup, oldtag, 2);
}

#endif
