/*
 * ledger_files.c - how far programs have come with files
 *
 * A program may go through megabytes in the kernel's memory: no task sleeps, no hardware moves,
 * nothing is printed, and yet it gets somewhere. What counts are bytes at places: while a task has
 * read no more bytes of a file than there are up to the furthest place that it has read, or written
 * no more than up to the furthest that it has written, it cannot have been at all of them before;
 * and further than that it has never been. So a pass through a file is progress once; the same
 * bytes again are not, nor is another opening of the file, until anything else in the machine got
 * somewhere. A file in which nothing else moves lies in memory: one that seems to be longer than
 * that is one that stands still.
 *
 * Which file a descriptor is, and that its bytes have places at all, the guest tells when it is
 * opened (probe.h: "file"); from there on the calls say where it stands. Places of descriptors that
 * share one, as dup() makes them, are not followed. All is kept in tables of fixed size: what had
 * to make room is a descriptor that counts no more, or a file that was never read before.
 */
#include "emu/core/spread.h"
#include "harness/diagnosis/ledger_priv.h"

#define FILES_SETS_LOG2 8
#define FILES_WAYS      4U
#define FILES_PLACES    (FILES_WAYS << FILES_SETS_LOG2)
/* Flags of openat(2), as arm64 Linux numbers them. */
#define FILES_TRUNCATES 01000
#define FILES_APPENDS   02000

enum files_call {
    FILES_CLOSE,
    FILES_SEEK,
    FILES_RESIZE,
    FILES_READ,
    FILES_WRITE,
    FILES_READ_AT,
    FILES_WRITE_AT,
};

static const struct {
    const char *name;
    enum files_call call;
} files_calls[] = {
    {"read", FILES_READ},        {"write", FILES_WRITE},       {"close", FILES_CLOSE},
    {"readv", FILES_READ},       {"writev", FILES_WRITE},      {"lseek", FILES_SEEK},
    {"pread64", FILES_READ_AT},  {"pwrite64", FILES_WRITE_AT}, {"getdents64", FILES_READ},
    {"ftruncate", FILES_RESIZE},
};

/* A descriptor of a task, or a file that it has opened. */
struct files_key {
    uint32_t task; /* 0: the place is free */
    uint64_t what;
    uint64_t used; /* the event of its last use: the oldest of a set makes room */
};

struct files_descriptor {
    uint64_t object, position;
    bool appends;
};

struct files_extent {
    uint64_t bytes; /* were moved, */
    uint64_t end;   /* up to here */
};

struct files_file {
    uint64_t others; /* the progress that is not of files, as of which these are */
    struct files_extent read, written;
    uint64_t size; /* as far as is known */
};

struct ledger_files {
    const char *kind_file;
    const char *names[G_N_ELEMENTS(files_calls)]; /* interned */
    struct files_key descriptor_keys[FILES_PLACES], file_keys[FILES_PLACES];
    struct files_descriptor descriptors[FILES_PLACES];
    struct files_file files[FILES_PLACES];
    bool any;         /* descriptor was told of: without, calls are not looked at */
    uint64_t counted; /* of the ledger's progress */
};

struct ledger_files *ledger_files_new(struct trace *trace)
{
    struct ledger_files *files = g_new0(struct ledger_files, 1);
    files->kind_file = trace_intern(trace, "file");
    for (size_t i = 0; i < G_N_ELEMENTS(files_calls); i++) {
        files->names[i] = trace_intern(trace, files_calls[i].name);
    }
    return files;
}

void ledger_files_free(struct ledger_files *files)
{
    g_free(files);
}

/* ---- the tables ------------------------------------------------------------------------------ */

static bool files_is(const struct files_key *key, uint32_t task, uint64_t what)
{
    return key->task == task && key->what == what;
}

/* Where it is, or else where it may be put. */
static unsigned files_place(const struct files_key keys[FILES_PLACES], uint32_t task, uint64_t what)
{
    unsigned first = spread(what ^ (uint64_t)task << 32, FILES_SETS_LOG2) * FILES_WAYS;
    unsigned oldest = first;
    for (unsigned place = first; place < first + FILES_WAYS; place++) {
        if (files_is(&keys[place], task, what)) {
            return place;
        }
        oldest = keys[place].used < keys[oldest].used ? place : oldest;
    }
    return oldest;
}

