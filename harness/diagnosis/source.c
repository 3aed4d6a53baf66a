/*
 * source.c - functions and lines of a guest's image
 *
 * [ELF] sections .symtab and .strtab; [DWARF5] 6.2, .debug_line with .debug_line_str and
 * .debug_str. Compressed sections and 64-bit DWARF are not read. A cursor that would leave its
 * section sticks at its end and reads zeros, so that a damaged file gives no line and nothing
 * worse.
 */
#include "harness/diagnosis/source.h"

#include <elf.h>
#include <string.h>

struct source_section {
    const uint8_t *data;
    size_t size;
};

struct source {
    GBytes *bytes;
    const uint8_t *data;
    size_t size;
    struct source_section symbols, names, line, line_strings, strings;
};

/* ---- ELF ------------------------------------------------------------------------------------- */

/* A copy of a structure at an offset: files owe no alignment. */
static bool source_copy(const struct source *source, uint64_t offset, void *to, size_t size)
{
    if (offset > source->size || size > source->size - offset) {
        return false;
    }
    memcpy(to, source->data + offset, size);
    return true;
}

static struct source_section source_bounds(const struct source *source, const Elf64_Shdr *header)
{
    bool fits = header->sh_type != SHT_NOBITS && (header->sh_flags & SHF_COMPRESSED) == 0 &&
                header->sh_offset <= source->size &&
                header->sh_size <= source->size - header->sh_offset;
    return fits ? (struct source_section){source->data + header->sh_offset, header->sh_size}
                : (struct source_section){NULL, 0};
}

/* NULL when the string does not end within its section. */
static const char *source_string(const struct source_section *section, uint64_t offset)
{
    if (offset >= section->size ||
        memchr(section->data + offset, '\0', section->size - offset) == NULL) {
        return NULL;
    }
    return (const char *)section->data + offset;
}

static struct source_section *source_wanted(struct source *source, const char *name)
{
    const struct {
        const char *name;
        struct source_section *section;
    } wanted[] = {
        {".symtab", &source->symbols},    {".strtab", &source->names},
        {".debug_line", &source->line},   {".debug_line_str", &source->line_strings},
        {".debug_str", &source->strings},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        if (name != NULL && strcmp(wanted[i].name, name) == 0) {
            return wanted[i].section;
        }
    }
    return NULL;
}

static bool source_read_sections(struct source *source)
{
    Elf64_Ehdr header;
    if (!source_copy(source, 0, &header, sizeof header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_shentsize != sizeof(Elf64_Shdr) ||
        header.e_shoff > source->size) {
        return false;
    }
    Elf64_Shdr section;
    if (!source_copy(source, header.e_shoff + (uint64_t)header.e_shstrndx * sizeof section,
                     &section, sizeof section)) {
        return false;
    }
    struct source_section names = source_bounds(source, &section);
    for (unsigned i = 0; i < header.e_shnum; i++) {
        if (!source_copy(source, header.e_shoff + (uint64_t)i * sizeof section, &section,
                         sizeof section)) {
            return false;
        }
        struct source_section *wanted =
            source_wanted(source, source_string(&names, section.sh_name));
        if (wanted != NULL) {
            *wanted = source_bounds(source, &section);
        }
    }
    return true;
}

struct source *source_open_bytes(GBytes *bytes)
{
    struct source *source = g_new0(struct source, 1);
    source->bytes = g_bytes_ref(bytes);
    source->data = g_bytes_get_data(bytes, &source->size);
    if (!source_read_sections(source)) {
        source_free(source);
        return NULL;
    }
    return source;
}

struct source *source_open(const char *path)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file == NULL) {
        return NULL;
    }
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
    return source_open_bytes(bytes);
}

void source_free(struct source *source)
{
    if (source == NULL) {
        return;
    }
    g_bytes_unref(source->bytes);
    g_free(source);
}

