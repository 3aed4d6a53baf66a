/*
 * source_module.c - functions and lines of a guest's image, by elfutils
 *
 * Functions come from .symtab, lines from whatever version of DWARF the compiler wrote: libdw reads
 * 2 to 5, compressed and split sections too. Lines that were moved to another file are not looked
 * for, neither beside the image nor at a server.
 *
 * The unit of an address is looked up in .debug_aranges, and where a compiler leaves that out
 * (clang and rustc do), by the ranges of each unit in turn.
 */
#include "harness/diagnosis/source_module.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <string.h>

struct source_image {
    Elf *elf;
    Dwarf *dwarf; /* NULL: without lines */
    Elf_Data *symbols;
    size_t symbol_size, names; /* of one symbol; the section of their names */
};

static void source_image_find_symbols(struct source_image *image)
{
    for (Elf_Scn *section = elf_nextscn(image->elf, NULL); section != NULL;
         section = elf_nextscn(image->elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_SYMTAB) {
            image->symbols = elf_getdata(section, NULL);
            image->symbol_size = gelf_fsize(image->elf, ELF_T_SYM, 1, EV_CURRENT);
            image->names = header.sh_link;
            return;
        }
    }
}

static void source_image_close(struct source_image *image)
{
    dwarf_end(image->dwarf);
    elf_end(image->elf);
    g_free(image);
}

static struct source_image *source_image_open(const uint8_t *data, size_t size)
{
    elf_version(EV_CURRENT);
    /* libelf writes to what it is given only where it was told to, or where byte orders differ. */
    Elf *elf = elf_memory((char *)data, size);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64) {
        elf_end(elf);
        return NULL;
    }
    struct source_image *image = g_new0(struct source_image, 1);
    image->elf = elf;
    image->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
    source_image_find_symbols(image);
    return image;
}

static bool source_image_find_function(const struct source_image *image, uint64_t address,
                                       struct source_place *place)
{
    size_t count = image->symbols != NULL ? image->symbols->d_size / image->symbol_size : 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(image->symbols, (int)i, &symbol) == NULL ||
            GELF_ST_TYPE(symbol.st_info) != STT_FUNC || address < symbol.st_value ||
            address - symbol.st_value >= symbol.st_size) {
            continue;
        }
        const char *name = elf_strptr(image->elf, image->names, symbol.st_name);
        if (name != NULL) {
            place->function = name;
            place->start = symbol.st_value;
            return true;
        }
    }
    return false;
}

/* False: no unit has code there. */
static bool source_image_find_unit(Dwarf *dwarf, uint64_t address, Dwarf_Die *unit)
{
    if (dwarf_addrdie(dwarf, address, unit) != NULL) {
        return true;
    }
    Dwarf_CU *next = NULL;
    Dwarf_Die split;
    uint8_t type;
    while (dwarf_get_units(dwarf, next, &next, NULL, &type, unit, &split) == 0) {
        bool has_code = type == DW_UT_compile || type == DW_UT_skeleton;
        if (has_code && dwarf_haspc(unit, address) > 0) {
            return true;
        }
    }
    return false;
}

/* Relative to where the compiler ran, as it was given: libdw puts that folder in front. */
static const char *source_image_given_path(Dwarf_Die *unit, const char *path)
{
    Dwarf_Attribute attribute;
    const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    size_t len = folder != NULL ? strlen(folder) : 0;
    bool is_below = len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/';
    return is_below ? path + len + 1 : path;
}

static bool source_image_find(struct source_image *image, uint64_t address,
                              struct source_place *place)
{
    *place = (struct source_place){0};
    if (!source_image_find_function(image, address, place)) {
        return false;
    }
    Dwarf_Die unit;
    if (image->dwarf == NULL || !source_image_find_unit(image->dwarf, address, &unit)) {
        return true;
    }
    Dwarf_Line *row = dwarf_getsrc_die(&unit, address);
    const char *path = row != NULL ? dwarf_linesrc(row, NULL, NULL) : NULL;
    int line;
    if (path != NULL && dwarf_lineno(row, &line) == 0 && line > 0) {
        place->file = g_strdup(source_image_given_path(&unit, path));
        place->line = (unsigned)line;
    }
    return true;
}

const struct source_module ringside_source_module = {
    .open = source_image_open,
    .find = source_image_find,
    .close = source_image_close,
};
