/*
 * catalogue.c - the table of checks, and the texts that are made from it
 */
#include "harness/checks/catalogue.h"
#include "harness/text/paragraph.h"

#include <stdbool.h>
#include <string.h>

static const struct check catalogue_table[CHECK_COUNT] = {
    [CHECK_VIRTIO_BREACH] =
        {
            .name = "virtio.breach",
            .rule = "A driver keeps the requirements of the virtio specification.",
            .clause = "[VIRTIO1.2]; the violation names the section and quotes the sentence",
            .looks = "The device notices it at the access, or when it reads the ring: every "
                     "virtio.breach event that is not about whose a descriptor is.",
            .mistakes = "Steps of the initialization in another order, features that were not "
                        "offered, registers of a wrong width, header fields that are not zero.",
            .limits = "docs/virtio-conformance.md has every requirement, and why no device can "
                      "see some of them.",
        },
    [CHECK_P9_BREACH] =
        {
            .name = "p9.breach",
            .rule = "A client of a share keeps the rules of 9P2000.L.",
            .clause = "[9P2000.L] and [9P2000]; the violation says which rule",
            .looks = "The server notices it at the message: every p9.breach event.",
            .mistakes = "A count that leaves no room for the header of the answer; a fid that is "
                        "used before it is made or after it was clunked; flags of open() that are "
                        "handed on; a tag that is used twice.",
            .limits = "docs/virtio-9p.md has the rules. Whether answers are understood, no server "
                      "can see.",
        },
    [CHECK_VQ_OWNERSHIP] =
        {
            .name = "vq.ownership",
            .rule = "A descriptor that the device has is neither offered again nor changed until "
                    "the device has returned it.",
            .clause = "[VIRTIO1.2] 2.7.13, 3.3.1",
            .looks = "The device keeps what each descriptor of a chain said when it took the "
                     "chain. A head or a descriptor that comes again meanwhile, or one that says "
                     "something else when the chain is returned.",
            .mistakes = "A completion is counted twice and its descriptors are free twice; used "
                        "elements are taken to come in the order of the available ring; the free "
                        "list is changed without its lock.",
            .limits = "From the available index to the moment at which the device takes the chain "
                      "nobody looks. The entries of indirect tables are not watched.",
        },
    [CHECK_VQ_BARRIER] =
        {
            .name = "vq.barrier",
            .rule = "A barrier stands between what an available index publishes and the index, and "
                    "another one between the index and the notification.",
            .clause = "[VIRTIO1.2] 2.7.13.3.1, 2.7.13.4.1; hal.h: devices and the CPU are ordered "
                      "by barriers and by nothing else",
            .looks = "At each hal_wmb() and hal_mb() copies are made of the entries behind the "
                     "available index, with their chains and indirect tables. When the index has "
                     "moved, at the next barrier or when the device reads it, what it covers has "
                     "to be what was there at the last one. At a notification the index has to be "
                     "what it was at the last barrier, unless there is another chain of which the "
                     "device was not told yet.",
            .mistakes = "None at all, because the machine on which the driver was written orders "
                        "stores; one that stands before the last store; a fence of the compiler "
                        "only, or hal_rmb(), which orders loads.",
            .limits = "The guest runs natively, and the order of its loads leaves no trace. So it "
                      "is not found when no hal_rmb() stands between the used index and the "
                      "elements that it covers, nor when hal_wmb() stands in front of the flags, "
                      "where it takes hal_mb(). Of a step of the index the first two chains are "
                      "compared, of each the first four descriptors, and no buffers. What says the "
                      "same as at the last barrier counts as ordered. With several CPUs each "
                      "barrier counts for all.",
        },
    [CHECK_DMA_FREED] =
        {
            .name = "dma.freed",
            .rule = "Memory is neither freed nor closed while a device has it, and not given to "
                    "one afterwards.",
            .clause = "[VIRTIO1.2] 3.3.1; hal.h",
            .looks = "When memory is closed (hal_dma_free, hal_dma_window_drop, a stack that "
                     "goes), the queues are asked: their rings, chains that are available, chains "
                     "that the device has. And an access that was refused is compared with what "
                     "was closed before: the violation names that allocation and when it was "
                     "freed.",
            .mistakes = "A transmit buffer is freed when the function that queued it returns; "
                        "buffers or rings are freed before the device was reset.",
            .limits = "The last 256 closings are remembered.",
        },
    [CHECK_DMA_UNREGISTERED] =
        {
            .name = "dma.unregistered",
            .rule = "Devices are given addresses of memory that is open to them.",
            .clause = "hal.h: hal_dma_alloc, hal_dma_window",
            .looks = "An access of a device that memory refused, to what was never opened, or not "
                     "in this direction.",
            .mistakes = "A pointer in the place of a physical address; a buffer on the stack or in "
                        "a static object; a length of more than the buffer has.",
            .limits = "What is never accessed is not found.",
        },
    [CHECK_DMA_LEAKED] =
        {
            .name = "dma.leaked",
            .rule = "The rings of a queue are freed when it has been given others; buffers that "
                    "the device has returned are freed or used again before more are allocated.",
            .clause = "hal.h: hal_dma_alloc",
            .looks = "A queue is enabled at another address than before, and the allocation with "
                     "the old ring is still there at the end of the run. Or: memory is allocated "
                     "for a frame while more allocations lie idle than the queue has entries, "
                     "whose frames the device has returned.",
            .mistakes = "A driver that starts its device again allocates, and forgets what it had. "
                        "A buffer has to outlive the call that queued it, and nobody frees it when "
                        "the device is done with it.",
            .limits = "What was allocated before the first frame is a pool, and the driver's to "
                      "count, as are buffers for received frames: 'finally counter dma.live == N' "
                      "and 'finally vq … free == N' say how many there have to be.",
        },
    [CHECK_IRQ_BREACH] =
        {
            .name = "irq.breach",
            .rule = "The interrupt controller is used as its specification says.",
            .clause = "[GICv2]; the violation names the section",
            .looks = "Every irq.breach event: an end without an acknowledgement or in another "
                     "order, a deactivation that does not belong to anything, a register that is "
                     "not there.",
            .mistakes = "The number that is written to EOIR is not the one that IAR gave: masked, "
                        "shifted, or that of a spurious interrupt.",
            .limits = "What the controller cannot see: a handler that does nothing.",
        },
    [CHECK_IRQ_UNENDED] =
        {
            .name = "irq.unended",
            .rule = "Every interrupt that was acknowledged is ended.",
            .clause = "[GICv2] 4.4.5",
            .looks = "An INTID that is active for longer than the slack, when the CPU waits for an "
                     "interrupt or at the end of the run; or at all, when nothing can happen any "
                     "more.",
            .mistakes =
                "The end is left to a task that forgets it, or that needs another interrupt "
                "to get there; the path for interrupts without a handler returns early.",
            .limits = "The slack is 10 ms and a tick of the guest.",
        },
    [CHECK_MMIO_UNMAPPED] =
        {
            .name = "mmio.unmapped",
            .rule = "Registers are accessed where a device is.",
            .clause = "hal.h: MMIO",
            .looks = "Every mmio.unmapped event.",
            .mistakes = "A window's address is that of another machine; an offset is added twice.",
            .limits = "Windows without a device read as the specification of their bus says.",
        },
    [CHECK_MMIO_REFUSED] =
        {
            .name = "mmio.refused",
            .rule = "Registers are accessed naturally aligned and with a width that they have.",
            .clause = "hal.h: MMIO",
            .looks = "Every mmio.refused event.",
            .mistakes = "A structure is laid over registers and copied bytewise.",
            .limits = "Widths that the device itself judges are virtio.breach.",
        },
    [CHECK_HAL_MISUSE] =
        {
            .name = "guest.violation",
            .rule = "The functions of hal.h and probe.h are called as these headers say.",
            .clause = "hal.h, probe.h",
            .looks = "Every guest.violation event.",
            .mistakes = "Memory is freed with another size than it was allocated with, or twice.",
            .limits = "Rules that a guest cannot survive end it, which is a crash.",
        },
    [CHECK_LOCK_ORDER] =
        {
            .name = "lock.order",
            .rule = "Locks are taken in one order by everybody.",
            .clause = "probe.h: locks of a name are ordered alike everywhere",
            .looks = "The graph of which lock was taken with which other held, by their names, "
                     "over tasks and interrupts. A circle could be a deadlock, and is found "
                     "without one.",
            .mistakes = "A callback is called with the lock of the list in which it stands, and "
                        "takes a lock whose holders change that list.",
            .limits = "64 names. Two locks of one name have no order among each other.",
        },
    [CHECK_LOCK_IRQ] =
        {
            .name = "lock.irq",
            .rule = "A lock that interrupts take is held with interrupts masked everywhere.",
            .clause = "probe.h: an interrupt cannot wait for what it interrupted",
            .looks = "A spinlock was taken between the acknowledgement of an interrupt and its "
                     "end, and another time by a task with PSTATE.I clear.",
            .mistakes = "A path that was only used in interrupts gets a second caller.",
            .limits = "Locks are told apart by their names.",
        },
    [CHECK_LOCK_SELF] =
        {
            .name = "lock.self",
            .rule = "Whoever holds a lock does not take it again.",
            .clause = "probe.h: a lock is not counted",
            .looks = "A task blocks on a lock, or spins for one, that it holds itself, or holds "
                     "below the interrupt that wants it.",
            .mistakes = "A function that takes the lock is called from one that has it.",
            .limits = "Needs the probe that tells of blocking, with the lock's number.",
        },
    [CHECK_LOCK_SLEEP] =
        {
            .name = "lock.sleep",
            .rule = "Nobody sleeps in an interrupt or with a spinlock held.",
            .clause = "probe.h: spinlocks are for those who do not sleep",
            .looks = "A lock for which one sleeps is taken there, even when it is free; or a task "
                     "blocks, and its spinlock is still held when the CPU goes on with something "
                     "else.",
            .mistakes = "An allocation or a log line in a critical section sleeps when there is "
                        "nothing left.",
            .limits = "A lock of the scheduler that its next task gives back is no violation.",
        },
    [CHECK_TIMEOUT_OVERDUE] =
        {
            .name = "timeout.overdue",
            .rule = "A timeout fires soon after its deadline.",
            .clause = "probe.h: timeouts",
            .looks = "A registered timeout was neither fired nor cancelled, and its deadline is "
                     "over for longer than the slack.",
            .mistakes = "The timer is programmed for the timeout that was registered last, not for "
                        "the next one; what expired in one go is fired one by one; interrupts "
                        "were masked.",
            .limits = "The slack is 10 ms and a tick of the guest, longer on slow machines. While "
                      "a fault of the scenario keeps a timer from firing, or a CPU busy with a "
                      "line that is stuck, storms or is led elsewhere, nothing is overdue.",
        },
    [CHECK_TIMEOUT_LEAKED] =
        {
            .name = "timeout.leaked",
            .rule = "A timeout that was set by the file of a clock goes with the file.",
            .clause = "probe.h: probe_time_set(), probe_event_watched()",
            .looks = "An event queue watched the file of a clock, and none watches it any more; "
                     "for longer than the slack its timeouts have neither fired nor been "
                     "cancelled. Of one task there are 16 such files.",
            .mistakes = "The file is closed and its timeouts stay in the registry until they are "
                        "due; a library opens a clock for each wait and closes it only when the "
                        "wait takes its whole time.",
            .limits = "Nobody tells that a file is closed: one that is not watched any more, and "
                      "was, most likely is, and a few that are not are no violation. Files that no "
                      "queue ever watched are not looked at.",
        },
};

