/* The three products of backpropagation, with loops for small layers and BLAS for large ones.
 *
 * Sums run in one order whatever the machine, so that a run is the same however it is cut into stretches.
 */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "functions.h"

#define LANES 8
#define LARGE 30000 /* multiplications from which a call of BLAS pays */

/* out[b] = start + sum_i w[i * step] x[i * samples + b] for `width` samples from `b` on; width is a constant. */
#define BLOCK(width)                                                                                                 \
    for (; b + (width) <= samples; b += (width)) {                                                                   \
        double sum[width];                                                                                           \
        for (int l = 0; l < (width); l++) sum[l] = start;                                                            \
        for (whole i = 0; i < terms; i++) {                                                                          \
            double one = w[i * step];                                                                                \
            for (int l = 0; l < (width); l++)                                                                        \
                sum[l] = (width) > 4 ? MULTIPLY_ADD(one, x[i * samples + b + l], sum[l])                              \
                                     : sum[l] + one * x[i * samples + b + l];                                        \
        }                                                                                                            \
        for (int l = 0; l < (width); l++) out[b + l] = sum[l];                                                       \
    }

INLINE void weighted(const double *restrict w, whole step, const double *restrict x, double start,
                     double *restrict out, whole terms, whole samples) {
    whole b = 0;
    if (samples > 1) {
        BLOCK(32)
        BLOCK(8)
        BLOCK(4)
    }
    BLOCK(1)
}

/* a = W x + biases: (units, samples). */
INLINE void forward(const settings_t *how, const double *theta, const double *x, double *a, whole before, whole units,
                    whole samples) {
    if (how->multiply && before * units * samples >= LARGE) {
        for (whole j = 0; j < units; j++)
            for (whole b = 0; b < samples; b++) a[j * samples + b] = theta[j * (before + 1) + before];
        how->multiply(101, 111, 111, units, samples, before, 1.0, theta, before + 1, x, samples, 1.0, a, samples);
        return;
    }
    for (whole j = 0; j < units; j++)
        weighted(theta + j * (before + 1), 1, x, theta[j * (before + 1) + before], a + j * samples, before, samples);
}

/* dL/d(outputs before) = W^T delta: (before, samples). */
INLINE void backward(const settings_t *how, const double *theta, const double *delta, double *out, whole before,
                     whole units, whole samples) {
    if (how->multiply && before * units * samples >= LARGE) {
        how->multiply(101, 112, 111, before, samples, units, 1.0, theta, before + 1, delta, samples, 0.0, out, samples);
        return;
    }
    for (whole i = 0; i < before; i++)
        weighted(theta + i, before + 1, delta, 0.0, out + i * samples, units, samples);
}

#define ACROSS(lane) (((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7])))

INLINE double total_of(const double *restrict one, whole samples) {
    double lane[LANES] = {0.0}, total = 0.0;
    whole b = 0;
    if (samples >= LANES) {
        for (; b + LANES <= samples; b += LANES)
            for (int l = 0; l < LANES; l++) lane[l] += one[b + l];
        total = ACROSS(lane);
    }
    for (; b < samples; b++) total += one[b];
    return total;
}

INLINE double dot(const double *restrict one, const double *restrict other, whole samples) {
    double lane[LANES] = {0.0}, total = 0.0;
    whole b = 0;
    if (samples >= LANES) {
        for (; b + LANES <= samples; b += LANES)
            for (int l = 0; l < LANES; l++) lane[l] = MULTIPLY_ADD(one[b + l], other[b + l], lane[l]);
        total = ACROSS(lane);
    }
    for (; b < samples; b++) total += one[b] * other[b];
    return total;
}

/* The gradient, delta x^T with the sum of the deltas for the biases: (units, before + 1). */
INLINE void collect(const settings_t *how, const double *delta, const double *x, double *gradient, whole before,
                    whole units, whole samples) {
    whole row = before + 1, large = how->multiply && before * units * samples >= LARGE;
    if (large)
        how->multiply(101, 111, 112, units, before, samples, 1.0, delta, samples, x, samples, 0.0, gradient, row);
    for (whole j = 0; j < units; j++) {
        gradient[j * row + before] = total_of(delta + j * samples, samples);
        for (whole i = 0; i < before && !large; i++)
            gradient[j * row + i] = dot(delta + j * samples, x + i * samples, samples);
    }
}

#endif
