/* pcid.c - the program that finds devices and starts their daemons */
#include "drivers/pcid.h"

#include "drivers/device_name.h"
#include "drivers/pci.h"
#include "drivers/pcid_table.h"
#include "drivers/virtio_mmio.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define PCID_CONFIG      "/etc/pcid.conf"
#define PCID_CONFIG_MAX  4096
#define PCID_LINE_MAX    256
#define PCID_STDOUT      1
#define PCID_EXIT_FAILED 1
#define PCID_EXIT_TABLE  2

static const char pcid_default_config[] = "mmio 1 virtio-netd -n eth%\n"
                                          "mmio 9 virtio-9pd\n"
                                          "pci 1af4:1041 virtio-netd -n eth%\n"
                                          "pci 1af4:1049 virtio-9pd\n";

struct pcid {
    struct pcid_table table;
    char config[PCID_CONFIG_MAX];
    unsigned numbered; /* commands with a % so far */
    bool failed;
};

/* Too large for a stack; the next one finds that devices are not looked for twice. */
static struct pcid pcid;
static bool pcid_was_here;

static void pcid_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void pcid_say(const char *format, ...)
{
    char line[PCID_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    size_t size = ksnprintf(line, sizeof line, "pcid: ");
    size += kvsnprintf(line + size, sizeof line - size, format, arguments);
    va_end(arguments);
    (void)sys_write(PCID_STDOUT, line, size < sizeof line ? size : sizeof line - 1);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* The command, with a number for each %, and the device behind it. False: it is too long. */
static bool pcid_command(const char *command, const char *device, const char *interrupt, char *text,
                         size_t size)
{
    size_t used = 0;
    bool is_numbered = false;
    for (const char *at = command; *at != '\0' && used < size; at++) {
        is_numbered |= *at == '%';
        used += *at == '%' ? ksnprintf(text + used, size - used, "%u", pcid.numbered)
                           : ksnprintf(text + used, size - used, "%c", *at);
    }
    pcid.numbered += is_numbered ? 1 : 0;
    if (used < size)
        used += ksnprintf(text + used, size - used, " %s %s", device, interrupt);
    return used < size;
}

static void pcid_start(const struct pcid_identity *identity, const struct device_name *place,
                       const struct platform_interrupt *interrupt)
{
    char device[DEVICE_NAME_MAX], what[16], line[16], command[SPAWN_LENGTH_MAX];
    device_name_print(place, device);
    if (identity->is_pci)
        ksnprintf(what, sizeof what, "%04x:%04x", identity->vendor, identity->device);
    else
        ksnprintf(what, sizeof what, "type %u", identity->type);
    const struct pcid_row *row = pcid_table_find(&pcid.table, identity);
    if (row == NULL || interrupt == NULL) {
        pcid_say("%s (%s): %s\n", device, what, row == NULL ? "no daemon" : "no interrupt");
        return;
    }
    ksnprintf(line, sizeof line, "%u%s", interrupt->intid, interrupt->edge_triggered ? "e" : "");
    long task = -KE2BIG;
    if (pcid_command(row->command, device, line, command, sizeof command))
        task = sys_spawn(command);
    if (task < 0) {
        pcid.failed = true;
        pcid_say("%s (%s): %s: %s\n", device, what, row->command, errno_name(task));
        return;
    }
    pcid_say("%s (%s): %s\n", device, what, command);
    (void)sys_wait((uint32_t)task, NULL, WREADY); /* one that has failed has said why */
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool pcid_take_window(const struct platform_window *window, void *opaque)
{
    struct virtio_mmio mmio = {.base = window->base};
    (void)opaque;
    if (virtio_mmio_identify(&mmio) == 0) {
        const struct pcid_identity identity = {.type = mmio.device.device_id};
        const struct device_name place = {.base = window->base};
        pcid_start(&identity, &place, &window->interrupt);
    }
    return true;
}

static void pcid_take_function(const struct pci_device *function, void *opaque)
{
    const struct pcid_identity identity = {
        .is_pci = true,
        .vendor = function->vendor,
        .device = function->device,
    };
    const struct device_name place = {
        .is_pci = true,
        .slot = function->slot,
        .function = function->function,
    };
    (void)opaque;
    pcid_start(&identity, &place, function->has_interrupt ? &function->interrupt : NULL);
}

/* False, after a message. */
static bool pcid_read_table(void)
{
    long file = sys_open(PCID_CONFIG, O_RDONLY);
    const char *text = pcid_default_config;
    if (file >= 0) {
        long size = sys_read((int)file, pcid.config, sizeof pcid.config);
        (void)sys_close((int)file);
        if (size < 0 || (size_t)size == sizeof pcid.config) {
            pcid_say(PCID_CONFIG ": it cannot be read, or is longer than %u bytes\n",
                     PCID_CONFIG_MAX - 1);
            return false;
        }
        pcid.config[size] = '\0';
        text = pcid.config;
    }
    unsigned wrong = pcid_table_parse(&pcid.table, text);
    if (wrong != 0)
        pcid_say(PCID_CONFIG ":%u: not 'pci VENDOR:DEVICE COMMAND' nor 'mmio TYPE COMMAND'\n",
                 wrong);
    return wrong == 0;
}

int pcid_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (pcid_was_here) {
        pcid_say("devices have been given to their daemons before\n");
        return PCID_EXIT_FAILED;
    }
    pcid = (struct pcid){.failed = false};
    if (!pcid_read_table())
        return PCID_EXIT_TABLE;
    pcid_was_here = true;
    platform_each_window(platform_current(), pcid_take_window, NULL);
    (void)pci_scan(platform_current(), pcid_take_function, NULL);
    return pcid.failed ? PCID_EXIT_FAILED : 0;
}
