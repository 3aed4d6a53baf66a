/* mock_p9.c - a server of 9P that follows a script */
#include "drivers/mock_p9.h"

#include "drivers/fake_hal.h"
#include "drivers/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOCK_P9_REPLY (1 << 20)

struct mock_p9 mock_p9;

/* Fields of messages: d and q numbers, s a string, w names, x bytes with their count. */
static const struct {
    uint8_t type;
    const char *name, *fields;
} mock_p9_types[] = {
    {7, "Rlerror", ""},    {8, "Tstatfs", "d"},
    {9, "Rstatfs", ""},    {12, "Tlopen", "dd"},
    {13, "Rlopen", ""},    {14, "Tlcreate", "dsddd"},
    {15, "Rlcreate", ""},  {16, "Tsymlink", "dssd"},
    {17, "Rsymlink", ""},  {22, "Treadlink", "d"},
    {23, "Rreadlink", ""}, {24, "Tgetattr", "dq"},
    {25, "Rgetattr", ""},  {26, "Tsetattr", "dddddqqqqq"},
    {27, "Rsetattr", ""},  {40, "Treaddir", "dqd"},
    {41, "Rreaddir", ""},  {50, "Tfsync", "dd"},
    {51, "Rfsync", ""},    {70, "Tlink", "dds"},
    {71, "Rlink", ""},     {72, "Tmkdir", "dsdd"},
    {73, "Rmkdir", ""},    {74, "Trenameat", "dsds"},
    {75, "Rrenameat", ""}, {76, "Tunlinkat", "dsd"},
    {77, "Runlinkat", ""}, {100, "Tversion", "ds"},
    {101, "Rversion", ""}, {104, "Tattach", "ddssd"},
    {105, "Rattach", ""},  {108, "Tflush", "h"},
    {109, "Rflush", ""},   {110, "Twalk", "ddw"},
    {111, "Rwalk", ""},    {116, "Tread", "dqd"},
    {117, "Rread", ""},    {118, "Twrite", "dqx"},
    {119, "Rwrite", ""},   {120, "Tclunk", "d"},
    {121, "Rclunk", ""},
};
#define MOCK_P9_TYPES (sizeof mock_p9_types / sizeof mock_p9_types[0])

/* ---- messages to text ------------------------------------------------------------------------ */

struct mock_p9_in {
    const uint8_t *bytes;
    size_t at, size;
    char text[MOCK_P9_TEXT];
    size_t used;
};

static uint64_t mock_p9_take(struct mock_p9_in *in, unsigned size)
{
    uint64_t value = 0;
    CU_ASSERT_FATAL(in->at + size <= in->size);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)in->bytes[in->at++] << 8 * i;
    return value;
}

static void mock_p9_print(struct mock_p9_in *in, const char *front, size_t size, const char *behind)
{
    CU_ASSERT_FATAL(in->at + size <= in->size);
    int length = snprintf(in->text + in->used, sizeof in->text - in->used, "%s%.*s%s", front,
                          (int)(size < 32 ? size : 32), (const char *)in->bytes + in->at, behind);
    in->used += (size_t)length;
    in->at += size;
}

static void mock_p9_print_number(struct mock_p9_in *in, unsigned size)
{
    unsigned long long value = mock_p9_take(in, size);
    in->used += (size_t)snprintf(in->text + in->used, sizeof in->text - in->used, " %llu", value);
}

static void mock_p9_print_names(struct mock_p9_in *in)
{
    unsigned count = (unsigned)mock_p9_take(in, 2);
    for (unsigned i = 0; i < count; i++)
        mock_p9_print(in, i == 0 ? " " : "/", mock_p9_take(in, 2), "");
}

static void mock_p9_print_fields(struct mock_p9_in *in, const char *fields)
{
    for (; *fields != '\0'; fields++) {
        if (*fields == 'h' || *fields == 'd' || *fields == 'q')
            mock_p9_print_number(in, *fields == 'h' ? 2 : *fields == 'd' ? 4 : 8);
        else if (*fields == 'w')
            mock_p9_print_names(in);
        else
            mock_p9_print(in, " '", mock_p9_take(in, *fields == 's' ? 2 : 4), "'");
    }
    CU_ASSERT_EQUAL(in->at, in->size);
}

/* The message as text; remembers what it is called by. */
static void mock_p9_read(struct mock_p9_in *in)
{
    CU_ASSERT_EQUAL(mock_p9_take(in, 4), in->size);
    unsigned type = (unsigned)mock_p9_take(in, 1);
    mock_p9.tag = (uint16_t)mock_p9_take(in, 2);
    mock_p9.size = in->size;
    CU_ASSERT_EQUAL(mock_p9.tag == UINT16_MAX, type == 100);
    for (unsigned i = 0; i < MOCK_P9_TYPES; i++) {
        if (mock_p9_types[i].type != type)
            continue;
        in->used = (size_t)snprintf(in->text, sizeof in->text, "%s", mock_p9_types[i].name);
        mock_p9_print_fields(in, mock_p9_types[i].fields);
        return;
    }
    CU_FAIL("a message that nobody knows");
}

/* ---- text to replies ------------------------------------------------------------------------- */

