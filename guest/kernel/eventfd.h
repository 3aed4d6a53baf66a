/*
 * eventfd.h - a counter as a file: eventfd(2)
 *
 * read() takes the counter, or 1 of it with EFD_SEMAPHORE, as 8 bytes; write() adds.
 */
#ifndef KERNEL_EVENTFD_H
#define KERNEL_EVENTFD_H

#include <stdbool.h>
#include <stdint.h>

#define EVENTFDS_MAX 32

struct file;

void eventfd_init(void);
/* NULL with -KENFILE. */
struct file *eventfd_make(uint32_t count, bool semaphore, int *error);

#endif
