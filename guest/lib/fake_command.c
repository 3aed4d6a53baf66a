/* fake_command.c - programs by their command lines, for unit tests */
#include "lib/fake_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_ARGUMENTS_MAX 32

int fake_run_program(int (*program)(int argc, char **argv), const char *command_line)
{
    char text[256];
    char *argv[FAKE_ARGUMENTS_MAX + 1];
    int argc = 0;
    snprintf(text, sizeof text, "%s", command_line);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        if (argc == FAKE_ARGUMENTS_MAX)
            abort();
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return program(argc, argv);
}
