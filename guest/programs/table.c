/* table.c - which programs there are: those for everybody, and the daemons of the schemes face */
#include "programs/table.h"

#include "drivers/pcid.h"
#include "drivers/virtio_netd.h"
#include "lib/kassert.h"
#include "netstack/schemes/smolnetd.h"
#include "programs/programs.h"

const struct program_entry program_table[] = {
    {"arping", arping_main},
    {"cat", cat_main},
    {"curl", curl_main},
    {"date", date_main},
    {"dhcp", dhcp_main},
    {"echo", echo_main},
    {"httpd", httpd_main},
    {"ifconfig", ifconfig_main},
    {"init", init_main},
    {"iperf", iperf_main},
    {"kill", kill_main},
    {"nc", nc_main},
    {"netstat", netstat_main},
    {"nslookup", nslookup_main},
    {"pcid", pcid_main},
    {"ping", ping_main},
    {"route", route_main},
    {"schemetest", schemetest_main},
    {"sha256sum", sha256sum_main},
    {"sleep", sleep_main},
    {"smolnetd", smolnetd_main},
    {"socktest", socktest_main},
    {"virtio-netd", virtio_netd_main},
    {"wget", wget_main},
};

const size_t program_table_count = sizeof program_table / sizeof program_table[0];

const char *const program_names[] = {"arping",   "cat",      "curl",        "date",      "dhcp",
                                     "echo",     "httpd",    "ifconfig",    "init",      "iperf",
                                     "kill",     "nc",       "netstat",     "nslookup",  "pcid",
                                     "ping",     "route",    "schemetest",  "sha256sum", "sleep",
                                     "smolnetd", "socktest", "virtio-netd", "wget",      NULL};

kstatic_assert(sizeof program_names / sizeof program_names[0] ==
                   sizeof program_table / sizeof program_table[0] + 1,
               "every program has a name, and no name is without one");
