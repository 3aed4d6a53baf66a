/*
 * gicv2_priv.h - what the files of the GICv2 share
 *
 * gicv2.c owns the state machine of [GICv2] 3.2.4 and its selection; gicv2_dist.c and gicv2_cpu.c
 * turn register accesses into changes of state. State of INTIDs is kept as bitmaps, 32 INTIDs a
 * word: INTID n is bit n % 32 of word n / 32.
 *
 * Whoever changes an input of the selection says so with gicv2_refresh(word), or gicv2_signal()
 * when no INTID changed.
 */
#ifndef EMU_GIC_TIMER_GICV2_PRIV_H
#define EMU_GIC_TIMER_GICV2_PRIV_H

#include "emu/gic-timer/gicv2.h"

#define GICV2_WORDS_MAX 32
#define GICV2_SGIS      16
#define GICV2_SPIS      32 /* the first SPI */
#define GICV2_SGI_MASK  UINT32_C(0xffff)

/*
 * The binary point leaves at least bit 0 out of the group priority, and an interrupt preempts only
 * one of a lower group priority: no more than this many can be active at a time, however the guest
 * sets the binary point.
 */
#define GICV2_NESTING_MAX   128
#define GICV2_PRIORITY_IDLE 0xff

struct gicv2 {
    struct trace *trace;
    struct irqline nirq;
    bool nirq_level;
    unsigned irq_count;
    unsigned words;

    /* distributor, by word */
    bool dist_enabled;
    uint32_t level[GICV2_WORDS_MAX]; /* input lines */
    uint32_t edge[GICV2_WORDS_MAX];  /* configured as edge-triggered */
    uint32_t latch
        [GICV2_WORDS_MAX]; /* pending by an edge, an SGI or software: held until taken or cleared */
    uint32_t enabled[GICV2_WORDS_MAX];
    uint32_t active[GICV2_WORDS_MAX];
    uint32_t targeted[GICV2_WORDS_MAX]; /* routed to the CPU */
    uint8_t priority[GICV2_WORDS_MAX * 32];

    /* derived by gicv2_refresh() */
    uint32_t pending[GICV2_WORDS_MAX];      /* latch | (level & ~edge) */
    uint16_t best_of_word[GICV2_WORDS_MAX]; /* valid where the word's bit in words_ready is set */
    uint32_t words_ready;                   /* words in which something can be delivered */
    unsigned best; /* what the distributor would forward; GICV2_SPURIOUS: nothing */

    /* CPU interface */
    bool cpu_enabled;
    bool end_split; /* EOImodeNS: EOIR drops the priority, DIR deactivates */
    uint8_t priority_mask;
    uint8_t binary_point;

    /*
     * Acknowledged and not yet dropped, oldest first. As in hardware, priorities know nothing of
     * INTIDs: an end takes its INTID out of one and the top out of the other, whatever the order of
     * the ends.
     */
    unsigned nesting;
    uint16_t nested_intid[GICV2_NESTING_MAX];
    uint8_t nested_priority[GICV2_NESTING_MAX];
};

static inline uint32_t gicv2_bit(unsigned intid)
{
    return UINT32_C(1) << (intid % 32);
}

/* INTIDs of a word that exist: 1020 to 1023 never do, and whole words beyond irq_count do not. */
uint32_t gicv2_implemented(const struct gicv2 *gic, unsigned word);
bool gicv2_exists(const struct gicv2 *gic, unsigned intid);

/*
 * Works out a word's pending state and the selection again after any of its bitmaps or priorities
 * changed.
 */
void gicv2_refresh(struct gicv2 *gic, unsigned word);
/* Drives nIRQ after anything else changed that decides about it. */
void gicv2_signal(struct gicv2 *gic);

/*
 * What the distributor forwards, whatever the CPU interface makes of it: an INTID or
 * GICV2_SPURIOUS.
 */
unsigned gicv2_forwarded(const struct gicv2 *gic);
/*
 * Takes the interrupt that is being signalled, as a read of IAR does; GICV2_SPURIOUS when none is.
 */
unsigned gicv2_acknowledge(struct gicv2 *gic);
/* A write of an INTID to EOIR, to DIR. */
void gicv2_end(struct gicv2 *gic, unsigned intid);
void gicv2_deactivate(struct gicv2 *gic, unsigned intid);

/* `clause` and `rule` are literals. */
void gicv2_breach(struct gicv2 *gic, const char *clause, const char *rule, unsigned intid);

extern const struct mmio_ops gicv2_dist_ops;
extern const struct mmio_ops gicv2_cpu_ops;

#endif
