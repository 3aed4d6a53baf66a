/*
 * mock_p9.h - a server of 9P that follows a script, behind the mock device's queue
 *
 * The test says which messages must come, and how each is answered. It decodes and encodes by
 * itself, by a table of its own. A message as text is its name and its fields: numbers in decimal,
 * strings in quotes, names of a walk joined by slashes, bytes of a write as they are:
 *
 *     "Twalk 0 1 a/b"    "Tlcreate 1 'a.txt' 65 33188 0"    "Twrite 1 0 'hello'"
 *
 * A reply is its name and its fields: b, h, d and q with a number of one, two, four or eight bytes,
 * s:TEXT a string, x:TEXT bytes with their count in four bytes, +TEXT bytes, and Qf, Qd and Ql the
 * qid of a file, a directory, a link:
 *
 *     "Rwalk h2 Qd Qf"   "Rlopen Qf d0"   "Rlerror d13"
 *
 * In front of it may stand "!" for a foreign tag, "~" for a size that is one too large, or "^" for
 * a reply that is one byte short of what it says. Without a reply the message is not answered.
 */
#ifndef DRIVERS_MOCK_P9_H
#define DRIVERS_MOCK_P9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCK_P9_TEXT 512

struct mock_p9_step {
    const char *message;
    const char *reply; /* NULL: none */
};

struct mock_p9 {
    const struct mock_p9_step *steps; /* up to one without a message */
    unsigned done;                    /* of them */
    uint16_t tag;                     /* of the last message */
    size_t size;                      /* the same */
    uint16_t held, held_tag;          /* chain and tag of the last that was not answered */
    bool holds;
};
extern struct mock_p9 mock_p9;

/* What is to come now. Keeps the script; that before it must be over. */
void mock_p9_script(const struct mock_p9_step *steps);
/* Answers what there is; raises the device's interrupt for it. Fails the test for what is wrong. */
bool mock_p9_serve(void);
/* Returns the chain of the last message without an answer, with this reply to its tag. */
void mock_p9_answer_late(const char *reply);
/* The whole script was followed. */
void mock_p9_check(void);

#endif
