/*
 * net_programs_cases.h - what programs do with sockets, whoever provides those
 *
 * Tests that hold for a stack in the kernel and for one that is a program. Who runs them says how a
 * machine begins and ends.
 */
#ifndef NET_PROGRAMS_CASES_H
#define NET_PROGRAMS_CASES_H

#include <stdint.h>

/* The tests' own: a machine with its programs, and nothing is left of anybody. */
void net_begin(void);
void net_end(void);

/* For net_begin(): programs are numbered from 1 on. */
void net_number_programs(void);
/* One program more; its number. */
uint32_t net_start(const char *command_line);
void net_pass(uint64_t ms);

void test_nc_talks_to_nc(void);
void test_nc_is_refused(void);
void test_nc_gives_up_waiting(void);
void test_nc_speaks_udp(void);
void test_socktest_finds_what_is_promised(void);
void test_curl_fetches_from_httpd(void);
void test_curl_tells_what_went_wrong(void);

#endif
