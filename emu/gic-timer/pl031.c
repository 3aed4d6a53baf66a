/*
 * pl031.c - the Arm PrimeCell real-time clock, PL031
 *
 * [PL031] 3.3, register by register; accesses are words, as on the APB. The counter is the virtual
 * clock's seconds since power-on plus an offset; a write to LR changes the offset, and the next
 * second begins when it would have begun anyway.
 *
 * The raw interrupt is set at the moment at which the count becomes equal to MR, also when a write
 * to LR or MR makes them equal, and stays until ICR. Moments that passed are found when somebody
 * looks (3.3.6: RIS), so an event of the clock is armed only while IMSC lets the line follow.
 *
 * DEVIATION: 3.3.4 resets CR to 0, and the counter stands still until the guest writes 1. Here it
 * runs from power-on and CR reads 1, as on QEMU's board.
 *
 * Reserved offsets read as zero and ignore writes.
 */
#include "emu/gic-timer/pl031.h"

#define PL031_NS_PER_S UINT64_C(1000000000)
#define PL031_ENABLED  1 /* CR, IMSC, RIS, MIS and ICR have one bit */

enum pl031_register {
    PL031_DR = 0x00,
    PL031_MR = 0x04,
    PL031_LR = 0x08,
    PL031_CR = 0x0c,
    PL031_IMSC = 0x10,
    PL031_RIS = 0x14,
    PL031_MIS = 0x18,
    PL031_ICR = 0x1c,
    PL031_ID = 0xfe0,
};

/* PeriphID0 to 3 (part 031, designer 41, revision 1), PCellID0 to 3: 3.3.9 to 3.3.16. */
static const uint8_t pl031_id[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

struct pl031 {
    struct vclock *clock;
    struct trace *trace;
    struct irqline output;
    bool output_level;
    uint32_t offset; /* count minus the clock's seconds since power-on */
    uint32_t load, match;
    bool interrupts; /* IMSC */
    bool raised;     /* RIS */
    uint64_t seen_s; /* seconds since power-on up to which matches have been looked for */
    struct vevent alarm;
};

static uint64_t pl031_clock_s(const struct pl031 *rtc)
{
    return (vclock_now_ns(rtc->clock) - VCLOCK_POWER_ON_NS) / PL031_NS_PER_S;
}

uint32_t pl031_seconds(const struct pl031 *rtc)
{
    return (uint32_t)pl031_clock_s(rtc) + rtc->offset;
}

static void pl031_raise(struct pl031 *rtc)
{
    if (!rtc->raised) {
        rtc->raised = true;
        trace_emit(rtc->trace, TRACE_RTC_ALARM, TN(rtc->match), TN(!rtc->interrupts));
    }
}

/* The count has gone on since somebody looked: has it passed MR? */
static void pl031_catch_up(struct pl031 *rtc)
{
    uint64_t now_s = pl031_clock_s(rtc), passed = now_s - rtc->seen_s;
    uint32_t until_match = rtc->match - ((uint32_t)rtc->seen_s + rtc->offset);
    if (until_match != 0 && until_match <= passed) {
        pl031_raise(rtc);
    }
    rtc->seen_s = now_s;
}

/* After any change: the line, and when to look again. */
static void pl031_update(struct pl031 *rtc)
{
    bool level = rtc->raised && rtc->interrupts;
    if (level != rtc->output_level) {
        rtc->output_level = level;
        irqline_set(&rtc->output, level);
    }
    uint32_t until_match = rtc->match - pl031_seconds(rtc);
    if (rtc->interrupts && !rtc->raised && until_match != 0) {
        uint64_t at_s = pl031_clock_s(rtc) + until_match;
        vclock_arm(rtc->clock, &rtc->alarm, VCLOCK_POWER_ON_NS + at_s * PL031_NS_PER_S);
    } else if (vevent_is_armed(&rtc->alarm)) {
        vclock_disarm(rtc->clock, &rtc->alarm);
    }
}

static void pl031_alarm(void *opaque)
{
    struct pl031 *rtc = opaque;
    pl031_catch_up(rtc);
    pl031_update(rtc);
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint64_t pl031_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pl031 *rtc = opaque;
    (void)size;
    pl031_catch_up(rtc);
    pl031_update(rtc);
    switch (offset) {
    case PL031_DR:
        trace_emit(rtc->trace, TRACE_RTC_READ, TN(pl031_seconds(rtc)));
        return pl031_seconds(rtc);
    case PL031_MR:
        return rtc->match;
    case PL031_LR:
        return rtc->load;
    case PL031_CR:
        return PL031_ENABLED;
    case PL031_IMSC:
        return rtc->interrupts;
    case PL031_RIS:
        return rtc->raised;
    case PL031_MIS:
        return rtc->raised && rtc->interrupts;
    default:
        return offset >= PL031_ID ? pl031_id[(offset - PL031_ID) / 4] : 0;
    }
}

static void pl031_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct pl031 *rtc = opaque;
    (void)size;
    pl031_catch_up(rtc);
    switch (offset) {
    case PL031_MR:
        rtc->match = (uint32_t)value;
        break;
    case PL031_LR:
        rtc->load = (uint32_t)value;
        rtc->offset = rtc->load - (uint32_t)pl031_clock_s(rtc);
        trace_emit(rtc->trace, TRACE_RTC_SET, TN(rtc->load));
        break;
    case PL031_IMSC:
        rtc->interrupts = (value & PL031_ENABLED) != 0;
        break;
    case PL031_ICR:
        rtc->raised = rtc->raised && (value & PL031_ENABLED) == 0;
        break;
    default: /* read-only, without effect, or reserved */
        return;
    }
    if ((offset == PL031_MR || offset == PL031_LR) && rtc->match == pl031_seconds(rtc)) {
        pl031_raise(rtc);
    }
    pl031_update(rtc);
}

static const struct mmio_ops pl031_ops = {
    .read = pl031_read,
    .write = pl031_write,
    .sizes = 4,
};

void pl031_map(struct pl031 *rtc, struct mmio_bus *bus, uint64_t base)
{
    mmio_map(bus, "rtc", base, PL031_SIZE, &pl031_ops, rtc);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct pl031 *pl031_new(struct vclock *clock, struct trace *trace, uint32_t seconds,
                        struct irqline output)
{
    struct pl031 *rtc = g_new0(struct pl031, 1);
    rtc->clock = clock;
    rtc->trace = trace;
    rtc->output = output;
    rtc->seen_s = pl031_clock_s(rtc);
    rtc->offset = seconds - (uint32_t)rtc->seen_s;
    vevent_init(&rtc->alarm, VEVENT_MACHINE, "alarm", pl031_alarm, rtc);
    return rtc;
}

void pl031_free(struct pl031 *rtc)
{
    if (rtc == NULL) {
        return;
    }
    if (vevent_is_armed(&rtc->alarm)) {
        vclock_disarm(rtc->clock, &rtc->alarm);
    }
    g_free(rtc);
}
