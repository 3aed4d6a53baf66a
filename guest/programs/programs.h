/*
 * programs.h - the programs of the reference guest
 *
 * Each is what main() is elsewhere; the result is the exit status.
 */
#ifndef PROGRAMS_PROGRAMS_H
#define PROGRAMS_PROGRAMS_H

int date_main(int argc, char **argv);
int dhcp_main(int argc, char **argv);
int ifconfig_main(int argc, char **argv);
int ping_main(int argc, char **argv);
int route_main(int argc, char **argv);
int sleep_main(int argc, char **argv);

#endif
