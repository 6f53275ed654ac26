"""What a gradient check says, in words; ``by_hand`` where the user chose epsilon and sees the textbook's quotient."""

import math
from collections import Counter
from collections.abc import Sequence

from backprop_gui.engine.gradient_check import Check, Verdict
from backprop_gui.explain.numbers import NumberFormat

_wide = NumberFormat("significant", 9)


def size(error: float) -> str:
    """Return an error by its first digit, which says it all."""
    return f"{error:.0e}".replace("e-0", "e-").replace("e+0", "e+").replace("-", "−") if math.isfinite(error) else "∞"


def judgement(check: Check, by_hand: bool) -> str:
    """Return what the check of one parameter comes to."""
    match check.verdict:
        case Verdict.RANGE:
            return "The numbers left the range of what can be computed, so nothing can be compared."
        case Verdict.KINK:
            return _kink(by_hand and check.measured.obstacle is None)
        case Verdict.DIFFERS:
            return _differs(check)
        case Verdict.SMALL if by_hand and check.numeric.error > 2.0 * check.measured.error:
            return f"This ε tells nothing: {_cause(check)}, and the quotient may be off by {size(check.numeric.error)}."
        case Verdict.SMALL if check.measured.obstacle is not None:
            return "The numbers here are so large that rounding hides what the loss does, so nothing can be compared."
        case Verdict.SMALL:
            return f"Too small to compare: rounding hides any slope below {size(check.measured.error)} here."
        case Verdict.AGREES if check.analytic == check.numeric.value == 0.0:
            return "They agree: both are exactly 0."
        case Verdict.AGREES:
            agree = f"They agree to {_digits(check.digits)}."
            if by_hand and check.numeric.error > 2.0 * check.measured.error:
                return f"{agree} More cannot be seen with this ε: {_cause(check)}."
            return agree


def summary(checks: Sequence[Check], by_hand: bool) -> str:
    """Return what the checks of all parameters come to."""
    count = Counter(check.verdict for check in checks)
    agreeing = [check.digits for check in checks if check.verdict is Verdict.AGREES]
    least = f"to {_digits(min(agreeing))} or more" if agreeing else ""
    told = f"{len(checks):,} parameters checked: "
    if len(agreeing) == len(checks):
        return f"{told}every gradient agrees, {least}."
    said = [
        f"{count[verdict]:,} {words}"
        for verdict, words in (
            (Verdict.DIFFERS, "differ: those gradients are wrong"),
            (
                Verdict.KINK,
                "within ε of a kink, where no slope is defined" if by_hand else "on a kink, where no slope is defined",
            ),
            (Verdict.SMALL, "cannot be told with this ε" if by_hand else "too small to compare"),
            (Verdict.RANGE, "out of the range of numbers"),
        )
        if count[verdict]
    ]
    if agreeing:
        said.append(f"the other {len(agreeing):,} agree, {least}")
    return told + "; ".join(said) + "."


def in_brief(check: Check) -> str:
    """Return the verdict in a word or two, for a table."""
    words = {Verdict.KINK: "kink", Verdict.SMALL: "too small to tell", Verdict.RANGE: "out of range"}
    if check.verdict is Verdict.AGREES:
        return _digits(check.digits)
    return words.get(check.verdict, "differs")


def _digits(count: int) -> str:
    return "1 digit" if count == 1 else f"{count} digits"


def _cause(check: Check) -> str:
    return "the loss bends within it" if check.numeric.bent else "rounding swallows the difference of the two losses"


def _kink(smaller_would_do: bool) -> str:
    if smaller_would_do:
        return (
            "Within ε of this value an activation or the loss has a kink: the quotient mixes the slopes of both sides "
            "and proves nothing. A smaller ε stays on one side."
        )
    return (
        "At this value an activation or the loss has a kink: the loss has one slope on the left and another on the "
        "right, so there is nothing to compare with."
    )


def _differs(check: Check) -> str:
    slope = f"The loss has the slope {_wide(check.measured.value)}, certain within {size(check.measured.error)}"
    if not math.isfinite(check.analytic):
        return f"They differ. {slope}, and the analytic gradient is not a number."
    return f"They differ. {slope}: the analytic gradient is wrong."
