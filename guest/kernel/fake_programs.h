/*
 * fake_programs.h - unit tests in which several programs talk to each other
 *
 * Each body is a program, with the number of its place in the list and, at first, the same task.
 * Their stacks are guest RAM, so what they point to has to be on them: names are copied there.
 */
#ifndef KERNEL_FAKE_PROGRAMS_H
#define KERNEL_FAKE_PROGRAMS_H

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "kernel/scheme.h"
#include "kernel/task.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define BODIES_MAX  6
#define BODY_TEXT   4200
#define BODY_MS     UINT64_C(1000000)
#define BODY_END_NS (FAKE_START_NS + 10000 * BODY_MS)

static void (*bodies[BODIES_MAX])(void);
static unsigned body_count;
static unsigned objects_before;

/* "body 3" runs the third. */
static int body_main(int argc, char **argv)
{
    CU_ASSERT_EQUAL(argc, 2);
    bodies[argv[1][0] - '1']();
    return 0;
}

static const struct program_entry body_entry = {"body", body_main};

static unsigned objects(void)
{
    unsigned used = 0;
    for (unsigned i = 0; pool_by_index(i) != NULL; i++)
        used += pool_by_index(i)->used;
    return used;
}

static inline long open_path(const char *path, int flags)
{
    char copy[BODY_TEXT];
    (void)snprintf(copy, sizeof copy, "%s", path);
    return sys_open(copy, flags);
}

static inline int create(const char *name)
{
    char copy[BODY_TEXT];
    (void)snprintf(copy, sizeof copy, "%s", name);
    return (int)sys_scheme_create(copy, 0);
}

/* Another body, as a program of the bench. */
static void add(void (*body)(void))
{
    char command[16];
    bodies[body_count++] = body;
    (void)snprintf(command, sizeof command, "body %u", body_count);
    CU_ASSERT_EQUAL(program_start(body_count, command), 0);
}

static void boot(void)
{
    fake_boot_with(&body_entry, 1);
    scheme_reserve_memory();
    body_count = 0;
    objects_before = objects();
}

/* Runs all to their ends: with status 0, and nothing is left behind. */
static inline void finish(void)
{
    char line[40];
    fake_run_until(BODY_END_NS);
    for (unsigned i = 1; i <= body_count; i++) {
        (void)snprintf(line, sizeof line, "program %u exited ", i);
        CU_ASSERT_EQUAL(fake_log_count(line), 1);
    }
    CU_ASSERT_EQUAL(objects(), objects_before);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

static inline void sleep_ms(int64_t ms)
{
    struct kernel_timespec duration = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)system_call(SYS_NANOSLEEP, (long)&duration, 0, 0, 0, 0, 0);
}

#endif
