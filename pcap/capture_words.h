/*
 * capture_words.h - which words of a filter expression are names
 *
 * pcap_compile() looks names up on the host: hosts in the DNS, networks, ports and protocols in
 * /etc. A filter must mean the same everywhere, and must not wait for a name server, so names are
 * found, and refused, before it sees them.
 */
#ifndef PCAP_CAPTURE_WORDS_H
#define PCAP_CAPTURE_WORDS_H

#include <stddef.h>

/*
 * The first word of the expression that libpcap would look up on the host: a pointer to it, and its
 * length. NULL when there is none.
 */
const char *capture_words_find_name(const char *expression, size_t *len);

#endif
