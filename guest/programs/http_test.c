/* http_test.c - URLs, and responses that come in pieces */
#include "programs/http.h"

#include "tests/unit.h"

#include <string.h>

static struct http_url url;
static struct http_response response;
static char bodies[256];

/* The response in pieces of this size; what is the body's goes to bodies[]. */
static enum http_state take(const char *text, size_t piece, bool head_only)
{
    size_t size = strlen(text), used = 0;
    bodies[0] = '\0';
    http_begin(&response, head_only);
    while (used < size && response.state != HTTP_DONE && response.state != HTTP_BAD) {
        const char *body;
        size_t body_size, count = size - used < piece ? size - used : piece;
        size_t taken = http_take(&response, text + used, count, &body, &body_size);
        CU_ASSERT_TRUE_FATAL(taken > 0 && taken <= count);
        strncat(bodies, body, body_size);
        used += taken;
    }
    return response.state;
}

static void test_urls(void)
{
    CU_ASSERT_EQUAL(http_parse_url("http://10.0.2.2:8080/a/b?c=d#e", &url), HTTP_URL_GOOD);
    CU_ASSERT_STRING_EQUAL(url.host, "10.0.2.2");
    CU_ASSERT_STRING_EQUAL(url.path, "/a/b?c=d");
    CU_ASSERT_EQUAL(url.port, 8080);
    CU_ASSERT_EQUAL(http_parse_url("host", &url), HTTP_URL_GOOD);
    CU_ASSERT_STRING_EQUAL(url.path, "/");
    CU_ASSERT_EQUAL(url.port, 80);
    CU_ASSERT_EQUAL(http_parse_url("ftp://host/", &url), HTTP_URL_PROTOCOL);
    CU_ASSERT_EQUAL(http_parse_url("http://", &url), HTTP_URL_MALFORMED);
    CU_ASSERT_EQUAL(http_parse_url("", &url), HTTP_URL_MALFORMED);
    CU_ASSERT_EQUAL(http_parse_url("http://host:0/", &url), HTTP_URL_MALFORMED);
    CU_ASSERT_EQUAL(http_parse_url("http://host:65536/", &url), HTTP_URL_MALFORMED);
    CU_ASSERT_EQUAL(http_parse_url("http://host:x/", &url), HTTP_URL_MALFORMED);
}

static void test_names_that_are_too_long_are_refused(void)
{
    char text[HTTP_HOST_MAX + HTTP_PATH_MAX + 16];
    memset(text, 'h', sizeof text);
    text[HTTP_HOST_MAX] = '\0';
    CU_ASSERT_EQUAL(http_parse_url(text, &url), HTTP_URL_MALFORMED);
    memset(text, 'p', sizeof text);
    memcpy(text, "h/", 2);
    text[2 + HTTP_PATH_MAX] = '\0';
    CU_ASSERT_EQUAL(http_parse_url(text, &url), HTTP_URL_MALFORMED);
}

static void test_body_is_counted(void)
{
    static const char text[] = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhellomore";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        CU_ASSERT_EQUAL(take(text, piece, false), HTTP_DONE);
        CU_ASSERT_EQUAL(response.status, 200);
        CU_ASSERT_EQUAL(response.body_size, 5);
        CU_ASSERT_STRING_EQUAL(bodies, "hello");
        CU_ASSERT_TRUE(http_is_whole(&response));
    }
}

static void test_body_comes_in_chunks(void)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5;x=y\r\nhello\r\nA\r\n, my world\r\n0\r\nTrailer: x\r\n\r\n";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        CU_ASSERT_EQUAL(take(text, piece, false), HTTP_DONE);
        CU_ASSERT_STRING_EQUAL(bodies, "hello, my world");
    }
    CU_ASSERT_EQUAL(take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 99, false),
                    HTTP_BAD);
    CU_ASSERT_EQUAL(take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "11112222333344445\r\n",
                         99, false),
                    HTTP_BAD);
    CU_ASSERT_EQUAL(take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", 99, false),
                    HTTP_LENGTH);
    CU_ASSERT_FALSE(http_is_whole(&response));
}

static void test_body_ends_with_the_connection(void)
{
    CU_ASSERT_EQUAL(take("HTTP/1.0 200 OK\n\nhello", 99, false), HTTP_CLOSE);
    CU_ASSERT_STRING_EQUAL(bodies, "hello");
    CU_ASSERT_TRUE(http_is_whole(&response));
}

static void test_some_responses_have_no_body(void)
{
    CU_ASSERT_EQUAL(take("HTTP/1.1 204 No Content\r\n\r\n", 99, false), HTTP_DONE);
    CU_ASSERT_EQUAL(take("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 99, false),
                    HTTP_DONE);
    CU_ASSERT_EQUAL(take("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 99, true), HTTP_DONE);
    CU_ASSERT_EQUAL(take("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 99, false), HTTP_DONE);
}

static void test_a_preliminary_response_is_skipped(void)
{
    CU_ASSERT_EQUAL(take("HTTP/1.1 100 Continue\r\n\r\n"
                         "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
                         99, false),
                    HTTP_DONE);
    CU_ASSERT_EQUAL(response.status, 302);
    CU_ASSERT_STRING_EQUAL(response.location, "/x");
}

static void test_what_is_no_http_is_refused(void)
{
    static char endless[HTTP_HEAD_MAX + 100] = "HTTP/1.1 200 OK\r\nX: ";
    CU_ASSERT_EQUAL(take("SSH-2.0-x\r\n", 99, false), HTTP_BAD);
    CU_ASSERT_EQUAL(take("HTTP/2 200\r\n\r\n", 99, false), HTTP_BAD);
    CU_ASSERT_EQUAL(take("HTTP/1.1 abc\r\n\r\n", 99, false), HTTP_BAD);
    CU_ASSERT_EQUAL(take("HTTP/1.1\r\n\r\n", 99, false), HTTP_BAD);
    CU_ASSERT_EQUAL(take("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 99, false), HTTP_BAD);
    memset(endless + strlen(endless), 'x', sizeof endless - strlen(endless) - 1);
    CU_ASSERT_EQUAL(take(endless, 99, false), HTTP_BAD);
}

UNIT_SUITE("http", UNIT_TEST(test_urls), UNIT_TEST(test_names_that_are_too_long_are_refused),
           UNIT_TEST(test_body_is_counted), UNIT_TEST(test_body_comes_in_chunks),
           UNIT_TEST(test_body_ends_with_the_connection),
           UNIT_TEST(test_some_responses_have_no_body),
           UNIT_TEST(test_a_preliminary_response_is_skipped),
           UNIT_TEST(test_what_is_no_http_is_refused))
