/*
 * boot_directory.h - the directories that the paths of boot files and of mounts imply
 */
#ifndef KERNEL_BOOT_DIRECTORY_H
#define KERNEL_BOOT_DIRECTORY_H

struct file;

/* Opens "/" or "/etc", whose files came with the boot information. NULL: -KENOENT, -KEISDIR. */
struct file *boot_directory_open(const char *path, int flags, int *error);

#endif
