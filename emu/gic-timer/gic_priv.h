/*
 * gic_priv.h - what the files of the interrupt controller share
 *
 * gic.c owns the state machine of an INTID and the selection for each CPU. gic_regs.c has the
 * registers with a bit, two bits or a byte an INTID, which are the same in all versions; the other
 * files turn the accesses of one register window each into changes of state.
 *
 * State of INTIDs is kept by word, 32 INTIDs each: INTID n is bit n % 32 of word n / 32. Word 0,
 * with the SGIs and PPIs, is there once for each CPU.
 *
 * Whoever changes an input of the selection says so with gic_refresh(), or gic_signal() when no
 * INTID changed.
 */
#ifndef EMU_GIC_TIMER_GIC_PRIV_H
#define EMU_GIC_TIMER_GIC_PRIV_H

#include "emu/gic-timer/gic.h"

#define GIC_WORDS_MAX     32
#define GIC_SGIS          16
#define GIC_SPIS          32 /* the first SPI */
#define GIC_SGI_MASK      UINT32_C(0xffff)
#define GIC_GROUPS        2
#define GIC_OTHER_GROUP   1022 /* what IAR gives for an interrupt that its reader must not take */
#define GIC_INTID_MASK    UINT32_C(0x3ff)
#define GIC_PRIORITY_IDLE 0xff

/*
 * The binary point leaves at least bit 0 out of the group priority, and an interrupt preempts only
 * one of a lower group priority: no more than this many can be active at a time, however the guest
 * sets the binary point.
 */
#define GIC_NESTING_MAX  128
#define GIC_ACTIVE_WORDS (GIC_NESTING_MAX / 32)

/* 32 INTIDs. */
struct gic_word {
    uint32_t level; /* input lines */
    uint32_t edge;  /* configured as edge-triggered */
    uint32_t latch; /* pending by an edge, an SGI or software: held until taken or cleared */
    uint32_t enabled;
    uint32_t active;
    uint32_t group;   /* in Group 1 */
    uint32_t pending; /* derived by gic_refresh(): latch | (level & ~edge) */
    uint8_t priority[32];
};

/* Acknowledged, and its priority not yet dropped. */
struct gic_nested {
    uint16_t intid;
    uint8_t source; /* the CPU that sent it, for an SGI of the GICv2 */
    uint8_t group;
};

/* What there is once for each CPU. */
struct gic_cpu {
    struct irqline nirq;
    bool nirq_level;
    struct gic_word bank;             /* word 0 */
    uint32_t targeted[GIC_WORDS_MAX]; /* routed to this CPU */
    uint8_t sgi_sources[GIC_SGIS];    /* GICv2: the CPUs from which the SGI is pending */

    /* derived by gic_refresh() */
    uint16_t best_of_word[GIC_WORDS_MAX]; /* valid where the word's bit in words_ready is set */
    uint32_t words_ready;                 /* words in which something can be delivered */
    unsigned best;                        /* what the distributor forwards; GIC_SPURIOUS: nothing */

    /* the CPU interface */
    bool asleep; /* GICv3: the redistributor */
    bool group_enabled[GIC_GROUPS];
    bool group_is_irq[GIC_GROUPS]; /* signalled by nIRQ; otherwise by nFIQ */
    bool end_split;                /* EOImode: EOIR drops the priority, DIR deactivates */
    bool acknowledges_both;        /* AckCtl */
    bool common_binary_point;      /* CBPR */
    uint8_t priority_mask;
    uint8_t binary_point[GIC_GROUPS]; /* n: bits 7 to n + 1 are the group priority */

    /*
     * The active priorities, a bit each, are what hardware knows. The list, oldest first, is what
     * the guest should know. An end takes its INTID out of the list and the highest bit out of the
     * priorities, whatever the order of the ends.
     */
    uint32_t active_priorities[GIC_GROUPS][GIC_ACTIVE_WORDS];
    uint8_t running_priority; /* derived */
    unsigned nesting;
    struct gic_nested nested[GIC_NESTING_MAX];
};

struct gic {
    struct trace *trace;
    enum gic_version version;
    const unsigned *accessing_cpu;
    bool secure;
    unsigned cpu_count;
    unsigned irq_count;
    unsigned words;
    uint8_t priority_mask;                 /* bits of a priority that are there */
    unsigned priority_step;                /* the lowest bit of a group priority, as a shift */
    bool group_enabled[GIC_GROUPS];        /* by the distributor */
    struct gic_word shared[GIC_WORDS_MAX]; /* from word 1 */
    uint64_t routes[GIC_IRQS_MAX];         /* GICv3: IROUTER */
    struct gic_cpu cpus[GIC_CPUS_MAX];
};

static inline uint32_t gic_bit(unsigned intid)
{
    return UINT32_C(1) << (intid % 32);
}

