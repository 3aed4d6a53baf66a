/* resolver_stream.c - DNS messages by TCP */
#include "programs/resolver_stream.h"

#include "lib/endian.h"
#include "programs/connect.h"
#include "programs/user.h"

#define RESOLVER_STREAM_PORT 53
#define RESOLVER_LENGTH_SIZE 2

long resolver_stream_open(uint32_t server, uint64_t deadline_ns, int *socket)
{
    return connect_tcp(server, RESOLVER_STREAM_PORT, deadline_ns, socket);
}

long resolver_stream_send(int socket, const uint8_t *message, size_t size, uint64_t deadline_ns)
{
    uint8_t length[RESOLVER_LENGTH_SIZE];
    store_be16(length, (uint16_t)size);
    long error = connect_send_all(socket, length, sizeof length, deadline_ns);
    return error == 0 ? connect_send_all(socket, message, size, deadline_ns) : error;
}

/* All of it: 0, or why not. */
static long resolver_stream_fill(int socket, uint8_t *to, size_t size, uint64_t deadline_ns)
{
    for (size_t done = 0; done < size;) {
        long result = user_recv(socket, to + done, size - done, 0);
        if (result == -KEAGAIN)
            result = connect_wait(socket, POLLIN, deadline_ns);
        else if (result > 0)
            done += (size_t)result;
        else if (result == 0)
            result = -KECONNRESET;
        if (result < 0)
            return result;
    }
    return 0;
}

long resolver_stream_receive(int socket, uint8_t message[RESOLVER_STREAM_MAX], uint64_t deadline_ns)
{
    uint8_t length[RESOLVER_LENGTH_SIZE];
    long error = resolver_stream_fill(socket, length, sizeof length, deadline_ns);
    if (error != 0)
        return error;
    size_t size = load_be16(length);
    if (size > RESOLVER_STREAM_MAX)
        return -KEMSGSIZE;
    error = resolver_stream_fill(socket, message, size, deadline_ns);
    return error == 0 ? (long)size : error;
}
