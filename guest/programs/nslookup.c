/*
 * nslookup.c - nslookup NAME [SERVER]
 *
 * Asks for addresses of both kinds, see programs/resolver.h. Exit status: 0 there are some; 1 there
 * are none, or nobody has answered.
 */
#include "lib/errno.h"
#include "lib/ipv4_text.h"
#include "lib/ipv6_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/resolver.h"
#include "programs/user.h"

#define NSLOOKUP_EXIT_FAILED 1

static void nslookup_print(struct user_output *output, const char *name,
                           const struct resolver_answer *answer)
{
    char text[IPV4_TEXT_SIZE], text6[IPV6_TEXT_SIZE];
    if (answer->canonical[0] != '\0')
        user_print(output, "%s\tcanonical name = %s\n", name, answer->canonical);
    user_print(output, "Name:\t%s\n", answer->canonical[0] != '\0' ? answer->canonical : name);
    for (unsigned i = 0; i < answer->address_count; i++)
        user_print(output, "Address: %s\n", ipv4_format(answer->addresses[i], text));
    for (unsigned i = 0; i < answer->address6_count; i++)
        user_print(output, "Address: %s\n", ipv6_format(answer->addresses6[i], text6));
}

static int nslookup_fail(struct user_output *output, const char *name, enum resolver_status status,
                         const struct resolver_answer *answer)
{
    switch (status) {
    case RESOLVER_FOUND:
        return 0;
    case RESOLVER_NO_NAME:
        user_print(output, "** server can't find %s: NXDOMAIN\n", name);
        break;
    case RESOLVER_NO_ADDRESS:
        user_print(output, "*** Can't find %s: No answer\n", name);
        break;
    case RESOLVER_REFUSED:
        user_print(output, "** server can't find %s: SERVFAIL\n", name);
        break;
    case RESOLVER_TIMEOUT:
    case RESOLVER_TIME_IS_UP:
        user_print(output, ";; connection timed out; no servers could be reached\n");
        break;
    case RESOLVER_ERROR:
        user_print(output, ";; communications error: %s\n", errno_text(answer->error));
        break;
    }
    return NSLOOKUP_EXIT_FAILED;
}

int nslookup_main(int argc, char **argv)
{
    struct user_output output = {.used = 0};
    struct resolver_answer answer;
    char text[IPV4_TEXT_SIZE];
    uint32_t server = 0;
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        user_error("nslookup", "usage: nslookup NAME [SERVER]");
        return USER_EXIT_USAGE;
    }
    if (argc == 3 && !ipv4_parse(argv[2], &server)) {
        user_error("nslookup", "invalid address: '%s'", argv[2]);
        return USER_EXIT_USAGE;
    }
    enum resolver_status status = resolver_look_up(argv[1], server, UINT64_MAX, &answer);
    if (answer.server != 0)
        user_print(&output, "Server:\t\t%s\nAddress:\t%s#53\n\n", ipv4_format(answer.server, text),
                   text);
    if (status != RESOLVER_FOUND)
        return nslookup_fail(&output, argv[1], status, &answer);
    nslookup_print(&output, argv[1], &answer);
    return 0;
}