const struct check *catalogue_get(enum check_id id)
{
    g_assert(id < CHECK_COUNT);
    return &catalogue_table[id];
}

enum check_id catalogue_find(const char *name)
{
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        if (strcmp(catalogue_table[i].name, name) == 0) {
            return (enum check_id)i;
        }
    }
    return CHECK_COUNT;
}

const char *const *catalogue_names(void)
{
    static const char *names[CHECK_COUNT + 1];
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        names[i] = catalogue_table[i].name;
    }
    return names;
}

void catalogue_write_explanation(GString *out, const struct check *check)
{
    g_string_append_printf(out, "%s\n", check->name);
    paragraph_append(out, "The rule", check->rule);
    paragraph_append(out, "Where it comes from", check->clause);
    paragraph_append(out, "How the checker looks", check->looks);
    paragraph_append(out, "How it usually comes about", check->mistakes);
    paragraph_append(out, "What it does not find", check->limits);
    g_string_append_printf(out, "\nIn a scenario\n  check  lenient %s\n  expect violation %s\n",
                           check->name, check->name);
}

void catalogue_write_page(GString *out)
{
    g_string_append(
        out,
        "# Checks\n\n"
        "Rules that hold for every guest, in every run, whatever the scenario asks. Made from the\n"
        "table in `harness/checks/catalogue.c`; `ringside explain NAME` prints the same.\n\n"
        "A violation is recorded once for each of who, clause and rule, further ones are counted.\n"
        "The run goes on: what comes of the mistake often tells more. At the end a test with a\n"
        "violation fails, unless the scenario is lenient or expects it; one that has failed for\n"
        "another reason lists its violations. [scenarios.md](scenarios.md#checks) has the\n"
        "statements. Each violation is also an event, `check.violation`.\n\n"
        "Beside the rules, checkers count: `dma.live` and `dma.bytes` are the allocations and\n"
        "windows that are open to devices, `timeouts.live` the timeouts that are registered. They\n"
        "are counters, as those of the guest are.\n");
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = &catalogue_table[i];
        g_string_append_printf(out, "\n## `%s`\n\n%s\n\n", check->name, check->rule);
        g_string_append_printf(out, "- **Where it comes from.** %s.\n", check->clause);
        g_string_append_printf(out, "- **How the checker looks.** %s\n", check->looks);
        g_string_append_printf(out, "- **How it usually comes about.** %s\n", check->mistakes);
        g_string_append_printf(out, "- **Limits.** %s\n", check->limits);
    }
}
