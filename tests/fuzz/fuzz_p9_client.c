/*
 * fuzz_p9_client.c - files of a share, as the reference guest has them, on a hostile server
 *
 *     options[1] (step[1] operands)...    and, with each message, in between: kind[1] operands
 *
 * Channel and client are the guest's, the device is the mock of their unit tests, and the server is
 * played here, by the input: it answers as it should, with an error, with something that is no
 * answer, later, or not at all. Whatever it does:
 *   - each call comes to an end, after no more messages than its bytes can need;
 *   - what it gives is an error, or a count that fits; what is listed are records;
 *   - a message names a fid only when the client may believe that there is one, and makes none of
 *     which it has to know that it may be there already;
 *   - when all is over, all memory has come back.
 */
#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/mock_device.h"
#include "drivers/p9_files.h"
#include "drivers/virtio_mmio.h"
#include "kernel/dirent.h"
#include "lib/errno.h"
#include "tests/fuzz/fuzz.h"

#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_QUEUE        8 /* entries: four requests, so that they run out */
#define FUZZ_STEPS_MAX    96
#define FUZZ_FILES        4
#define FUZZ_SIZE_MAX     600 /* bytes of a call */
#define FUZZ_MESSAGES_MAX 64  /* of a call that carries none */
#define FUZZ_REPLY_MAX    16384
#define FUZZ_LATE_MAX     16
#define FUZZ_FIDS         P9_FIDS_MAX
#define FUZZ_NS_PER_S     UINT64_C(1000000000)
#define FUZZ_TIMEOUT_NS   (30 * FUZZ_NS_PER_S)

/* Of an answer. */
enum fuzz_kind {
    FUZZ_HONEST,
    FUZZ_ERROR, /* any number */
    FUZZ_NONE,
    FUZZ_CUT,  /* all but its last bytes, */
    FUZZ_LONG, /* or more of them */
    FUZZ_TAG,  /* of another message */
    FUZZ_SIZE, /* another than it has */
    FUZZ_TYPE, /* another one, but no error */
    FUZZ_USED, /* the device says that it wrote more than there is room */
    FUZZ_BODY, /* any, behind a right header */
    FUZZ_KINDS,
};

/* What the program does. */
enum fuzz_step {
    FUZZ_OPEN,
    FUZZ_CLOSE,
    FUZZ_READ,
    FUZZ_WRITE,
    FUZZ_LIST,
    FUZZ_READLINK,
    FUZZ_STAT,
    FUZZ_STATFS,
    FUZZ_CHANGE,
    FUZZ_SYNC,
    FUZZ_REMOVE,
    FUZZ_MKDIR,
    FUZZ_RENAME,
    FUZZ_LINK,
    FUZZ_SYMLINK,
    FUZZ_BREAK,
    FUZZ_LATE,
    FUZZ_STEPS,
};

struct fuzz_message {
    uint8_t type;
    uint16_t tag;
    uint32_t fid, newfid; /* as far as it has them */
    unsigned names;       /* of Twalk */
    uint32_t count;       /* of those that ask for bytes, or bring them */
};

static struct {
    struct fuzz_input input;
    size_t messages, most; /* of the call at hand */
    bool may_name[FUZZ_FIDS], may_be_there[FUZZ_FIDS];
    uint16_t late[FUZZ_LATE_MAX]; /* chains that were not answered */
    unsigned late_count;
    uint8_t reply[FUZZ_REPLY_MAX];
    size_t size;
    struct virtio_mmio mmio;
    struct virtio_9p channel;
    struct p9_client client;
    struct p9_profile profile;
    struct p9_file files[FUZZ_FILES];
    bool is_open[FUZZ_FILES];
} fuzz;

/* ---- messages -------------------------------------------------------------------------------- */

static void *fuzz_pointer(uint64_t physical)
{
    return (void *)(uintptr_t)(physical - fake_hal_offset);
}

static uint32_t fuzz_load(const uint8_t *bytes, size_t at, size_t size, size_t end)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size && at + i < end; i++) {
        value |= (uint32_t)bytes[at + i] << 8 * i;
    }
    return value;
}

/* A client counts its fids from 0, with its session above that. */
static unsigned fuzz_place(uint32_t fid)
{
    return fid % FUZZ_FIDS;
}