static bool source_find_function(const struct source *source, uint64_t address,
                                 struct source_place *place)
{
    for (size_t at = 0; source->symbols.size - at >= sizeof(Elf64_Sym); at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        memcpy(&symbol, source->symbols.data + at, sizeof symbol);
        const char *name = source_string(&source->names, symbol.st_name);
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && name != NULL &&
            address >= symbol.st_value && address - symbol.st_value < symbol.st_size) {
            place->function = name;
            place->start = symbol.st_value;
            return true;
        }
    }
    return false;
}

/* ---- reading DWARF --------------------------------------------------------------------------- */

struct source_cursor {
    const uint8_t *at, *end;
};

static uint64_t source_take(struct source_cursor *cursor, size_t size)
{
    uint64_t value = 0;
    if ((size_t)(cursor->end - cursor->at) < size) {
        cursor->at = cursor->end;
        return 0;
    }
    memcpy(&value, cursor->at, MIN(size, sizeof value));
    cursor->at += size;
    return value;
}

static uint64_t source_take_uleb(struct source_cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if ((byte & 0x80) == 0) {
            break;
        }
    }
    return value;
}

static int64_t source_take_sleb(struct source_cursor *cursor)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0;
    do {
        if (cursor->at >= cursor->end) {
            return 0;
        }
        byte = *cursor->at++;
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        shift += 7;
    } while ((byte & 0x80) != 0);
    if (shift < 64 && (byte & 0x40) != 0) {
        value |= ~UINT64_C(0) << shift;
    }
    return (int64_t)value;
}

static const char *source_take_text(struct source_cursor *cursor)
{
    const uint8_t *end = memchr(cursor->at, '\0', (size_t)(cursor->end - cursor->at));
    const char *text = (const char *)cursor->at;
    cursor->at = end != NULL ? end + 1 : cursor->end;
    return end != NULL ? text : NULL;
}

/* [DWARF5] 7.5.6, as far as 6.2.4.1 lets them stand in a line table. */
enum {
    SOURCE_FORM_DATA2 = 0x05,
    SOURCE_FORM_DATA4 = 0x06,
    SOURCE_FORM_DATA8 = 0x07,
    SOURCE_FORM_STRING = 0x08,
    SOURCE_FORM_BLOCK = 0x09,
    SOURCE_FORM_DATA1 = 0x0b,
    SOURCE_FORM_STRP = 0x0e,
    SOURCE_FORM_UDATA = 0x0f,
    SOURCE_FORM_DATA16 = 0x1e,
    SOURCE_FORM_LINE_STRP = 0x1f,
};
enum {
    SOURCE_CONTENT_PATH = 1,
    SOURCE_CONTENT_DIRECTORY = 2,
};

struct source_value {
    uint64_t number;
    const char *text;
};

static struct source_value source_take_form(const struct source *source,
                                            struct source_cursor *cursor, uint64_t form)
{
    switch (form) {
    case SOURCE_FORM_STRING:
        return (struct source_value){.text = source_take_text(cursor)};
    case SOURCE_FORM_LINE_STRP:
        return (struct source_value){
            .text = source_string(&source->line_strings, source_take(cursor, 4))};
    case SOURCE_FORM_STRP:
        return (struct source_value){.text =
                                         source_string(&source->strings, source_take(cursor, 4))};
    case SOURCE_FORM_UDATA:
        return (struct source_value){.number = source_take_uleb(cursor)};
    case SOURCE_FORM_DATA1:
        return (struct source_value){.number = source_take(cursor, 1)};
    case SOURCE_FORM_DATA2:
        return (struct source_value){.number = source_take(cursor, 2)};
    case SOURCE_FORM_DATA4:
        return (struct source_value){.number = source_take(cursor, 4)};
    case SOURCE_FORM_DATA8:
        return (struct source_value){.number = source_take(cursor, 8)};
    case SOURCE_FORM_DATA16:
        source_take(cursor, 16);
        break;
    case SOURCE_FORM_BLOCK:
        source_take(cursor, source_take_uleb(cursor));
        break;
    default:
        cursor->at = cursor->end; /* its size is not known */
        break;
    }
    return (struct source_value){0};
}

struct source_entry {
    const char *path;
    uint64_t directory;
};

