/* Many updates in a row, over any number of epochs, with the history rows they owe: trainer.py's loop.
 *
 * The mathematics is backprop.py's; products.h multiplies, functions.h has activations and losses, descent.h moves the
 * parameters, draw.h orders the samples. Nothing is allocated here and nothing of Python is touched, so other threads
 * run meanwhile. Built without -ffast-math, for NaN and infinity have to come through.
 */
#include "descent.h"
#include "draw.h"
#include "products.h"

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif
#define MOST_LAYERS 64
#define EVALUATED 256 /* samples at once where a loss over many is taken */

/* Where the buffers of a batch begin in `work`. */
typedef struct {
    double *out[MOST_LAYERS], *slope[MOST_LAYERS], *delta[MOST_LAYERS];
    double *a, *x, *t, *mask, *kept;
} buffers_t;

static whole most(whole one, whole other) { return one > other ? one : other; }

static whole hidden_units(const settings_t *how) {
    whole total = 0;
    for (whole l = 1; l < how->layers; l++) total += how->units[l];
    return total;
}

static double *part(double **at, whole numbers) {
    double *begin = *at;
    *at += (numbers + 7) / 8 * 8;
    return begin;
}

static double *lay_out(const settings_t *how, whole length, double *work, buffers_t *to) {
    whole samples = most(length, EVALUATED), widest = 0, outputs = how->units[how->layers];
    for (whole l = 0; l < how->layers; l++) {
        whole units = how->units[l + 1];
        to->out[l] = part(&work, units * samples);
        to->slope[l] = part(&work, units * samples);
        to->delta[l] = part(&work, units * samples);
        widest = most(widest, units);
    }
    to->a = part(&work, outputs * samples);
    to->x = part(&work, how->units[0] * samples);
    to->t = part(&work, outputs * samples);
    to->mask = part(&work, hidden_units(how) * samples);
    to->kept = part(&work, widest);
    return work;
}

EXPORTED whole work_numbers(const settings_t *how, whole length) {
    buffers_t to;
    return lay_out(how, length, 0, &to) - (double *)0;
}

INLINE void pass_forward(const settings_t *how, const double *theta, const buffers_t *at, const double *x,
                         const double *mask, whole samples) {
    const double *before = x;
    whole masked = 0, hidden = mask ? hidden_units(how) : 0;
    for (whole l = 0; l < how->layers; l++) {
        whole units = how->units[l + 1], count = units * samples, last = l == how->layers - 1;
        double *out = at->out[l], *slope = at->slope[l];
        forward(how, theta, before, out, how->units[l], units, samples);
        theta += units * (how->units[l] + 1);
        if (last) memcpy(at->a, out, (size_t)count * sizeof(double));
        if (how->card[l] == SOFTMAX) {
            soften(at->a, out, units, samples);
            for (whole k = 0; k < count; k++) slope[k] = 1.0;
        } else {
            activate(how->card[l], how->number[l], out, slope, count);
        }
        if (mask && !last) {
            for (whole j = 0; j < units; j++)
                for (whole b = 0; b < samples; b++) {
                    double share = mask[b * hidden + masked + j];
                    out[j * samples + b] *= share;
                    slope[j * samples + b] *= share;
                }
            masked += units;
        }
        before = out;
    }
}

/* The batch's gradient from a pass forward; returns the loss summed over its samples. */
INLINE double pass_backward(const settings_t *how, run_t *run, const buffers_t *at, const double *x, const double *t,
                            whole samples) {
    whole last = how->layers - 1, outputs = how->units[how->layers];
    const double *end = run->theta;
    double *to = run->gradient;
    for (whole l = 0; l < how->layers; l++) {
        end += how->units[l + 1] * (how->units[l] + 1);
        to += how->units[l + 1] * (how->units[l] + 1);
    }
    double loss = loss_of(how, at->a, at->out[last], t, outputs, samples);
    delta_of(how, how->card[last], at->a, at->out[last], t, at->slope[last], at->delta[last], outputs, samples);
    if (how->mean && samples > 1)
        for (whole k = 0; k < outputs * samples; k++) at->delta[last][k] *= 1.0 / (double)samples;
    for (whole l = last; l >= 0; l--) {
        whole before = how->units[l], units = how->units[l + 1];
        end -= units * (before + 1);
        to -= units * (before + 1);
        collect(how, at->delta[l], l ? at->out[l - 1] : x, to, before, units, samples);
        if (l == 0) break;
        backward(how, end, at->delta[l], at->delta[l - 1], before, units, samples);
        for (whole k = 0; k < before * samples; k++) at->delta[l - 1][k] *= at->slope[l - 1][k];
    }
    return loss;
}

/* One sample at a time is a case of its own for the compiler: there are no loops over the batch. */
static double learn_from_one(const settings_t *how, run_t *run, const buffers_t *at, const double *x, const double *t,
                             const double *mask) {
    pass_forward(how, run->theta, at, x, mask, 1);
    return pass_backward(how, run, at, x, t, 1);
}

static void pass_many_forward(const settings_t *how, const double *theta, const buffers_t *at, const double *x,
                              const double *mask, whole samples) {
    pass_forward(how, theta, at, x, mask, samples);
}

static double learn_from_many(const settings_t *how, run_t *run, const buffers_t *at, const double *x, const double *t,
                              const double *mask, whole samples) {
    pass_many_forward(how, run->theta, at, x, mask, samples);
    return pass_backward(how, run, at, x, t, samples);
}

static void gather(const double *rows, const whole *order, double *restrict to, whole width, whole samples) {
    for (whole b = 0; b < samples; b++)
        for (whole i = 0; i < width; i++) to[i * samples + b] = rows[order[b] * width + i];
}

