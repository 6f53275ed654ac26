/* Activations with their slopes, and losses with their deltas: activations.py and losses.py on whole arrays.
 *
 * Loops have no branches that a compiler could not turn into vectors. NaN goes through wherever NumPy lets it through.
 */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <math.h>
#include <string.h>

#include "stretch.h"

#define INLINE static inline __attribute__((always_inline))

/* a b + c, rounded once where the machine does that in one go. Elsewhere the build rounds each operation by itself, as
 * NumPy does: what a learner computes by hand comes out the same to the last digit. */
#ifdef __FMA__
#define MULTIPLY_ADD(a, b, c) __builtin_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

/* 2^k for a whole number k from -1022 to 1023, given as a double. */
INLINE double power_of_two(double k) {
    double shifted = k + (6755399441055744.0 + 1023.0); /* 1.5 * 2^52 + 1023: the low bits hold k + 1023 */
    uint64_t bits;
    memcpy(&bits, &shifted, 8);
    bits <<= 52;
    memcpy(&k, &bits, 8);
    return k;
}

/* e^r - 1 for |r| <= ln(2) / 2, by its series up to r^13 / 13!, below which nothing is left of a double. */
INLINE double small_expm1(double r) {
    double p = 1.0 / 6227020800.0;
    p = MULTIPLY_ADD(p, r, 1.0 / 479001600.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 39916800.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 3628800.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 362880.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 40320.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 5040.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 720.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 120.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 24.0);
    p = MULTIPLY_ADD(p, r, 1.0 / 6.0);
    p = MULTIPLY_ADD(p, r, 0.5);
    return MULTIPLY_ADD(p * r, r, r);
}

/* x = k ln 2 + r; ln 2 is 0x1.62e42fefa38p-1 (its last bits 0, so that k times it is exact) and a rest. */
INLINE double reduced(double x, double *k) {
    double shifted = x * 1.4426950408889634 + 6755399441055744.0;
    *k = shifted - 6755399441055744.0;
    return MULTIPLY_ADD(*k, -0x1.ef35793c76730p-45, MULTIPLY_ADD(*k, -0x1.62e42fefa3800p-1, x));
}

INLINE double exponential(double x) {
    double k, top = x > 800.0 ? 800.0 : x, bound = top < -800.0 ? -800.0 : top;
    double p = 1.0 + small_expm1(reduced(bound, &k));
    double half = k * 0.5 + 6755399441055744.0 - 6755399441055744.0; /* in two steps, for what 2^k cannot be */
    return p * power_of_two(half) * power_of_two(k - half);
}

/* e^x - 1 for x <= 0, exact also near 0. */
INLINE double expm1_below(double x) {
    double k, bound = x < -50.0 ? -50.0 : x;
    double p = small_expm1(reduced(bound, &k)), two = power_of_two(k);
    return two * p + (two - 1.0);
}

/* ln(1 + u) for u from 0 to 1: 2 artanh(s) with s = u / (2 + u), halved first where that brings 1 + u nearer to 1. */
INLINE double log1p_of_unit(double u) {
    double over = u > 0.41421356237309503 ? 1.0 : 0.0;
    double w = over > 0.0 ? (u - 1.0) * 0.5 : u, s = w / (2.0 + w), square = s * s;
    double p = 1.0 / 23.0;
    p = MULTIPLY_ADD(p, square, 1.0 / 21.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 19.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 17.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 15.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 13.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 11.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 9.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 7.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 5.0);
    p = MULTIPLY_ADD(p, square, 1.0 / 3.0);
    return MULTIPLY_ADD(over, 0.69314718055994530942, 2.0 * MULTIPLY_ADD(p * square, s, s));
}

INLINE double sigmoid(double a) { return 1.0 / (1.0 + exponential(-a)); }

INLINE double hyperbolic(double a) { /* tanh |a| = -m / (2 + m) with m = e^-2|a| - 1 */
    double m = expm1_below(-2.0 * fabs(a));
    return copysign(-m / (2.0 + m), a);
}

INLINE double sign_of(double e) { return e > 0.0 ? 1.0 : e < 0.0 ? -1.0 : e; }

#define EACH(expression_y, expression_slope)                                                                         \
    for (whole k = 0; k < count; k++) {                                                                              \
        double a = at[k], y = (expression_y);                                                                        \
        slope[k] = (expression_slope);                                                                               \
        at[k] = y;                                                                                                   \
    }                                                                                                                \
    break

/* Replaces pre-activations by outputs, and leaves every slope; count = units x samples. Not softmax. */
INLINE void activate(whole card, double n, double *restrict at, double *restrict slope, whole count) {
    switch (card) {
    case LINEAR: EACH(a, 1.0);
    case SIGMOID: EACH(sigmoid(a), y * (1.0 - y));
    case TANH: EACH(hyperbolic(a), 1.0 - y * y);
    case RELU: EACH(a < 0.0 ? 0.0 : a, y > 0.0 ? 1.0 : 0.0);
    case LEAKY_RELU: EACH(a < n * a ? n * a : a, y > 0.0 ? 1.0 : n);
    case SOFTPLUS: EACH((a < 0.0 ? 0.0 : a) + log1p_of_unit(exponential(-fabs(a))), -expm1_below(-y));
    case ELU: EACH(a > 0.0 ? a : n * expm1_below(a), a > 0.0 ? 1.0 : n * exponential(a));
    case SILU: EACH(a * sigmoid(a), sigmoid(a) * (1.0 + a * (1.0 - sigmoid(a))));
    case GELU:
        EACH(a * 0.5 * erfc(-a / sqrt(2.0)),
             0.5 * erfc(-a / sqrt(2.0)) + a * exponential(-0.5 * a * a) / 2.5066282746310002);
    case SOFTSIGN: EACH(a / (1.0 + fabs(a)), 1.0 / ((1.0 + fabs(a)) * (1.0 + fabs(a))));
    case HARD_SIGMOID:
        EACH(a / 6.0 + 0.5 < 0.0 ? 0.0 : a / 6.0 + 0.5 > 1.0 ? 1.0 : a / 6.0 + 0.5, fabs(a) < 3.0 ? 1.0 / 6.0 : 0.0);
    case SINE: EACH(sin(a), cos(a));
    case STEP: EACH(a > 0.0 ? 1.0 : 0.0, 0.0);
    }
}

