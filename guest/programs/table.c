/* table.c - which programs there are */
#include "programs/table.h"

#include "lib/kassert.h"
#include "programs/programs.h"

const struct program_entry program_table[] = {
    {"date", date_main}, {"dhcp", dhcp_main},   {"ifconfig", ifconfig_main},
    {"ping", ping_main}, {"route", route_main}, {"sleep", sleep_main},
};

const size_t program_table_count = sizeof program_table / sizeof program_table[0];

const char *const program_names[] = {"date", "dhcp", "ifconfig", "ping", "route", "sleep", NULL};

kstatic_assert(sizeof program_names / sizeof program_names[0] ==
                   sizeof program_table / sizeof program_table[0] + 1,
               "every program has a name, and no name is without one");
