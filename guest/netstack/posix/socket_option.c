/* socket_option.c - values of socket options */
#include "netstack/posix/socket_option.h"

#include "kernel/clock.h"
#include "kernel/sockios.h"
#include "kernel/syscall.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/interface.h"

#define SOCKET_OPTION_NS_PER_S  UINT64_C(1000000000)
#define SOCKET_OPTION_NS_PER_US 1000
#define SOCKET_OPTION_US_PER_S  1000000

int socket_option_put(void *value, uint32_t *size, const void *option, size_t option_size)
{
    if (*size > option_size)
        *size = (uint32_t)option_size;
    memcpy(value, option, *size);
    return 0;
}

int socket_option_put_int(void *value, uint32_t *size, int32_t number)
{
    return socket_option_put(value, size, &number, sizeof(number));
}

int socket_option_get_int(const void *value, size_t size, int32_t *number)
{
    if (value == NULL || size < sizeof(*number))
        return -KEINVAL;
    memcpy(number, value, sizeof(*number));
    return 0;
}

int socket_option_put_timeout(void *value, uint32_t *size, uint64_t timeout_ns)
{
    struct kernel_timeval time = {0, 0};
    if (timeout_ns != WAIT_FOREVER) {
        time.tv_sec = (int64_t)(timeout_ns / SOCKET_OPTION_NS_PER_S);
        time.tv_usec = (int64_t)(timeout_ns % SOCKET_OPTION_NS_PER_S / SOCKET_OPTION_NS_PER_US);
    }
    return socket_option_put(value, size, &time, sizeof(time));
}

int socket_option_get_timeout(const void *value, size_t size, uint64_t *timeout_ns)
{
    struct kernel_timeval time;
    if (value == NULL || size < sizeof(time))
        return -KEINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.tv_usec < 0 || time.tv_usec >= SOCKET_OPTION_US_PER_S)
        return -KEDOM;
    if (time.tv_sec < 0) {
        *timeout_ns = 0;
        return 0;
    }
    bool forever = (time.tv_sec == 0 && time.tv_usec == 0) ||
                   (uint64_t)time.tv_sec >= WAIT_FOREVER / SOCKET_OPTION_NS_PER_S;
    *timeout_ns = forever ? WAIT_FOREVER
                          : (uint64_t)time.tv_sec * SOCKET_OPTION_NS_PER_S +
                                (uint64_t)time.tv_usec * SOCKET_OPTION_NS_PER_US;
    return 0;
}

int socket_option_put_device(void *value, uint32_t *size, const struct interface *device)
{
    if (device == NULL) {
        *size = 0;
        return 0;
    }
    if (*size < IFNAMSIZ)
        return -KEINVAL;
    return socket_option_put(value, size, device->name, kstrlen(device->name) + 1);
}

int socket_option_wait_error(int error, uint64_t timeout_ns)
{
    if (error == -KETIMEDOUT)
        return -KEAGAIN;
    return error == -KEINTR && timeout_ns == WAIT_FOREVER ? -KERESTART : error;
}

uint64_t socket_option_deadline_ns(uint64_t timeout_ns)
{
    uint64_t now_ns = clock_now_ns();
    return timeout_ns >= WAIT_FOREVER - now_ns ? WAIT_FOREVER : now_ns + timeout_ns;
}
