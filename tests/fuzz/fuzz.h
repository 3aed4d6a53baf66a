/*
 * fuzz.h - what all fuzz targets share
 *
 * A target is one function, fuzz_run(), that takes bytes and must come back, whatever they are. It
 * is linked twice: with libFuzzer in the fuzz preset, and with replay_main.c everywhere else,
 * where the corpus of the tree is a regression test.
 *
 * Most targets read their bytes as a program: an operation, its operands, the next operation.
 * Operands that are missing read as zero, so every input means something and a truncated one means
 * the same up to there.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target. Everything that it makes must be gone when it returns. */
void fuzz_run(const uint8_t *data, size_t size);

/* libFuzzer's interface. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* True while fuzz_run() runs: the host's files and network are out of bounds then (fuzz_host.c). */
extern bool fuzz_is_running;

/* A condition that no input may break. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *what, const char *file, int line);

struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline bool fuzz_is_empty(const struct fuzz_input *input)
{
    return input->size == 0;
}

/* The next bytes, at most `wanted` of them; borrowed. */
static inline const uint8_t *fuzz_take(struct fuzz_input *input, size_t wanted, size_t *got)
{
    const uint8_t *bytes = input->data;
    *got = wanted < input->size ? wanted : input->size;
    input->data += *got;
    input->size -= *got;
    return bytes;
}

/* A number of that many bytes, the lowest first. */
static inline uint64_t fuzz_number(struct fuzz_input *input, unsigned bytes)
{
    size_t got;
    const uint8_t *from = fuzz_take(input, bytes, &got);
    uint64_t value = 0;
    for (size_t i = 0; i < got; i++) {
        value |= (uint64_t)from[i] << 8 * i;
    }
    return value;
}

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
    return (uint8_t)fuzz_number(input, 1);
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
    return (uint16_t)fuzz_number(input, 2);
}

static inline uint32_t fuzz_u32(struct fuzz_input *input)
{
    return (uint32_t)fuzz_number(input, 4);
}

#endif
