/*
 * fdt.c - the walk over a flattened device tree
 *
 * The structure block is a sequence of 32-bit big-endian tokens [DTSPEC0.4] 5.4. A node's
 * properties come before its children, so one step forward is enough to know all about a node. Each
 * step consumes at least one token: a walk ends after structure_size / 4 steps whatever the blob
 * says.
 */
#include "drivers/fdt.h"

#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FDT_MAGIC          0xd00dfeed
#define FDT_VERSION        17 /* with size_dt_struct; compatible with 16 */
#define FDT_HEADER_SIZE    40
#define FDT_CELLS_MAX      2 /* numbers of at most 64 bits */
#define FDT_CELLS_DEFAULT  ((struct fdt_cells){.address = 2, .size = 1}) /* [DTSPEC0.4] 2.3.5 */
#define FDT_GIC_CELLS_SIZE 12                                            /* type, number, flags */
#define FDT_PCI_CELLS      3u /* of an address on PCI: space and place, high, low */
#define FDT_PCI_SLOT_SHIFT 11

#define FDT_PCI_SPACE_MASK     0x03000000
#define FDT_PCI_SPACE_MEMORY32 0x02000000

enum {
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROP = 3,
    FDT_NOP = 4,
    FDT_END = 9,
};

/* Offsets into the header, 5.2. */
enum {
    FDT_AT_MAGIC = 0,
    FDT_AT_TOTAL_SIZE = 4,
    FDT_AT_STRUCTURE = 8,
    FDT_AT_STRINGS = 12,
    FDT_AT_VERSION = 20,
    FDT_AT_LAST_COMPATIBLE_VERSION = 24,
    FDT_AT_STRINGS_SIZE = 32,
    FDT_AT_STRUCTURE_SIZE = 36,
};

/* A part of the blob: false when it is not inside. */
static bool fdt_block(const uint8_t *blob, size_t total, uint32_t offset, uint32_t size,
                      const uint8_t **block)
{
    if (offset > total || size > total - offset)
        return false;
    *block = blob + offset;
    return true;
}

int fdt_open(struct fdt *fdt, const void *blob, size_t size)
{
    const uint8_t *bytes = blob;
    if (bytes == NULL || size < FDT_HEADER_SIZE || load_be32(bytes + FDT_AT_MAGIC) != FDT_MAGIC)
        return -KEINVAL;
    uint32_t total = load_be32(bytes + FDT_AT_TOTAL_SIZE);
    if (total < FDT_HEADER_SIZE || total > size)
        return -KEINVAL;
    if (load_be32(bytes + FDT_AT_VERSION) < FDT_VERSION ||
        load_be32(bytes + FDT_AT_LAST_COMPATIBLE_VERSION) > FDT_VERSION)
        return -KEINVAL;

    struct fdt opened = {
        .structure_size = load_be32(bytes + FDT_AT_STRUCTURE_SIZE),
        .strings_size = load_be32(bytes + FDT_AT_STRINGS_SIZE),
    };
    if (!fdt_block(bytes, total, load_be32(bytes + FDT_AT_STRUCTURE),
                   (uint32_t)opened.structure_size, &opened.structure) ||
        !fdt_block(bytes, total, load_be32(bytes + FDT_AT_STRINGS), (uint32_t)opened.strings_size,
                   &opened.strings))
        return -KEINVAL;
    *fdt = opened;
    return 0;
}

void fdt_walk_init(struct fdt_walk *walk, const struct fdt *fdt)
{
    *walk = (struct fdt_walk){.fdt = fdt};
    walk->cells[0] = FDT_CELLS_DEFAULT;
}

static bool fdt_read_u32(struct fdt_walk *walk, uint32_t *value)
{
    const struct fdt *fdt = walk->fdt;
    if (walk->offset > fdt->structure_size || fdt->structure_size - walk->offset < 4)
        return false;
    *value = load_be32(fdt->structure + walk->offset);
    walk->offset += 4;
    return true;
}