/* A list of directories or files: its format, then its entries. */
static GArray *source_take_entries(const struct source *source, struct source_cursor *cursor)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct source_entry));
    uint64_t format[16][2];
    unsigned format_count = (unsigned)source_take(cursor, 1);
    if (format_count > G_N_ELEMENTS(format)) {
        cursor->at = cursor->end;
        return entries;
    }
    for (unsigned i = 0; i < format_count; i++) {
        format[i][0] = source_take_uleb(cursor);
        format[i][1] = source_take_uleb(cursor);
    }
    uint64_t count = source_take_uleb(cursor);
    for (uint64_t i = 0; i < count && cursor->at < cursor->end; i++) {
        struct source_entry entry = {0};
        for (unsigned j = 0; j < format_count; j++) {
            struct source_value value = source_take_form(source, cursor, format[j][1]);
            if (format[j][0] == SOURCE_CONTENT_PATH) {
                entry.path = value.text;
            } else if (format[j][0] == SOURCE_CONTENT_DIRECTORY) {
                entry.directory = value.number;
            }
        }
        g_array_append_val(entries, entry);
    }
    return entries;
}

/* ---- the line program ------------------------------------------------------------------------ */

struct source_program {
    unsigned instruction_size, line_range, opcode_base;
    int line_base;
    uint8_t lengths[256];
    GArray *directories, *files; /* struct source_entry */
};

struct source_row {
    uint64_t address, file, line;
    bool valid; /* of this sequence */
};

static bool source_take_header(const struct source *source, struct source_cursor *unit,
                               struct source_program *program)
{
    unsigned version = (unsigned)source_take(unit, 2);
    if (version != 5) {
        return false;
    }
    source_take(unit, 2); /* sizes of addresses and of segment selectors */
    uint64_t header_length = source_take(unit, 4);
    if (header_length > (uint64_t)(unit->end - unit->at)) {
        return false;
    }
    struct source_cursor header = {unit->at, unit->at + header_length};
    program->instruction_size = (unsigned)source_take(&header, 1);
    source_take(&header, 2); /* operations an instruction, default of is_stmt */
    program->line_base = (int8_t)source_take(&header, 1);
    program->line_range = (unsigned)source_take(&header, 1);
    program->opcode_base = (unsigned)source_take(&header, 1);
    for (unsigned i = 1; i < program->opcode_base; i++) {
        program->lengths[i] = (uint8_t)source_take(&header, 1);
    }
    program->directories = source_take_entries(source, &header);
    program->files = source_take_entries(source, &header);
    unit->at += header_length;
    return program->line_range > 0 && program->opcode_base > 0;
}

/* [DWARF5] 6.2.5.3. True at the end of a sequence. */
static bool source_extended(struct source_cursor *unit, struct source_row *row)
{
    uint64_t length = source_take_uleb(unit);
    if (length == 0 || length > (uint64_t)(unit->end - unit->at)) {
        unit->at = unit->end;
        return true;
    }
    struct source_cursor body = {unit->at, unit->at + length};
    unit->at += length;
    switch (source_take(&body, 1)) {
    case 1: /* DW_LNE_end_sequence */
        return true;
    case 2: /* DW_LNE_set_address */
        row->address = source_take(&body, 8);
        return false;
    default:
        return false;
    }
}

enum source_step {
    SOURCE_STEP,
    SOURCE_STEP_ROW, /* a row of the table is complete */
    SOURCE_STEP_END, /* and it is the last of its sequence */
};

