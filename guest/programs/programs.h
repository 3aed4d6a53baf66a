/*
 * programs.h - the programs of the reference guest
 *
 * Each is what main() is elsewhere; the result is the exit status.
 */
#ifndef PROGRAMS_PROGRAMS_H
#define PROGRAMS_PROGRAMS_H

int arping_main(int argc, char **argv);
int cat_main(int argc, char **argv);
int cp_main(int argc, char **argv);
int curl_main(int argc, char **argv);
int date_main(int argc, char **argv);
int dd_main(int argc, char **argv);
int dhcp_main(int argc, char **argv);
int echo_main(int argc, char **argv);
int filetest_main(int argc, char **argv);
int httpd_main(int argc, char **argv);
int ifconfig_main(int argc, char **argv);
int init_main(int argc, char **argv);
int iperf_main(int argc, char **argv);
int kill_main(int argc, char **argv);
int ln_main(int argc, char **argv);
int ls_main(int argc, char **argv);
int mkdir_main(int argc, char **argv);
int mv_main(int argc, char **argv);
int nc_main(int argc, char **argv);
int netstat_main(int argc, char **argv);
int nslookup_main(int argc, char **argv);
int ping_main(int argc, char **argv);
int rm_main(int argc, char **argv);
int rmdir_main(int argc, char **argv);
int route_main(int argc, char **argv);
int schemetest_main(int argc, char **argv);
int sha256sum_main(int argc, char **argv);
int sleep_main(int argc, char **argv);
int socktest_main(int argc, char **argv);
int stat_main(int argc, char **argv);
int sync_main(int argc, char **argv);
int touch_main(int argc, char **argv);
int truncate_main(int argc, char **argv);
int wget_main(int argc, char **argv);

#endif
