"""Why numbers grew beyond what can be computed: the scale of the data, the start weights, or the learning rate."""

from collections.abc import Iterator

import numpy as np

from backprop_gui.engine.network import ParameterRef, UnitRef
from backprop_gui.explain.names import name, target_name
from backprop_gui.session.advice import Remedy, draw_weights
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind, Work, units_told
from backprop_gui.session.diagnosis.look import look_at_samples
from backprop_gui.session.diagnosis.remedies import SCALE_INPUTS, SCALE_TARGETS, lower_rate
from backprop_gui.session.diagnosis.trial import tried
from backprop_gui.session.document import Session
from backprop_gui.session.edits import reset

LARGE_WEIGHT, LARGE_INPUT, LARGE_TARGET = 100.0, 10.0, 1e6
"""Beyond these it is not the learning rate alone."""
TRIAL_STEPS = 2000

Parts = tuple[UnitRef | ParameterRef, ...]
Cause = tuple[str, str, float, str, Parts, tuple[Remedy, ...]]
"""What it says of the cause, the field it is in, its value, what to do there, its parts and remedies."""


def divergence(session: Session) -> Work:
    """Say why a run diverged that stands at its last healthy moment."""
    begun = reset(session)
    least = look_at_samples(begun).loss
    steps = max(TRIAL_STEPS, 2 * session.progress.step)

    def holds(after: Session) -> bool:
        loss = look_at_samples(after).loss
        return bool(np.isfinite(loss)) and (
            not np.isfinite(least) or after.samples is not session.samples or loss < least
        )

    found: Cause | None = None
    remedies: list[Remedy] = []
    for cause in _causes(begun):
        worked = yield from tried(session, cause[5], steps, holds, most=1, stages=1)
        if found is None or (worked and not remedies):
            found = cause
        remedies += worked
        if len(remedies) == 2:
            break
    assert found is not None
    told, field, value, advice, parts, _ = found
    if remedies and field == "training.optimizer.learning_rate":
        advice += f", such as {remedies[0].edit(session).training.optimizer.learning_rate:g}"
    when = f"after {session.position:,.6g} epochs" if session.progress.step else "with the first update"
    sentence = f"The numbers grew beyond what can be computed {when}: {told}"
    return Diagnosis(Kind.DIVERGED, sentence, parts or _grown(session), tuple(remedies), field, value, advice)


def _causes(session: Session) -> Iterator[Cause]:
    """Yield what may be the cause, the most likely first; ``session`` stands at its start weights."""
    network, samples = session.network, session.samples
    inputs, targets = (np.maximum(one.max(axis=0), -one.min(axis=0)) for one in (samples.inputs, samples.targets))
    weights = np.abs(session.start.flat())
    draw = Remedy("Draw start weights", draw_weights)
    if weights.max() > LARGE_WEIGHT:
        refs = list(network.parameter_refs())
        large = tuple(refs[int(k)] for k in np.argsort(-weights, kind="stable")[:3] if weights[int(k)] > LARGE_WEIGHT)
        told = f"start weights are as large as {name(network, large[0], 'article')} = {session.start[large[0]]:.4g}."
        both = Remedy("Draw start weights and scale inputs", lambda now: SCALE_INPUTS.edit(draw_weights(now)))
        yield told, "parameters", session.start[large[0]], "use smaller start weights", large, (draw, both)
    if inputs.max() > LARGE_INPUT:
        large = _units(0, inputs, LARGE_INPUT)
        told = f"inputs are as large as {inputs.max():.4g} ({units_told(session, large)})."
        both = Remedy("Scale inputs and targets to 0 … 1", lambda now: SCALE_TARGETS.edit(SCALE_INPUTS.edit(now)))
        yield told, "data.inputs", float(inputs.max()), "scale the inputs", large, (SCALE_INPUTS, both)
    if targets.max() > LARGE_TARGET:
        large = _units(len(network.layers), targets, LARGE_TARGET)
        told = f"targets are as large as {target_name(network, large[0].unit, 'article')} = {targets.max():.4g}."
        yield told, "data.targets", float(targets.max()), "scale the targets", large, (SCALE_TARGETS,)
    rate = session.training.optimizer.learning_rate
    factors = [10.0**-power for power in range(1, 7)] + [low / rate for low in (1e-2, 1e-4) if low < 1e-6 * rate]
    lower = tuple(lower_rate(session, factor, again=True) for factor in factors)
    told = f"at a learning rate of {rate:g} every update goes too far, and the next one further."
    yield told, "training.optimizer.learning_rate", rate, "use a smaller one", (), lower


def _units(layer: int, sizes: np.ndarray[tuple[int], np.dtype[np.float64]], large: float) -> tuple[UnitRef, ...]:
    order = np.argsort(-sizes, kind="stable")
    return tuple(UnitRef(layer, int(unit)) for unit in order if sizes[unit] > large)


def _grown(session: Session) -> Parts:
    """Return the weights that have grown most, the most grown first."""
    grown = np.abs(session.parameters.flat() - session.start.flat())
    refs = list(session.network.parameter_refs())
    return tuple(refs[int(k)] for k in np.argsort(-grown, kind="stable")[:3] if grown[int(k)] > 0.0) or (refs[0],)
