/*
 * access.c - the hooks of INSTRUMENT accesses
 *
 * The compiler calls one before each access to memory (gcc and clang for their thread sanitizer,
 * whose runtime this is instead of). An access to a device's register, volatile or not, goes to the
 * hal; any other is a tick. So pointers to registers can be dereferenced, and a loop that looks at
 * memory lets time pass.
 *
 * Atomic operations come as calls that have to do the work. They are done here, in sequentially
 * consistent order whatever was asked for: there is one CPU, and nobody could tell.
 *
 * Limits: an access of 16 bytes to a register is none; copying from or to registers by assignment
 * of structures, and memcpy(), are not seen either. gcc says nothing of the load when a bit-field
 * of a register is assigned, so that its other bits come from the last access; clang does.
 */
#include "ringside/hal.h"

#define ACCESS_HOOK __attribute__((visibility("hidden")))

static inline void access_tick(void)
{
    if (__builtin_expect(--ringside_ticks.left < 0, 0)) {
        ringside_tick();
    }
}

static inline bool access_is_register(const volatile void *at)
{
    return (uintptr_t)at - HAL_RAW_BASE < HAL_RAW_SIZE;
}

static void access_read(const volatile void *at, unsigned size)
{
    if (__builtin_expect(access_is_register(at), 0)) {
        hal_raw_read((uintptr_t)at, size);
    } else {
        access_tick();
    }
}

static void access_write(const volatile void *at, unsigned size)
{
    if (__builtin_expect(access_is_register(at), 0)) {
        hal_raw_write((uintptr_t)at, size);
    } else {
        access_tick();
    }
}

/* ---- loads and stores ------------------------------------------------------------------------ */

#define ACCESS_DEFINE(name, function, size)                                                        \
    ACCESS_HOOK void __tsan_##name##size(void *at);                                                \
    void __tsan_##name##size(void *at)                                                             \
    {                                                                                              \
        function(at, size);                                                                        \
    }
#define ACCESS_DEFINE_ALL(size)                                                                    \
    ACCESS_DEFINE(read, access_read, size)                                                         \
    ACCESS_DEFINE(write, access_write, size)                                                       \
    ACCESS_DEFINE(unaligned_read, access_read, size)                                               \
    ACCESS_DEFINE(unaligned_write, access_write, size)                                             \
    ACCESS_DEFINE(volatile_read, access_read, size)                                                \
    ACCESS_DEFINE(volatile_write, access_write, size)                                              \
    ACCESS_DEFINE(unaligned_volatile_read, access_read, size)                                      \
    ACCESS_DEFINE(unaligned_volatile_write, access_write, size)

ACCESS_DEFINE_ALL(1)
ACCESS_DEFINE_ALL(2)
ACCESS_DEFINE_ALL(4)
ACCESS_DEFINE_ALL(8)
ACCESS_DEFINE_ALL(16)

/* A structure as a whole. One tick for 16 bytes, as memcpy() charges. */
ACCESS_HOOK void __tsan_read_range(void *at, size_t size);
ACCESS_HOOK void __tsan_write_range(void *at, size_t size);

void __tsan_read_range(void *at, size_t size)
{
    (void)at;
    ringside_ticks.left -= (int64_t)(size / 16);
    access_tick();
}

void __tsan_write_range(void *at, size_t size)
{
    (void)at;
    ringside_ticks.left -= (int64_t)(size / 16);
    access_tick();
}

/* ---- functions ------------------------------------------------------------------------------- */

/* Called by constructors that the link throws away; their code stays and has to find it. */
ACCESS_HOOK void __tsan_init(void);

void __tsan_init(void)
{
}

ACCESS_HOOK void __tsan_func_entry(void *caller);
ACCESS_HOOK void __tsan_func_exit(void);

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

/* A tick, so that the last store of an interrupt handler is done before the interrupt ends. */
void __tsan_func_exit(void)
{
    access_tick();
}

/* ---- atomic operations ----------------------------------------------------------------------- */

