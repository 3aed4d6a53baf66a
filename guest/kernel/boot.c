/* boot.c - from power-on to the idle task */
#include "kernel/boot.h"

#include "kernel/boot_data.h"
#include "kernel/boot_memory.h"
#include "kernel/epoll.h"
#include "kernel/event.h"
#include "kernel/eventfd.h"
#include "kernel/file.h"
#include "kernel/irq.h"
#include "kernel/irq_file.h"
#include "kernel/nbuf.h"
#include "kernel/netif.h"
#include "kernel/path.h"
#include "kernel/poll.h"
#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/scheme.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "kernel/task_priv.h"
#include "kernel/time_file.h"
#include "kernel/timeout.h"
#include "kernel/tmpfs.h"
#include "kernel/user_map.h"
#include "kernel/user_memory.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#define BOOT_NS_PER_S 1000000000u
#define BOOT_TICK_MAX 10000 /* Hz */

/* A table of all pools, a line each. */
static struct file *boot_open_pools(void *mount, const char *path, int flags, unsigned mode,
                                    int *error)
{
    (void)mount;
    (void)flags;
    (void)mode;
    if (path[0] != '\0') {
        *error = -KENOENT;
        return NULL;
    }
    char text[FILE_TEXT_MAX];
    size_t used = ksnprintf(text, sizeof text, "%-16s %8s %8s %8s %8s\n", "name", "used", "highest",
                            "size", "refused");
    const struct pool *pool;
    for (unsigned i = 0; (pool = pool_by_index(i)) != NULL && used < sizeof text; i++)
        used +=
            ksnprintf(text + used, sizeof text - used, "%-16s %8u %8u %8u %8lu\n", pool->name,
                      pool->used, pool->high_water, pool->capacity, (unsigned long)pool->exhausted);
    return file_from_text(text, used, error);
}
static const struct path_ops boot_pools = {.open = boot_open_pools};
kstatic_assert((POOLS_MAX + 1) * 64 <= FILE_TEXT_MAX, "a line for each pool");

void kernel_init(const struct program_entry *programs, size_t program_count)
{
    const struct hal_boot *boot = hal_boot_info();
    boot_memory_init();
    file_init();
    path_init();
    poll_init();
    epoll_init();
    eventfd_init();
    boot_data_init();
    user_memory_init(hal_phys_to_virt(boot->ram_base), boot->ram_size);
    timeout_registry_init();
    task_init();
    smp_init();
    irq_init();
    nbuf_init();
    netif_init();
    program_init(programs, program_count);
    user_map_init(NULL, 0);
    tmpfs_init();
    scheme_init();
    event_init();
    irq_file_init();
    time_file_init();
    program_child_init();
    path_mount("/proc/pools", &boot_pools, NULL);
}

/* The boot parameter `tick`, in Hz. */
static void boot_start_tick(void)
{
    const char *value = boot_parameter("tick");
    uint32_t hz = 0;
    if (value == NULL)
        return;
    if (!kparse_u32(value, BOOT_TICK_MAX, &hz) || hz == 0)
        kpanic("boot parameter tick: not a number of Hz from 1 to 10000");
    timeout_set_tick(BOOT_NS_PER_S / hz);
}

/* Up is the machine when the kernel is, and its first program, if there is one. */
static unsigned boot_not_ready;

void boot_say_ready(void)
{
    if (__atomic_sub_fetch(&boot_not_ready, 1, __ATOMIC_SEQ_CST) == 0)
        probe_ready();
}

static void boot_reserve_memory(bool has_providers)
{
    if (has_providers) {
        scheme_reserve_memory();
        program_reserve_memory();
    }
    user_map_reserve_memory();
}

static void boot_start_first(const char *command_line)
{
    boot_not_ready = command_line != NULL ? 2 : 1;
    boot_reserve_memory(command_line != NULL);
    if (command_line == NULL)
        return;
    if (program_start_first(command_line) != 0)
        kpanic("the first program cannot be started");
}

_Noreturn void kernel_boot(const struct kernel_parts *parts)
{
    kernel_init(parts->programs, parts->program_count);
    parts->init_drivers();
    parts->init_netstack();
    boot_start_tick();
    boot_start_first(parts->first_program != NULL ? parts->first_program() : NULL);
    smp_start();
    hal_irq_restore(hal_irq_flags() & ~HAL_DAIF_I);
    while (sched_has_ready())
        task_yield();
    smp_wait();
    boot_say_ready();
    sched_idle();
}
