/* ipv6_text.h - IPv6 addresses as text */
#ifndef LIB_IPV6_TEXT_H
#define LIB_IPV6_TEXT_H

#include <stdint.h>

#define IPV6_TEXT_SIZE 40 /* eight groups of four digits, and NUL */

/*
 * The canonical form of RFC 5952, section 4: small letters, no leading zeros, and "::" for the
 * longest run of two or more groups that are zero, the first of equals. Returns the buffer.
 */
char *ipv6_format(const uint8_t address[16], char buffer[IPV6_TEXT_SIZE]);

#endif
