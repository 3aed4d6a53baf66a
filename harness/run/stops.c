/*
 * stops.c - see stops.h
 *
 * The empty assembly takes the arguments, so that no compiler drops them, a call, or a function.
 */
#include "harness/run/stops.h"

volatile bool vtime_goes_on;

__attribute__((noinline)) void hang_detected(const char *verdict, const char *what, const char *got,
                                             uint32_t task, uint64_t now_ns)
{
    __asm__ volatile("" : : "r"(verdict), "r"(what), "r"(got), "r"(task), "r"(now_ns) : "memory");
}

__attribute__((noinline)) void vtime_reached(uint64_t since_power_on_ns)
{
    __asm__ volatile("" : : "r"(since_power_on_ns) : "memory");
}
