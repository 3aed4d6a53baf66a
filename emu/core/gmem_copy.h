/*
 * gmem_copy.h - copying to and from guest memory
 *
 * Guest memory may one day be poisoned by a guest that was built with AddressSanitizer. That is
 * about the guest's code and must not make a device's access a report about the bench: the guest's
 * side of a copy is touched by code that does not look. The bench's side is checked as ever. Part
 * of gmem.
 */
#ifndef EMU_CORE_GMEM_COPY_H
#define EMU_CORE_GMEM_COPY_H

#include <stddef.h>
#include <stdint.h>

void gmem_copy_in(void *bench, const void *guest, size_t size);
void gmem_copy_out(void *guest, const void *bench, size_t size);
void gmem_fill(void *guest, uint8_t byte, size_t size);

#endif