static inline struct gic_word *gic_word(struct gic *gic, unsigned cpu, unsigned word)
{
    return word == 0 ? &gic->cpus[cpu].bank : &gic->shared[word];
}

static inline const struct gic_word *gic_word_view(const struct gic *gic, unsigned cpu,
                                                   unsigned word)
{
    return word == 0 ? &gic->cpus[cpu].bank : &gic->shared[word];
}

/* INTIDs of a word that exist: 1020 to 1023 never do, and whole words beyond irq_count do not. */
uint32_t gic_implemented(const struct gic *gic, unsigned word);
bool gic_exists(const struct gic *gic, unsigned intid);
unsigned gic_group(const struct gic *gic, unsigned cpu, unsigned intid);
uint8_t gic_priority(const struct gic *gic, unsigned cpu, unsigned intid);

/*
 * Works out a word's pending state and the selection again after any of its bitmaps or priorities
 * changed: for this CPU if it is word 0, for all otherwise.
 */
void gic_refresh(struct gic *gic, unsigned cpu, unsigned word);
/* As above for all words, after the distributor changed as a whole. */
void gic_refresh_all(struct gic *gic);
/* Drives a CPU's nIRQ after anything else changed that decides about it. */
void gic_signal(struct gic *gic, unsigned cpu);

/* What the CPU interface signals, to nIRQ or nFIQ: an INTID or GIC_SPURIOUS. */
unsigned gic_signalled(const struct gic *gic, unsigned cpu);
/* Takes what is signalled: it is active. The CPU that sent it, if it is an SGI of the GICv2. */
unsigned gic_acknowledge(struct gic *gic, unsigned cpu, unsigned intid);
/* A write of EOIR, with its value split. `clause` is that of the register. */
void gic_end(struct gic *gic, unsigned cpu, const char *clause, unsigned intid, unsigned source);
/* A write of DIR. */
void gic_deactivate(struct gic *gic, unsigned cpu, const char *clause, unsigned intid);

/* Makes an SGI pending for a CPU. */
void gic_send_sgi(struct gic *gic, unsigned to, unsigned intid, unsigned source);

/* The active priorities were written. */
void gic_restore_priorities(struct gic *gic, unsigned cpu);

/* `clause` and `rule` are literals. */
void gic_breach(struct gic *gic, const char *clause, const char *rule, unsigned intid);

/* ---- registers ------------------------------------------------------------------------------- */

/*
 * A range of registers in a window. Functions get the CPU whose bank is accessed, and the index of
 * the register in the range, or of the byte where the range takes bytes. A register of 8 bytes is
 * two of 4. NULL: reads as zero; ignores writes.
 */
#define GIC_RANGE_WHOLE 0x100 /* an access is one call, whatever its width */
struct gic_range {
    uint16_t first, last; /* offsets of the first and the last byte */
    unsigned sizes;       /* the widths that it takes, or-ed: 1, 4, 8; GIC_RANGE_WHOLE */
    uint32_t (*read)(struct gic *gic, unsigned cpu, unsigned index);
    void (*write)(struct gic *gic, unsigned cpu, unsigned index, uint32_t value);
};

struct gic_window {
    const struct gic_range *ranges;
    size_t range_count;
    const char *map_clause, *map_rule;     /* what an access outside all ranges breaks */
    const char *width_clause, *width_rule; /* and one of a width that the range does not take */
};

uint64_t gic_window_read(struct gic *gic, unsigned cpu, const struct gic_window *window,
                         uint64_t offset, unsigned size);
void gic_window_write(struct gic *gic, unsigned cpu, const struct gic_window *window,
                      uint64_t offset, unsigned size, uint64_t value);

uint32_t gic_read_group(struct gic *gic, unsigned cpu, unsigned word);
void gic_write_group(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
uint32_t gic_read_enabled(struct gic *gic, unsigned cpu, unsigned word);
void gic_write_isenabler(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
void gic_write_icenabler(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
uint32_t gic_read_pending(struct gic *gic, unsigned cpu, unsigned word);
void gic_write_ispendr(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
void gic_write_icpendr(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
uint32_t gic_read_active(struct gic *gic, unsigned cpu, unsigned word);
void gic_write_isactiver(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
void gic_write_icactiver(struct gic *gic, unsigned cpu, unsigned word, uint32_t value);
uint32_t gic_read_priority(struct gic *gic, unsigned cpu, unsigned intid);
void gic_write_priority(struct gic *gic, unsigned cpu, unsigned intid, uint32_t value);
uint32_t gic_read_icfgr(struct gic *gic, unsigned cpu, unsigned index);
void gic_write_icfgr(struct gic *gic, unsigned cpu, unsigned index, uint32_t value);

extern const struct mmio_ops gicv2_dist_ops;
extern const struct mmio_ops gicv2_cpu_ops;

#endif
