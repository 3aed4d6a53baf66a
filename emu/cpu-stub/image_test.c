/*
 * image_test.c - loading guests, refusing what is none, and a loaded guest's run
 *
 * TESTGUESTS is the folder with what testguests/ was built to.
 */
#include "emu/cpu-stub/image.h"

#include "emu/core/gmem.h"
#include "emu/cpu-stub/cpu.h"
#include "tests/unit.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

static struct guest_image *load(const char *name, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s.so", TESTGUESTS, name);
    return guest_image_load(path, error);
}

/* Loads what must be refused, with this code and a message that contains this text and the path. */
static void refuse_path(const char *path, enum guest_image_error code, const char *text)
{
    GError *error = NULL;
    struct guest_image *image = guest_image_load(path, &error);
    CU_ASSERT_PTR_NULL_FATAL(image);
    CU_ASSERT_TRUE(g_error_matches(error, GUEST_IMAGE_ERROR, (int)code));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, text));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, path));
    g_error_free(error);
}

static void refuse(const char *name, enum guest_image_error code, const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/%s.so", TESTGUESTS, name);
    refuse_path(path, code, text);
}

/* The same, for a file with this content. */
static void refuse_content(const void *content, size_t size, enum guest_image_error code,
                           const char *text)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("ringside-image-XXXXXX", &path, NULL);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    CU_ASSERT_TRUE(g_file_set_contents(path, content, (gssize)size, NULL));
    refuse_path(path, code, text);
    remove(path);
}

static void test_a_guest_is_loaded_at_its_base(void)
{
    struct guest_image *image = load("good", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    const struct ringside_guest *guest = guest_image_descriptor(image);
    CU_ASSERT_STRING_EQUAL(guest->name, "good");
    CU_ASSERT_EQUAL(guest_image_base(image), GMEM_IMAGE_BASE);
    CU_ASSERT_TRUE(guest_image_size(image) > 0);
    CU_ASSERT_EQUAL(guest_image_size(image) % GMEM_PAGE, 0);
    guest_image_free(image);
}

static void test_an_image_contains_its_own_addresses_only(void)
{
    struct guest_image *image = load("good", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    const struct ringside_guest *guest = guest_image_descriptor(image);
    uint64_t end = guest_image_base(image) + guest_image_size(image);
    CU_ASSERT_TRUE(guest_image_contains(image, (uintptr_t)guest));
    CU_ASSERT_TRUE(guest_image_contains(image, (uintptr_t)guest->boot));
    CU_ASSERT_TRUE(guest_image_contains(image, GMEM_IMAGE_BASE));
    CU_ASSERT_TRUE(guest_image_contains(image, end - 1));
    CU_ASSERT_FALSE(guest_image_contains(image, end));
    CU_ASSERT_FALSE(guest_image_contains(image, GMEM_IMAGE_BASE - 1));
    CU_ASSERT_FALSE(guest_image_contains(image, (uintptr_t)refuse));
    guest_image_free(image);
}

static void test_a_guest_can_be_loaded_again_with_fresh_statics(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct guest_image *image = load("good", NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(image);
        guest_image_free(image);
    }
    guest_image_free(NULL);
}

static void test_a_file_that_cannot_be_read_is_refused(void)
{
    refuse("missing", GUEST_IMAGE_ERROR_UNREADABLE, "No such file");
    refuse_path(TESTGUESTS, GUEST_IMAGE_ERROR_UNREADABLE, "a directory");
    refuse_path("/dev/null", GUEST_IMAGE_ERROR_UNREADABLE, "not a file");
}

static void test_a_file_that_is_no_shared_object_is_refused(void)
{
    const char script[] =
        "#!/bin/sh\nexec true with more bytes than an ELF header has, so that all is read\n";
    Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB}};
    refuse_content("", 0, GUEST_IMAGE_ERROR_NOT_ELF, "no 64-bit ELF");
    refuse_content(script, sizeof(script), GUEST_IMAGE_ERROR_NOT_ELF, "no 64-bit ELF");
    refuse_content(&header, sizeof(header) - 1, GUEST_IMAGE_ERROR_NOT_ELF, "no 64-bit ELF");
    header.e_ident[EI_CLASS] = ELFCLASS32;
    refuse_content(&header, sizeof(header), GUEST_IMAGE_ERROR_NOT_ELF, "no 64-bit ELF");
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2MSB;
    refuse_content(&header, sizeof(header), GUEST_IMAGE_ERROR_NOT_ELF, "no 64-bit ELF");
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = EM_RISCV;
    refuse_content(&header, sizeof(header), GUEST_IMAGE_ERROR_MACHINE, "another machine");
#if defined(__x86_64__)
    header.e_machine = EM_X86_64;
#else
    header.e_machine = EM_AARCH64;
#endif
    header.e_type = ET_EXEC;
    refuse_content(&header, sizeof(header), GUEST_IMAGE_ERROR_NOT_ELF, "no shared object");
    header.e_type = ET_DYN;
    refuse_content(&header, sizeof(header), GUEST_IMAGE_ERROR_LOAD, "cannot load");
}

