"""One update taken apart: forward, loss and backward for every sample of the batch, then the update.

The smallest step, an *atom*, computes one term: x_i w_ij, a bias, an activation, one output's share of the loss,
delta_k w_jk, a slope, one gradient, one new weight. A position counts the atoms done; all else follows from it.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from backprop_gui.engine.network import BiasRef, LossRef, Network, ParameterRef, Ref, UnitRef, WeightRef


class Kind(Enum):
    """What a phase does."""

    FORWARD = auto()
    SOFTMAX = auto()  # its activations need all pre-activations of the layer first
    LOSS = auto()
    BACKWARD = auto()
    UPDATE = auto()


class Atom(Enum):
    """What an atom computes."""

    TERM = auto()  # x_i w_ij
    BIAS = auto()  # + b_j, which completes a_j
    ACTIVATION = auto()  # y_j = f(a_j)
    LOSS_TERM = auto()
    ERROR = auto()  # dL/dy_j at the output; delta_k w_jk before it
    SLOPE = auto()  # f'(a_j), which completes delta_j
    GRADIENT = auto()
    UPDATE = auto()


class Granularity(Enum):
    """How far one step goes."""

    TERM = "term"
    UNIT = "unit"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of ``units`` units, each of as many atoms as ``pieces`` sums to; a piece is a step by unit.

    ``layer`` counts the inputs as 0; of LOSS it is the output layer. ``start`` is in atoms: from the sample's
    first one, and for UPDATE from the end of the last sample.
    """

    kind: Kind
    layer: int
    units: int
    pieces: tuple[int, ...]
    start: int

    @property
    def atoms_per_unit(self) -> int:
        """Atoms of one unit."""
        return sum(self.pieces)

    @property
    def end(self) -> int:
        """Where the next phase starts."""
        return self.start + self.units * self.atoms_per_unit


@dataclass(frozen=True, slots=True)
class Moment:
    """The atom done last: in which of the batch's samples (``place``, from 0), phase and unit, and which term.

    ``index`` is i, j or k of the term; of GRADIENT and UPDATE one more than the last source means the bias.
    """

    place: int
    phase: Phase
    unit: int
    atom: Atom
    index: int


class Plan:
    """All atoms of one update of ``network`` with a batch of ``samples``."""

    def __init__(self, network: Network, samples: int) -> None:
        self.network, self.samples = network, samples
        sizes, depth = network.sizes, len(network.layers)
        softmax = network.layers[-1].activation.whole_layer
        self.sample_phases: list[Phase] = []
        start = 0

        def add(phases: list[Phase], kind: Kind, layer: int, *pieces: int) -> None:
            nonlocal start
            phases.append(Phase(kind, layer, sizes[layer], pieces, start))
            start = phases[-1].end

        for layer in range(1, depth + 1):
            if softmax and layer == depth:
                add(self.sample_phases, Kind.FORWARD, layer, sizes[layer - 1] + 1)
                add(self.sample_phases, Kind.SOFTMAX, layer, 1)
            else:
                add(self.sample_phases, Kind.FORWARD, layer, sizes[layer - 1] + 1, 1)
        add(self.sample_phases, Kind.LOSS, depth, 1)
        for layer in range(depth, 0, -1):
            errors = 1 if layer == depth else sizes[layer + 1]
            add(self.sample_phases, Kind.BACKWARD, layer, errors + 1, sizes[layer - 1] + 1)
        self.sample_length, start = start, 0
        self.update_phases: list[Phase] = []
        for layer in range(1, depth + 1):
            add(self.update_phases, Kind.UPDATE, layer, sizes[layer - 1] + 1)
        self.length = samples * self.sample_length + start

    def moment(self, position: int) -> Moment | None:
        """Return the atom that ``position`` has just done; None at 0."""
        if position <= 0:
            return None
        place, offset, phases = self._split(position - 1)
        phase = phases[bisect_right(phases, offset, key=lambda one: one.start) - 1]
        unit, inside = divmod(offset - phase.start, phase.atoms_per_unit)
        return Moment(place, phase, unit, *self._atom(phase, unit, inside))

    def next_position(self, position: int, by: Granularity) -> int:
        """Return where one step forward leads; ``length`` is the end of the update."""
        base, offset, phases = self._base(position)
        phase = phases[bisect_right(phases, offset, key=lambda one: one.start) - 1]
        return base + next(stop for stop in self._stops(phase, by, offset) if stop > offset)

    def previous_position(self, position: int, by: Granularity) -> int:
        """Return where one step back leads from a position above 0."""
        base, offset, phases = self._base(position - 1)
        phase = phases[bisect_right(phases, offset, key=lambda one: one.start) - 1]
        return base + max([phase.start, *(stop for stop in self._stops(phase, by, offset) if stop <= offset)])

    def phases(self, place: int) -> list[tuple[Phase, int]]:
        """Return every phase of a sample and of the update, each with the position where it starts."""
        first, last = place * self.sample_length, self.samples * self.sample_length
        return [(one, first + one.start) for one in self.sample_phases] + [
            (one, last + one.start) for one in self.update_phases
        ]

    def _split(self, atom: int) -> tuple[int, int, list[Phase]]:
        place, offset = divmod(atom, self.sample_length)
        if place < self.samples:
            return place, offset, self.sample_phases
        return self.samples - 1, atom - self.samples * self.sample_length, self.update_phases

    def _base(self, atom: int) -> tuple[int, int, list[Phase]]:
        _, offset, phases = self._split(atom)
        return atom - offset, offset, phases

    @staticmethod
    def _stops(phase: Phase, by: Granularity, offset: int) -> list[int]:
        """Return the stops of a phase around ``offset``, in order, up to its end."""
        if by is Granularity.PHASE:
            return [phase.end]
        if by is Granularity.TERM:
            return [offset, offset + 1]
        unit = (offset - phase.start) // phase.atoms_per_unit
        stops, at = [phase.start + unit * phase.atoms_per_unit], phase.start + unit * phase.atoms_per_unit
        for piece in phase.pieces:
            at += piece
            stops.append(at)
        return stops

    def _atom(self, phase: Phase, unit: int, inside: int) -> tuple[Atom, int]:
        sources = self.network.sizes[phase.layer - 1]
        match phase.kind:
            case Kind.FORWARD:
                if inside < sources:
                    return Atom.TERM, inside
                return (Atom.BIAS, sources) if inside == sources else (Atom.ACTIVATION, unit)
            case Kind.SOFTMAX:
                return Atom.ACTIVATION, unit
            case Kind.LOSS:
                return Atom.LOSS_TERM, unit
            case Kind.BACKWARD:
                errors = phase.pieces[0] - 1
                if inside < errors:
                    return Atom.ERROR, inside
                return (Atom.SLOPE, unit) if inside == errors else (Atom.GRADIENT, inside - errors - 1)
            case Kind.UPDATE:
                return Atom.UPDATE, inside


