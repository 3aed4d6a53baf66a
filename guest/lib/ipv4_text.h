/*
 * ipv4_text.h - IPv4 addresses as text
 *
 * Addresses are numbers in host order: 10.0.2.15 is 0x0a00020f.
 */
#ifndef LIB_IPV4_TEXT_H
#define LIB_IPV4_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPV4_TEXT_SIZE 16 /* "255.255.255.255" and NUL */

/* Four decimal numbers, without leading zeros (they mean octal elsewhere), and nothing else. */
bool ipv4_parse(const char *text, uint32_t *address);
/*
 * "10.0.2.0/24"; without a slash the length is 32. Bits beyond the length are kept as they stand.
 */
bool ipv4_parse_prefix(const char *text, uint32_t *address, unsigned *length);
/* Returns the buffer. */
char *ipv4_format(uint32_t address, char buffer[IPV4_TEXT_SIZE]);

/* 24 gives 0xffffff00. length <= 32. */
uint32_t ipv4_mask(unsigned length);
/* The reverse; false for a mask with holes. */
bool ipv4_mask_length(uint32_t mask, unsigned *length);

#endif
