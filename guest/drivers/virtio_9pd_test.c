/*
 * The daemon of a shared folder: from its command line to bytes of files, on a mock device, a
 * server that follows a script, and the system calls that it makes. Whenever it waits the server
 * answers, or else the time goes by, or else the test's script takes its next step.
 *
 * The daemon is included, not linked: its table remembers devices, and most tests begin without.
 */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "drivers/virtio_9pd.c"

#include "drivers/fake_calls.h"
#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_platform.h"
#include "drivers/mock_device.h"
#include "drivers/mock_p9.h"
#include "lib/fake_command.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <string.h>

#define DEVICE  "mmio-0a000000"
#define COMMAND "virtio-9pd " DEVICE " 48"
#define SESSION                                                                                    \
    {"Tversion 131072 '9P2000.L'", "Rversion d8192 s:9P2000.L"},                                   \
    {                                                                                              \
        "Tattach 0 4294967295 '' '' 0", "Rattach Qd"                                               \
    }

/* What happens each time that the daemon waits, and nothing is under way. */
typedef void step_fn(void);
static step_fn *const *script;
static step_fn *meanwhile; /* once, while a transaction is */
static bool is_patient; /* the script goes on while the server owes a reply, and no time goes by */

static struct virtio_9pd *served(void)
{
    return (struct virtio_9pd *)virtio_9pds[0];
}

static bool next_event(void)
{
    step_fn *once = meanwhile;
    meanwhile = NULL;
    if (once != NULL && mock_avail_count(MOCK_SHARE) > 0)
        once();
    else
        meanwhile = once;
    if (mock_p9_serve()) {
        fake_raise_irq(0);
    } else if (mock_p9.holds && served()->timer_ns != 0 && !is_patient) {
        fake_kernel.now_ns = served()->timer_ns - 1000000000;
        mock_p9.holds = false;
        fake_event(VIRTIO_9PD_TIMER);
    } else if (*script == NULL) {
        return false;
    } else {
        (*script++)();
        fake_event(VIRTIO_9PD_REQUESTS);
    }
    return true;
}

static void reset(void)
{
    fake_hal_reset();
    fake_kernel_reset();
    fake_calls_reset();
    mock_device_reset_share(32, "hostshare");
    mock_p9 = (struct mock_p9){.steps = NULL};
    memset(virtio_9pds, 0, sizeof virtio_9pds);
    fake_hal_give_memory();
    fake_platform_reset();
    fake_platform_add_window(MOCK_BASE, 48, false);
    meanwhile = NULL;
    is_patient = false;
}

static int run(const char *command_line, const struct mock_p9_step *server, step_fn *const *steps)
{
    script = steps;
    fake_calls.wait = next_event;
    mock_p9_script(server);
    int status = fake_run_program(virtio_9pd_main, command_line);
    mock_p9_script(NULL);
    return status;
}

static step_fn *const nothing[] = {NULL};
static uint64_t tags[8];
static char buffers[8][256];

/* A request for a path, with the bytes in a buffer of its own. */
static void ask(unsigned index, enum scheme_operation operation, uint32_t flags, const char *path,
                size_t size)
{
    memcpy(buffers[index], path, size);
    tags[index] = fake_request(operation, 0, flags, buffers[index], (uint32_t)size);
}

static void ask_path(unsigned index, enum scheme_operation operation, uint32_t flags,
                     const char *path)
{
    ask(index, operation, flags, path, strlen(path));
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void test_a_share_is_served_by_its_tag_and_without_a_word_to_the_server(void)
{
    reset();
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.scheme, "9p.hostshare");
    CU_ASSERT_STRING_EQUAL(fake_calls.irqs[0].path, "/scheme/irq/48");
    CU_ASSERT_EQUAL(mock_device.status, 15);
    CU_ASSERT_EQUAL(fake_calls.ready_count, 1);
}

static void test_other_command_lines_are_refused(void)
{
    static const char *const wrong[] = {"virtio-9pd", "virtio-9pd " DEVICE,
                                        "virtio-9pd " DEVICE " x", "virtio-9pd nowhere 48",
                                        "virtio-9pd " DEVICE " 48 more"};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        reset();
        CU_ASSERT_EQUAL(run(wrong[i], NULL, nothing), 2);
        CU_ASSERT_EQUAL(mock_device.writes, 0);
    }
    reset();
    fake_kernel.parameters[0][0] = "9p";
    fake_kernel.parameters[0][1] = "sometimes";
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 2);
}

static void test_what_it_cannot_serve_it_leaves_alone_or_gives_up(void)
{
    reset();
    fake_calls.scheme_error = -KEEXIST;
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
    CU_ASSERT_STRING_EQUAL(fake_calls.output, "virtio-9pd: " DEVICE ": there is a daemon for it\n");
    reset();
    mock_device.device_id = 1;
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
    reset();
    mock_device.tag = "a/b";
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
    reset();
    fake_calls.irq_count = FAKE_IRQS_MAX;
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
    CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
    CU_ASSERT_EQUAL(fake_calls.ready_count, 0);
    CU_ASSERT_EQUAL(fake_hal.dma_live, 1); /* the pool of network buffers */
}

