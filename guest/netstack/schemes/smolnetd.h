/*
 * smolnetd.h - the network daemon: the stack as a program that serves schemes
 *
 *     smolnetd [-r]
 *
 * Registers ip, icmp, udp, tcp and netcfg, opens the network cards that there are, and those that
 * come later, and serves. With -r it sees no schemes any more once it has a card.
 */
#ifndef NETSTACK_SCHEMES_SMOLNETD_H
#define NETSTACK_SCHEMES_SMOLNETD_H

int smolnetd_main(int argc, char **argv);

#endif