struct mock_p9_out {
    uint8_t bytes[MOCK_P9_REPLY];
    size_t size;
};
static struct mock_p9_out mock_p9_out;

static void mock_p9_put(uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        mock_p9_out.bytes[mock_p9_out.size++] = (uint8_t)(value >> 8 * i);
}

static void mock_p9_put_text(const char *text, size_t length, unsigned count_size)
{
    mock_p9_put(length, count_size);
    memcpy(mock_p9_out.bytes + mock_p9_out.size, text, length);
    mock_p9_out.size += length;
}

static void mock_p9_put_field(const char *field, size_t length)
{
    static const struct {
        char letter;
        unsigned size;
    } numbers[] = {{'b', 1}, {'h', 2}, {'d', 4}, {'q', 8}};
    if (field[0] == 's' || field[0] == 'x') {
        mock_p9_put_text(field + 2, length - 2, field[0] == 's' ? 2 : 4);
    } else if (field[0] == '+') {
        mock_p9_put_text(field + 1, length - 1, 0);
    } else if (field[0] == 'Q') {
        mock_p9_put(field[1] == 'd' ? 0x80 : field[1] == 'l' ? 0x02 : 0, 1);
        mock_p9_put(0, 4);
        mock_p9_put(7, 8);
    }
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (field[0] == numbers[i].letter)
            mock_p9_put(strtoull(field + 1, NULL, 10), numbers[i].size);
    }
}

static uint8_t mock_p9_reply_type(const char *text, size_t length)
{
    for (unsigned i = 0; i < MOCK_P9_TYPES; i++) {
        if (strlen(mock_p9_types[i].name) == length &&
            strncmp(mock_p9_types[i].name, text, length) == 0)
            return mock_p9_types[i].type;
    }
    CU_FAIL_FATAL("a reply that nobody knows");
    return 0;
}

static void mock_p9_build(const char *text)
{
    bool foreign = *text == '!', large = *text == '~', cut = *text == '^';
    text += foreign || large || cut ? 1 : 0;
    size_t length = strcspn(text, " ");
    mock_p9_out.size = 4;
    mock_p9_put(mock_p9_reply_type(text, length), 1);
    mock_p9_put(mock_p9.tag + (foreign ? 1u : 0), 2);
    for (text += length; *text == ' '; text += length) {
        text++;
        length = strcspn(text, " ");
        mock_p9_put_field(text, length);
    }
    size_t size = mock_p9_out.size;
    mock_p9_out.size = 0;
    mock_p9_put(size + (large ? 1 : 0), 4);
    mock_p9_out.size = size - (cut ? 1 : 0);
}

/* ---- chains ---------------------------------------------------------------------------------- */

static void mock_p9_complete(uint16_t head, const char *reply)
{
    const struct vring_desc *part = mock_part(MOCK_SHARE, head, 1);
    mock_p9_build(reply);
    CU_ASSERT_FATAL((part->flags & VRING_DESC_F_WRITE) != 0 && part->len >= mock_p9_out.size);
    memcpy((void *)(uintptr_t)(part->addr - fake_hal_offset), mock_p9_out.bytes, mock_p9_out.size);
    mock_complete(MOCK_SHARE, head, (uint32_t)mock_p9_out.size);
    mock_device.interrupts |= 1;
}

bool mock_p9_serve(void)
{
    bool any = false;
    while (mock_avail_count(MOCK_SHARE) > 0) {
        uint16_t head = mock_take(MOCK_SHARE);
        const struct mock_p9_step *step = &mock_p9.steps[mock_p9.done];
        const struct vring_desc *part = mock_part(MOCK_SHARE, head, 0);
        struct mock_p9_in in = {.bytes = (void *)(uintptr_t)(part->addr - fake_hal_offset),
                                .size = part->len};
        mock_p9_read(&in);
        CU_ASSERT_PTR_NOT_NULL_FATAL(step->message);
        CU_ASSERT_STRING_EQUAL(in.text, step->message);
        if (strcmp(in.text, step->message) != 0)
            printf("step %u: '%s' for '%s'\n", mock_p9.done, in.text, step->message);
        mock_p9.done++;
        any = any || step->reply != NULL;
        if (step->reply != NULL) {
            mock_p9_complete(head, step->reply);
        } else {
            mock_p9.held = head;
            mock_p9.held_tag = mock_p9.tag;
            mock_p9.holds = true;
        }
    }
    return any;
}

void mock_p9_answer_late(const char *reply)
{
    CU_ASSERT_TRUE(mock_p9.holds);
    mock_p9.holds = false;
    mock_p9.tag = mock_p9.held_tag;
    mock_p9_complete(mock_p9.held, reply);
}

void mock_p9_check(void)
{
    if (mock_p9.steps != NULL)
        CU_ASSERT_PTR_NULL(mock_p9.steps[mock_p9.done].message);
    if (mock_p9.steps != NULL && mock_p9.steps[mock_p9.done].message != NULL)
        printf("did not come: '%s'\n", mock_p9.steps[mock_p9.done].message);
}

void mock_p9_script(const struct mock_p9_step *steps)
{
    mock_p9_check();
    mock_p9 = (struct mock_p9){.steps = steps};
}
