/*
 * fake_provider.h - the schemes of the network as a table of files, for unit tests of what programs
 * have instead of sockets
 *
 * On the real kernel: a body of the test runs as a program, and a provider that is played here
 * answers it. A file of a scheme is a path: what OPEN or DUP named, "" for a socket itself. It reads
 * what the test has put there, and keeps what was written last.
 */
#ifndef PROGRAMS_FAKE_PROVIDER_H
#define PROGRAMS_FAKE_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_VALUE_MAX 256

/* Boots, with the schemes tcp, udp and netcfg, and runs the body to its end. */
void fake_provide(void (*body)(void));

/* What the file gives; a path that nobody has put is -KENOENT. */
void fake_put(const char *path, const void *value, size_t size);
void fake_put_text(const char *path, const char *text);
void fake_put_number(const char *path, int32_t number);
/* The file's reads, writes and syncs end with this. */
void fake_put_error(const char *path, long error);

/* What was written there last: how much, and whether it is that. */
size_t fake_written_size(const char *path);
bool fake_was_written(const char *path, const void *value, size_t size);
bool fake_was_written_text(const char *path, const char *text);
bool fake_was_written_number(const char *path, int32_t number);
/* How many requests there were, but CLOSE. */
unsigned fake_requests(void);

/*
 * Readiness: what the setting "readiness" of all sockets says. Later, those who watch one are told,
 * too; from a body.
 */
void fake_become_ready(int32_t readiness);
void fake_become_ready_at(uint64_t time_ns, int32_t readiness);

#endif