/* [DWARF5] 6.2.5.1 and 6.2.5.2: one instruction. */
static enum source_step source_step(const struct source_program *program,
                                    struct source_cursor *unit, struct source_row *row)
{
    unsigned opcode = (unsigned)source_take(unit, 1);
    if (opcode >= program->opcode_base) {
        unsigned adjusted = opcode - program->opcode_base;
        row->address += (uint64_t)(adjusted / program->line_range) * program->instruction_size;
        row->line +=
            (uint64_t)(int64_t)(program->line_base + (int)(adjusted % program->line_range));
        return SOURCE_STEP_ROW;
    }
    switch (opcode) {
    case 0:
        return source_extended(unit, row) ? SOURCE_STEP_END : SOURCE_STEP;
    case 1: /* DW_LNS_copy */
        return SOURCE_STEP_ROW;
    case 2: /* DW_LNS_advance_pc */
        row->address += source_take_uleb(unit) * program->instruction_size;
        break;
    case 3: /* DW_LNS_advance_line */
        row->line += (uint64_t)source_take_sleb(unit);
        break;
    case 4: /* DW_LNS_set_file */
        row->file = source_take_uleb(unit);
        break;
    case 8: /* DW_LNS_const_add_pc */
        row->address += (uint64_t)((255 - program->opcode_base) / program->line_range) *
                        program->instruction_size;
        break;
    case 9: /* DW_LNS_fixed_advance_pc */
        row->address += source_take(unit, 2);
        break;
    default:
        for (unsigned i = 0; i < program->lengths[opcode]; i++) {
            source_take_uleb(unit);
        }
        break;
    }
    return SOURCE_STEP;
}

static char *source_file_name(const struct source_program *program, uint64_t index)
{
    if (index >= program->files->len) {
        return NULL;
    }
    const struct source_entry *file = &g_array_index(program->files, struct source_entry, index);
    if (file->path == NULL) {
        return NULL;
    }
    const struct source_entry *directory =
        file->directory > 0 && file->directory < program->directories->len
            ? &g_array_index(program->directories, struct source_entry, file->directory)
            : NULL;
    bool joins = directory != NULL && directory->path != NULL && strchr(file->path, '/') == NULL;
    return joins ? g_strconcat(directory->path, "/", file->path, NULL) : g_strdup(file->path);
}

static bool source_search_unit(const struct source *source, struct source_cursor unit,
                               uint64_t address, struct source_place *place)
{
    struct source_program program = {0};
    bool found = false;
    if (source_take_header(source, &unit, &program)) {
        struct source_row row = {.file = 1, .line = 1}, last = {0};
        while (unit.at < unit.end && !found) {
            enum source_step step = source_step(&program, &unit, &row);
            if (step == SOURCE_STEP) {
                continue;
            }
            if (last.valid && address >= last.address && address < row.address) {
                place->file = source_file_name(&program, last.file);
                place->line = (unsigned)last.line;
                found = place->file != NULL;
                break;
            }
            last = row;
            last.valid = step == SOURCE_STEP_ROW;
            if (step == SOURCE_STEP_END) {
                row = (struct source_row){.file = 1, .line = 1};
            }
        }
    }
    g_clear_pointer(&program.directories, g_array_unref);
    g_clear_pointer(&program.files, g_array_unref);
    return found;
}

static void source_find_line(const struct source *source, uint64_t address,
                             struct source_place *place)
{
    struct source_cursor cursor = {source->line.data, source->line.data + source->line.size};
    while (cursor.at < cursor.end) {
        uint64_t length = source_take(&cursor, 4);
        if (length == 0 || length > (uint64_t)(cursor.end - cursor.at)) {
            return;
        }
        struct source_cursor unit = {cursor.at, cursor.at + length};
        if (source_search_unit(source, unit, address, place)) {
            return;
        }
        cursor.at += length;
    }
}

bool source_find(const struct source *source, uint64_t address, struct source_place *place)
{
    *place = (struct source_place){0};
    if (!source_find_function(source, address, place)) {
        return false;
    }
    if (source->line.size > 0) {
        source_find_line(source, address, place);
    }
    return true;
}

unsigned source_unwind(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *addresses,
                       unsigned max)
{
    const uintptr_t frame_size = 2 * sizeof(uintptr_t);
    unsigned count = 0;
    /* Callers lie above: a chain that does not rise has been overwritten. */
    while (count < max && fp >= low && fp < high && high - fp >= frame_size &&
           fp % sizeof(uintptr_t) == 0) {
        const uintptr_t *frame = (const uintptr_t *)fp;
        addresses[count++] = frame[1];
        if (frame[0] <= fp) {
            break;
        }
        fp = frame[0];
    }
    return count;
}
