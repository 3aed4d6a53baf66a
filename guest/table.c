/* table.c - which programs the image has: those for everybody, and the daemons of face schemes */
#include "table.h"

#include "drivers/pcid.h"
#include "drivers/virtio_9pd.h"
#include "drivers/virtio_netd.h"
#include "lib/kassert.h"
#include "netstack/schemes/smolnetd.h"
#include "programs/programs.h"

#define DAEMONS(PROGRAM)                                                                           \
    PROGRAM("pcid", pcid_main)                                                                     \
    PROGRAM("smolnetd", smolnetd_main)                                                             \
    PROGRAM("virtio-9pd", virtio_9pd_main)                                                         \
    PROGRAM("virtio-netd", virtio_netd_main)

#define PROGRAM(name, main) {name, main},
const struct program_entry program_table[] = {
#include "programs/programs.def"
    DAEMONS(PROGRAM)};
#undef PROGRAM

const size_t program_table_count = sizeof program_table / sizeof program_table[0];

#define PROGRAM(name, main) name,
const char *const program_names[] = {
#include "programs/programs.def"
    DAEMONS(PROGRAM) NULL};
#undef PROGRAM
