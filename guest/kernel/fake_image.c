/*
 * fake_image.c - programs of the image on the fake machine
 */
#include "kernel/fake_image.h"

#include "kernel/fake_hal.h"
#include "kernel/scheme.h"
#include "kernel/user_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_boot_providers(const struct program_entry *programs, size_t count)
{
    fake_boot_with(programs, count);
    scheme_reserve_memory();
    /* In a guest the image is RAM, and so are the texts that a program gives to the kernel. */
    user_memory_init((void *)1, SIZE_MAX - 1);
}

void fake_start(uint32_t number, const char *command_line)
{
    int error = program_start(number, command_line);
    if (error != 0) {
        fprintf(stderr, "program %u, %s: cannot be started: %d\n", number, command_line, error);
        abort();
    }
    fake_run();
}

void fake_pass(uint64_t ns)
{
    fake_run_until(fake_now_ns + ns);
}

bool fake_exited(uint32_t number, int status)
{
    char line[64];
    snprintf(line, sizeof line, "program %u exited %d\n", number, status);
    return fake_log_count(line) == 1;
}

bool fake_is_running(uint32_t number)
{
    char line[64];
    snprintf(line, sizeof line, "program %u exited", number);
    return fake_log_count(line) == 0;
}

bool fake_says(const char *text)
{
    if (strstr(fake_output(), text) != NULL)
        return true;
    printf("\nnot said: %s\nsaid: %s\n", text, fake_output());
    return false;
}
