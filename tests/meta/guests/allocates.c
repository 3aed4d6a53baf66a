/*
 * allocates.c - a guest that gets memory three times, and when it gets none does what its boot
 * parameter `without` says
 *
 * With all of it, it counts `complete`.
 */
#include "ringside/hal.h"
#include "ringside/probe.h"

#define SIZE 4096

/* Whether the word is in the command line, such as "without=told". */
static bool is_told_to(const char *word)
{
    for (const char *text = hal_boot_info()->command_line; *text != '\0'; text++) {
        size_t length = 0;
        while (word[length] != '\0' && text[length] == word[length]) {
            length++;
        }
        if (word[length] == '\0') {
            return true;
        }
    }
    return false;
}

/* Returns when the guest does without it. */
static void fail(void)
{
    static volatile uintptr_t nowhere;
    if (is_told_to("without=fine")) {
        return;
    }
    if (is_told_to("without=told")) {
        hal_console_write("no memory\n", 10);
    } else if (is_told_to("without=crash")) {
        *(volatile uint32_t *)nowhere = 1;
    } else if (is_told_to("without=panic")) {
        hal_panic("no memory");
    } else if (is_told_to("without=breach")) {
        hal_dma_free((void *)(uintptr_t)SIZE, SIZE);
        return;
    } else if (is_told_to("without=off")) {
        hal_power_off(1);
    } else if (is_told_to("without=well")) {
        hal_power_off(0);
    }
    while (is_told_to("without=spin")) {
        hal_relax();
    }
    for (;;) {
        hal_wfi();
    }
}

static void boot(void)
{
    probe_ready();
    for (unsigned i = 0; i < 3; i++) {
        uint64_t physical;
        void *memory = i == 2 ? hal_stack_alloc(SIZE) : hal_dma_alloc(SIZE, 16, &physical);
        if (memory == NULL) {
            fail();
        }
    }
    probe_counter("complete", 1);
    for (;;) {
        hal_wfi();
    }
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "allocates",
    .boot = boot,
};