@lru_cache(maxsize=8)
def plan_of(network: Network, samples: int) -> Plan:
    """Return the plan, made once per network and batch length."""
    return Plan(network, samples)


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known ``position`` atoms into an update: everything before, nothing after.

    ``still``: nobody steps, so that no atom is shown as the one just done.
    """

    plan: Plan
    position: int
    still: bool = False

    @property
    def moment(self) -> Moment | None:
        """The atom done last."""
        return None if self.still else self.plan.moment(self.position)

    @property
    def place(self) -> int:
        """Which of the batch's samples is shown."""
        moment = self.moment
        return moment.place if moment else 0

    def knows_output(self, layer: int, unit: int) -> bool:
        """Tell whether a unit's output has been computed; inputs are given."""
        if layer == 0:
            return True
        phase = self._phase(Kind.FORWARD, layer)
        if len(phase.pieces) == 1:
            phase = self._phase(Kind.SOFTMAX, layer)
        return self._done(phase, unit, phase.atoms_per_unit)

    def knows_pre_activation(self, layer: int, unit: int) -> bool:
        """Tell whether a unit's a has been computed."""
        phase = self._phase(Kind.FORWARD, layer)
        return self._done(phase, unit, phase.pieces[0])

    def knows_loss(self) -> bool:
        """Tell whether the sample's loss has been computed."""
        return self._offset() >= self._phase(Kind.LOSS, len(self.plan.network.layers)).end

    def knows_delta(self, layer: int, unit: int) -> bool:
        """Tell whether a unit's delta has been computed."""
        phase = self._phase(Kind.BACKWARD, layer)
        return self._done(phase, unit, phase.pieces[0])

    def knows_gradient(self, ref: ParameterRef) -> bool:
        """Tell whether this sample's gradient of a parameter has been computed."""
        phase = self._phase(Kind.BACKWARD, ref.layer + 1)
        unit, source = _target(ref, self.plan.network)
        return self._done(phase, unit, phase.pieces[0] + source + 1)

    def updated(self, ref: ParameterRef) -> bool:
        """Tell whether the update has moved a parameter already."""
        done = self.position - self.plan.samples * self.plan.sample_length
        phase = self.plan.update_phases[ref.layer]
        unit, source = _target(ref, self.plan.network)
        return done >= phase.start + unit * phase.atoms_per_unit + source + 1

    def _offset(self) -> int:
        return self.position - self.place * self.plan.sample_length

    def _done(self, phase: Phase, unit: int, atoms: int) -> bool:
        return self._offset() >= phase.start + unit * phase.atoms_per_unit + atoms

    def _phase(self, kind: Kind, layer: int) -> Phase:
        return next(one for one in self.plan.sample_phases if one.kind is kind and one.layer == layer)


def _target(ref: ParameterRef, network: Network) -> tuple[int, int]:
    if isinstance(ref, WeightRef):
        return ref.target, ref.source
    return ref.unit, network.sizes[ref.layer]


def subject(moment: Moment, network: Network) -> Ref:
    """Return the part of the network a moment is about: a unit, the loss, or a parameter."""
    match moment.atom:
        case Atom.LOSS_TERM:
            return LossRef()
        case Atom.GRADIENT | Atom.UPDATE:
            return parameter(moment, network)
        case _:
            return UnitRef(moment.phase.layer, moment.unit)


def parameter(moment: Moment, network: Network) -> ParameterRef:
    """Return the weight or bias that a TERM, BIAS, GRADIENT, UPDATE, or the ERROR of a hidden unit, uses."""
    layer = moment.phase.layer
    if moment.atom is Atom.ERROR:
        return WeightRef(layer, moment.unit, moment.index)
    if moment.index == network.sizes[layer - 1]:
        return BiasRef(layer - 1, moment.unit)
    return WeightRef(layer - 1, moment.index, moment.unit)


def lit_edge(moment: Moment, network: Network) -> tuple[WeightRef, bool] | None:
    """Return the edge a moment runs along, and whether backwards; None where it uses no edge."""
    if moment.atom is Atom.ERROR and moment.phase.layer == len(network.layers):
        return None
    if moment.atom in (Atom.TERM, Atom.BIAS, Atom.ERROR, Atom.GRADIENT, Atom.UPDATE):
        ref = parameter(moment, network)
        if isinstance(ref, WeightRef):
            return ref, moment.atom in (Atom.ERROR, Atom.GRADIENT)
    return None
