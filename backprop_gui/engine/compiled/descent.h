/* One update of all parameters: optimizers.py with descent.py's penalties. */
#ifndef DESCENT_H
#define DESCENT_H

#include <math.h>

#include "functions.h"

/* The learning rate of an epoch (from 0): settings.py's `rate`. */
INLINE double rate_of(const settings_t *how, whole epoch) {
    double at = (double)epoch, every = (double)how->schedule_every;
    switch (how->schedule) {
    case BY_STEPS: return how->eta * pow(how->schedule_factor, (double)(epoch / how->schedule_every));
    case EXPONENTIAL: return how->eta * pow(how->schedule_factor, at / every);
    case COSINE: return how->eta * 0.5 * (1.0 + cos(M_PI * (at / every < 1.0 ? at / every : 1.0)));
    }
    return how->eta;
}

/* Adds the penalties to a gradient, or takes a decoupled decay off the weights; biases have none. */
INLINE void penalise(const settings_t *how, double eta, double *restrict theta, double *restrict g, whole weights) {
    double decay = how->weight_decay, l1 = how->l1;
    for (whole k = 0; k < weights; k++) {
        double sign = sign_of(theta[k]);
        if (how->optimizer == ADAMW)
            theta[k] -= eta * (decay * theta[k]);
        else
            g[k] += decay * theta[k];
        g[k] += l1 * sign;
    }
}

/* Moves `count` neighbouring parameters; g is overwritten. */
INLINE void move(const settings_t *how, double eta, double shrink1, double shrink2, double *restrict theta,
                 double *restrict g, double *restrict first, double *restrict second, whole count) {
    double mu = how->momentum, epsilon = how->epsilon;
    switch (how->optimizer) {
    case SGD:
        if (!how->memories) {
            for (whole k = 0; k < count; k++) theta[k] -= eta * g[k];
            return;
        }
        for (whole k = 0; k < count; k++) {
            double pull = -eta * g[k], v = first[k] = mu * first[k] + pull;
            theta[k] += how->nesterov ? pull + mu * v : v;
        }
        return;
    case RMSPROP:
        for (whole k = 0; k < count; k++) {
            first[k] = how->decay_rate * first[k] + (1.0 - how->decay_rate) * g[k] * g[k];
            theta[k] -= eta * g[k] / (sqrt(first[k]) + epsilon);
        }
        return;
    case ADAGRAD:
        for (whole k = 0; k < count; k++) {
            first[k] += g[k] * g[k];
            theta[k] -= eta * g[k] / (sqrt(first[k]) + epsilon);
        }
        return;
    default:
        for (whole k = 0; k < count; k++) {
            first[k] = how->beta1 * first[k] + (1.0 - how->beta1) * g[k];
            second[k] = how->beta2 * second[k] + (1.0 - how->beta2) * g[k] * g[k];
            theta[k] -= eta / shrink1 * first[k] / (sqrt(second[k] / shrink2) + epsilon);
        }
    }
}

/* Updates everything once; `updates` counts from 1. Frozen biases stay, though their memories go on. */
INLINE void descend(const settings_t *how, run_t *run, double eta, double *restrict kept) {
    double shrink1 = 1.0, shrink2 = 1.0;
    if (how->optimizer >= ADAM) { /* a power takes as long as a small layer */
        shrink1 -= pow(how->beta1, (double)run->updates);
        shrink2 -= pow(how->beta2, (double)run->updates);
    }
    whole penalised = how->weight_decay != 0.0 || how->l1 != 0.0, at = 0;
    for (whole l = 0; l < how->layers; l++) {
        whole row = how->units[l] + 1, end = at + row * how->units[l + 1];
        double *theta = run->theta, *g = run->gradient;
        for (whole k = at; k < end && (penalised || !how->train_biases); k += row) {
            if (!how->train_biases) g[k + row - 1] = 0.0;
            if (penalised) penalise(how, eta, theta + k, g + k, row - 1);
        }
        if (!how->train_biases)
            for (whole k = at + row - 1, j = 0; k < end; k += row) kept[j++] = theta[k];
        move(how, eta, shrink1, shrink2, theta + at, g + at, run->first ? run->first + at : 0,
             run->second ? run->second + at : 0, end - at);
        if (!how->train_biases)
            for (whole k = at + row - 1, j = 0; k < end; k += row) theta[k] = kept[j++];
        at = end;
    }
}

#endif
