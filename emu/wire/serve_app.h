/*
 * serve_app.h - what the applications of services share
 *
 * A kind is a table of operations; its state is what `begin` makes.
 */
#ifndef EMU_WIRE_SERVE_APP_H
#define EMU_WIRE_SERVE_APP_H

#include "emu/wire/serve.h"

struct serve_app_ops {
    void *(*begin)(const struct serve_endpoint *endpoint); /* NULL: the kind has no state */
    void (*end)(void *state);                              /* goes with `begin` */
    void (*advance)(void *state, struct serve_pipe *pipe);
};

extern const struct serve_app_ops serve_http_ops, serve_script_ops, serve_names_ops;

#endif
