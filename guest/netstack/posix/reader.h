/*
 * reader.h - a task that waits for one datagram, for unit tests of sockets
 */
#ifndef POSIX_READER_H
#define POSIX_READER_H

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/task.h"

static struct {
    struct file *socket;
    long result;
    uint64_t at_ns; /* when it came back */
    bool done;
} reader;

static void reader_main(void *arg)
{
    uint8_t buffer[1500];
    (void)arg;
    reader.result = reader.socket->ops->read(reader.socket, buffer, sizeof(buffer));
    reader.at_ns = fake_now_ns;
    reader.done = true;
    task_exit();
}

/* Runs until it sleeps or has ended. NULL when there are too many tasks. */
static struct task *reader_start(struct file *socket)
{
    reader.socket = socket;
    reader.done = false;
    struct task *task = task_create("reader", reader_main, NULL);
    fake_run();
    return task;
}

#endif
