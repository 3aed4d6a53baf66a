/* table.c - which programs there are */
#include "programs/table.h"

#include "lib/kassert.h"
#include "programs/programs.h"

const struct program_entry program_table[] = {
    {"cat", cat_main},           {"curl", curl_main},           {"date", date_main},
    {"echo", echo_main},         {"init", init_main},           {"schemetest", schemetest_main},
    {"dhcp", dhcp_main},         {"httpd", httpd_main},         {"ifconfig", ifconfig_main},
    {"iperf", iperf_main},       {"kill", kill_main},           {"nc", nc_main},
    {"netstat", netstat_main},   {"nslookup", nslookup_main},   {"ping", ping_main},
    {"route", route_main},       {"sha256sum", sha256sum_main}, {"sleep", sleep_main},
    {"socktest", socktest_main}, {"wget", wget_main},
};

const size_t program_table_count = sizeof program_table / sizeof program_table[0];

const char *const program_names[] = {
    "cat",   "echo",     "schemetest", "init",  "curl",     "date",    "dhcp",
    "httpd", "ifconfig", "iperf",      "kill",  "nc",       "netstat", "nslookup",
    "ping",  "route",    "sha256sum",  "sleep", "socktest", "wget",    NULL};

kstatic_assert(sizeof program_names / sizeof program_names[0] ==
                   sizeof program_table / sizeof program_table[0] + 1,
               "every program has a name, and no name is without one");
