"""What two sessions do differently, in words and values."""

from typing import cast

from backprop_gui.session.document import Session
from backprop_gui.session.training_file import write_training


def described(session: Session) -> dict[str, str]:
    """Return everything that decides how a session trains: what it is called, and its value."""
    found = {"units": "-".join(map(str, session.network.sizes))}
    for place, layer in enumerate(session.network.layers, start=1):
        last = place == len(session.network.layers)
        found["output activation" if last else f"activation of hidden layer {place}"] = layer.activation.title
    training = write_training(session.training)
    optimizer = cast("dict[str, object]", training.pop("optimizer"))
    found["optimizer"] = str(optimizer.pop("name"))
    for key, value in {**optimizer, **training}.items():
        if isinstance(value, dict):
            name, *numbers = cast("dict[str, object]", value).values()
            value = f"{name} ({', '.join(map(_written, numbers))})" if numbers else name
        found[key.replace("_", " ")] = _written(value)
    found["samples"] = f"{len(session.samples):,}"
    return found


def differences(before: Session, after: Session) -> list[tuple[str, str, str]]:
    """Return what differs: its name, the value before and the value after ("–" where there is none)."""
    old, new = described(before), described(after)
    names = [*old, *(name for name in new if name not in old)]
    found = [(name, old.get(name, "–"), new.get(name, "–")) for name in names if old.get(name) != new.get(name)]
    if before.samples is not after.samples and len(before.samples) == len(after.samples):
        found.append(("samples", "others", "others"))
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
