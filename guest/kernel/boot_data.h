/*
 * boot_data.h - makes what came with the boot information available; what it offers is in
 * kernel/file.h
 */
#ifndef KERNEL_BOOT_DATA_H
#define KERNEL_BOOT_DATA_H

/* After file_init(). */
void boot_data_init(void);

#endif
