/* nbuf.c - frame buffers: one allocation of DMA memory, cut into NBUF_COUNT pieces */
#include "kernel/nbuf.h"

#include "kernel/boot_memory.h"
#include "kernel/console.h"
#include "kernel/pool.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/hal.h"

static struct nbuf nbuf_objects[NBUF_COUNT];
static struct pool nbuf_pool, nbuf_large_pool;

kstatic_assert(offsetof(struct nbuf, link) == 0 && sizeof(struct list) >= sizeof(void *),
               "a free buffer keeps what it knows of its memory");
kstatic_assert(NBUF_HEADROOM % 16 == 0, "frames begin aligned");

void nbuf_init(void)
{
    uint64_t physical = 0;
    uint8_t *memory = hal_dma_alloc((size_t)NBUF_COUNT * NBUF_SIZE, NBUF_SIZE, &physical);
    unsigned count = memory != NULL ? NBUF_COUNT : 0;
    if (memory == NULL)
        console_printf("no memory for frame buffers: there will be no network\n");
    for (size_t i = 0; i < count; i++) {
        nbuf_objects[i] = (struct nbuf){
            .memory = memory + i * NBUF_SIZE,
            .size = NBUF_SIZE,
            .frame = memory + i * NBUF_SIZE,
            .physical = physical + i * NBUF_SIZE,
        };
    }
    pool_init(&nbuf_pool, "frame-buffers", nbuf_objects, sizeof nbuf_objects[0], count);
    boot_memory_init_pool(&nbuf_large_pool, "large-buffers", NBUF_LARGE_SIZE, NBUF_LARGE_COUNT);
}

struct nbuf *nbuf_alloc(void)
{
    struct nbuf *nbuf = pool_alloc(&nbuf_pool);
    if (nbuf == NULL)
        return NULL;
    kassert(nbuf->data == NULL);
    list_init(&nbuf->link);
    nbuf->data = nbuf->memory + NBUF_HEADROOM;
    nbuf->len = 0;
    nbuf->netif = NULL;
    nbuf->next_hop = 0;
    nbuf->group = false;
    return nbuf;
}

bool nbuf_enlarge(struct nbuf *nbuf)
{
    size_t headroom = nbuf_headroom(nbuf);
    kassert(nbuf->size == NBUF_SIZE);
    uint8_t *large = pool_alloc(&nbuf_large_pool);
    if (large == NULL)
        return false;
    memcpy(large, nbuf->memory, NBUF_SIZE);
    nbuf->memory = large;
    nbuf->size = NBUF_LARGE_SIZE;
    nbuf->data = large + headroom;
    return true;
}

void nbuf_free(struct nbuf *nbuf)
{
    if (nbuf == NULL)
        return;
    kassert(nbuf->data != NULL); /* a free buffer has none */
    kassert(!list_is_linked(&nbuf->link));
    nbuf->data = NULL;
    if (nbuf->memory != nbuf->frame) {
        pool_free(&nbuf_large_pool, nbuf->memory);
        nbuf->memory = nbuf->frame;
        nbuf->size = NBUF_SIZE;
    }
    pool_free(&nbuf_pool, nbuf);
}

uint8_t *nbuf_push(struct nbuf *nbuf, size_t size)
{
    kassert(size <= nbuf_headroom(nbuf));
    nbuf->data -= size;
    nbuf->len += size;
    return nbuf->data;
}

uint8_t *nbuf_pull(struct nbuf *nbuf, size_t size)
{
    kassert(size <= nbuf->len);
    nbuf->data += size;
    nbuf->len -= size;
    return nbuf->data;
}

uint8_t *nbuf_put(struct nbuf *nbuf, size_t size)
{
    kassert(size <= nbuf_tailroom(nbuf));
    uint8_t *part = nbuf->data + nbuf->len;
    nbuf->len += size;
    return part;
}

uint64_t nbuf_physical(const struct nbuf *nbuf)
{
    kassert(nbuf->memory == nbuf->frame);
    return nbuf->physical + nbuf_headroom(nbuf);
}

unsigned nbuf_free_count(void)
{
    return nbuf_pool.capacity - nbuf_pool.used;
}
