/*
 * serve_test.c - the applications of services, with bytes and time and nothing else
 */
#include "emu/wire/serve.h"

#include "tests/unit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct talk {
    struct serve_app *app;
    struct serve_pipe pipe;
};

static struct talk talk;

static void talk_begin(const struct serve_endpoint *endpoint)
{
    talk.app = serve_app_new(endpoint);
    CU_ASSERT_PTR_NOT_NULL_FATAL(talk.app);
    serve_pipe_init(&talk.pipe);
    serve_app_advance(talk.app, &talk.pipe);
}

static void talk_end(void)
{
    serve_app_free(talk.app);
}

static void talk_say(const char *text)
{
    size_t len = strlen(text);
    g_assert(len <= SERVE_IN_SIZE - talk.pipe.in_len);
    memcpy(talk.pipe.in + talk.pipe.in_len, text, len);
    talk.pipe.in_len += len;
    serve_app_advance(talk.app, &talk.pipe);
}

/* What is to be sent, up to now; it is sent. */
static const char *talk_heard(void)
{
    static char text[SERVE_OUT_SIZE + 1];
    memcpy(text, talk.pipe.out, talk.pipe.out_len);
    text[talk.pipe.out_len] = '\0';
    serve_pipe_take_out(&talk.pipe, talk.pipe.out_len);
    serve_app_advance(talk.app, &talk.pipe);
    return text;
}

/* ---- scripts --------------------------------------------------------------------------------- */

static GBytes *text_bytes(const char *text)
{
    return g_bytes_new_static(text, strlen(text));
}

static void script_begin(const struct serve_step *steps, size_t count)
{
    const struct serve_endpoint endpoint = {
        .kind = SERVE_SCRIPT, .steps = steps, .step_count = count};
    talk_begin(&endpoint);
}

static void test_script_of_no_bytes_sends_none(void)
{
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    const struct serve_step steps[] = {{SERVE_STEP_SEND, 0, nothing},
                                       {SERVE_STEP_EXPECT, 0, nothing}};
    script_begin(steps, G_N_ELEMENTS(steps));
    CU_ASSERT_STRING_EQUAL(talk_heard(), "");
    CU_ASSERT_TRUE(talk.pipe.finished);
    talk_end();
}

static void test_script_takes_its_steps(void)
{
    g_autoptr(GBytes) line = text_bytes("\r\n"), hello = text_bytes("hello");
    const struct serve_step steps[] = {
        {SERVE_STEP_SEND, 0, hello},  {SERVE_STEP_UNTIL, 0, line}, {SERVE_STEP_SKIP, 3, NULL},
        {SERVE_STEP_EXPECT, 0, line}, {SERVE_STEP_WAIT, 50, NULL}, {SERVE_STEP_SEND, 0, hello},
    };
    script_begin(steps, G_N_ELEMENTS(steps));
    CU_ASSERT_STRING_EQUAL(talk_heard(), "hello");
    talk_say("some line\r");
    talk_say("\nab");
    CU_ASSERT_EQUAL(talk.pipe.in_len, 0);
    talk_say("c\r");
    CU_ASSERT_EQUAL(talk.pipe.wake_ns, SERVE_NEVER);
    talk.pipe.now_ns = 1000;
    talk_say("\n");
    CU_ASSERT_EQUAL(talk.pipe.wake_ns, 1050);
    talk.pipe.now_ns = 1049;
    talk_say("later");
    CU_ASSERT_STRING_EQUAL(talk_heard(), "");
    CU_ASSERT_FALSE(talk.pipe.finished);
    talk.pipe.now_ns = 1050;
    serve_app_advance(talk.app, &talk.pipe);
    CU_ASSERT_STRING_EQUAL(talk_heard(), "hello");
    CU_ASSERT_TRUE(talk.pipe.finished);
    CU_ASSERT_PTR_NULL(talk.pipe.failure);
    talk_end();
}

static void test_script_gives_up_when_other_bytes_or_none_come(void)
{
    g_autoptr(GBytes) hello = text_bytes("hello");
    const struct serve_step steps[][1] = {{{SERVE_STEP_EXPECT, 0, hello}},
                                          {{SERVE_STEP_UNTIL, 0, hello}},
                                          {{SERVE_STEP_SKIP, 9, NULL}}};
    script_begin(steps[0], 1);
    talk_say("help");
    CU_ASSERT_TRUE(talk.pipe.reset);
    CU_ASSERT_STRING_EQUAL(talk.pipe.failure, "other bytes came than were expected");
    talk_end();
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        script_begin(steps[i], 1);
        talk_say("hel");
        CU_ASSERT_FALSE(talk.pipe.reset);
        talk.pipe.in_ended = true;
        serve_app_advance(talk.app, &talk.pipe);
        CU_ASSERT_TRUE(talk.pipe.reset);
        CU_ASSERT_STRING_EQUAL(talk.pipe.failure, "the peer ended before the expected bytes came");
        talk_end();
    }
}