static double mean_loss(const settings_t *how, const run_t *run, const samples_t *of, const buffers_t *at) {
    whole inputs = how->units[0], outputs = how->units[how->layers], order[EVALUATED];
    double total = 0.0;
    for (whole start = 0; start < of->count; start += EVALUATED) {
        whole count = of->count - start < EVALUATED ? of->count - start : EVALUATED;
        for (whole b = 0; b < count; b++) order[b] = start + b;
        gather(of->x, order, at->x, inputs, count);
        gather(of->t, order, at->t, outputs, count);
        pass_many_forward(how, run->theta, at, at->x, 0, count);
        total += loss_of(how, at->a, at->out[how->layers - 1], at->t, outputs, count);
    }
    return total / (double)of->count;
}

static double take(const settings_t *how, run_t *run, const buffers_t *at, whole start, whole samples, double eta,
                   source_t *drops) {
    whole inputs = how->units[0], outputs = how->units[how->layers];
    const double *x = run->laid_x + start * inputs, *t = run->laid_t + start * outputs, *mask = 0;
    if (!run->laid_x && samples == 1) { /* a row is the column */
        x = run->all.x + run->order[start] * inputs;
        t = run->all.t + run->order[start] * outputs;
    } else if (!run->laid_x) {
        gather(run->all.x, run->order + start, at->x, inputs, samples);
        gather(run->all.t, run->order + start, at->t, outputs, samples);
        x = at->x;
        t = at->t;
    }
    if (drops) {
        whole count = hidden_units(how) * samples;
        for (whole k = 0; k < count; k++)
            at->mask[k] = (draw_unit(drops) >= how->dropout ? 1.0 : 0.0) / (1.0 - how->dropout);
        mask = at->mask;
    }
    double loss = samples == 1 ? learn_from_one(how, run, at, x, t, mask)
                               : learn_from_many(how, run, at, x, t, mask, samples);
    run->updates++;
    descend(how, run, eta, at->kept);
    return loss;
}

/* Notes the end of an epoch: a row where one is wanted, and whether the run has come to its goal. */
static void end_epoch(const settings_t *how, run_t *run, const buffers_t *at, whole parameters) {
    double running = run->epoch_loss / (double)run->all.count;
    run->overflowed |= !isfinite(running);
    run->epoch++;
    run->batch = 0;
    run->epoch_loss = 0.0;
    whole wanted = run->stride && run->epoch % run->stride == 0;
    if (run->stride && (wanted || running > run->leap * run->highest)) {
        double *row = run->row + run->rows++ * (4 + parameters);
        row[0] = (double)run->epoch;
        row[1] = mean_loss(how, run, &run->all, at);
        row[2] = running;
        row[3] = run->tests.count ? mean_loss(how, run, &run->tests, at) : NAN;
        memcpy(row + 4, run->theta, (size_t)parameters * sizeof(double));
    }
    run->highest = wanted || running > run->highest ? running : run->highest;
    run->reached = run->last_epoch >= 0 && run->epoch >= run->last_epoch;
    if (run->reached || !run->judging) return;
    double loss = mean_loss(how, run, run->tests.count ? &run->tests : &run->all, at);
    if (loss < run->best * (1.0 - run->least_gain) || isinf(run->best)) {
        run->best = loss;
        run->best_epoch = run->epoch;
    }
    run->reached = (run->patience >= 0 && run->epoch - run->best_epoch >= run->patience) || loss < run->loss_below;
}

/* Takes up to `steps` updates and returns how many; ends sooner at its goal, and where the rows are full. */
EXPORTED whole stretch(const settings_t *how, run_t *run, whole steps) {
    whole samples = run->all.count, batches = (samples + run->length - 1) / run->length, taken = 0, parameters = 0;
    whole drop = how->dropout > 0.0 && hidden_units(how) > 0;
    buffers_t at;
    lay_out(how, run->length, run->work, &at);
    for (whole l = 0; l < how->layers; l++) parameters += how->units[l + 1] * (how->units[l] + 1);
    while (taken < steps && !run->reached && run->rows < run->most_rows) {
        double eta = rate_of(how, run->epoch);
        source_t drops;
        if (how->shuffle) shuffled(run->order, samples, how->seed, how->seed_words, run->epoch);
        if (drop) {
            drops = seeded(how->seed, how->seed_words, run->epoch, 1);
            for (whole k = run->batch * run->length * hidden_units(how); k > 0; k--) advance(&drops);
        }
        for (; run->batch < batches && taken < steps; run->batch++, taken++) {
            whole start = run->batch * run->length, left = samples - start;
            run->epoch_loss += take(how, run, &at, start, left < run->length ? left : run->length, eta, drop ? &drops : 0);
        }
        if (run->batch == batches) end_epoch(how, run, &at, parameters);
    }
    return taken;
}

/* The mean loss over all samples, or over those for testing. */
EXPORTED double loss_over(const settings_t *how, run_t *run, whole tests) {
    buffers_t at;
    lay_out(how, run->length, run->work, &at);
    return mean_loss(how, run, tests ? &run->tests : &run->all, &at);
}

/* For Python to hold against NumPy before draw.h is trusted. */
EXPORTED void order_of_epoch(const uint32_t *seed, whole words, whole epoch, whole *order, whole count) {
    shuffled(order, count, seed, words, epoch);
}

EXPORTED void units_of_epoch(const uint32_t *seed, whole words, whole epoch, double *out, whole count) {
    source_t from = seeded(seed, words, epoch, 1);
    for (whole k = 0; k < count; k++) out[k] = draw_unit(&from);
}

/* Which source this was built from. */
EXPORTED const char *source_digest(void) { return SOURCE_DIGEST; }
