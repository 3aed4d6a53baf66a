/*
 * image.h - the guest's image: a shared object in guest RAM
 *
 * A guest is built by ringside_add_guest() (cmake/RingsideGuest.cmake): linked to GMEM_IMAGE_BASE,
 * with one exported symbol, `ringside_guest`. It is loaded by dlopen(), so the executable must
 * export the hal (ringside_export_hal()), and before gmem_new(), which maps RAM around it. One
 * image at a time: a second one does not get its address.
 */
#ifndef EMU_CPU_STUB_IMAGE_H
#define EMU_CPU_STUB_IMAGE_H

#include "ringside/hal.h"

#include <glib.h>
#include <stdbool.h>

enum guest_image_error {
    GUEST_IMAGE_ERROR_UNREADABLE, /* no such file, a directory, no permission */
    GUEST_IMAGE_ERROR_NOT_ELF,    /* not a 64-bit ELF shared object */
    GUEST_IMAGE_ERROR_MACHINE,    /* built for another architecture */
    GUEST_IMAGE_ERROR_LOAD, /* the dynamic linker refused it: an undefined symbol, for example */
    GUEST_IMAGE_ERROR_NOT_A_GUEST, /* no symbol ringside_guest */
    GUEST_IMAGE_ERROR_ABI,         /* another RINGSIDE_ABI_VERSION */
    GUEST_IMAGE_ERROR_MALFORMED,   /* a descriptor without name or boot entry */
    GUEST_IMAGE_ERROR_BASE,        /* not at GMEM_IMAGE_BASE, or too large */
};

#define GUEST_IMAGE_ERROR (guest_image_error_quark())
GQuark guest_image_error_quark(void);

struct guest_image;

/*
 * Loads a guest. NULL with a GError (GUEST_IMAGE_ERROR) that names the file and says what would be
 * right.
 */
struct guest_image *guest_image_load(const char *path, GError **error);
/* Unloads it: when memory and CPU are gone. NULL is fine. */
void guest_image_free(struct guest_image *image);

const struct ringside_guest *guest_image_descriptor(const struct guest_image *image);
uint64_t guest_image_base(const struct guest_image *image);
uint64_t guest_image_size(const struct guest_image *image); /* whole pages, for gmem_config */
/* Whether an address, such as the PC of a fault, lies in the image. */
bool guest_image_contains(const struct guest_image *image, uintptr_t pc);

#endif