#define ACCESS_ATOMIC_FETCH(bits, operation)                                                       \
    ACCESS_HOOK uint##bits##_t __tsan_atomic##bits##_fetch_##operation(                            \
        volatile uint##bits##_t *at, uint##bits##_t value, int order);                             \
    uint##bits##_t __tsan_atomic##bits##_fetch_##operation(volatile uint##bits##_t *at,            \
                                                           uint##bits##_t value, int order)        \
    {                                                                                              \
        (void)order;                                                                               \
        access_tick();                                                                             \
        return __atomic_fetch_##operation(at, value, __ATOMIC_SEQ_CST);                            \
    }

#define ACCESS_ATOMIC_COMPARE(bits, name)                                                          \
    ACCESS_HOOK int __tsan_atomic##bits##_compare_exchange_##name(                                 \
        volatile uint##bits##_t *at, uint##bits##_t *expected, uint##bits##_t wanted, int order,   \
        int failure);                                                                              \
    int __tsan_atomic##bits##_compare_exchange_##name(                                             \
        volatile uint##bits##_t *at, uint##bits##_t *expected, uint##bits##_t wanted, int order,   \
        int failure)                                                                               \
    {                                                                                              \
        (void)order, (void)failure;                                                                \
        access_tick();                                                                             \
        return __atomic_compare_exchange_n(at, expected, wanted, 0, __ATOMIC_SEQ_CST,              \
                                           __ATOMIC_SEQ_CST);                                      \
    }

#define ACCESS_ATOMIC(bits)                                                                        \
    ACCESS_HOOK uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *at,       \
                                                          int order);                              \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *at, int order)        \
    {                                                                                              \
        (void)order;                                                                               \
        access_read(at, (bits) / 8);                                                               \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    ACCESS_HOOK void __tsan_atomic##bits##_store(volatile uint##bits##_t *at,                      \
                                                 uint##bits##_t value, int order);                 \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *at, uint##bits##_t value, int order) \
    {                                                                                              \
        (void)order;                                                                               \
        access_write(at, (bits) / 8);                                                              \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                             \
    }                                                                                              \
    ACCESS_HOOK uint##bits##_t __tsan_atomic##bits##_exchange(volatile uint##bits##_t *at,         \
                                                              uint##bits##_t value, int order);    \
    uint##bits##_t __tsan_atomic##bits##_exchange(volatile uint##bits##_t *at,                     \
                                                  uint##bits##_t value, int order)                 \
    {                                                                                              \
        (void)order;                                                                               \
        access_tick();                                                                             \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                   \
    }                                                                                              \
    ACCESS_ATOMIC_FETCH(bits, add)                                                                 \
    ACCESS_ATOMIC_FETCH(bits, sub)                                                                 \
    ACCESS_ATOMIC_FETCH(bits, and)                                                                 \
    ACCESS_ATOMIC_FETCH(bits, or)                                                                  \
    ACCESS_ATOMIC_FETCH(bits, xor)                                                                 \
    ACCESS_ATOMIC_FETCH(bits, nand)                                                                \
    ACCESS_ATOMIC_COMPARE(bits, strong)                                                            \
    ACCESS_ATOMIC_COMPARE(bits, weak)                                                              \
    ACCESS_HOOK uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                         \
        volatile uint##bits##_t *at, uint##bits##_t expected, uint##bits##_t wanted, int order,    \
        int failure);                                                                              \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                     \
        volatile uint##bits##_t *at, uint##bits##_t expected, uint##bits##_t wanted, int order,    \
        int failure)                                                                               \
    {                                                                                              \
        __tsan_atomic##bits##_compare_exchange_strong(at, &expected, wanted, order, failure);      \
        return expected;                                                                           \
    }

ACCESS_ATOMIC(8)
ACCESS_ATOMIC(16)
ACCESS_ATOMIC(32)
ACCESS_ATOMIC(64)

ACCESS_HOOK void __tsan_atomic_thread_fence(int order);
ACCESS_HOOK void __tsan_atomic_signal_fence(int order);

void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    access_tick();
}

void __tsan_atomic_signal_fence(int order)
{
    (void)order;
    access_tick();
}
