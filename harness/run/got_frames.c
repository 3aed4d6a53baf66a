/*
 * got_frames.c - the frames that passed while a statement waited for another one
 *
 * For messages: who waits for a reply wants to see what came in its place.
 */
#include "harness/report/frame_text.h"
#include "harness/run/session_priv.h"

#define GOT_FRAMES_MAX 5

static const char *got_frames_word(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_FRAME_IN:
        return "in";
    case TRACE_FRAME_OUT:
        return "out";
    case TRACE_FRAME_DROPPED:
        return "dropped";
    default:
        return NULL;
    }
}

void got_frames_append_event(GString *out, const struct session *session,
                             const struct trace_event *event)
{
    const char *word = got_frames_word(event);
    const uint8_t *frame;
    size_t len;
    if (word == NULL || !frame_store_get(session->frames, event->sequence, &frame, &len)) {
        return;
    }
    g_string_append_c(out, '\n');
    trace_format_time(out, event->time_ns);
    g_string_append_printf(out, " %s %s", event->fields[0].string, word);
    if (event->kind == TRACE_FRAME_DROPPED) {
        g_string_append_printf(out, " (%s)", event->fields[2].string);
    }
    g_string_append(out, ": ");
    frame_text_append_line(out, frame, len);
}

void got_frames_append(GString *out, const struct session *session)
{
    uint64_t begin = MAX(session->cursor + 1, trace_first(session->trace));
    uint64_t first = trace_last(session->trace) + 1;
    unsigned count = 0, shown = 0;
    for (uint64_t sequence = first; sequence-- > begin;) {
        if (got_frames_word(trace_get(session->trace, sequence)) != NULL) {
            count++;
            shown += count <= GOT_FRAMES_MAX ? 1 : 0;
            first = count <= GOT_FRAMES_MAX ? sequence : first;
        }
    }
    if (count == 0) {
        g_string_append(out, "; no frame passed since the statement before");
        return;
    }
    g_string_append(out, "; since the statement before:");
    if (count > shown) {
        g_string_append_printf(out, "\n%u frames, the last of which are", count);
    }
    for (uint64_t sequence = first; sequence <= trace_last(session->trace); sequence++) {
        got_frames_append_event(out, session, trace_get(session->trace, sequence));
    }
}
