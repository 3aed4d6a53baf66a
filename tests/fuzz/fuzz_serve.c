/*
 * fuzz_serve.c - any bytes at services: HTTP requests, DNS queries, scripts
 *
 * The first byte chooses. Requests go to a server of a folder, in pieces: what comes back are
 * responses, and nothing of the file that lies beside the folder. A query is answered by a message
 * that can be read to its end, about what was asked; by TCP, by such messages with their lengths. A
 * script is loaded as a scenario would, and either refused with a message or followed by a
 * conversation.
 */
#include "emu/wire/serve.h"
#include "emu/wire/serve_dns.h"
#include "harness/language/scenario.h"
#include "tests/fuzz/fuzz.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUZZ_SECRET   "nobody may see this"
#define FUZZ_TURNS    64
#define FUZZ_HEARD    (1 << 20)
#define FUZZ_ANSWERED "HTTP/1.1 "

static char *fuzz_top, *fuzz_folder;

static void fuzz_write(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fuzz_top, name, NULL);
    FUZZ_CHECK(g_file_set_contents(path, text, -1, NULL));
}

static void fuzz_remove(void)
{
    static const char *const names[] = {"www/a", "www/index.html", "www", "secret", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fuzz_top, names[i], NULL);
        g_remove(path);
    }
    g_free(fuzz_top);
    g_free(fuzz_folder);
}

/* Before any input, while files may still be written. */
__attribute__((constructor)) static void fuzz_prepare(void)
{
    fuzz_top = g_dir_make_tmp("fuzz-XXXXXX", NULL);
    FUZZ_CHECK(fuzz_top != NULL);
    fuzz_folder = g_build_filename(fuzz_top, "www", NULL);
    FUZZ_CHECK(g_mkdir(fuzz_folder, 0700) == 0);
    fuzz_write("secret", FUZZ_SECRET);
    fuzz_write("www/a", "0123456789");
    fuzz_write("www/index.html", "<p>");
    atexit(fuzz_remove);
}

/* ---- conversations --------------------------------------------------------------------------- */

/* Feeds pieces of the input to an application; what it sends is appended. */
static void fuzz_converse(const struct serve_endpoint *endpoint, struct fuzz_input *input,
                          GString *heard)
{
    struct serve_app *app = serve_app_new(endpoint);
    struct serve_pipe *pipe = g_new0(struct serve_pipe, 1);
    serve_pipe_init(pipe);
    for (unsigned i = 0; i < FUZZ_TURNS && !pipe->reset && !pipe->finished; i++) {
        size_t got;
        const uint8_t *bytes =
            fuzz_take(input, MIN(fuzz_u16(input), SERVE_IN_SIZE - pipe->in_len), &got);
        if (got > 0) {
            memcpy(pipe->in + pipe->in_len, bytes, got);
        }
        pipe->in_len += got;
        pipe->in_ended = fuzz_is_empty(input);
        serve_app_advance(app, pipe);
        FUZZ_CHECK(pipe->in_len <= SERVE_IN_SIZE && pipe->out_len <= SERVE_OUT_SIZE);
        FUZZ_CHECK(pipe->wake_ns == SERVE_NEVER || pipe->wake_ns > pipe->now_ns);
        pipe->now_ns = pipe->wake_ns == SERVE_NEVER ? pipe->now_ns + 1 : pipe->wake_ns;
        if (heard->len < FUZZ_HEARD) {
            g_string_append_len(heard, (const char *)pipe->out, (gssize)pipe->out_len);
        }
        serve_pipe_take_out(pipe, pipe->out_len);
    }
    FUZZ_CHECK(pipe->failure == NULL || pipe->reset);
    serve_app_free(app);
    g_free(pipe);
}

