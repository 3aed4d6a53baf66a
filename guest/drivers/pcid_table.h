/*
 * pcid_table.h - which daemon is for which device
 */
#ifndef DRIVERS_PCID_TABLE_H
#define DRIVERS_PCID_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCID_ROWS_MAX    32
#define PCID_COMMAND_MAX 128

struct pcid_identity {
    bool is_pci;
    uint32_t type;           /* of a virtio-mmio device */
    uint16_t vendor, device; /* of a PCI function */
};

struct pcid_row {
    struct pcid_identity identity;
    char command[PCID_COMMAND_MAX];
};

struct pcid_table {
    unsigned count;
    struct pcid_row rows[PCID_ROWS_MAX];
};

/* Empty lines and those that begin with # are none. The number of the first that is wrong; 0. */
unsigned pcid_table_parse(struct pcid_table *table, const char *text);

/* The first row that fits, or NULL. */
const struct pcid_row *pcid_table_find(const struct pcid_table *table,
                                       const struct pcid_identity *identity);

#endif