static void test_script_sends_more_than_there_is_room_for(void)
{
    g_autofree char *much = g_strnfill(3 * SERVE_OUT_SIZE + 7, 'x');
    g_autoptr(GBytes) bytes = text_bytes(much);
    const struct serve_step steps[] = {{SERVE_STEP_SEND, 0, bytes}, {SERVE_STEP_RESET, 0, NULL}};
    script_begin(steps, G_N_ELEMENTS(steps));
    size_t sent = 0;
    while (!talk.pipe.reset) {
        sent += strlen(talk_heard());
    }
    CU_ASSERT_EQUAL(sent + strlen(talk_heard()), strlen(much));
    talk_end();
}

/* ---- http ------------------------------------------------------------------------------------ */

static struct {
    char *top, *folder;
} disk;

static void disk_write(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(disk.top, name, NULL);
    g_assert(g_file_set_contents(path, text, -1, NULL));
}

static void disk_setup(void)
{
    disk.top = g_dir_make_tmp("serve-XXXXXX", NULL);
    g_assert(disk.top != NULL);
    disk.folder = g_build_filename(disk.top, "www", NULL);
    g_autofree char *sub = g_build_filename(disk.folder, "sub dir", NULL);
    g_autofree char *link = g_build_filename(disk.folder, "link", NULL);
    g_assert(g_mkdir_with_parents(sub, 0700) == 0);
    g_assert(symlink("../secret", link) == 0);
    disk_write("secret", "secret");
    disk_write("www/a.txt", "0123456789");
    disk_write("www/empty", "");
    disk_write("www/index.html", "<p>top");
    disk_write("www/sub dir/index.html", "<p>sub");
    const struct serve_endpoint endpoint = {.kind = SERVE_HTTP, .folder = disk.folder};
    talk_begin(&endpoint);
}

static void disk_teardown(void)
{
    static const char *const names[] = {"www/sub dir/index.html",
                                        "www/sub dir",
                                        "www/index.html",
                                        "www/empty",
                                        "www/a.txt",
                                        "www/link",
                                        "www",
                                        "secret",
                                        ""};
    talk_end();
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(disk.top, names[i], NULL);
        CU_ASSERT_EQUAL(g_remove(path), 0);
    }
    g_free(disk.folder);
    g_free(disk.top);
}

struct http_row {
    const char *request;
    const char *begin; /* of the response */
    const char *has;   /* a line of it, or NULL */
    const char *body;
    bool closes;
};

