/* resolver.c - names to addresses, by DNS */
#include "programs/resolver.h"

#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/resolver_stream.h"
#include "programs/user.h"

#define RESOLVER_DEFAULT_SERVER 0x0a000203 /* 10.0.2.3 */
#define RESOLVER_CONFIG         "/etc/net/dns"
#define RESOLVER_PORT           53
#define RESOLVER_TRIES          3
#define RESOLVER_TIMEOUT_NS     (2 * USER_NS_PER_S)
#define RESOLVER_MESSAGE_MAX    512 /* [RFC1035] 2.3.4 */
#define RESOLVER_HEADER_SIZE    12
#define RESOLVER_LABEL_MAX      63
#define RESOLVER_JUMPS_MAX      16 /* compressed names that point on */
#define RESOLVER_RECORDS_MAX    64
#define RESOLVER_CONTROL_SIZE   64

#define RESOLVER_TYPE_A        1
#define RESOLVER_TYPE_CNAME    5
#define RESOLVER_TYPE_AAAA     28
#define RESOLVER_CLASS_IN      1
#define RESOLVER_FLAG_RESPONSE 0x8000
#define RESOLVER_FLAG_CUT      0x0200 /* TC: there is more than fits into a datagram */
#define RESOLVER_FLAG_RECURSE  0x0100
#define RESOLVER_RCODE         0x000f
#define RESOLVER_NXDOMAIN      3

enum {
    RESOLVER_QUESTION_A,
    RESOLVER_QUESTION_AAAA,
    RESOLVER_QUESTIONS,
};

struct resolver_question {
    uint16_t id, type;
    bool answered, cut; /* cut: by UDP, so that it has to be asked by TCP */
    uint8_t message[RESOLVER_MESSAGE_MAX];
    size_t size;
};

struct resolver {
    int socket, event;
    unsigned rcode; /* of the answer that matters most */
    struct resolver_question questions[RESOLVER_QUESTIONS];
    struct resolver_answer *answer;
};

/* A message that is read. */
struct resolver_reader {
    const uint8_t *message;
    size_t size, at;
};

/* ---- questions ------------------------------------------------------------------------------- */

/* "www.example.org" as labels. False: it is no name. */
static bool resolver_put_name(struct resolver_question *question, const char *name)
{
    uint8_t *to = question->message + RESOLVER_HEADER_SIZE;
    size_t used = 0, length = kstrlen(name);
    if (length > 0 && name[length - 1] == '.')
        length--;
    if (length == 0 || length > RESOLVER_NAME_MAX - 2)
        return false;
    for (size_t begin = 0; begin <= length;) {
        size_t end = begin;
        while (end < length && name[end] != '.')
            end++;
        if (end == begin || end - begin > RESOLVER_LABEL_MAX)
            return false;
        to[used++] = (uint8_t)(end - begin);
        memcpy(to + used, name + begin, end - begin);
        used += end - begin;
        begin = end + 1;
    }
    to[used++] = 0;
    store_be16(to + used, question->type);
    store_be16(to + used + 2, RESOLVER_CLASS_IN);
    question->size = RESOLVER_HEADER_SIZE + used + 4;
    return true;
}

