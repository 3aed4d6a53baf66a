/*
 * reference.c - the reference guest: what the bench sees of it, and what is put together
 *
 * Face `posix`: drivers, network stack and socket system calls in the kernel, programs as tasks.
 * Face `schemes`: the kernel has schemes only; `init` starts programs that serve the others.
 */
#include "drivers/drivers.h"
#include "kernel/boot.h"
#include "kernel/file.h"
#include "kernel/program.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "programs/table.h"
#include "ringside/hal.h"

static const char *const reference_faces[] = {"posix", "schemes", NULL};

/* Without the parameter it is the first one. */
static bool reference_has_schemes(void)
{
    const char *face = boot_parameter("face");
    if (face == NULL || kstreq(face, reference_faces[0]))
        return false;
    if (!kstreq(face, reference_faces[1]))
        kpanic("boot parameter face: this guest has posix and schemes");
    return true;
}

static void reference_init_drivers(void)
{
    drivers_init();
    if (!reference_has_schemes())
        drivers_scan();
}

/* The stack and, above it, its face. */
static void reference_init_netstack(void)
{
    if (reference_has_schemes())
        return;
    netstack_init();
    posix_init();
}

static const char *reference_first_program(void)
{
    return reference_has_schemes() ? "init" : NULL;
}

static void reference_boot(void)
{
    const struct kernel_parts parts = {
        .init_drivers = reference_init_drivers,
        .init_netstack = reference_init_netstack,
        .first_program = reference_first_program,
        .programs = program_table,
        .program_count = program_table_count,
    };
    kernel_boot(&parts);
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "reference",
    .boot = reference_boot,
    .start = program_start,
    .kill = program_kill,
    .programs = program_names,
    .faces = reference_faces,
};
