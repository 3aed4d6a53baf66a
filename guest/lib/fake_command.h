/*
 * fake_command.h - programs by their command lines, for unit tests
 */
#ifndef LIB_FAKE_COMMAND_H
#define LIB_FAKE_COMMAND_H

/*
 * Runs a program on the caller's stack, with a command line whose words are separated by single
 * spaces: its status. Fails the test when there are too many.
 */
int fake_run_program(int (*program)(int argc, char **argv), const char *command_line);

#endif