/* Wherever it is cut: the dynamic linker would fault on what is not there. */
static void test_a_guest_that_is_cut_off_is_refused(void)
{
    g_autofree char *path = g_strdup_printf("%s/good.so", TESTGUESTS), *content = NULL;
    gsize size = 0;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &content, &size, NULL));
    const gsize cuts[] = {size - 1, size / 2, size / 4, sizeof(Elf64_Ehdr)};
    for (size_t i = 0; i < G_N_ELEMENTS(cuts); i++) {
        refuse_content(content, cuts[i], GUEST_IMAGE_ERROR_NOT_ELF, "is cut off");
    }
}

static void test_a_shared_object_that_is_no_guest_is_refused(void)
{
    refuse("plain", GUEST_IMAGE_ERROR_NOT_A_GUEST, "exports no symbol ringside_guest");
}

static void test_a_guest_that_needs_more_than_the_hal_is_refused(void)
{
    refuse("greedy", GUEST_IMAGE_ERROR_LOAD, "greedy_needs_this");
}

static void test_another_abi_version_is_refused(void)
{
    refuse("otherabi", GUEST_IMAGE_ERROR_ABI,
           "is built for ABI version 3, this ringside speaks 2; rebuild it");
}

static void test_a_descriptor_without_boot_entry_is_refused(void)
{
    refuse("noboot", GUEST_IMAGE_ERROR_MALFORMED, "no boot entry");
}

static void test_a_guest_linked_elsewhere_is_refused(void)
{
    refuse("elsewhere", GUEST_IMAGE_ERROR_BASE, "-Ttext-segment=0x40200000");
}

static void test_a_second_guest_is_refused(void)
{
    struct guest_image *image = load("good", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    refuse("elsewhere", GUEST_IMAGE_ERROR_BASE, "must be at 0x40200000");
    guest_image_free(image);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static uint64_t no_sysreg_read(void *opaque, unsigned cpu, enum hal_sysreg reg)
{
    (void)opaque;
    (void)cpu;
    return (uint64_t)reg;
}

static void no_sysreg_write(void *opaque, unsigned cpu, enum hal_sysreg reg, uint64_t value)
{
    (void)opaque;
    (void)cpu;
    (void)reg;
    (void)value;
}

static void no_quiescent(void *opaque)
{
    (void)opaque;
}

static const struct cpu_ops no_ops = {
    .sysreg_read = no_sysreg_read,
    .sysreg_write = no_sysreg_write,
    .quiescent = no_quiescent,
};

/* Runs the good guest and returns its ticks. */
static uint64_t run_good(GString *events)
{
    struct guest_image *image = load("good", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    struct vclock *clock = vclock_new();
    struct trace *trace = trace_new(clock);
    struct mmio_bus *bus = mmio_bus_new(trace);
    struct gmem_config memory_config = {
        .size = GMEM_SIZE_MIN,
        .image_size = guest_image_size(image),
    };
    struct gmem *memory = gmem_new(trace, &memory_config, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    struct cpu_config config = {
        .cores = 1, .step_ns = 1, .mmio_ns = 100, .seed = 1, .ops = &no_ops};
    struct cpu *cpu = cpu_new(clock, trace, memory, bus, &config, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cpu);
    CU_ASSERT_EQUAL(cpu_run(cpu, guest_image_descriptor(image)), CPU_STOP_POWER_OFF);
    CU_ASSERT_EQUAL(cpu_power_off_status(cpu), 7);
    for (uint64_t i = trace_first(trace); i <= trace_last(trace); i++) {
        trace_format_line(events, trace_get(trace, i));
        g_string_append_c(events, '\n');
    }
    uint64_t ticks = cpu_ticks(cpu);
    cpu_free(cpu);
    gmem_free(memory);
    mmio_bus_free(bus);
    trace_free(trace);
    vclock_free(clock);
    guest_image_free(image);
    return ticks;
}

static void test_a_loaded_guest_runs_ticks_and_repeats(void)
{
    g_autoptr(GString) first = g_string_new(NULL);
    g_autoptr(GString) second = g_string_new(NULL);
    uint64_t ticks = run_good(first);
    CU_ASSERT_TRUE(ticks > 100); /* a loop of 100 rounds, each at least a block */
    CU_ASSERT_TRUE(ticks < 500);
    CU_ASSERT_PTR_NOT_NULL(strstr(first->str, "guest.console text=\"good: hello\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(first->str, "run.power-off status=7"));
    CU_ASSERT_EQUAL(run_good(second), ticks);
    CU_ASSERT_STRING_EQUAL(first->str, second->str);
}

UNIT_SUITE("image", UNIT_TEST(test_a_guest_is_loaded_at_its_base),
           UNIT_TEST(test_an_image_contains_its_own_addresses_only),
           UNIT_TEST(test_a_guest_can_be_loaded_again_with_fresh_statics),
           UNIT_TEST(test_a_file_that_cannot_be_read_is_refused),
           UNIT_TEST(test_a_file_that_is_no_shared_object_is_refused),
           UNIT_TEST(test_a_guest_that_is_cut_off_is_refused),
           UNIT_TEST(test_a_shared_object_that_is_no_guest_is_refused),
           UNIT_TEST(test_a_guest_that_needs_more_than_the_hal_is_refused),
           UNIT_TEST(test_another_abi_version_is_refused),
           UNIT_TEST(test_a_descriptor_without_boot_entry_is_refused),
           UNIT_TEST(test_a_guest_linked_elsewhere_is_refused),
           UNIT_TEST(test_a_second_guest_is_refused),
           UNIT_TEST(test_a_loaded_guest_runs_ticks_and_repeats))