static bool resolver_build(struct resolver_question *question, const char *name, uint16_t type)
{
    question->type = type;
    question->answered = question->cut = false;
    if (user_random(&question->id, sizeof question->id) != sizeof question->id)
        return false;
    memset(question->message, 0, RESOLVER_HEADER_SIZE);
    store_be16(question->message, question->id);
    store_be16(question->message + 2, RESOLVER_FLAG_RECURSE);
    store_be16(question->message + 4, 1);
    return resolver_put_name(question, name);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* A name, which may end in a pointer [RFC1035] 4.1.4; as text, when `text` is not NULL. */
static bool resolver_read_name(struct resolver_reader *reader, char *text, size_t text_size)
{
    size_t at = reader->at, used = 0;
    bool jumped = false;
    for (unsigned jumps = 0; jumps <= RESOLVER_JUMPS_MAX;) {
        if (at >= reader->size)
            return false;
        size_t length = reader->message[at];
        if ((length & 0xc0) == 0xc0) {
            if (at + 2 > reader->size)
                return false;
            if (!jumped)
                reader->at = at + 2;
            jumped = true;
            at = load_be16(reader->message + at) & 0x3fff;
            jumps++;
            continue;
        }
        if (length > RESOLVER_LABEL_MAX || at + 1 + length > reader->size)
            return false;
        if (text != NULL && used + length + 2 > text_size)
            return false;
        if (length == 0) {
            if (!jumped)
                reader->at = at + 1;
            if (text != NULL)
                text[used] = '\0';
            return true;
        }
        if (text != NULL && used > 0)
            text[used++] = '.';
        if (text != NULL)
            memcpy(text + used, reader->message + at + 1, length);
        used += length;
        at += 1 + length;
    }
    return false;
}

static void resolver_take_record(struct resolver_answer *answer, uint16_t type,
                                 const struct resolver_reader *data, size_t size)
{
    struct resolver_reader name = *data;
    const uint8_t *bytes = data->message + data->at;
    if (type == RESOLVER_TYPE_A && size == 4 && answer->address_count < RESOLVER_ADDRESSES_MAX)
        answer->addresses[answer->address_count++] = load_be32(bytes);
    if (type == RESOLVER_TYPE_AAAA && size == 16 && answer->address6_count < RESOLVER_ADDRESSES_MAX)
        memcpy(answer->addresses6[answer->address6_count++], bytes, size);
    if (type == RESOLVER_TYPE_CNAME)
        (void)resolver_read_name(&name, answer->canonical, sizeof answer->canonical);
}

/* The records of the answer: owner, type, class, time to live, size, data. */
static bool resolver_read_records(struct resolver_reader *reader, unsigned count,
                                  struct resolver_answer *answer)
{
    if (count > RESOLVER_RECORDS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!resolver_read_name(reader, NULL, 0) || reader->at + 10 > reader->size)
            return false;
        uint16_t type = load_be16(reader->message + reader->at);
        size_t size = load_be16(reader->message + reader->at + 8);
        reader->at += 10;
        if (reader->at + size > reader->size)
            return false;
        resolver_take_record(answer, type, reader, size);
        reader->at += size;
    }
    return true;
}

/* An answer repeats its question; names have no case, but ours comes back as it went. */
static struct resolver_question *resolver_match(struct resolver *resolver, const uint8_t *message,
                                                size_t size)
{
    for (unsigned i = 0; i < RESOLVER_QUESTIONS; i++) {
        struct resolver_question *question = &resolver->questions[i];
        if (!question->answered && size >= question->size &&
            load_be16(message) == load_be16(question->message) &&
            (load_be16(message + 2) & RESOLVER_FLAG_RESPONSE) != 0 &&
            kmemeq(message + RESOLVER_HEADER_SIZE, question->message + RESOLVER_HEADER_SIZE,
                   question->size - RESOLVER_HEADER_SIZE))
            return question;
    }
    return NULL;
}

