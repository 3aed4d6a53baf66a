/*
 * fake_program.h - unit tests whose body is a program: system calls, on a kernel of their own
 */
#ifndef KERNEL_FAKE_PROGRAM_H
#define KERNEL_FAKE_PROGRAM_H

#include "kernel/fake_hal.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

#define BODY_MS       UINT64_C(1000000)
#define BODY_RAM_SIZE 16384

/* Memory of the program, and some that is not. */
static char *ram;
static char outside[256];
#define BAD ((long)outside)

static void (*body_fn)(void);

static long call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    return system_call(number, a0, a1, a2, a3, a4, a5);
}

static int body_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    body_fn();
    return 0;
}

static const struct program_entry body_entry = {"body", body_main};

static unsigned body_objects(void)
{
    unsigned used = 0;
    for (unsigned i = 0; pool_by_index(i) != NULL; i++)
        used += pool_by_index(i)->used;
    return used;
}

/* Boots, and starts the program with number 7 and task 1. It has not run yet. */
static void body_start(void (*fn)(void))
{
    fake_boot_with(&body_entry, 1);
    ram = fake_ram(BODY_RAM_SIZE);
    memset(ram, 0, BODY_RAM_SIZE);
    body_fn = fn;
    CU_ASSERT_EQUAL(program_start(7, "body"), 0);
}

/* Runs it to its end, within 10 s: with status 0, and nothing is in use any more. */
static void run(void (*fn)(void))
{
    body_start(fn);
    unsigned before = body_objects();
    fake_run_until(FAKE_START_NS + UINT64_C(10000000000));
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 0"), 1);
    CU_ASSERT_TRUE(body_objects() < before);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

#endif
