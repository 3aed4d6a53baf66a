/*
 * fake_image.h - programs of the image on the fake machine: starting them, and what became of them
 */
#ifndef KERNEL_FAKE_IMAGE_H
#define KERNEL_FAKE_IMAGE_H

#include "kernel/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* fake_boot_with(), and then programs may serve others. Set fake_files before. */
void fake_boot_providers(const struct program_entry *programs, size_t count);

/* Starts a program, which must be possible, and lets it run until it waits. */
void fake_start(uint32_t number, const char *command_line);
/* Lets time pass. */
void fake_pass(uint64_t ns);

/* Of what the bench was told since the log was cleared. */
bool fake_exited(uint32_t number, int status);
bool fake_is_running(uint32_t number);
/* Programs have printed that. Otherwise it says what they have. */
bool fake_says(const char *text);

#endif
