/*
 * options.h - the command line
 */
#ifndef HARNESS_OPTIONS_H
#define HARNESS_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum command {
    COMMAND_RUN,
    COMMAND_CHECK,
    COMMAND_LIST,
    COMMAND_COUNT,
};

struct options {
    enum command command;
    char **paths; /* NULL-terminated, not empty */
    char *filter;
    unsigned jobs;
    uint64_t seed;
    char *pcap, *events, *wait_graph; /* a file, or a folder */
    char *junit;         /* a file */
    char *bundle;        /* a folder */
    bool json, update, live;
    bool tap, verbose, quiet, no_fork, gdb;
    uint64_t until_ns; /* after power-on; 0: none */
    int argc;          /* as they were given, for --gdb; borrowed */
    char **argv;
    bool color; /* decided: --color, NO_COLOR and the terminal */
};

/* What the caller does after options_parse(). */
enum options_outcome {
    OPTIONS_GO,    /* the options are filled in */
    OPTIONS_DONE,  /* help or version was printed */
    OPTIONS_WRONG, /* the message was printed: exit 2 */
};
enum options_outcome options_parse(struct options *options, int argc, char **argv);
void options_clear(struct options *options);

#endif
