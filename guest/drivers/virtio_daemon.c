/*
 * virtio_daemon.c - what is the same for the daemons of virtio devices
 *
 * Interrupts are files. An interrupt that came is read as a count, taken from the device, which
 * takes its line down, and acknowledged with that count, upon which the kernel unmasks it: in this
 * order, as a line that is still up would come again at once. When it came again meanwhile (over a
 * line that others share, or triggered by edges), the count is stale, and all begins anew.
 */
#include "drivers/virtio_daemon.h"

#include "kernel/boot_memory.h"
#include "kernel/irq.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define VIRTIO_DAEMON_PATH_MAX 32
#define VIRTIO_DAEMON_TEXT     160
#define VIRTIO_DAEMON_STDERR   2
#define VIRTIO_DAEMON_INTIDS   4 /* digits, with NUL */

void virtio_daemon_say(const char *program, const char *device, const char *text)
{
    char line[VIRTIO_DAEMON_TEXT];
    size_t size = ksnprintf(line, sizeof line, "%s: %s: %s\n", program, device, text);
    (void)sys_write(VIRTIO_DAEMON_STDERR, line, size < sizeof line ? size : sizeof line - 1);
}

void *virtio_daemon_keep(struct virtio_daemon *kept[], unsigned most, size_t size_bytes,
                         const char *device)
{
    for (unsigned i = 0; i < most; i++) {
        if (kept[i] == NULL)
            kept[i] = boot_memory_take_clear(size_bytes);
        if (kept[i] == NULL)
            return NULL;
        kept[i]->number = i;
        if (kept[i]->device_name[0] == '\0' || kstreq(kept[i]->device_name, device))
            return kept[i];
    }
    return NULL;
}

/* "38", or "48e". */
static bool virtio_daemon_parse_interrupt(const char *text, struct virtio_interrupt *interrupt)
{
    char digits[VIRTIO_DAEMON_INTIDS];
    size_t length = kstrlen(text);
    interrupt->edge_triggered = length > 0 && text[length - 1] == 'e';
    length -= interrupt->edge_triggered ? 1 : 0;
    if (length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return kparse_u32(digits, IRQS_MAX - 1, &interrupt->intid);
}

bool virtio_daemon_parse(struct virtio_daemon_place *place, const char *device,
                         const char *interrupt)
{
    place->text = device;
    return device_name_parse(device, &place->name) &&
           virtio_daemon_parse_interrupt(interrupt, &place->interrupt);
}

/* ---- where it is ----------------------------------------------------------------------------- */

struct virtio_daemon_search {
    uintptr_t base;
    bool found;
};

static bool virtio_daemon_is_window(const struct platform_window *window, void *opaque)
{
    struct virtio_daemon_search *search = opaque;
    search->found = window->base == search->base;
    return !search->found;
}

static const char *virtio_daemon_find_window(struct virtio_daemon *daemon,
                                             const struct virtio_daemon_place *place)
{
    struct virtio_daemon_search search = {.base = place->name.base};
    platform_each_window(platform_current(), virtio_daemon_is_window, &search);
    daemon->mmio = (struct virtio_mmio){
        .base = search.base,
        .intid = place->interrupt.intid,
        .edge_triggered = place->interrupt.edge_triggered,
    };
    if (!search.found || virtio_mmio_identify(&daemon->mmio) != 0)
        return "there is no such device";
    daemon->device = &daemon->mmio.device;
    return NULL;
}

static const char *virtio_daemon_find_function(struct virtio_daemon *daemon,
                                               const struct virtio_daemon_place *place)
{
    struct pci_device function;
    if (pci_find(platform_current(), place->name.slot, place->name.function, &function) != 0)
        return "there is no such device";
    function.has_interrupt = true;
    function.interrupt = (struct platform_interrupt){
        .intid = place->interrupt.intid,
        .edge_triggered = place->interrupt.edge_triggered,
    };
    if (virtio_pci_identify(&daemon->pci, &function) != 0)
        return "no modern virtio device";
    daemon->device = &daemon->pci.device;
    return NULL;
}

const char *virtio_daemon_find(struct virtio_daemon *daemon,
                               const struct virtio_daemon_place *place, uint32_t device_id)
{
    const char *why = NULL;
    if (daemon->device == NULL)
        why = place->name.is_pci ? virtio_daemon_find_function(daemon, place)
                                 : virtio_daemon_find_window(daemon, place);
    if (why == NULL && daemon->device->device_id != device_id) {
        daemon->device = NULL;
        why = "it is another kind of device";
    }
    return why;
}

/* ---- what it waits for ----------------------------------------------------------------------- */

const char *virtio_daemon_open_scheme(struct virtio_daemon *daemon, const char *scheme,
                                      uint64_t word)
{
    daemon->root = (int)sys_scheme_create(scheme, O_NONBLOCK);
    if (daemon->root < 0)
        return daemon->root == -KEEXIST ? "there is a daemon for it" : "no scheme";
    daemon->queue = (int)sys_open(SCHEME_ROOT "event", O_RDWR);
    if (daemon->queue < 0 || sys_watch(daemon->queue, daemon->root, EVENT_READ, word) != 0)
        return "no event queue";
    return NULL;
}

const char *virtio_daemon_open_interrupts(struct virtio_daemon *daemon, uint64_t first)
{
    struct virtio_interrupt list[VIRTIO_INTERRUPTS_MAX];
    daemon->interrupt_count = virtio_interrupts(daemon->device, list);
    for (unsigned i = 0; i < daemon->interrupt_count; i++) {
        char path[VIRTIO_DAEMON_PATH_MAX];
        ksnprintf(path, sizeof path, SCHEME_ROOT "irq/%u%s", list[i].intid,
                  list[i].edge_triggered ? "/edge" : "");
        long file = sys_open(path, O_RDWR | O_NONBLOCK);
        if (file < 0)
            return "no file for its interrupt";
        daemon->interrupts[i] = (int)file;
        if (sys_watch(daemon->queue, (int)file, EVENT_READ, first + i) != 0)
            return "its interrupt cannot be watched";
    }
    return daemon->interrupt_count > 0 ? NULL : "no interrupt";
}

uint32_t virtio_daemon_take_interrupt(struct virtio_daemon *daemon, unsigned index)
{
    int file = daemon->interrupts[index];
    uint32_t reasons = 0;
    uint64_t count;
    do {
        if (sys_read(file, &count, sizeof count) != sizeof count)
            break;
        reasons |= virtio_take_reasons(daemon->device, index);
    } while (sys_write(file, &count, sizeof count) == -KESTALE);
    return reasons;
}