/* Bytes of the structure block, padded to a whole number of tokens. */
static bool fdt_read_bytes(struct fdt_walk *walk, size_t size, const uint8_t **bytes)
{
    const struct fdt *fdt = walk->fdt;
    if (size > fdt->structure_size - walk->offset)
        return false;
    *bytes = fdt->structure + walk->offset;
    walk->offset += (size + 3) & ~(size_t)3;
    return true;
}

static bool fdt_read_name(struct fdt_walk *walk, const char **name)
{
    const char *text = (const char *)walk->fdt->structure + walk->offset;
    size_t room = walk->fdt->structure_size - walk->offset;
    size_t length = kstrnlen(text, room);
    const uint8_t *bytes;
    if (length == room || !fdt_read_bytes(walk, length + 1, &bytes))
        return false;
    *name = text;
    return true;
}

/* The name of a property, from the strings block: false when it does not end there. */
static bool fdt_string(const struct fdt *fdt, uint32_t offset, const char **text)
{
    if (offset >= fdt->strings_size)
        return false;
    *text = (const char *)fdt->strings + offset;
    size_t room = fdt->strings_size - offset;
    return kstrnlen(*text, room) < room;
}

static void fdt_take_cells(uint32_t *cells, struct fdt_value value)
{
    if (value.size == 4)
        *cells = load_be32(value.data);
}

/* Keeps the value if the property is one that we want. */
static void fdt_take_property(const char *name, struct fdt_value value, struct fdt_node *node,
                              struct fdt_cells *children)
{
    if (kstreq(name, "compatible"))
        node->compatible = value;
    else if (kstreq(name, "reg"))
        node->reg = value;
    else if (kstreq(name, "interrupts"))
        node->interrupts = value;
    else if (kstreq(name, "status"))
        node->status = value;
    else if (kstreq(name, "phandle"))
        node->phandle = value;
    else if (kstreq(name, "ranges"))
        node->ranges = value;
    else if (kstreq(name, "interrupt-map"))
        node->interrupt_map = value;
    else if (kstreq(name, "interrupt-map-mask"))
        node->interrupt_map_mask = value;
    else if (kstreq(name, "#redistributor-regions"))
        node->redistributor_regions = value;
    else if (kstreq(name, "#address-cells"))
        fdt_take_cells(&children->address, value);
    else if (kstreq(name, "#size-cells"))
        fdt_take_cells(&children->size, value);
}

static bool fdt_read_property(struct fdt_walk *walk, struct fdt_node *node)
{
    uint32_t size, name_offset;
    struct fdt_value value;
    const char *name;
    if (!fdt_read_u32(walk, &size) || !fdt_read_u32(walk, &name_offset) ||
        !fdt_read_bytes(walk, size, &value.data) || !fdt_string(walk->fdt, name_offset, &name))
        return false;
    value.size = size;
    fdt_take_property(name, value, node, &walk->cells[walk->depth]);
    return true;
}

/* All properties of the node that has just begun; stops in front of what is none. */
static bool fdt_read_properties(struct fdt_walk *walk, struct fdt_node *node)
{
    for (;;) {
        size_t before = walk->offset;
        uint32_t token;
        if (!fdt_read_u32(walk, &token))
            return false;
        if (token == FDT_PROP) {
            if (!fdt_read_property(walk, node))
                return false;
        } else if (token != FDT_NOP) {
            walk->offset = before;
            return true;
        }
    }
}

static bool fdt_begin_node(struct fdt_walk *walk, struct fdt_node *node)
{
    if (walk->depth == FDT_DEPTH_MAX)
        return false;
    *node = (struct fdt_node){.cells = walk->cells[walk->depth]};
    walk->cells[++walk->depth] = FDT_CELLS_DEFAULT;
    if (!fdt_read_name(walk, &node->name) || !fdt_read_properties(walk, node))
        return false;
    node->children = walk->cells[walk->depth];
    return true;
}

