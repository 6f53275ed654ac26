/* NumPy's PCG64 and its SeedSequence, so that shuffled orders and dropout's masks are those of epochs.py.
 *
 * Source: M. O'Neill, PCG (HMC-CS-2014-0905), XSL-RR 128/64, and her alternative to seed_seq. Python checks the
 * outcome against NumPy's before it is used.
 */
#ifndef DRAW_H
#define DRAW_H

#include "stretch.h"

typedef unsigned __int128 wide;

typedef struct {
    wide state, step;
    int halved;
    uint32_t half;
} source_t;

#define MOST_SEED_WORDS 64

static uint32_t hashed(uint32_t value, uint32_t *factor, uint32_t by) {
    value ^= *factor;
    *factor *= by;
    value *= *factor;
    return value ^ (value >> 16);
}

static uint32_t mixed(uint32_t one, uint32_t other) {
    uint32_t both = 0xca01f9ddu * one - 0x4973f715u * other;
    return both ^ (both >> 16);
}

static void advance(source_t *from) {
    const wide factor = ((wide)0x2360ED051FC65DA4ull << 64) | 0x4385DF649FCCF645ull;
    from->state = from->state * factor + from->step;
}

static uint64_t draw(source_t *from) {
    advance(from);
    uint64_t folded = (uint64_t)(from->state >> 64) ^ (uint64_t)from->state;
    unsigned turn = (unsigned)(from->state >> 122);
    return (folded >> turn) | (folded << (-turn & 63));
}

static uint32_t draw_half(source_t *from) {
    if (from->halved) {
        from->halved = 0;
        return from->half;
    }
    uint64_t drawn = draw(from);
    from->halved = 1;
    from->half = (uint32_t)(drawn >> 32);
    return (uint32_t)drawn;
}

static double draw_unit(source_t *from) { return (double)(draw(from) >> 11) * (1.0 / 9007199254740992.0); }

/* The generator of PCG64([seed, epoch]) or, with `more` >= 0, of PCG64([seed, epoch, more]). */
static source_t seeded(const uint32_t *seed, whole words, whole epoch, whole more) {
    uint32_t entropy[MOST_SEED_WORDS + 3], pool[4], out[8], factor = 0x43b0d7e5u;
    whole count = 0;
    for (whole k = 0; k < words; k++) entropy[count++] = seed[k];
    entropy[count++] = (uint32_t)epoch;
    if (epoch >> 32) entropy[count++] = (uint32_t)(epoch >> 32);
    if (more >= 0) entropy[count++] = (uint32_t)more;
    for (int k = 0; k < 4; k++) pool[k] = hashed(k < count ? entropy[k] : 0, &factor, 0x931e8875u);
    for (int from = 0; from < 4; from++)
        for (int to = 0; to < 4; to++)
            if (from != to) pool[to] = mixed(pool[to], hashed(pool[from], &factor, 0x931e8875u));
    for (whole from = 4; from < count; from++)
        for (int to = 0; to < 4; to++) pool[to] = mixed(pool[to], hashed(entropy[from], &factor, 0x931e8875u));
    factor = 0x8b51f9ddu;
    for (int k = 0; k < 8; k++) out[k] = hashed(pool[k % 4], &factor, 0x58f38dedu);
    uint64_t part[4];
    for (int k = 0; k < 4; k++) part[k] = out[2 * k] | ((uint64_t)out[2 * k + 1] << 32);
    source_t made = {0, ((((wide)part[2] << 64) | part[3]) << 1) | 1, 0, 0};
    advance(&made);
    made.state += ((wide)part[0] << 64) | part[1];
    advance(&made);
    return made;
}

/* A number from 0 to `most`, every one as likely: draws again while the bits say more. */
static uint32_t draw_upto(source_t *from, uint32_t most) {
    uint32_t mask = most, drawn;
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    do drawn = draw_half(from) & mask;
    while (drawn > most);
    return drawn;
}

static void shuffled(whole *order, whole count, const uint32_t *seed, whole words, whole epoch) {
    source_t from = seeded(seed, words, epoch, -1);
    for (whole k = 0; k < count; k++) order[k] = k;
    for (whole k = count - 1; k > 0; k--) {
        whole other = (whole)draw_upto(&from, (uint32_t)k), kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
}

#endif
