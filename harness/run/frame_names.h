/*
 * frame_names.h - frames that a scenario gave a name, and their fields
 */
#ifndef HARNESS_RUN_FRAME_NAMES_H
#define HARNESS_RUN_FRAME_NAMES_H

#include "harness/language/scenario.h"

struct frame_names;

struct frame_names *frame_names_new(void);
void frame_names_free(struct frame_names *names);

/* Copies the frame; the name, which is borrowed for the life of this, has one from now on. */
void frame_names_set(struct frame_names *names, const char *name, const uint8_t *frame, size_t len);

/*
 * What is to be sent with the fields of frames put in: a copy that borrows from it, and has no
 * names of frames any more. NULL, or why that cannot be done: gives.
 */
char *frame_names_resolve(const struct frame_names *names, const struct scenario_send *send,
                          struct scenario_send *resolved);

#endif
