/*
 * faults.h - what `inject`, `restore` and `send` do to the machine
 */
#ifndef HARNESS_RUN_FAULTS_H
#define HARNESS_RUN_FAULTS_H

#include "emu/board/board.h"
#include "harness/language/scenario.h"

/* Puts the scenario's hosts on the wire. */
void faults_add_hosts(struct board *board, const struct scenario *scenario);

/*
 * Carries out an INJECT or RESTORE now, from an event of the clock. The statement and its
 * filter have to outlive the board.
 */
void faults_act(struct board *board, const struct scenario *scenario,
                const struct scenario_statement *statement);

/*
 * Carries out a SEND, and what its frame is: no names of frames are in it any more. What the words
 * leave open: frames from a host have its MAC address, others that of the host with the source
 * address, or 52:55 and the address; they are for the host with the target address, or for the
 * card; requests and, from a host, replies of ARP are broadcast.
 */
void faults_send(struct board *board, const struct scenario *scenario,
                 const struct scenario_send *send);
GByteArray *faults_build_frame(const struct scenario *scenario, const struct scenario_send *send);

#endif