/* Softmax over the units of each sample: y from a, both (units, samples). */
INLINE void soften(const double *restrict a, double *restrict y, whole units, whole samples) {
    for (whole b = 0; b < samples; b++) {
        double top = a[b], total = 0.0;
        for (whole j = 1; j < units; j++) top = a[j * samples + b] > top ? a[j * samples + b] : top;
        for (whole j = 0; j < units; j++) total += y[j * samples + b] = exponential(a[j * samples + b] - top);
        for (whole j = 0; j < units; j++) y[j * samples + b] /= total;
    }
}

#define TERMS(expression)                                                                                            \
    for (whole k = 0; k < count; k++) {                                                                              \
        double e = y[k] - t[k];                                                                                      \
        (void)e;                                                                                                     \
        total += (expression);                                                                                       \
    }                                                                                                                \
    break

/* -ln softmax, as pairs.py's `surprise`: the largest is left out of the sum, for its 1 would swallow the others. */
INLINE double surprise(const double *a, const double *t, whole units, whole samples) {
    double total = 0.0;
    for (whole b = 0; b < samples; b++) {
        whole top = 0;
        double others = 0.0;
        for (whole j = 1; j < units; j++) top = a[j * samples + b] > a[top * samples + b] ? j : top;
        for (whole j = 0; j < units; j++)
            others += j == top ? 0.0 : exponential(a[j * samples + b] - a[top * samples + b]);
        double all = log1p(others);
        for (whole j = 0; j < units; j++) {
            double target = t[j * samples + b];
            total += target == 0.0 ? 0.0 : target * (all - (a[j * samples + b] - a[top * samples + b]));
        }
    }
    return total;
}

/* The loss summed over the batch's samples; a, y and t are (units, samples). */
INLINE double loss_of(const settings_t *how, const double *a, const double *y, const double *t, whole units,
                      whole samples) {
    double total = 0.0, n = how->loss_number;
    whole count = units * samples;
    switch (how->loss) {
    case HALF_SSE: TERMS(0.5 * e * e);
    case MSE: TERMS(e * e);
    case MAE: TERMS(fabs(e));
    case HUBER: TERMS(fabs(e) <= n ? 0.5 * e * e : n * (fabs(e) - 0.5 * n));
    case ENTROPY_OF_SIGMOID: TERMS((a[k] < 0.0 ? 0.0 : a[k]) - t[k] * a[k] + log1p_of_unit(exponential(-fabs(a[k]))));
    case CROSS_ENTROPY_OF_SIGMOID:
        TERMS(t[k] * ((a[k] > 0.0 ? 0.0 : -a[k]) + log1p_of_unit(exponential(-fabs(a[k])))));
    case CROSS_ENTROPY_OF_SOFTMAX: total = surprise(a, t, units, samples);
    }
    return total * how->loss_scale;
}

#define SLOPES(expression)                                                                                           \
    for (whole k = 0; k < count; k++) {                                                                              \
        double e = y[k] - t[k];                                                                                      \
        delta[k] = (expression) * scale * slope[k];                                                                  \
    }                                                                                                                \
    break

/* The output layer's delta = dL/da of each sample; all arrays are (units, samples). Softmax has no slopes. */
INLINE void delta_of(const settings_t *how, whole card, const double *a, const double *y, const double *t,
                     const double *slope, double *restrict delta, whole units, whole samples) {
    double n = how->loss_number, scale = how->loss_scale;
    whole count = units * samples;
    if (how->loss == ENTROPY_OF_SIGMOID) {
        for (whole k = 0; k < count; k++) delta[k] = (y[k] - t[k]) * scale;
        return;
    }
    if (how->loss == CROSS_ENTROPY_OF_SIGMOID) {
        for (whole k = 0; k < count; k++) delta[k] = -t[k] / (1.0 + exponential(a[k])) * scale;
        return;
    }
    if (how->loss == CROSS_ENTROPY_OF_SOFTMAX) {
        for (whole b = 0; b < samples; b++) {
            double all = 0.0;
            for (whole j = 0; j < units; j++) all += t[j * samples + b];
            for (whole k = b; k < count; k += samples) delta[k] = (y[k] * all - t[k]) * scale;
        }
        return;
    }
    switch (how->loss) {
    case HALF_SSE: SLOPES(e);
    case MSE: SLOPES(2.0 * e);
    case MAE: SLOPES(sign_of(e));
    case HUBER: SLOPES(e < -n ? -n : e > n ? n : e);
    }
    if (card != SOFTMAX) return;
    for (whole b = 0; b < samples; b++) { /* delta holds dL/dy, for softmax's slopes were set to 1 */
        double mix = 0.0;
        for (whole k = b; k < count; k += samples) mix += delta[k] * y[k];
        for (whole k = b; k < count; k += samples) delta[k] = y[k] * (delta[k] - mix);
    }
}

#endif
