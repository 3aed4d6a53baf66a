/*
 * board_priv.h - what the files of the board share
 */
#ifndef EMU_BOARD_BOARD_PRIV_H
#define EMU_BOARD_BOARD_PRIV_H

#include "emu/board/board.h"

#define BOARD_SLIRP_PORT                                                                           \
    "slirp" /* libslirp's port on the wire; no network device may be called so */

/* RAM ends below the addresses where QEMU's board has its high memory and PCI's large window. */
#define BOARD_RAM_END_MAX UINT64_C(0x4000000000)

/*
 * True when a machine can be built from it; otherwise the error says what is wrong and what would
 * be right.
 */
bool board_config_check(const struct board_config *config, GError **error);

/*
 * Writes the flattened device tree to `buffer`. The size of the blob; 0, with the error, when it
 * does not fit.
 */
size_t board_fdt_write(uint64_t ram_base, uint64_t ram_size, const char *command_line, void *buffer,
                       size_t size, GError **error);

/*
 * Fills the boot area of guest RAM: all that hal_boot_info() leads to. It stays there; NULL, with
 * the error, when it does not fit.
 */
const struct hal_boot *board_boot_write(struct gmem *memory, const struct board_config *config,
                                        GError **error);

#endif