int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node)
{
    for (;;) {
        uint32_t token;
        if (!fdt_read_u32(walk, &token))
            return -KEINVAL;
        switch (token) {
        case FDT_BEGIN_NODE:
            return fdt_begin_node(walk, node) ? 1 : -KEINVAL;
        case FDT_END_NODE:
            if (walk->depth == 0)
                return -KEINVAL;
            walk->depth--;
            break;
        case FDT_NOP:
            break;
        case FDT_END:
            return walk->depth == 0 ? 0 : -KEINVAL;
        default:
            return -KEINVAL;
        }
    }
}

bool fdt_node_is_compatible(const struct fdt_node *node, const char *text)
{
    const char *entry = (const char *)node->compatible.data;
    size_t left = node->compatible.size;
    while (left > 0) {
        size_t length = kstrnlen(entry, left);
        if (length == left)
            return false; /* not terminated */
        if (kstreq(entry, text))
            return true;
        entry += length + 1;
        left -= length + 1;
    }
    return false;
}

bool fdt_node_is_enabled(const struct fdt_node *node)
{
    const struct fdt_value *status = &node->status;
    return status->size == 0 ||
           (status->size == sizeof("okay") && kmemeq(status->data, "okay", sizeof("okay")));
}

static uint64_t fdt_number(const uint8_t *data, uint32_t cells)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < cells; i++)
        number = number << 32 | load_be32(data + 4 * i);
    return number;
}

bool fdt_node_reg(const struct fdt_node *node, unsigned index, uint64_t *address, uint64_t *size)
{
    struct fdt_cells cells = node->cells;
    if (cells.address == 0 || cells.address > FDT_CELLS_MAX || cells.size > FDT_CELLS_MAX)
        return false;
    size_t entry_size = 4 * (size_t)(cells.address + cells.size);
    if (index >= node->reg.size / entry_size)
        return false;
    const uint8_t *entry = node->reg.data + index * entry_size;
    *address = fdt_number(entry, cells.address);
    *size = fdt_number(entry + (size_t)4 * cells.address, cells.size);
    return true;
}

uint32_t fdt_node_redistributor_regions(const struct fdt_node *node)
{
    return node->redistributor_regions.size == 4 ? load_be32(node->redistributor_regions.data) : 1;
}

/* A specifier of the GIC's binding. */
static bool fdt_gic_interrupt(const uint8_t *entry, struct fdt_interrupt *interrupt)
{
    enum {
        FDT_GIC_SPI = 0,
        FDT_GIC_PPI = 1,
        FDT_GIC_RISING = 1,
        FDT_GIC_FALLING = 2
    };
    enum {
        FDT_SPI_COUNT = 988,
        FDT_PPI_COUNT = 16,
        FDT_SPI_BASE = 32,
        FDT_PPI_BASE = 16
    };

    uint32_t type = load_be32(entry);
    uint32_t number = load_be32(entry + 4);
    uint32_t flags = load_be32(entry + 8);
    if (type == FDT_GIC_SPI && number < FDT_SPI_COUNT)
        interrupt->intid = FDT_SPI_BASE + number;
    else if (type == FDT_GIC_PPI && number < FDT_PPI_COUNT)
        interrupt->intid = FDT_PPI_BASE + number;
    else
        return false;
    interrupt->edge_triggered = (flags & (FDT_GIC_RISING | FDT_GIC_FALLING)) != 0;
    return true;
}

bool fdt_node_interrupt(const struct fdt_node *node, unsigned index,
                        struct fdt_interrupt *interrupt)
{
    return index < node->interrupts.size / FDT_GIC_CELLS_SIZE &&
           fdt_gic_interrupt(node->interrupts.data + (size_t)index * FDT_GIC_CELLS_SIZE, interrupt);
}

/* ---- PCI host bridges ------------------------------------------------------------------------ */