/* What was cut short by UDP is not looked at; by TCP nothing is. */
static void resolver_take_message(struct resolver *resolver, const uint8_t *message, size_t size,
                                  bool by_tcp)
{
    struct resolver_question *question =
        size >= RESOLVER_HEADER_SIZE ? resolver_match(resolver, message, size) : NULL;
    if (question == NULL)
        return;
    struct resolver_reader reader = {message, size, question->size};
    unsigned flags = load_be16(message + 2);
    if (!by_tcp && (flags & RESOLVER_FLAG_CUT) != 0) {
        question->cut = true;
        return;
    }
    question->answered = true;
    unsigned rcode = flags & RESOLVER_RCODE;
    if (rcode != 0)
        resolver->rcode = rcode;
    else
        (void)resolver_read_records(&reader, load_be16(message + 6), resolver->answer);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Control messages that lead nowhere are a sign that none of this can be believed. */
static bool resolver_control_makes_sense(const uint8_t *control, size_t size)
{
    struct cmsghdr header;
    for (size_t at = 0; at + sizeof header <= size; at += CMSG_ALIGN(header.cmsg_len)) {
        memcpy(&header, control + at, sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > size - at ||
            header.cmsg_level != IPPROTO_IP || header.cmsg_type != IP_TTL)
            return false;
    }
    return true;
}

/* One datagram. 0, or why there is none. */
static long resolver_receive(struct resolver *resolver)
{
    uint8_t message[RESOLVER_MESSAGE_MAX], control[RESOLVER_CONTROL_SIZE];
    struct sockaddr_in from = {0};
    struct iovec part = {message, sizeof message};
    struct msghdr header = {
        .msg_name = &from,
        .msg_namelen = sizeof from,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    memset(control, 0xaa, sizeof control);
    long size = user_recvmsg(resolver->socket, &header, 0);
    if (size < 0)
        return size;
    if (header.msg_namelen == sizeof from && from.sin_port == host_to_net16(RESOLVER_PORT) &&
        from.sin_addr == host_to_net32(resolver->answer->server) &&
        resolver_control_makes_sense(control, header.msg_controllen))
        resolver_take_message(resolver, message, (size_t)size, false);
    return 0;
}

/* Nothing more is to come by UDP. */
static bool resolver_is_done(const struct resolver *resolver)
{
    bool done = true;
    for (unsigned i = 0; i < RESOLVER_QUESTIONS; i++)
        done = done && (resolver->questions[i].answered || resolver->questions[i].cut);
    return done;
}

static unsigned resolver_count_cut(const struct resolver *resolver)
{
    unsigned count = 0;
    for (unsigned i = 0; i < RESOLVER_QUESTIONS; i++)
        count += resolver->questions[i].cut && !resolver->questions[i].answered;
    return count;
}

/* Whatever is there: 0; or what went wrong, such as a port that is closed. */
static long resolver_drain(struct resolver *resolver)
{
    long error = 0;
    while (error == 0 && !resolver_is_done(resolver))
        error = resolver_receive(resolver);
    return error == -KEAGAIN ? 0 : error;
}

/* Until both are answered or cut: 0. -KETIMEDOUT: at `until_ns` they are not. */
static long resolver_wait(struct resolver *resolver, uint64_t until_ns)
{
    while (!resolver_is_done(resolver)) {
        struct pollfd entries[] = {{resolver->socket, POLLIN, 0}, {resolver->event, POLLIN, 0}};
        uint64_t now_ns = user_now_ns();
        if (now_ns >= until_ns)
            return -KETIMEDOUT;
        long ready = user_poll(entries, 2, until_ns - now_ns);
        if (ready < 0 && ready != -KEINTR)
            return ready;
        long error = ready > 0 && entries[0].revents != 0 ? resolver_drain(resolver) : 0;
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- by TCP ---------------------------------------------------------------------------------- */

static long resolver_exchange(struct resolver *resolver, int socket, uint64_t until_ns)
{
    uint8_t message[RESOLVER_STREAM_MAX];
    long error = 0;
    for (unsigned i = 0; error == 0 && i < RESOLVER_QUESTIONS; i++) {
        const struct resolver_question *question = &resolver->questions[i];
        if (question->cut && !question->answered)
            error = resolver_stream_send(socket, question->message, question->size, until_ns);
    }
    while (error == 0 && resolver_count_cut(resolver) > 0) {
        long size = resolver_stream_receive(socket, message, until_ns);
        if (size >= 0)
            resolver_take_message(resolver, message, (size_t)size, true);
        else
            error = size;
    }
    return error;
}

/* What was cut is asked once more, all of it by one connection. 0, or why there is no answer. */
static long resolver_ask_by_tcp(struct resolver *resolver, uint64_t until_ns)
{
    int socket = -1;
    if (resolver_count_cut(resolver) == 0)
        return 0;
    long error = resolver_stream_open(resolver->answer->server, until_ns, &socket);
    if (error != 0)
        return error;
    error = resolver_exchange(resolver, socket, until_ns);
    (void)user_close(socket);
    return error;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static long resolver_send(struct resolver *resolver)
{
    for (unsigned i = 0; i < RESOLVER_QUESTIONS; i++) {
        const struct resolver_question *question = &resolver->questions[i];
        if (question->answered || question->cut)
            continue;
        long result = user_send(resolver->socket, question->message, question->size, MSG_NOSIGNAL);
        if (result < 0)
            return result;
    }
    return 0;
}

static enum resolver_status resolver_judge(const struct resolver *resolver)
{
    const struct resolver_answer *answer = resolver->answer;
    if (answer->address_count > 0 || answer->address6_count > 0)
        return RESOLVER_FOUND;
    if (resolver->rcode == RESOLVER_NXDOMAIN)
        return RESOLVER_NO_NAME;
    return resolver->rcode != 0 ? RESOLVER_REFUSED : RESOLVER_NO_ADDRESS;
}

static enum resolver_status resolver_ask(struct resolver *resolver, uint64_t deadline_ns)
{
    for (unsigned i = 0; i < RESOLVER_TRIES; i++) {
        uint64_t until_ns = user_now_ns() + RESOLVER_TIMEOUT_NS;
        long error = resolver_send(resolver);
        until_ns = until_ns < deadline_ns ? until_ns : deadline_ns;
        if (error == 0)
            error = resolver_wait(resolver, until_ns);
        if (error == 0)
            error = resolver_ask_by_tcp(resolver, until_ns);
        if (error == 0)
            return resolver_judge(resolver);
        if (error != -KETIMEDOUT) {
            resolver->answer->error = error;
            return resolver->answer->address_count > 0 ? RESOLVER_FOUND : RESOLVER_ERROR;
        }
        if (user_now_ns() >= deadline_ns)
            return RESOLVER_TIME_IS_UP;
    }
    /* An address is enough, though nobody said whether there are others. */
    return resolver->answer->address_count > 0 ? RESOLVER_FOUND : RESOLVER_TIMEOUT;
}

static uint32_t resolver_server(void)
{
    char text[64];
    uint32_t address;
    size_t length = 0;
    long file = user_open(RESOLVER_CONFIG, O_RDONLY);
    if (file < 0)
        return RESOLVER_DEFAULT_SERVER;
    long size = user_read((int)file, text, sizeof text - 1);
    (void)user_close((int)file);
    while (size > 0 && length < (size_t)size &&
           (text[length] == '.' || (text[length] >= '0' && text[length] <= '9')))
        length++;
    text[length] = '\0';
    return ipv4_parse(text, &address) ? address : RESOLVER_DEFAULT_SERVER;
}

/* Both descriptors, connected to the server. 0, or the error. */
static long resolver_open(struct resolver *resolver)
{
    int32_t on = 1;
    struct sockaddr_in server = user_endpoint(resolver->answer->server, RESOLVER_PORT);
    resolver->event = (int)user_eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (resolver->event < 0)
        return resolver->event;
    resolver->socket =
        (int)user_socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (resolver->socket < 0) {
        (void)user_close(resolver->event);
        return resolver->socket;
    }
    /* Wanted, not needed: who cannot do it says so. */
    (void)user_setsockopt(resolver->socket, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
    long error = user_connect(resolver->socket, &server);
    if (error != 0) {
        (void)user_close(resolver->socket);
        (void)user_close(resolver->event);
    }
    return error;
}

enum resolver_status resolver_look_up(const char *name, uint32_t server, uint64_t deadline_ns,
                                      struct resolver_answer *answer)
{
    struct resolver resolver = {.answer = answer};
    memset(answer, 0, sizeof(*answer));
    if (ipv4_parse(name, &answer->addresses[0])) {
        answer->address_count = 1;
        return RESOLVER_FOUND;
    }
    if (!resolver_build(&resolver.questions[RESOLVER_QUESTION_A], name, RESOLVER_TYPE_A) ||
        !resolver_build(&resolver.questions[RESOLVER_QUESTION_AAAA], name, RESOLVER_TYPE_AAAA))
        return RESOLVER_NO_NAME;
    answer->server = server != 0 ? server : resolver_server();
    answer->error = resolver_open(&resolver);
    if (answer->error != 0)
        return RESOLVER_ERROR;
    enum resolver_status status = resolver_ask(&resolver, deadline_ns);
    (void)user_close(resolver.socket);
    (void)user_close(resolver.event);
    return status;
}
