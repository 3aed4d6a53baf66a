/* ipv4_text.c - dotted quads */
#include "lib/ipv4_text.h"

#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"

/* One number of the four, 0 to 255; NULL when there is none. */
static const char *ipv4_parse_octet(const char *text, uint32_t *octet)
{
    if (*text < '0' || *text > '9')
        return NULL;
    if (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
        return NULL;
    *octet = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        *octet = *octet * 10 + (uint32_t)(*text - '0');
        if (*octet > 255)
            return NULL;
    }
    return text;
}

/* All four; returns what follows, or NULL. */
static const char *ipv4_parse_quad(const char *text, uint32_t *address)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0 && *text++ != '.')
            return NULL;
        uint32_t octet;
        text = ipv4_parse_octet(text, &octet);
        if (text == NULL)
            return NULL;
        number = number << 8 | octet;
    }
    *address = number;
    return text;
}

bool ipv4_parse(const char *text, uint32_t *address)
{
    uint32_t number;
    const char *rest = ipv4_parse_quad(text, &number);
    if (rest == NULL || *rest != '\0')
        return false;
    *address = number;
    return true;
}

bool ipv4_parse_prefix(const char *text, uint32_t *address, unsigned *length)
{
    uint32_t number, bits = 32;
    const char *rest = ipv4_parse_quad(text, &number);
    if (rest == NULL)
        return false;
    if (*rest == '/') {
        const char *end = ipv4_parse_octet(rest + 1, &bits);
        if (end == NULL || *end != '\0' || bits > 32)
            return false;
    } else if (*rest != '\0') {
        return false;
    }
    *address = number;
    *length = bits;
    return true;
}

char *ipv4_format(uint32_t address, char buffer[IPV4_TEXT_SIZE])
{
    ksnprintf(buffer, IPV4_TEXT_SIZE, "%u.%u.%u.%u", address >> 24, (address >> 16) & 0xff,
              (address >> 8) & 0xff, address & 0xff);
    return buffer;
}

uint32_t ipv4_mask(unsigned length)
{
    kassert(length <= 32);
    return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

bool ipv4_mask_length(uint32_t mask, unsigned *length)
{
    for (unsigned bits = 0; bits <= 32; bits++) {
        if (ipv4_mask(bits) == mask) {
            *length = bits;
            return true;
        }
    }
    return false;
}
