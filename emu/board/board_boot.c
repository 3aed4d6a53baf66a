/*
 * board_boot.c - what firmware hands over, in the boot area of guest RAM
 *
 * From the start of the area: device tree or ACPI tables, struct hal_boot, command line, table of
 * files, then paths and contents, each aligned. Pointers are the guest's own, which are host
 * addresses inside RAM; addresses of memory are physical.
 */
#include "emu/board/board_priv.h"

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#define BOARD_BOOT_ALIGN 16 /* more than any of the types needs; device trees need 8 */

static_assert(BOARD_BOOT_ALIGN >= alignof(max_align_t), "the area takes any type");
static_assert(BOARD_BOOT_ALIGN % 8 == 0, "[DTSPEC0.4] 5.6: the blob is aligned to 8 bytes");

static_assert(BOARD_ACPI_SIZE(CPU_CORES_MAX) <= GMEM_BOOT_SIZE, "the ACPI tables have a place");

/* The part of the boot area that is not used yet. */
struct board_boot_area {
    char *next;
    size_t left;
};

/* Takes `size` bytes; NULL, with the error, when they are not there. `what` is for the message. */
static void *board_boot_take(struct board_boot_area *area, size_t size, const char *what,
                             GError **error)
{
    if (size > area->left) {
        g_set_error(error, BOARD_ERROR, BOARD_ERROR_BOOT_SIZE,
                    "%s of %zu bytes does not fit into the boot area of %" G_GUINT64_FORMAT
                    " bytes: %zu are left",
                    what, size, GMEM_BOOT_SIZE, area->left);
        return NULL;
    }
    size_t aligned = (size + BOARD_BOOT_ALIGN - 1) & ~(size_t)(BOARD_BOOT_ALIGN - 1);
    void *taken = area->next;
    aligned = MIN(aligned, area->left);
    area->next += aligned;
    area->left -= aligned;
    return taken;
}

static void *board_boot_copy(struct board_boot_area *area, const void *data, size_t size,
                             const char *what, GError **error)
{
    void *copy = board_boot_take(area, size, what, error);
    if (copy != NULL && size != 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static bool board_boot_copy_file(struct board_boot_area *area, const struct board_file *file,
                                 struct hal_boot_file *into, GError **error)
{
    const char *path = board_boot_copy(area, file->path, strlen(file->path) + 1, file->path, error);
    if (path == NULL) {
        return false;
    }
    const void *data = board_boot_copy(area, file->data, file->size, file->path, error);
    if (data == NULL) {
        return false;
    }
    *into = (struct hal_boot_file){.path = path, .data = data, .size = file->size};
    return true;
}

static bool board_boot_copy_files(struct board_boot_area *area, const struct board_config *config,
                                  struct hal_boot *boot, GError **error)
{
    struct hal_boot_file *files =
        board_boot_take(area, config->file_count * sizeof(*files), "the table of files", error);
    if (files == NULL) {
        return false;
    }
    for (unsigned i = 0; i < config->file_count; i++) {
        if (!board_boot_copy_file(area, &config->files[i], &files[i], error)) {
            return false;
        }
    }
    boot->files = files;
    boot->file_count = config->file_count;
    return true;
}

static bool board_boot_describe_by_tree(struct board_boot_area *area,
                                        const struct board_config *config, struct hal_boot *boot,
                                        GError **error)
{
    boot->device_tree_size =
        board_fdt_write(boot->ram_base, boot->ram_size, config, area->next, area->left, error);
    if (boot->device_tree_size == 0) {
        return false;
    }
    boot->device_tree = board_boot_take(area, boot->device_tree_size, "the device tree", error);
    g_assert(boot->device_tree != NULL);
    return true;
}

/* The area begins where RAM does. */
static void board_boot_describe_by_acpi(struct board_boot_area *area,
                                        const struct board_config *config, struct hal_boot *boot)
{
    void *tables =
        board_boot_take(area, BOARD_ACPI_SIZE(config->cpus), "the set of ACPI tables", NULL);
    g_assert(tables != NULL); /* it comes first, into an area of a fixed size */
    boot->acpi_rsdp = boot->ram_base;
    board_acpi_write(tables, boot->acpi_rsdp, config);
}

static bool board_boot_describe(struct board_boot_area *area, const struct board_config *config,
                                struct hal_boot *boot, GError **error)
{
    switch (config->boot) {
    case BOARD_BOOT_FDT:
        return board_boot_describe_by_tree(area, config, boot, error);
    case BOARD_BOOT_ACPI:
        board_boot_describe_by_acpi(area, config, boot);
        return true;
    }
    g_assert_not_reached();
}

const struct hal_boot *board_boot_write(struct gmem *memory, const struct board_config *config,
                                        GError **error)
{
    struct board_boot_area area = {.next = gmem_boot_area(memory), .left = GMEM_BOOT_SIZE};
    struct hal_boot machine = {
        .ram_base = gmem_ram_base(memory),
        .ram_size = gmem_ram_size(memory),
    };
    gmem_free_range(memory, &machine.free_base, &machine.free_size);
    if (!board_boot_describe(&area, config, &machine, error)) {
        return NULL;
    }
    struct hal_boot *boot = board_boot_take(&area, sizeof(*boot), "the boot information", error);
    if (boot == NULL) {
        return NULL;
    }
    *boot = machine;
    boot->command_line = board_boot_copy(
        &area, config->command_line, strlen(config->command_line) + 1, "the command line", error);
    if (boot->command_line == NULL || !board_boot_copy_files(&area, config, boot, error)) {
        return NULL;
    }
    return boot;
}
