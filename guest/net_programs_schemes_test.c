/*
 * net_programs_schemes_test.c - programs that talk by TCP and UDP with each other, on the real
 * kernel, through a network daemon: what they call sockets are files of its schemes
 *
 * What they say and how they end is what net_programs_cases.c has for any face.
 */
#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "kernel/pool.h"
#include "net_programs_cases.h"
#include "netstack/schemes/smolnetd.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <string.h>

#define PROGRAM(name, main) {name, main},
static const struct program_entry programs[] = {
#include "programs/programs.def"
    PROGRAM("smolnetd", smolnetd_main)};
#undef PROGRAM

static unsigned objects_before;

/*
 * Files, requests, sockets, and all else that programs and the daemon have between them; but tasks,
 * the last of which is given back when another one runs.
 */
static unsigned objects_in_use(void)
{
    unsigned used = 0;
    for (unsigned i = 0; pool_by_index(i) != NULL; i++) {
        if (strcmp(pool_by_index(i)->name, "tasks") != 0)
            used += pool_by_index(i)->used;
    }
    return used;
}

void net_begin(void)
{
    fake_files = NULL;
    fake_file_count = 0;
    fake_boot_providers(programs, sizeof programs / sizeof programs[0]);
    net_number_programs();
    net_start("smolnetd");
    objects_before = objects_in_use();
}

/* Connections in TIME_WAIT end by themselves; then nothing is left of anybody. */
void net_end(void)
{
    net_pass(300000);
    CU_ASSERT_EQUAL(objects_in_use(), objects_before);
}

static void test_nothing_works_without_the_daemon(void)
{
    net_begin();
    net_start("kill -9 1");
    CU_ASSERT_TRUE(fake_exited(1, 137));
    uint32_t client = net_start("nc -z 127.0.0.1 7");
    CU_ASSERT_TRUE(fake_exited(client, 1));
    CU_ASSERT_TRUE(fake_says("nc: "));
}

UNIT_SUITE("net_programs_schemes", UNIT_TEST(test_nc_talks_to_nc), UNIT_TEST(test_nc_is_refused),
           UNIT_TEST(test_nc_gives_up_waiting), UNIT_TEST(test_nc_speaks_udp),
           UNIT_TEST(test_socktest_finds_what_is_promised), UNIT_TEST(test_curl_fetches_from_httpd),
           UNIT_TEST(test_curl_tells_what_went_wrong),
           UNIT_TEST(test_nothing_works_without_the_daemon))
