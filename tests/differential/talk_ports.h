/*
 * talk_ports.h - the ports of conversations: by its source port a segment is known to be a's or b's
 */
#ifndef DIFFERENTIAL_TALK_PORTS_H
#define DIFFERENTIAL_TALK_PORTS_H

#define TALK_PORT_A     10000
#define TALK_PORTS_OF_B 20000
#define TALK_PORT_B     20000
#define TALK_PORT_DEAD  20001 /* nobody has it */

#endif