static struct fuzz_message fuzz_read(const uint8_t *bytes, size_t size)
{
    FUZZ_CHECK(size >= P9_HEADER_SIZE && fuzz_load(bytes, 0, 4, size) == size);
    struct fuzz_message message = {
        .type = bytes[4],
        .tag = (uint16_t)fuzz_load(bytes, 5, 2, size),
        .fid = fuzz_load(bytes, 7, 4, size),
        .newfid = fuzz_load(bytes, 11, 4, size),
        .names = fuzz_load(bytes, 15, 2, size),
        .count = fuzz_load(bytes, 19, 4, size),
    };
    return message;
}

static void fuzz_check_fids(const struct fuzz_message *message)
{
    switch (message->type) {
    case P9_TVERSION:
        memset(fuzz.may_name, 0, sizeof fuzz.may_name);
        memset(fuzz.may_be_there, 0, sizeof fuzz.may_be_there);
        return;
    case P9_TATTACH:
    case P9_TFLUSH:
        return;
    case P9_TWALK:
        FUZZ_CHECK(!fuzz.may_be_there[fuzz_place(message->newfid)]);
        break;
    default:
        break;
    }
    FUZZ_CHECK(fuzz.may_name[fuzz_place(message->fid)]);
}

/* What becomes of the fids of a message, by how it is answered. */
static void fuzz_follow(const struct fuzz_message *message, enum fuzz_kind kind, bool is_done)
{
    bool is_believed = kind == FUZZ_HONEST || kind == FUZZ_BODY;
    unsigned place = fuzz_place(message->type == P9_TWALK ? message->newfid : message->fid);
    if (message->type == P9_TATTACH || message->type == P9_TWALK) {
        fuzz.may_name[place] = is_done && is_believed;
        fuzz.may_be_there[place] = is_done && kind != FUZZ_BODY;
    } else if (message->type == P9_TCLUNK) {
        fuzz.may_name[place] = false;
        fuzz.may_be_there[place] = !is_believed && kind != FUZZ_ERROR;
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void fuzz_put(uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        fuzz.reply[fuzz.size++] = (uint8_t)(value >> 8 * i);
    }
}

static void fuzz_put_input(size_t size)
{
    size_t got;
    const uint8_t *bytes = fuzz_take(&fuzz.input, size, &got);
    memset(fuzz.reply + fuzz.size, 'x', size);
    if (got > 0) {
        memcpy(fuzz.reply + fuzz.size, bytes, got);
    }
    fuzz.size += size;
}

static void fuzz_put_qid(void)
{
    static const uint8_t types[] = {P9_QID_DIRECTORY, P9_QID_FILE, P9_QID_SYMLINK, 0xff};
    fuzz_put(types[fuzz_u8(&fuzz.input) % sizeof types], 1);
    fuzz_put(0, 4);
    fuzz_put(7, 8);
}

/* Entries that fit into what was asked for. */
static void fuzz_put_entries(uint32_t asked)
{
    size_t head = fuzz.size;
    unsigned count = fuzz_u8(&fuzz.input) % 8;
    fuzz.size += 4;
    for (unsigned i = 0; i < count; i++) {
        uint64_t next = fuzz_u8(&fuzz.input);
        unsigned length = fuzz_u8(&fuzz.input);
        if (fuzz.size - head - 4 + P9_DIRENT_HEAD + length > asked) {
            break;
        }
        fuzz_put_qid();
        fuzz_put(next, 8);
        fuzz_put(8, 1);
        fuzz_put(length, 2);
        fuzz_put_input(length);
    }
    size_t end = fuzz.size;
    fuzz.size = head;
    fuzz_put(end - head - 4, 4);
    fuzz.size = end;
}

/* Walks to the end unless the input says how far; whether it got there. */
static bool fuzz_put_walk(const struct fuzz_message *message)
{
    unsigned stops = fuzz_u8(&fuzz.input);
    unsigned walked = stops == 0 || stops > message->names ? message->names : stops - 1;
    fuzz_put(walked, 2);
    for (unsigned i = 0; i < walked; i++) {
        fuzz_put_qid();
    }
    return walked == message->names;
}

/* Of bytes, when so many were asked for, or sent: fewer; or more, which no client may believe. */
static uint32_t fuzz_count(uint32_t asked)
{
    int fewer = (int8_t)fuzz_u8(&fuzz.input);
    return fewer > 0 && (uint32_t)fewer > asked ? 0 : asked - (uint32_t)fewer;
}

/* As it should be. Whether the message did what it says. */
static bool fuzz_put_body(const struct fuzz_message *message)
{
    uint32_t count;
    switch (message->type) {
    case P9_TVERSION:
        fuzz_put(P9_MSIZE_MIN, 4);
        fuzz_put(sizeof P9_VERSION - 1, 2);
        memcpy(fuzz.reply + fuzz.size, P9_VERSION, sizeof P9_VERSION - 1);
        fuzz.size += sizeof P9_VERSION - 1;
        break;
    case P9_TWALK:
        return fuzz_put_walk(message);
    case P9_TLOPEN:
    case P9_TLCREATE:
        fuzz_put_qid();
        fuzz_put(fuzz_u16(&fuzz.input), 4);
        break;
    case P9_TATTACH:
    case P9_TMKDIR:
    case P9_TSYMLINK:
        fuzz_put_qid();
        break;
    case P9_TREAD:
    case P9_TWRITE:
        count = fuzz_count(message->count);
        fuzz_put(count, 4);
        fuzz_put_input(message->type == P9_TREAD ? count : 0);
        break;
    case P9_TREADDIR:
        fuzz_put_entries(message->count);
        break;
    case P9_TGETATTR:
        fuzz_put_input(153);
        break;
    case P9_TSTATFS:
        fuzz_put_input(60);
        break;
    case P9_TREADLINK:
        count = fuzz_u16(&fuzz.input) % 2048;
        fuzz_put(count, 2);
        fuzz_put_input(count);
        break;
    default:
        break;
    }
    return true;
}

/* How many bytes the device says that it wrote. */
static size_t fuzz_answer(const struct fuzz_message *message, enum fuzz_kind kind)
{
    unsigned by = 1 + fuzz_u8(&fuzz.input) % 3;
    bool is_done = kind != FUZZ_ERROR;
    fuzz.size = 4;
    fuzz_put(kind == FUZZ_ERROR ? P9_RLERROR : message->type + (kind == FUZZ_TYPE ? 1u + by : 1u),
             1);
    fuzz_put(message->tag ^ (kind == FUZZ_TAG ? by : 0), 2);
    if (kind == FUZZ_ERROR) {
        uint32_t number = fuzz_u16(&fuzz.input);
        fuzz_put(number, 4);
        fuzz_put_input(by - 1);
        is_done =
            number == 0 || number > KERRNO_MAX || by > 1; /* it makes no sense, so who knows */
        kind = is_done ? FUZZ_TYPE : FUZZ_ERROR;
    } else if (kind == FUZZ_BODY) {
        fuzz_put_input(fuzz_u8(&fuzz.input));
    } else {
        is_done = fuzz_put_body(message);
    }
    if (kind == FUZZ_CUT) {
        fuzz.size -= by;
    } else if (kind == FUZZ_LONG) {
        fuzz.size += by;
    }
    size_t size = fuzz.size;
    fuzz.size = 0;
    fuzz_put(size + (kind == FUZZ_SIZE ? by : 0), 4);
    fuzz_follow(message, kind, is_done);
    return size;
}

/* A chain whose message nobody has answered. */
static void fuzz_complete(uint16_t head, size_t size, enum fuzz_kind kind)
{
    const struct vring_desc *part = mock_part(MOCK_SHARE, head, 1);
    FUZZ_CHECK((part->flags & VRING_DESC_F_WRITE) != 0 && size <= sizeof fuzz.reply);
    size = size < part->len ? size : part->len;
    memcpy(fuzz_pointer(part->addr), fuzz.reply, size);
    mock_complete(MOCK_SHARE, head, (uint32_t)size + (kind == FUZZ_USED ? part->len : 0));
    mock_device.interrupts |= 1;
}

static bool fuzz_serve(void)
{
    bool any = false;
    while (mock_avail_count(MOCK_SHARE) > 0) {
        uint16_t head = mock_take(MOCK_SHARE);
        const struct vring_desc *part = mock_part(MOCK_SHARE, head, 0);
        struct fuzz_message message = fuzz_read(fuzz_pointer(part->addr), part->len);
        enum fuzz_kind kind = (enum fuzz_kind)(fuzz_u8(&fuzz.input) % FUZZ_KINDS);
        FUZZ_CHECK(++fuzz.messages <= fuzz.most);
        fuzz_check_fids(&message);
        if (kind == FUZZ_NONE && fuzz.late_count < FUZZ_LATE_MAX) {
            fuzz.late[fuzz.late_count++] = head;
            fuzz_follow(&message, kind, true);
            continue;
        }
        kind = kind == FUZZ_NONE ? FUZZ_HONEST : kind;
        size_t size = fuzz_answer(&message, kind);
        fuzz_complete(head, size, kind);
        any = true;
    }
    return any;
}

static void fuzz_sleep(void)
{
    if (fuzz_serve()) {
        fake_kernel.handler(fake_kernel.handler_arg);
    } else {
        fake_kernel.now_ns = fake_kernel.slept_until_ns - FUZZ_NS_PER_S;
    }
}

/* What was not answered is, now that nobody waits for it. */
static void fuzz_answer_late(void)
{
    if (fuzz.late_count > 0 && mock_device.queues[MOCK_SHARE].ready != 0) {
        fuzz.size = 0;
        fuzz_put_input(P9_HEADER_SIZE);
        fuzz_complete(fuzz.late[--fuzz.late_count], fuzz.size, FUZZ_HONEST);
    }
}

/* ---- the program ----------------------------------------------------------------------------- */

static const char *fuzz_path(void)
{
    static const char *const paths[] = {
        "", "a", "d/a", "d/e/f", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r",
    };
    return paths[fuzz_u8(&fuzz.input) % (sizeof paths / sizeof paths[0])];
}

static void fuzz_open(unsigned index)
{
    static const int flags[] = {
        O_RDONLY,
        O_WRONLY,
        O_RDWR,
        O_PATH,
        O_RDWR | O_CREAT,
        O_WRONLY | O_CREAT | O_EXCL,
        O_WRONLY | O_TRUNC,
        O_RDONLY | O_DIRECTORY,
        O_RDWR | O_APPEND,
        O_PATH | O_NOFOLLOW,
    };
    const char *path = fuzz_path();
    int how = flags[fuzz_u8(&fuzz.input) % (sizeof flags / sizeof flags[0])];
    if (!fuzz.is_open[index]) {
        int error = p9_file_open(&fuzz.client, &fuzz.profile, path, how, 0644, &fuzz.files[index]);
        fuzz.is_open[index] = error == 0;
        FUZZ_CHECK(error <= 0 && error >= -KERRNO_MAX);
    }
}

/* Whatever was listed can be read on, from the first record to the last. */
static void fuzz_check_records(const uint8_t *buffer, long size)
{
    struct kernel_dirent64 record;
    size_t at = 0;
    while (size > 0 && at < (size_t)size) {
        FUZZ_CHECK(dirent_next(buffer, (size_t)size, &at, &record) != NULL);
    }
}

/*
 * Bytes, in memory of exactly that size. Each may be a message of its own, when the server says so;
 * and there is one about the end of the file, and a Tflush.
 */
static void fuzz_transfer(enum fuzz_step step, const struct p9_file *file)
{
    uint64_t offset = fuzz_u8(&fuzz.input);
    size_t size = fuzz_u16(&fuzz.input) % FUZZ_SIZE_MAX;
    uint8_t *buffer = calloc(1, size > 0 ? size : 1);
    FUZZ_CHECK(buffer != NULL);
    fuzz.messages = 0;
    fuzz.most = 2 + (step == FUZZ_LIST ? P9_NAMELESS_MAX : size);
    long result = step == FUZZ_READ    ? p9_file_read(file, offset, buffer, size)
                  : step == FUZZ_WRITE ? p9_file_write(file, &offset, buffer, size)
                  : step == FUZZ_LIST  ? p9_file_list(file, &offset, buffer, size)
                                       : p9_file_readlink(file, (char *)buffer, size);
    FUZZ_CHECK(result >= -KERRNO_MAX && result <= (long)size);
    if (step == FUZZ_LIST) {
        fuzz_check_records(buffer, result);
    }
    free(buffer);
}

static void fuzz_use(enum fuzz_step step, unsigned index)
{
    struct p9_file *file = &fuzz.files[index];
    struct file_change change = {.valid = fuzz_u8(&fuzz.input)};
    struct kernel_statfs statfs;
    struct kernel_stat stat;
    int error = 0;
    if (!fuzz.is_open[index]) {
        return;
    }
    if (step == FUZZ_CLOSE) {
        p9_file_close(file);
        fuzz.is_open[index] = false;
    } else if (step == FUZZ_STAT) {
        error = p9_file_stat(file, &stat);
    } else if (step == FUZZ_STATFS) {
        error = p9_file_statfs(file, &statfs);
    } else if (step == FUZZ_CHANGE) {
        error = p9_file_setattr(file, &change);
    } else if (step == FUZZ_SYNC) {
        error = p9_file_sync(file);
    } else {
        fuzz_transfer(step, file);
    }
    FUZZ_CHECK(error <= 0 && error >= -KERRNO_MAX);
}

static int fuzz_change_name(enum fuzz_step step)
{
    const char *first = fuzz_path(), *second = fuzz_path();
    switch (step) {
    case FUZZ_REMOVE:
        return p9_path_remove(&fuzz.client, first, second[0] == '\0');
    case FUZZ_MKDIR:
        return p9_path_mkdir(&fuzz.client, first, 0755);
    case FUZZ_RENAME:
        return p9_path_rename(&fuzz.client, first, second, 0);
    case FUZZ_LINK:
        return p9_path_link(&fuzz.client, first, second);
    default:
        return p9_path_symlink(&fuzz.client, first, second);
    }
}

/* A session first, as the fronts do it. A channel that is begun anew has forgotten all chains. */
static bool fuzz_connect(void)
{
    bool works = virtio_9p_works(&fuzz.channel);
    fuzz.messages = 0;
    fuzz.most = FUZZ_MESSAGES_MAX;
    fuzz.late_count = works ? fuzz.late_count : 0;
    return p9_connect(&fuzz.client) == 0;
}

static void fuzz_step(void)
{
    enum fuzz_step step = (enum fuzz_step)(fuzz_u8(&fuzz.input) % FUZZ_STEPS);
    unsigned index = fuzz_u8(&fuzz.input) % FUZZ_FILES;
    if (step == FUZZ_LATE) {
        fuzz_answer_late();
    } else if (step == FUZZ_BREAK) {
        virtio_9p_break(&fuzz.channel, "the input says so");
    } else if (!fuzz_connect()) {
        return;
    } else if (step == FUZZ_OPEN) {
        fuzz_open(index);
    } else if (step >= FUZZ_REMOVE) {
        int error = fuzz_change_name(step);
        FUZZ_CHECK(error <= 0 && error >= -KERRNO_MAX);
    } else {
        fuzz_use(step, index);
    }
}

static void fuzz_interrupted(void *channel, uint32_t reasons)
{
    virtio_9p_interrupted(channel, reasons);
}

static void fuzz_begin(uint8_t options)
{
    const struct virtio_9p_options channel = {
        .interrupt = fuzz_interrupted,
        .policy = (options & 2) != 0 ? V9P_POLL : V9P_INTERRUPT,
        .period_ns = FUZZ_NS_PER_S,
        .timeout_ns = FUZZ_TIMEOUT_NS,
        .msize = P9_MSIZE_MIN,
    };
    int error;
    fake_hal_reset();
    fake_kernel_reset();
    mock_device_reset_share(FUZZ_QUEUE, "share");
    fake_kernel.sleep = fuzz_sleep;
    fuzz.profile.lax_directory = (options & 1) != 0;
    fuzz.mmio = (struct virtio_mmio){.base = MOCK_BASE, .intid = 48};
    FUZZ_CHECK(virtio_mmio_identify(&fuzz.mmio) == 0);
    virtio_9p_prepare(&fuzz.channel, &fuzz.mmio.device, &channel);
    FUZZ_CHECK(virtio_9p_open(&fuzz.channel, &error) == NULL);
    virtio_9p_start(&fuzz.channel);
    p9_client_init(&fuzz.client, &fuzz.channel, (options & 4) != 0 ? UINT16_MAX - 2 : 0);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    memset(&fuzz, 0, sizeof fuzz);
    fuzz.input = (struct fuzz_input){data, size};
    fuzz_begin(fuzz_u8(&fuzz.input));
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&fuzz.input); i++) {
        fuzz_step();
    }
    FUZZ_CHECK(virtio_9p_switch_off(&fuzz.channel));
    FUZZ_CHECK(fake_hal.dma_live == 1); /* the pool of network buffers */
}
