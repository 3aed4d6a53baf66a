/*
 * arping.c - arping [-w read|events] [-i SCHEME] [-s SOURCE] ADDRESS
 *
 * Asks who has an address, once, and prints who answers: by frames that it reads from the scheme of
 * a network card and writes to it, without any stack. SCHEME is the first whose name begins with
 * "network."; SOURCE, which the question comes from, 10.0.2.15. It waits for ever: in a read, or
 * for events of a file that it opens with O_NONBLOCK. Exit status: 0, 1 the card cannot be reached,
 * 2 the command line is wrong.
 */
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define ARPING_EXIT_FAILED 1
#define ARPING_FRAME_MAX   1514
#define ARPING_FRAME_SIZE  42
#define ARPING_NAMES_MAX   1024
#define ARPING_PATH_MAX    (SCHEME_NAME_MAX + 16)

/* Where things stand in a frame, [RFC826]. */
enum {
    ARPING_TO = 0,
    ARPING_FROM = 6,
    ARPING_TYPE = 12,
    ARPING_FORMAT = 14, /* hardware, protocol, their lengths, operation */
    ARPING_SENDER_MAC = 22,
    ARPING_SENDER = 28,
    ARPING_TARGET_MAC = 32,
    ARPING_TARGET = 38,
};
static const uint8_t arping_request[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}; /* from the type on */
static const uint8_t arping_reply[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};

struct arping {
    bool by_events;
    uint8_t mac[6];
    uint32_t source, target;
    int card, queue;
};

/* ---- frames ---------------------------------------------------------------------------------- */

static void arping_put_address(uint8_t *at, uint32_t address)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(address >> (24 - 8 * i));
}

static bool arping_has_address(const uint8_t *at, uint32_t address)
{
    uint8_t expected[4];
    arping_put_address(expected, address);
    return memcmp(at, expected, sizeof expected) == 0;
}

static void arping_make_request(const struct arping *arping, uint8_t frame[ARPING_FRAME_SIZE])
{
    memset(frame, 0, ARPING_FRAME_SIZE);
    memset(frame + ARPING_TO, 0xff, 6);
    memcpy(frame + ARPING_FROM, arping->mac, 6);
    memcpy(frame + ARPING_TYPE, arping_request, sizeof arping_request);
    memcpy(frame + ARPING_SENDER_MAC, arping->mac, 6);
    arping_put_address(frame + ARPING_SENDER, arping->source);
    arping_put_address(frame + ARPING_TARGET, arping->target);
}

static bool arping_is_reply(const struct arping *arping, const uint8_t *frame, long size)
{
    return size >= ARPING_FRAME_SIZE &&
           memcmp(frame + ARPING_TYPE, arping_reply, sizeof arping_reply) == 0 &&
           arping_has_address(frame + ARPING_SENDER, arping->target) &&
           memcmp(frame + ARPING_TARGET_MAC, arping->mac, 6) == 0;
}

/* ---- the card -------------------------------------------------------------------------------- */

/* The first name that is one of a card. */
static bool arping_choose(char name[SCHEME_NAME_MAX])
{
    char names[ARPING_NAMES_MAX];
    long root = user_open(SCHEME_ROOT, O_RDONLY);
    long size = root < 0 ? root : user_read((int)root, names, sizeof names - 1);
    if (root >= 0)
        (void)user_close((int)root);
    names[size > 0 ? size : 0] = '\0';
    for (const char *line = names; *line != '\0';) {
        size_t length = 0;
        while (line[length] != '\0' && line[length] != '\n')
            length++;
        if (kstr_has_prefix(line, "network.") && length < SCHEME_NAME_MAX) {
            memcpy(name, line, length);
            name[length] = '\0';
            return true;
        }
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    user_error("arping", "no scheme of a network card");
    return false;
}

static long arping_open_file(const char *scheme, const char *rest, int flags)
{
    char path[ARPING_PATH_MAX];
    (void)ksnprintf(path, sizeof path, SCHEME_ROOT "%s/%s", scheme, rest);
    return user_open(path, flags);
}

static long arping_read_mac(struct arping *arping, const char *scheme)
{
    long file = arping_open_file(scheme, "mac", O_RDONLY);
    if (file < 0)
        return file;
    long size = user_read((int)file, arping->mac, sizeof arping->mac);
    (void)user_close((int)file);
    return size == sizeof arping->mac ? 0 : -KEIO;
}

static long arping_open(struct arping *arping, const char *scheme)
{
    long error = arping_read_mac(arping, scheme);
    if (error != 0)
        return error;
    long card = arping_open_file(scheme, "", O_RDWR | (arping->by_events ? O_NONBLOCK : 0));
    arping->card = (int)card;
    if (card < 0 || !arping->by_events)
        return card < 0 ? card : 0;
    long queue = user_open(SCHEME_ROOT "event", O_RDWR);
    arping->queue = (int)queue;
    return queue < 0 ? queue : sys_watch((int)queue, (int)card, EVENT_READ, 0);
}

/* The next frame; by events, whatever it takes until there is one. */
static long arping_read(const struct arping *arping, uint8_t frame[ARPING_FRAME_MAX])
{
    struct event_entry event;
    long size;
    while ((size = user_read(arping->card, frame, ARPING_FRAME_MAX)) == -KEAGAIN) {
        size = user_read(arping->queue, &event, sizeof event);
        if (size < 0)
            break;
    }
    return size;
}

static long arping_ask(const struct arping *arping)
{
    uint8_t frame[ARPING_FRAME_MAX];
    char address[IPV4_TEXT_SIZE];
    struct user_output output = {.used = 0};
    arping_make_request(arping, frame);
    long size = user_write(arping->card, frame, ARPING_FRAME_SIZE);
    if (size < 0)
        return size;
    do {
        size = arping_read(arping, frame);
        if (size < 0)
            return size;
    } while (!arping_is_reply(arping, frame, size));
    const uint8_t *mac = frame + ARPING_SENDER_MAC;
    ipv4_format(arping->target, address);
    user_print(&output, "%s is at %02x:%02x:%02x:%02x:%02x:%02x\n", address, mac[0], mac[1], mac[2],
               mac[3], mac[4], mac[5]);
    return 0;
}

int arping_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "i:s:w:"};
    struct arping arping = {.source = 10u << 24 | 2u << 8 | 15u};
    char chosen[SCHEME_NAME_MAX];
    const char *scheme = NULL;
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option == 'i')
            scheme = options.value;
        else if (option == 'w' &&
                 (kstreq(options.value, "events") || kstreq(options.value, "read")))
            arping.by_events = kstreq(options.value, "events");
        else if (option != 's' || !ipv4_parse(options.value, &arping.source))
            return USER_EXIT_USAGE;
    }
    if (options.operand_count != 1 || !ipv4_parse(options.operands[0], &arping.target)) {
        user_error("arping", "usage: arping [-w read|events] [-i SCHEME] [-s SOURCE] ADDRESS");
        return USER_EXIT_USAGE;
    }
    if (scheme == NULL && !arping_choose(chosen))
        return ARPING_EXIT_FAILED;
    scheme = scheme == NULL ? chosen : scheme;
    long error = arping_open(&arping, scheme);
    if (error == 0)
        error = arping_ask(&arping);
    if (error != 0)
        user_error("arping", "%s: %s", scheme, errno_name(error));
    return error != 0 ? ARPING_EXIT_FAILED : 0;
}
