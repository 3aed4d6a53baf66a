/*
 * epoll.h - a set of files to poll, kept in the kernel: epoll(7)
 *
 * Level- and edge-triggered, one shot. An edge is a wake-up of one of the file's queues since the
 * item was told last. Each wait looks at all items of the set, and those that were told go to its
 * end, so that a short array starves nobody. An item goes with the last reference to its file.
 * DEVIATION: an epoll file cannot be in a set (-KEINVAL), and EPOLLEXCLUSIVE is refused.
 */
#ifndef KERNEL_EPOLL_H
#define KERNEL_EPOLL_H

#include <stdint.h>

#define EPOLLS_MAX      16
#define EPOLL_ITEMS_MAX 2048 /* in all sets */

struct epoll_event;
struct file;

void epoll_init(void);
/* NULL with -KENFILE. */
struct file *epoll_make(int *error);
/* 0; -KEINVAL, -KEPERM, -KEEXIST, -KENOENT, -KENOSPC as epoll_ctl(2) has them. */
int epoll_control(struct file *epoll, int operation, int descriptor, struct file *file,
                  const struct epoll_event *event);
/* How many of `events` were filled; 0 at the deadline (0: at once); -KEINTR, -KEINVAL. */
long epoll_await(struct file *epoll, struct epoll_event *events, int max, uint64_t deadline_ns);
/* The file is going. */
void epoll_forget_file(struct file *file);

#endif
