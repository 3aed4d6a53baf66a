/*
 * checks_priv.h - what the files of the checkers share
 */
#ifndef HARNESS_CHECKS_CHECKS_PRIV_H
#define HARNESS_CHECKS_CHECKS_PRIV_H

#include "harness/checks/checks.h"

#define CHECKS_VIOLATIONS_MAX 64
#define CHECKS_QUEUES_MAX     32
#define CHECKS_CPUS_MAX       8

struct dma_check;
struct balance_check;
struct buffer_check;
struct lock_check;
struct clock_check;

struct checks {
    struct board *board;
    struct trace *trace;
    struct checks_config config;
    GPtrArray *violations; /* struct violation */
    struct virtqueue *queues[CHECKS_QUEUES_MAX];
    unsigned queue_count;
    uint64_t refused_access; /* sequence of the last dma.violation */
    struct dma_check *dma;
    struct balance_check *balance;
    struct buffer_check *buffers;
    struct lock_check *locks;
    struct clock_check *clocks;
};

/* What was found. `who`, `clause` and `rule` are interned or literal; takes `detail`. */
struct finding {
    enum check_id id;
    uint64_t time_ns; /* 0: now */
    const char *who, *clause, *rule;
    char *detail;
};
void checks_report(struct checks *checks, struct finding finding);
static inline bool checks_wants(const struct checks *checks, enum check_id id)
{
    return checks->config.severity[id] != CHECK_OFF;
}
uint64_t checks_now_ns(const struct checks *checks);
/* "1.000140002 s" at the end of a text. */
void checks_append_time(GString *out, uint64_t time_ns);

/* specs.c */
void specs_listen(struct checks *checks);

/* dma.c */
struct dma_check *dma_check_new(void);
void dma_check_free(struct dma_check *dma);
void dma_listen(struct checks *checks);
void dma_look(struct checks *checks);
uint64_t dma_live_count(const struct dma_check *dma);
uint64_t dma_live_bytes(const struct dma_check *dma);

/* buffers.c */
struct buffer_check *buffer_check_new(void);
void buffer_check_free(struct buffer_check *buffers);
void buffers_listen(struct checks *checks);

/* balance.c */
struct balance_check *balance_check_new(void);
void balance_check_free(struct balance_check *balance);
void balance_listen(struct checks *checks);
void balance_look(struct checks *checks, bool is_still);
uint64_t balance_timeouts_live(const struct balance_check *balance);

/* clocks.c */
struct clock_check *clock_check_new(void);
void clock_check_free(struct clock_check *clocks);
void clocks_listen(struct checks *checks);
void clocks_look(struct checks *checks);

/* locks.c */
struct lock_check *lock_check_new(void);
void lock_check_free(struct lock_check *locks);
void lock_listen(struct checks *checks);

#endif
