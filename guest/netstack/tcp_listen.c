/*
 * tcp_listen.c - listeners
 *
 * A SYN makes a connection at once, which belongs to the listener until it is accepted. Finished
 * and unfinished ones share the backlog, so that whoever has finished always finds a place; SYNs
 * beyond it are dropped, and their senders try again.
 */
#include "lib/kassert.h"
#include "netstack/tcp_priv.h"

/* [RFC9293] 3.10.7.2. Data and FIN of a SYN are not taken: they come again. */
static void tcp_listen_make(struct tcp_connection *listener, const struct tcp_segment *segment,
                            const struct ipv4_path *path, uint64_t now_ns)
{
    struct tcp_connection *connection = tcp_make();
    if (connection == NULL) {
        tcp_refuse(listener, TCP_DROP_EXHAUSTED);
        return;
    }
    connection->options = listener->options;
    connection->device = listener->device;
    connection->local = segment->local;
    connection->remote = segment->remote;
    tcp_prepare(connection, path, now_ns);
    tcp_agree(connection, segment, now_ns);
    connection->state = TCP_SYN_RECEIVED;
    connection->listener = listener;
    list_add_tail(&listener->half, &connection->queue);
    listener->half_count++;
    tcp_enter_port(connection);
    tcp_enter_flow(connection);
    tcp_send_syn(connection, now_ns);
}

void tcp_listen_input(struct tcp_connection *listener, const struct tcp_segment *segment,
                      uint64_t now_ns)
{
    struct ipv4_path path;
    if ((segment->flags & TCP_RST) != 0) {
        tcp_refuse(listener, TCP_DROP_BAD_RESET);
    } else if ((segment->flags & TCP_ACK) != 0) {
        tcp_refuse(listener, TCP_DROP_BAD_ACK);
        tcp_reply_reset(segment, now_ns);
    } else if ((segment->flags & TCP_SYN) == 0) {
        tcp_refuse(listener, TCP_DROP_NO_SYN);
    } else if (listener->half_count + listener->done_count > listener->backlog) {
        tcp_refuse(listener, TCP_DROP_BACKLOG);
    } else if (ipv4_find_path(segment->remote.address, &path) != 0 ||
               (listener->device != NULL && listener->device != path.interface)) {
        tcp_refuse(listener, TCP_DROP_NO_PATH);
    } else {
        tcp_listen_make(listener, segment, &path, now_ns);
    }
}

void tcp_listen_finished(struct tcp_connection *connection)
{
    struct tcp_connection *listener = connection->listener;
    kassert(!connection->completed);
    list_remove(&connection->queue);
    list_add_tail(&listener->done, &connection->queue);
    listener->half_count--;
    listener->done_count++;
    connection->completed = true;
    tcp_tell(listener, TCP_READY_IN);
}

void tcp_listen_leave(struct tcp_connection *connection)
{
    struct tcp_connection *listener = connection->listener;
    list_remove(&connection->queue);
    if (connection->completed)
        listener->done_count--;
    else
        listener->half_count--;
    connection->completed = false;
    connection->listener = NULL;
}

static void tcp_listen_flush_queue(struct list *queue, uint64_t now_ns)
{
    struct list *link;
    while ((link = list_first(queue)) != NULL)
        tcp_abort(list_entry(link, struct tcp_connection, queue), now_ns);
}

void tcp_listen_flush(struct tcp_connection *listener, uint64_t now_ns)
{
    tcp_listen_flush_queue(&listener->half, now_ns);
    tcp_listen_flush_queue(&listener->done, now_ns);
}

struct tcp_connection *tcp_accept(struct tcp_connection *listener, tcp_changed_fn *changed,
                                  void *owner)
{
    struct list *link = listener->state == TCP_LISTEN ? list_first(&listener->done) : NULL;
    if (link == NULL)
        return NULL;
    struct tcp_connection *connection = list_entry(link, struct tcp_connection, queue);
    tcp_listen_leave(connection);
    connection->changed = changed;
    connection->owner = owner;
    connection->owned = true;
    return connection;
}
