"""What two sessions do differently, in words and values."""

from collections.abc import Mapping
from typing import cast

from backprop_gui.session.document import Session
from backprop_gui.session.training_file import write_training


def described(session: Session) -> dict[str, str]:
    """Return everything that decides how a session trains: what it is called, and its value."""
    found = {"units": "-".join(map(str, session.network.sizes))}
    for place, layer in enumerate(session.network.layers, start=1):
        last = place == len(session.network.layers)
        found["output activation" if last else f"activation of hidden layer {place}"] = layer.activation.title
    found |= settings_described(write_training(session.training))
    found["samples"] = f"{len(session.samples):,}"
    return found


def settings_described(training: Mapping[str, object]) -> dict[str, str]:
    """Return training settings, as files have them, in words and values."""
    optimizer = dict(cast("Mapping[str, object]", training["optimizer"]))
    found = {"optimizer": str(optimizer.pop("name"))}
    for key, value in {**optimizer, **training}.items():
        if key == "optimizer":
            continue
        if isinstance(value, dict):
            name, *numbers = cast("dict[str, object]", value).values()
            value = f"{name} ({', '.join(map(_written, numbers))})" if numbers else name
        found[key.replace("_", " ")] = _written(value)
    return found


def side_by_side(before: Session, after: Session) -> list[tuple[str, str, str]]:
    """Return everything of both: its name, the value before and the value after ("–" where there is none)."""
    old, new = described(before), described(after)
    names = [*old, *(name for name in new if name not in old)]
    return [(name, old.get(name, "–"), new.get(name, "–")) for name in names]


def differences(before: Session, after: Session) -> list[tuple[str, str, str]]:
    """Return what of ``side_by_side`` differs, and samples where only their numbers do."""
    found = [row for row in side_by_side(before, after) if row[1] != row[2]]
    if before.samples is not after.samples and len(before.samples) == len(after.samples):
        found.append(("samples", "others", "others"))
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