bool fdt_node_pci_window(const struct fdt_node *bridge, struct fdt_pci_range *window)
{
    uint32_t parent = bridge->cells.address, size = bridge->children.size;
    if (bridge->children.address != FDT_PCI_CELLS || parent == 0 || parent > FDT_CELLS_MAX ||
        size == 0 || size > FDT_CELLS_MAX)
        return false;
    size_t entry_size = 4 * (size_t)(FDT_PCI_CELLS + parent + size);
    for (size_t at = 0; bridge->ranges.size - at >= entry_size; at += entry_size) {
        const uint8_t *entry = bridge->ranges.data + at;
        if ((load_be32(entry) & FDT_PCI_SPACE_MASK) != FDT_PCI_SPACE_MEMORY32)
            continue;
        const uint8_t *rest = entry + (size_t)4 * FDT_PCI_CELLS;
        *window = (struct fdt_pci_range){
            .bus_base = fdt_number(entry + 4, 2),
            .cpu_base = fdt_number(rest, parent),
            .size = fdt_number(rest + (size_t)4 * parent, size),
        };
        return true;
    }
    return false;
}

/* Whose phandle this is. */
static bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    struct fdt_walk walk;
    fdt_walk_init(&walk, fdt);
    while (fdt_walk_next(&walk, node) == 1) {
        if (node->phandle.size == 4 && load_be32(node->phandle.data) == phandle)
            return true;
    }
    return false;
}

/* The cells of an entry that say which interrupt it is for, after the mask. */
static bool fdt_map_matches(const struct fdt_node *bridge, const uint8_t *entry,
                            const uint32_t *unit)
{
    for (size_t i = 0; i < FDT_PCI_CELLS + 1; i++) {
        uint32_t mask = UINT32_MAX;
        if (bridge->interrupt_map_mask.size == 4 * (FDT_PCI_CELLS + 1))
            mask = load_be32(bridge->interrupt_map_mask.data + 4 * i);
        if ((unit[i] & mask) != (load_be32(entry + 4 * i) & mask))
            return false;
    }
    return true;
}

/*
 * An entry: address of the function, pin, controller, address and specifier for that. How long the
 * last two are is the controller's business. Each entry takes at least five cells, which bounds the
 * walk.
 */
bool fdt_pci_interrupt(const struct fdt *fdt, const struct fdt_node *bridge, unsigned slot,
                       unsigned pin, struct fdt_interrupt *interrupt)
{
    const struct fdt_value *map = &bridge->interrupt_map;
    const uint32_t unit[FDT_PCI_CELLS + 1] = {slot << FDT_PCI_SLOT_SHIFT, 0, 0, pin};
    const size_t head_size = 4 * (FDT_PCI_CELLS + 2);
    struct fdt_node parent = {.name = NULL};
    uint32_t parent_phandle = 0;
    for (size_t at = 0; map->size - at >= head_size;) {
        const uint8_t *entry = map->data + at;
        uint32_t phandle = load_be32(entry + head_size - 4);
        if ((parent.name == NULL || phandle != parent_phandle) &&
            !fdt_find_phandle(fdt, phandle, &parent))
            return false;
        parent_phandle = phandle;
        if (parent.children.address > FDT_CELLS_MAX)
            return false;
        size_t specifier = head_size + (size_t)4 * parent.children.address;
        if (map->size - at < specifier + FDT_GIC_CELLS_SIZE)
            return false;
        if (fdt_map_matches(bridge, entry, unit))
            return fdt_gic_interrupt(entry + specifier, interrupt);
        at += specifier + FDT_GIC_CELLS_SIZE;
    }
    return false;
}

bool fdt_find(const struct fdt *fdt, const char *const *texts, struct fdt_node *node)
{
    struct fdt_walk walk;
    struct fdt_node candidate;
    fdt_walk_init(&walk, fdt);
    while (fdt_walk_next(&walk, &candidate) == 1) {
        for (size_t i = 0; texts[i] != NULL; i++) {
            if (fdt_node_is_compatible(&candidate, texts[i]) && fdt_node_is_enabled(&candidate)) {
                *node = candidate;
                return true;
            }
        }
    }
    return false;
}
