/*
 * kassert.h - conditions that only a bug of the guest can break
 *
 * A broken one ends the machine with file, line and condition. They are on in every build. What a
 * program, a frame or a device does wrong is never asserted: it is refused with an error or
 * dropped and counted.
 */
#ifndef LIB_KASSERT_H
#define LIB_KASSERT_H

#define kassert(condition) ((condition) ? (void)0 : kassert_failed(#condition, __FILE__, __LINE__))

/* Ends the machine with a reason that is no condition. */
#define kpanic(reason) kpanic_at((reason), __FILE__, __LINE__)

/* For layouts and relations between limits. */
#define kstatic_assert(condition, text) _Static_assert(condition, text)

/* The kernel's. */
_Noreturn void kassert_failed(const char *condition, const char *file, int line);
_Noreturn void kpanic_at(const char *reason, const char *file, int line);

#endif