static void fuzz_run_http(struct fuzz_input *input)
{
    const struct serve_endpoint endpoint = {.kind = SERVE_HTTP, .folder = fuzz_folder};
    g_autoptr(GString) heard = g_string_new(NULL);
    fuzz_converse(&endpoint, input, heard);
    FUZZ_CHECK(heard->len == 0 || g_str_has_prefix(heard->str, FUZZ_ANSWERED));
    FUZZ_CHECK(memmem(heard->str, heard->len, FUZZ_SECRET, strlen(FUZZ_SECRET)) == NULL);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Behind a name of a message; it may end in a pointer, which goes back. */
static size_t fuzz_skip_name(const struct serve_dns_reply *reply, size_t at)
{
    for (;;) {
        FUZZ_CHECK(at < reply->len);
        uint8_t label = reply->bytes[at];
        if (label >= 0xc0) {
            FUZZ_CHECK(at + 2 <= reply->len);
            FUZZ_CHECK((size_t)((label & 0x3f) << 8 | reply->bytes[at + 1]) < at);
            return at + 2;
        }
        FUZZ_CHECK(label <= 63);
        at += 1u + label;
        if (label == 0) {
            return at;
        }
    }
}

static unsigned fuzz_get16(const struct serve_dns_reply *reply, size_t at)
{
    FUZZ_CHECK(at + 2 <= reply->len);
    return (unsigned)(reply->bytes[at] << 8 | reply->bytes[at + 1]);
}

static const struct serve_dns_name fuzz_names[] = {
    {.name = "a.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 100}},
    {.name = "a.test", .kind = SERVE_DNS_AAAA, .address = {0xfd}},
    {.name = "c.test", .kind = SERVE_DNS_CNAME, .alias = "a.test"},
    {.name = "l.test", .kind = SERVE_DNS_CNAME, .alias = "l.test"},
    {.name = "t.test", .kind = SERVE_DNS_TRUNCATED},
    {.name = "s.test", .kind = SERVE_DNS_SILENT},
};

/* By TCP, in pieces: what comes back are whole messages, each with its length in front. */
static void fuzz_run_dns_by_tcp(struct fuzz_input *input)
{
    const struct serve_endpoint endpoint = {
        .kind = SERVE_NAMES, .names = fuzz_names, .name_count = G_N_ELEMENTS(fuzz_names)};
    g_autoptr(GString) heard = g_string_new(NULL);
    fuzz_converse(&endpoint, input, heard);
    const uint8_t *bytes = (const uint8_t *)heard->str;
    for (size_t at = 0; at < heard->len;) {
        FUZZ_CHECK(heard->len - at >= 2);
        size_t size = (size_t)bytes[at] << 8 | bytes[at + 1];
        FUZZ_CHECK(size >= 12 && size <= heard->len - at - 2);
        at += 2 + size;
    }
}

static void fuzz_run_dns(const uint8_t *query, size_t size)
{
    struct serve_dns_reply reply;
    serve_dns_answer(fuzz_names, G_N_ELEMENTS(fuzz_names), SERVE_DNS_UDP_REPLY_MAX, query, size,
                     &reply);
    FUZZ_CHECK(reply.len <= SERVE_DNS_UDP_REPLY_MAX && reply.what != NULL);
    FUZZ_CHECK(reply.name[0] == '\0' || serve_dns_is_name(reply.name));
    if (reply.len == 0) {
        return;
    }
    FUZZ_CHECK(size >= 12 && memcmp(reply.bytes, query, 2) == 0 && (reply.bytes[2] & 0x80) != 0);
    size_t at = 12;
    for (unsigned i = fuzz_get16(&reply, 4); i > 0; i--) {
        at = fuzz_skip_name(&reply, at) + 4;
    }
    for (unsigned i = fuzz_get16(&reply, 6); i > 0; i--) {
        at = fuzz_skip_name(&reply, at);
        at += 10 + fuzz_get16(&reply, at + 8);
    }
    FUZZ_CHECK(at == reply.len);
}

/* ---- scripts --------------------------------------------------------------------------------- */

static void fuzz_run_script(struct fuzz_input *input)
{
    size_t got;
    const uint8_t *script = fuzz_take(input, fuzz_u16(input), &got);
    int fd = memfd_create("script", MFD_CLOEXEC); /* a file without a name in any folder */
    FUZZ_CHECK(fd >= 0 && (got == 0 || write(fd, script, got) == (ssize_t)got));
    g_autofree char *text = g_strdup_printf("version 1\nnet eth0\n"
                                            "serve tcp 10.0.2.100:80 script \"/proc/self/fd/%d\"\n"
                                            "wait ready\n",
                                            fd);
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    GPtrArray *tests = scenario_load_text(text, strlen(text), "x.scn", "x", diagnostics);
    close(fd);
    FUZZ_CHECK((tests == NULL) == (diagnostics->len > 0));
    if (tests != NULL) {
        const struct scenario *scenario = g_ptr_array_index(tests, 0);
        const struct scenario_service *service = g_ptr_array_index(scenario->services, 0);
        g_autoptr(GString) heard = g_string_new(NULL);
        fuzz_converse(&service->endpoint, input, heard);
        g_ptr_array_unref(tests);
    }
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .size = size};
    uint8_t what = fuzz_u8(&input);
    switch (what % 3) {
    case 0:
        fuzz_run_http(&input);
        break;
    case 1:
        if (what / 3 % 2 == 1) {
            fuzz_run_dns_by_tcp(&input);
        } else {
            fuzz_run_dns(input.data, input.size);
        }
        break;
    default:
        fuzz_run_script(&input);
        break;
    }
}