static void test_what_a_killed_daemon_has_left_is_taken_back(void)
{
    reset();
    CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
    unsigned live = fake_hal.dma_live;
    for (unsigned i = 0; i < 3; i++) {
        fake_calls_reset();
        CU_ASSERT_EQUAL(run(COMMAND, NULL, nothing), 1);
        CU_ASSERT_EQUAL(mock_device.status, 15);
        CU_ASSERT_EQUAL(fake_hal.dma_live, live);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static void open_untidy(void)
{
    ask_path(0, SCHEME_OPEN, O_RDONLY, "./d//../a.txt");
}

static void read_and_close(void)
{
    tags[1] = fake_request(SCHEME_READ, 1, 0, buffers[1], 100);
    fake_calls.requests[fake_calls.request_count - 1].offset = 7;
    tags[2] = fake_request(SCHEME_EVENTS, 1, EVENT_READ, NULL, 0);
    tags[3] = fake_request(SCHEME_DUP, 1, 0, NULL, 0);
    tags[4] = fake_request(SCHEME_CLOSE, 1, 0, NULL, 0);
    tags[5] = fake_request(SCHEME_READ, 1, 0, buffers[1], 100);
    tags[6] = fake_request(SCHEME_READ, 77777, 0, buffers[1], 100);
}

static void test_a_file_is_opened_read_where_it_is_said_and_closed(void)
{
    static const struct mock_p9_step server[] = {SESSION,
                                                 {"Twalk 0 1 a.txt", "Rwalk h1 Qf"},
                                                 {"Tlopen 1 0", "Rlopen Qf d0"},
                                                 {"Tread 1 7 100", "Rread x:hello"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    static step_fn *const steps[] = {open_untidy, read_and_close, NULL};
    reset();
    CU_ASSERT_EQUAL(run(COMMAND, server, steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 5);
    CU_ASSERT_EQUAL(memcmp(buffers[1], "hello", 5), 0);
    CU_ASSERT_EQUAL(fake_answer(tags[2]), EVENT_READ);
    CU_ASSERT_EQUAL(fake_answer(tags[3]), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(fake_answer(tags[4]), 0);
    CU_ASSERT_EQUAL(fake_answer(tags[5]), -KEBADF);
    CU_ASSERT_EQUAL(fake_answer(tags[6]), -KEBADF);
    CU_ASSERT_EQUAL(fake_calls.irqs[0].acknowledged, 6);
}

static void rename_one(void)
{
    static const char two[] = "d/a\0e/../b";
    ask(0, SCHEME_RENAME, 0, two, sizeof two - 1);
}

static void make_a_link(void)
{
    static const char link[] = "../there\0l";
    ask(1, SCHEME_SYMLINK, 0, link, sizeof link - 1);
}

static void link_one_name_only(void)
{
    ask_path(2, SCHEME_LINK, 0, "alone");
}

static void remove_a_directory(void)
{
    ask_path(3, SCHEME_REMOVE, AT_REMOVEDIR, "d");
}

static void make_a_directory(void)
{
    ask_path(4, SCHEME_MKDIR, 0, "e");
    fake_calls.requests[fake_calls.request_count - 1].mode = 0700;
}

static void test_names_are_changed_by_one_path_or_by_two(void)
{
    static const struct mock_p9_step server[] = {SESSION,
                                                 {"Twalk 0 1 d", "Rwalk h1 Qd"},
                                                 {"Twalk 0 2", "Rwalk h0"},
                                                 {"Trenameat 1 'a' 2 'b'", "Rrenameat"},
                                                 {"Tclunk 2", "Rclunk"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1", "Rwalk h0"},
                                                 {"Tsymlink 1 'l' '../there' 0", "Rsymlink Ql"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1", "Rwalk h0"},
                                                 {"Tunlinkat 1 'd' 512", "Rlerror d39"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1", "Rwalk h0"},
                                                 {"Tmkdir 1 'e' 16832 0", "Rmkdir Qd"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    static step_fn *const steps[] = {rename_one,         make_a_link,      link_one_name_only,
                                     remove_a_directory, make_a_directory, NULL};
    reset();
    CU_ASSERT_EQUAL(run(COMMAND, server, steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 0);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 0);
    CU_ASSERT_EQUAL(fake_answer(tags[2]), -KEINVAL);
    CU_ASSERT_EQUAL(fake_answer(tags[3]), -KENOTEMPTY);
    CU_ASSERT_EQUAL(fake_answer(tags[4]), 0);
}

/* ---- side by side -------------------------------------------------------------------------- */

static void ask_for_another(void)
{
    ask_path(1, SCHEME_OPEN, O_RDONLY, "b");
    tags[2] = fake_request(SCHEME_CANCEL, 0, 0, NULL, 0);
    fake_event(VIRTIO_9PD_REQUESTS);
}

static void open_one_only(void)
{
    ask_path(0, SCHEME_OPEN, O_PATH, "a");
}

static void open_one(void)
{
    open_one_only();
    meanwhile = ask_for_another;
}

static void test_a_request_that_comes_during_a_transaction_is_heard_of(void)
{
    static const struct mock_p9_step server[] = {
        SESSION, {"Twalk 0 1 a", "Rwalk h1 Qf"}, {"Twalk 0 2 b", "Rlerror d2"}, {NULL, NULL}};
    static step_fn *const steps[] = {open_one, NULL};
    reset();
    CU_ASSERT_EQUAL(run(COMMAND, server, steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), -KENOENT);
    CU_ASSERT_EQUAL(fake_answer(tags[2]), FAKE_UNANSWERED); /* a cancellation has no answer */
}

static void open_two(void)
{
    ask_path(0, SCHEME_OPEN, O_PATH, "a");
    ask_path(1, SCHEME_OPEN, O_PATH, "b");
}

static void answer_the_first(void)
{
    CU_ASSERT_EQUAL(fake_answer(tags[0]), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 2);
    mock_p9_answer_late("Rwalk h1 Qf");
    fake_raise_irq(0);
}

static void test_a_reply_that_is_late_holds_up_nobody_else(void)
{
    static const struct mock_p9_step server[] = {
        SESSION, {"Twalk 0 1 a", NULL}, {"Twalk 0 2 b", "Rwalk h1 Qf"}, {NULL, NULL}};
    static step_fn *const steps[] = {open_two, answer_the_first, NULL};
    reset();
    is_patient = true;
    CU_ASSERT_EQUAL(run(COMMAND, server, steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 1);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 0);
}

static void test_a_reply_that_never_comes_costs_its_caller_and_one_timeout(void)
{
    static const struct mock_p9_step server[] = {SESSION,
                                                 {"Twalk 0 1 a", NULL},
                                                 {"Twalk 0 2 b", "Rwalk h1 Qf"},
                                                 {"Tflush 1", "Rflush"},
                                                 {NULL, NULL}};
    static step_fn *const steps[] = {open_two, NULL};
    reset();
    fake_kernel.parameters[0][0] = "9p-timeout";
    fake_kernel.parameters[0][1] = "50";
    CU_ASSERT_EQUAL(run(COMMAND, server, steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), -KETIMEDOUT);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 2);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 1);
    CU_ASSERT_EQUAL(fake_calls.timeouts, 1); /* all that was said before took no time */
    CU_ASSERT_EQUAL(fake_calls.last_timeout_ns, clock_now_ns());
}

static void cancel(uint32_t flags)
{
    (void)fake_request(SCHEME_CANCEL, 0, flags, NULL, 0);
    fake_calls.requests[fake_calls.request_count - 1].tag = tags[0];
}

static void interrupt_the_caller(void)
{
    cancel(0);
}

static void kill_the_caller(void)
{
    CU_ASSERT_EQUAL(fake_answer(tags[0]), FAKE_UNANSWERED);
    cancel(SCHEME_CANCEL_KILLED);
}

static void open_the_next(void)
{
    CU_ASSERT_EQUAL(fake_answer(tags[0]), -KEINTR);
    ask_path(1, SCHEME_OPEN, O_PATH, "b");
}

/* Its fid is one of which nobody knows, and its handle is free again. */
static void test_what_a_killed_caller_has_asked_for_is_flushed(void)
{
    static const struct mock_p9_step server[] = {SESSION,
                                                 {"Twalk 0 1 a", NULL},
                                                 {"Tflush 1", "Rflush"},
                                                 {"Twalk 0 2 b", "Rwalk h1 Qf"},
                                                 {NULL, NULL}};
    static step_fn *const steps[] = {open_one_only, interrupt_the_caller, kill_the_caller,
                                     open_the_next, NULL};
    reset();
    is_patient = true;
    CU_ASSERT_EQUAL(run(COMMAND, server, steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), -KEINTR);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 1);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 0);
}

UNIT_SUITE("virtio_9pd",
           UNIT_TEST(test_a_share_is_served_by_its_tag_and_without_a_word_to_the_server),
           UNIT_TEST(test_other_command_lines_are_refused),
           UNIT_TEST(test_what_it_cannot_serve_it_leaves_alone_or_gives_up),
           UNIT_TEST(test_what_a_killed_daemon_has_left_is_taken_back),
           UNIT_TEST(test_a_file_is_opened_read_where_it_is_said_and_closed),
           UNIT_TEST(test_names_are_changed_by_one_path_or_by_two),
           UNIT_TEST(test_a_request_that_comes_during_a_transaction_is_heard_of),
           UNIT_TEST(test_a_reply_that_is_late_holds_up_nobody_else),
           UNIT_TEST(test_a_reply_that_never_comes_costs_its_caller_and_one_timeout),
           UNIT_TEST(test_what_a_killed_caller_has_asked_for_is_flushed))
