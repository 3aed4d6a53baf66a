/*
 * prng.h - reproducible randomness, a stream a consumer
 *
 * xoshiro256** seeded through SplitMix64 from the run's seed and the consumer's name, so that a new
 * consumer does not shift the numbers that others draw.
 */
#ifndef EMU_CORE_PRNG_H
#define EMU_CORE_PRNG_H

#include <stddef.h>
#include <stdint.h>

struct prng {
    uint64_t state[4];
};

void prng_init(struct prng *prng, uint64_t seed, const char *consumer);
uint64_t prng_next(struct prng *prng);
/* Uniform in [0, bound), bound > 0, without modulo bias. */
uint64_t prng_below(struct prng *prng, uint64_t bound);
void prng_fill(struct prng *prng, void *buffer, size_t size);

#endif
