/* What Python hands over (stretch.py lays the same structures out), and the order of everything in memory.
 *
 * Arrays are features x samples, as in kernel.py: row j of a layer's outputs holds unit j for every sample of the
 * batch. `theta` is kernel.py's flat vector: per layer a matrix (units, units before + 1), the last column biases.
 */
#ifndef STRETCH_H
#define STRETCH_H

#include <stdint.h>

typedef int64_t whole;

enum { LINEAR, SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, SOFTMAX, ELU, SILU, GELU, SOFTSIGN, HARD_SIGMOID, SINE, STEP };
enum { HALF_SSE, MSE, MAE, HUBER, ENTROPY_OF_SIGMOID, CROSS_ENTROPY_OF_SIGMOID, CROSS_ENTROPY_OF_SOFTMAX };
enum { SGD, RMSPROP, ADAGRAD, ADAM, ADAMW };
enum { CONSTANT, BY_STEPS, EXPONENTIAL, COSINE };

/* cblas_dgemm with 64-bit sizes, where NumPy brought one along. */
typedef void (*product)(int order, int across_a, int across_b, whole m, whole n, whole k, double alpha, const double *a,
                        whole lda, const double *b, whole ldb, double beta, double *c, whole ldc);

typedef struct {
    whole layers;        /* of weights */
    const whole *units;  /* (layers + 1): inputs first */
    const whole *card;   /* (layers): which activation */
    const double *number; /* (layers): its number, where it has one */
    whole loss;
    double loss_number, loss_scale;
    whole mean; /* a batch's gradient is the mean over its samples, else the sum */
    whole optimizer;
    double momentum, decay_rate, beta1, beta2, epsilon; /* decay_rate is rmsprop's rho */
    whole nesterov, memories;
    double weight_decay, l1;
    whole train_biases;
    double eta;
    whole schedule;
    double schedule_factor;
    whole schedule_every;
    double dropout;
    whole shuffle, seed_words;
    const uint32_t *seed;
    product multiply; /* or NULL */
} settings_t;

typedef struct {
    whole count;
    const double *x; /* (count, inputs), a sample per row */
    const double *t; /* (count, outputs) */
} samples_t;

typedef struct {
    samples_t all, tests;
    whole length;          /* samples of a whole batch */
    const double *laid_x;  /* batch after batch, each (inputs, its length), without shuffling; else NULL */
    const double *laid_t;
    double *theta, *gradient, *first, *second; /* (parameters); the memories may be NULL */
    double *work;          /* work_numbers() doubles */
    whole *order;          /* (all.count) */
    /* Where the run is; in and out. */
    whole epoch, batch, updates;
    double epoch_loss;
    whole overflowed;
    /* Which epochs get a row: every stride-th (0: none), and where the running loss leaps. */
    whole stride;
    double leap, highest;
    whole most_rows, rows;
    double *row; /* (most_rows, 4 + parameters): epoch, loss, running loss, test loss, theta */
    /* When the run ends by itself. */
    whole last_epoch, judging, patience; /* -1: none */
    double loss_below, least_gain, best;
    whole best_epoch, reached;
} run_t;

#endif