/* NULL: of this one nothing was told. */
static struct files_descriptor *files_find(struct ledger_files *files, uint32_t task, uint64_t what)
{
    unsigned place = files_place(files->descriptor_keys, task, what);
    bool is_known = files_is(&files->descriptor_keys[place], task, what);
    return is_known ? &files->descriptors[place] : NULL;
}

/* What was moved of it since others got somewhere. */
static struct files_file *files_need(struct ledger *ledger, uint32_t task, uint64_t object)
{
    struct ledger_files *files = ledger->files;
    unsigned place = files_place(files->file_keys, task, object);
    struct files_file *file = &files->files[place];
    uint64_t others = ledger->progress - files->counted;
    if (!files_is(&files->file_keys[place], task, object)) {
        *file = (struct files_file){.others = others};
    } else if (file->others != others) {
        *file = (struct files_file){.others = others, .size = file->size};
    }
    files->file_keys[place] = (struct files_key){task, object, trace_last(ledger->trace)};
    return file;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void files_moved(struct ledger *ledger, struct files_extent *extent, uint64_t from,
                        uint64_t bytes)
{
    bool is_further = from + bytes > extent->end;
    extent->bytes += bytes;
    extent->end = MAX(extent->end, from + bytes);
    bool is_possible = extent->end <= ledger->memory_size;
    if (is_possible && (is_further || (bytes > 0 && extent->bytes <= extent->end))) {
        ledger->files->counted++;
        ledger_progress(ledger);
    }
}

static void files_wrote(struct ledger *ledger, struct files_file *file, uint64_t from,
                        uint64_t bytes)
{
    files_moved(ledger, &file->written, from, bytes);
    file->size = MAX(file->size, from + bytes);
}

static void files_follow(struct ledger *ledger, const struct ledger_task *task,
                         enum files_call call, uint64_t result)
{
    struct files_descriptor *descriptor =
        files_find(ledger->files, task->number, task->arguments[0]);
    if (descriptor == NULL) {
        return;
    }
    struct files_file *file = files_need(ledger, task->number, descriptor->object);
    switch (call) {
    case FILES_CLOSE:
        /* It is told anew when the number is used for a file again. */
        ledger->files->descriptor_keys[descriptor - ledger->files->descriptors].task = 0;
        break;
    case FILES_SEEK:
        descriptor->position = result;
        break;
    case FILES_RESIZE:
        file->size = task->arguments[1];
        break;
    case FILES_READ:
        files_moved(ledger, &file->read, descriptor->position, result);
        descriptor->position += result;
        break;
    case FILES_WRITE:
        descriptor->position = descriptor->appends ? file->size : descriptor->position;
        files_wrote(ledger, file, descriptor->position, result);
        descriptor->position += result;
        break;
    case FILES_READ_AT:
        files_moved(ledger, &file->read, task->arguments[3], result);
        break;
    case FILES_WRITE_AT:
        files_wrote(ledger, file, task->arguments[3], result);
        break;
    }
}

static void files_observe_returned(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    const struct ledger_task *task = ledger_task(ledger, (uint32_t)event->fields[0].number);
    int64_t result = (int64_t)event->fields[2].number;
    if (!ledger->files->any || task == NULL || result < 0) {
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(files_calls); i++) {
        if (ledger->files->names[i] == event->fields[1].string) {
            files_follow(ledger, task, files_calls[i].call, (uint64_t)result);
            return;
        }
    }
}

/* Within openat(). */
static void files_observe_told(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_files *files = ledger->files;
    const struct ledger_task *task = ledger_task(ledger, (uint32_t)event->fields[0].number);
    uint64_t what = event->fields[1].number;
    if (task == NULL || event->fields[2].string != files->kind_file) {
        return;
    }
    uint64_t flags = task->arguments[2];
    unsigned place = files_place(files->descriptor_keys, task->number, what);
    files->any = true;
    files->descriptor_keys[place] = (struct files_key){task->number, what, event->sequence};
    files->descriptors[place] = (struct files_descriptor){
        .object = event->fields[3].number,
        .appends = (flags & FILES_APPENDS) != 0,
    };
    if ((flags & FILES_TRUNCATES) != 0) {
        files_need(ledger, task->number, event->fields[3].number)->size = 0;
    }
}

void ledger_listen_to_files(struct ledger *ledger)
{
    static const struct trace_listener table[] = {
        {TRACE_CALL_RETURNED, files_observe_returned},
        {TRACE_CALL_TOLD, files_observe_told},
    };
    trace_listen(ledger->trace, table, G_N_ELEMENTS(table), ledger);
}
