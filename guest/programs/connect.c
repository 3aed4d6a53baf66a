/* connect.c - TCP connections without blocking */
#include "programs/connect.h"

#include "programs/user.h"

long connect_wait(int socket, int events, uint64_t deadline_ns)
{
    for (;;) {
        struct pollfd entry = {socket, (int16_t)events, 0};
        uint64_t now_ns = user_now_ns();
        if (now_ns >= deadline_ns)
            return -KETIMEDOUT;
        long ready =
            user_poll(&entry, 1, deadline_ns == UINT64_MAX ? UINT64_MAX : deadline_ns - now_ns);
        if (ready > 0)
            return 0;
        if (ready < 0 && ready != -KEINTR)
            return ready;
    }
}

long connect_begin(uint32_t address, uint16_t port, int *descriptor)
{
    struct sockaddr_in peer = user_endpoint(address, port);
    long socket = user_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (socket < 0)
        return socket;
    long error = user_connect((int)socket, &peer);
    if (error != 0 && error != -KEINPROGRESS) {
        (void)user_close((int)socket);
        return error;
    }
    *descriptor = (int)socket;
    return 0;
}

long connect_finish(int socket, uint64_t deadline_ns)
{
    int32_t error = 0;
    uint32_t size = sizeof error;
    long result = connect_wait(socket, POLLOUT, deadline_ns);
    if (result == 0)
        result = user_getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return result != 0 ? result : -error;
}

long connect_tcp(uint32_t address, uint16_t port, uint64_t deadline_ns, int *descriptor)
{
    long error = connect_begin(address, port, descriptor);
    if (error != 0)
        return error;
    error = connect_finish(*descriptor, deadline_ns);
    if (error != 0)
        (void)user_close(*descriptor);
    return error;
}

long connect_send_all(int socket, const void *data, size_t size, uint64_t deadline_ns)
{
    for (size_t done = 0; done < size;) {
        long result = user_send(socket, (const char *)data + done, size - done, MSG_NOSIGNAL);
        if (result == -KEAGAIN)
            result = connect_wait(socket, POLLOUT, deadline_ns);
        else if (result > 0)
            done += (size_t)result;
        if (result < 0)
            return result;
    }
    return 0;
}