static const struct http_row http_rows[] = {
    {"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 10\r\n",
     "0123456789", false},
    {"HEAD /a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 10\r\n", "", false},
    {"GET /a.txt?x=1#y HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Type: text/plain\r\n",
     "0123456789", false},
    {"GET /%61.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", NULL, "0123456789", false},
    {"GET http://any.host:8080/a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", NULL, "0123456789",
     false},
    {"GET http://any.host HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", NULL, "<p>top", false},
    {"\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Type: text/html\r\n", "<p>top",
     false},
    {"GET /empty HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 0\r\n", "", false},
    {"GET /sub%20dir/ HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", NULL, "<p>sub", false},
    {"GET /sub%20dir HTTP/1.1\r\n\r\n", "HTTP/1.1 301 Moved Permanently\r\n",
     "Location: /sub%20dir/\r\n", "Moved Permanently\n", false},
    {"GET /none HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", NULL, "Not Found\n", false},
    {"HEAD /none HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", NULL, "", false},
    {"GET /../secret HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /sub%20dir/../a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /%2e%2e/secret HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /..%2fsecret HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET //secret HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /link HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /a.txt/ HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /a.txt HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Connection: close\r\n", "0123456789",
     true},
    {"GET /a.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "HTTP/1.1 200 OK\r\n",
     "Connection: keep-alive\r\n", "0123456789", false},
    {"GET /a.txt HTTP/1.1\r\nconnection:close\r\n\r\n", "HTTP/1.1 200 OK\r\n", NULL, "0123456789",
     true},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=2-4\r\n\r\n", "HTTP/1.1 206 Partial Content\r\n",
     "Content-Range: bytes 2-4/10\r\n", "234", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=7-\r\n\r\n", "HTTP/1.1 206",
     "Content-Range: bytes 7-9/10\r\n", "789", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=-3\r\n\r\n", "HTTP/1.1 206",
     "Content-Range: bytes 7-9/10\r\n", "789", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=-30\r\n\r\n", "HTTP/1.1 206",
     "Content-Range: bytes 0-9/10\r\n", "0123456789", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=5-99\r\n\r\n", "HTTP/1.1 206",
     "Content-Range: bytes 5-9/10\r\n", "56789", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=10-\r\n\r\n", "HTTP/1.1 416 Range Not Satisfiable\r\n",
     "Content-Range: bytes */10\r\n", "Range Not Satisfiable\n", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=4-2\r\n\r\n", "HTTP/1.1 200", NULL, "0123456789", false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=1-2,4-5\r\n\r\n", "HTTP/1.1 200", NULL, "0123456789",
     false},
    {"GET /a.txt HTTP/1.1\r\nRange: bytes=-\r\n\r\n", "HTTP/1.1 200", NULL, "0123456789", false},
    {"GET /a.txt HTTP/1.1\r\nRange: lines=1-2\r\n\r\n", "HTTP/1.1 200", NULL, "0123456789", false},
    {"GET /a.txt HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200", NULL, "0123456789",
     false},
    {"GET /bytes/5 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "!\"#$%",
     false},
    {"HEAD /bytes/5 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "", false},
    {"GET /bytes/0 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 0\r\n", "", false},
    {"GET /bytes/100 HTTP/1.1\r\nRange: bytes=88-90\r\n\r\n", "HTTP/1.1 206",
     "Content-Range: bytes 88-90/100\r\n", "y!\"", false},
    {"GET /bytes/5 HTTP/1.1\r\nRange: bytes=5-\r\n\r\n", "HTTP/1.1 416",
     "Content-Range: bytes */5\r\n", "Range Not Satisfiable\n", false},
    {"GET /bytes/ HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /bytes/-1 HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"GET /bytes/1000000001 HTTP/1.1\r\n\r\n", "HTTP/1.1 404", NULL, "Not Found\n", false},
    {"POST /a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n", "Allow: GET, HEAD\r\n",
     "Method Not Allowed\n", true},
    {"GET /a.txt HTTP/2.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n", NULL,
     "HTTP Version Not Supported\n", true},
    {"GET /a.txt\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", NULL, "Bad Request\n", true},
    {"GET a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET /a%4 HTTP/1.1\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET /a%00 HTTP/1.1\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET /a%zz HTTP/1.1\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET / FTP/1.1\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET / HTTP/1.1\r\n: x\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400", NULL, "Bad Request\n", true},
    {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\n",
     NULL, "Not Implemented\n", true},
};

static void http_check(const struct http_row *row)
{
    talk_say(row->request);
    const char *response = talk_heard();
    const char *body = strstr(response, "\r\n\r\n");
    bool fine = g_str_has_prefix(response, row->begin) && body != NULL &&
                strcmp(body + 4, row->body) == 0 &&
                (row->has == NULL || strstr(response, row->has) != NULL) &&
                talk.pipe.finished == row->closes && talk.pipe.in_len == 0 && !talk.pipe.reset;
    if (!fine) {
        printf("\n%s\n%s\n", row->request, response);
    }
    CU_ASSERT_TRUE(fine);
}

static void test_http_answers_each_request(void)
{
    disk_setup();
    const struct serve_endpoint endpoint = {.kind = SERVE_HTTP, .folder = disk.folder};
    for (size_t i = 0; i < G_N_ELEMENTS(http_rows); i++) {
        http_check(&http_rows[i]);
        if (http_rows[i].closes) {
            talk_end();
            talk_begin(&endpoint);
        }
    }
    disk_teardown();
}

static void test_http_takes_requests_in_pieces_and_in_a_row(void)
{
    disk_setup();
    talk_say("GET /a.t");
    CU_ASSERT_STRING_EQUAL(talk_heard(), "");
    talk_say("xt HTTP/1.1\r\n\r");
    CU_ASSERT_STRING_EQUAL(talk_heard(), "");
    talk_say("\nGET /none HTTP/1.1\r\n\r\nGET /a.txt HTTP/1.1\r\nConnection: close\r\n\r\nmore");
    const char *heard = talk_heard();
    CU_ASSERT_PTR_NOT_NULL(strstr(heard, "0123456789HTTP/1.1 404 Not Found"));
    CU_ASSERT_TRUE(g_str_has_suffix(heard, "\r\n\r\n0123456789"));
    CU_ASSERT_TRUE(talk.pipe.finished);
    CU_ASSERT_EQUAL(talk.pipe.in_len, 0);
    disk_teardown();
}

static void test_http_refuses_a_head_that_does_not_end(void)
{
    disk_setup();
    g_autofree char *much = g_strnfill(SERVE_IN_SIZE, 'x');
    talk_say(much);
    CU_ASSERT_TRUE(g_str_has_prefix(talk_heard(), "HTTP/1.1 431 "));
    CU_ASSERT_TRUE(talk.pipe.finished);
    disk_teardown();
}

static void test_http_sends_a_file_as_there_is_room_and_says_when_it_shrinks(void)
{
    disk_setup();
    g_autofree char *much = g_strnfill(5 * SERVE_OUT_SIZE, 'y');
    disk_write("www/a.txt", much);
    talk_say("GET /a.txt HTTP/1.1\r\n\r\n");
    size_t sent = 0;
    for (unsigned i = 0; i < 10; i++) {
        sent += strlen(talk_heard());
    }
    CU_ASSERT_TRUE(sent > strlen(much));
    CU_ASSERT_FALSE(talk.pipe.finished);
    talk_say("GET /a.txt HTTP/1.1\r\n\r\n");
    g_autofree char *path = g_build_filename(disk.folder, "a.txt", NULL);
    CU_ASSERT_EQUAL(truncate(path, 100), 0);
    for (unsigned i = 0; i < 10 && !talk.pipe.reset; i++) {
        talk_heard();
    }
    CU_ASSERT_TRUE(talk.pipe.reset);
    CU_ASSERT_STRING_EQUAL(talk.pipe.failure, "a file that is served has become shorter");
    disk_teardown();
}

static void test_http_makes_bytes_as_there_is_room(void)
{
    disk_setup();
    talk_say("GET /bytes/200000 HTTP/1.1\r\n\r\n");
    GString *heard = g_string_new(NULL);
    for (unsigned i = 0; i < 10000 && heard->len < 200000; i++) {
        g_string_append(heard, talk_heard());
    }
    const char *body = strstr(heard->str, "\r\n\r\n") + 4;
    CU_ASSERT_EQUAL(strlen(body), 200000);
    for (size_t i = 0; body[i] != '\0'; i++) {
        CU_ASSERT_EQUAL_FATAL(body[i], '!' + (char)(i % 89));
    }
    g_string_free(heard, TRUE);
    disk_teardown();
}

static void test_http_ends_with_its_peer(void)
{
    disk_setup();
    talk_say("GET /a.txt HTTP/1.1\r\n\r\nGET ");
    talk.pipe.in_ended = true;
    CU_ASSERT_TRUE(g_str_has_suffix(talk_heard(), "0123456789"));
    CU_ASSERT_TRUE(talk.pipe.finished);
    CU_ASSERT_EQUAL(talk.pipe.in_len, 0);
    disk_teardown();
}

static void test_kinds_have_names_and_endpoints_a_text(void)
{
    char text[SERVE_TEXT];
    const struct serve_endpoint endpoint = {
        .udp = true, .address = UINT32_MAX, .port = UINT16_MAX, .kind = SERVE_REFUSED};
    serve_endpoint_describe(&endpoint, text);
    CU_ASSERT_STRING_EQUAL(text, "udp 255.255.255.255:65535");
    CU_ASSERT_STRING_EQUAL(serve_kind_name(endpoint.kind), "refused");
    CU_ASSERT_PTR_NULL(serve_app_new(&endpoint));
}

UNIT_SUITE("serve", UNIT_TEST(test_script_takes_its_steps),
           UNIT_TEST(test_script_of_no_bytes_sends_none),
           UNIT_TEST(test_script_gives_up_when_other_bytes_or_none_come),
           UNIT_TEST(test_script_sends_more_than_there_is_room_for),
           UNIT_TEST(test_http_answers_each_request),
           UNIT_TEST(test_http_takes_requests_in_pieces_and_in_a_row),
           UNIT_TEST(test_http_refuses_a_head_that_does_not_end),
           UNIT_TEST(test_http_sends_a_file_as_there_is_room_and_says_when_it_shrinks),
           UNIT_TEST(test_http_makes_bytes_as_there_is_room),
           UNIT_TEST(test_http_ends_with_its_peer),
           UNIT_TEST(test_kinds_have_names_and_endpoints_a_text))
