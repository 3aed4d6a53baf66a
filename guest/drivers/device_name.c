/* device_name.c - what devices are called between daemons */
#include "drivers/device_name.h"

#include "lib/format.h"
#include "lib/string.h"

#define DEVICE_SLOT_MAX     31
#define DEVICE_FUNCTION_MAX 7

void device_name_print(const struct device_name *name, char text[DEVICE_NAME_MAX])
{
    if (name->is_pci)
        ksnprintf(text, DEVICE_NAME_MAX, "pci-00-00-%02x.%x", name->slot, name->function);
    else
        ksnprintf(text, DEVICE_NAME_MAX, "mmio-%08lx", (unsigned long)name->base);
}

/* The value of a hexadecimal digit; 16: it is none. */
static unsigned device_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* Takes `count` digits off the front. False: they are not there. */
static bool device_take_digits(const char **text, unsigned count, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned digit = device_digit(**text);
        if (digit == 16)
            return false;
        *value = *value << 4 | digit;
        ++*text;
    }
    return true;
}

static bool device_take(const char **text, const char *prefix)
{
    if (!kstr_has_prefix(*text, prefix))
        return false;
    *text += kstrlen(prefix);
    return true;
}

bool device_name_parse(const char *text, struct device_name *name)
{
    uint64_t slot, function, base;
    *name = (struct device_name){.is_pci = false};
    if (device_take(&text, "mmio-")) {
        if (!device_take_digits(&text, 8, &base) || *text != '\0')
            return false;
        name->base = (uintptr_t)base;
        return true;
    }
    if (!device_take(&text, "pci-00-00-") || !device_take_digits(&text, 2, &slot) ||
        !device_take(&text, ".") || !device_take_digits(&text, 1, &function) || *text != '\0')
        return false;
    *name = (struct device_name){
        .is_pci = true,
        .slot = (unsigned)slot,
        .function = (unsigned)function,
    };
    return slot <= DEVICE_SLOT_MAX && function <= DEVICE_FUNCTION_MAX;
}
