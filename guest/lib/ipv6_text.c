/* ipv6_text.c - groups of hexadecimal digits */
#include "lib/ipv6_text.h"

#include "lib/format.h"

#include <stdbool.h>
#include <stddef.h>

#define IPV6_GROUPS 8

static unsigned ipv6_group(const uint8_t *address, unsigned index)
{
    return (unsigned)address[2 * index] << 8 | address[2 * index + 1];
}

static unsigned ipv6_zeros(const uint8_t *address, unsigned from)
{
    unsigned end = from;
    while (end < IPV6_GROUPS && ipv6_group(address, end) == 0)
        end++;
    return end - from;
}

char *ipv6_format(const uint8_t address[16], char buffer[IPV6_TEXT_SIZE])
{
    unsigned start = 0, count = 1; /* of the zeros that are left out: not of one group */
    for (unsigned i = 0; i < IPV6_GROUPS; i++) {
        if (ipv6_zeros(address, i) > count) {
            start = i;
            count = ipv6_zeros(address, i);
        }
    }
    size_t used = 0;
    for (unsigned i = 0; i < IPV6_GROUPS; i++) {
        if (count > 1 && i == start) {
            used += ksnprintf(buffer + used, IPV6_TEXT_SIZE - used, "::");
            i += count - 1;
        } else {
            bool is_first = i == 0 || (count > 1 && i == start + count);
            used += ksnprintf(buffer + used, IPV6_TEXT_SIZE - used, is_first ? "%x" : ":%x",
                              ipv6_group(address, i));
        }
    }
    return buffer;
}
