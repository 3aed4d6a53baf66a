/* match.c - does this event satisfy this matcher? */
#include "harness/run/session_priv.h"

#include <string.h>

bool match_frames(const struct session *session, const struct scenario_frames *frames,
                  const struct trace_event *event)
{
    enum scenario_where where;
    switch (event->kind) {
    case TRACE_FRAME_IN:
        where = SCENARIO_WHERE_IN;
        break;
    case TRACE_FRAME_OUT:
        where = SCENARIO_WHERE_OUT;
        break;
    case TRACE_FRAME_DROPPED:
        where = SCENARIO_WHERE_DROPPED;
        break;
    default:
        return false;
    }
    /* Without a place, a frame counts where it arrived: one that the wire dropped never did. */
    bool wanted = frames->where == SCENARIO_WHERE_ANY ? where != SCENARIO_WHERE_DROPPED
                                                      : where == frames->where;
    if (!wanted || (frames->net != NULL && !g_str_equal(frames->net, event->fields[0].string))) {
        return false;
    }
    const uint8_t *frame;
    size_t len;
    return frame_store_get(session->frames, event->sequence, &frame, &len) &&
           capture_filter_matches(frames->filter, frame, len);
}

bool match_event(const struct scenario_event *wanted, const struct trace_event *event)
{
    if (event->kind != wanted->kind) {
        return false;
    }
    const struct trace_kind_info *info = trace_kind_info(event->kind);
    for (guint i = 0; i < wanted->fields->len; i++) {
        const struct scenario_field *field =
            &g_array_index(wanted->fields, struct scenario_field, i);
        const union trace_value *value = &event->fields[field->index];
        bool same = info->fields[field->index].type == TRACE_FIELD_STR
                        ? g_str_equal(value->string, field->string)
                        : value->number == field->number;
        if (!same) {
            return false;
        }
    }
    return true;
}

bool match_call(const struct session *session, const struct scenario_call *wanted,
                const struct trace_event *event)
{
    if (event->kind != TRACE_CALL_RETURNED || !g_str_equal(event->fields[1].string, wanted->call)) {
        return false;
    }
    const struct session_program *program = model_program(session, wanted->program);
    return program != NULL && program->task != 0 && program->task == event->fields[0].number &&
           scenario_compare(wanted->comparison, (int64_t)event->fields[2].number, wanted->result);
}

bool match_matcher(const struct session *session, const struct scenario_matcher *matcher,
                   const struct trace_event *event)
{
    switch (matcher->kind) {
    case SCENARIO_MATCH_FRAMES:
        return match_frames(session, &matcher->frames, event);
    case SCENARIO_MATCH_EVENT:
        return match_event(&matcher->event, event);
    case SCENARIO_MATCH_CALL:
        return match_call(session, &matcher->call, event);
    case SCENARIO_MATCH_TIME:
        return false;
    }
    g_assert_not_reached();
}

void match_add_frame_interest(struct session *session)
{
    session->interest[TRACE_FRAME_IN] = true;
    session->interest[TRACE_FRAME_OUT] = true;
    session->interest[TRACE_FRAME_DROPPED] = true;
}

void match_add_interest(struct session *session, const struct scenario_matcher *matcher)
{
    switch (matcher->kind) {
    case SCENARIO_MATCH_FRAMES:
        match_add_frame_interest(session);
        break;
    case SCENARIO_MATCH_EVENT:
        session->interest[matcher->event.kind] = true;
        break;
    case SCENARIO_MATCH_CALL:
        session->interest[TRACE_CALL_RETURNED] = true;
        break;
    case SCENARIO_MATCH_TIME:
        break;
    }
}
