"""The training settings of a session file: their schema comes from the settings' own dataclasses."""

from dataclasses import fields
from functools import cache
from typing import Any, cast, get_type_hints

import msgspec

from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS, SGD, Optimizer
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings

_AT = "training.optimizer"


def training_schema(raw: object) -> type[msgspec.Struct]:
    """Return the schema of the key ``training`` of a file ``raw``; an optimizer's own numbers stand beside its name."""
    name = _inside(_inside(_inside(raw, "training"), "optimizer"), "name")
    if not isinstance(name, str):
        return _schema(SGD.name)
    return _schema(name if name in OPTIMIZERS else "")


def read_training(found: msgspec.Struct | msgspec.UnsetType) -> TrainingSettings:
    """Return the settings for what a file has under ``training``, made by its schema.

    Raises:
        FieldError: a name or a number that is not accepted.
    """
    training, own = _given(found), {one.name for one in fields(OptimizerSettings)}
    optimizer = _given(training.pop("optimizer", msgspec.UNSET))
    method = OPTIMIZERS.read(f"{_AT}.name", optimizer.pop("name", SGD.name))
    numbers = {key: optimizer.pop(key) for key in list(optimizer) if key not in own}
    training["optimizer"] = OptimizerSettings(method.with_numbers(numbers, _AT), **optimizer)
    if "loss" in training:
        training["loss"] = LOSSES.read("training.loss", training["loss"])
    return TrainingSettings(**training)


def write_training(training: TrainingSettings) -> dict[str, object]:
    """Return the settings as a file has them: what came later is left out where it is not used."""
    optimizer = _used(training.optimizer)
    method = cast("Optimizer", optimizer.pop("method"))
    own = {"loss": training.loss.written, "optimizer": {"name": method.name, **optimizer, **method.own_numbers}}
    return {key: own.get(key, value) for key, value in _used(training).items()}


def _inside(raw: object, key: str) -> object:
    return cast("dict[str, object]", raw).get(key) if isinstance(raw, dict) else None


def _given(found: msgspec.Struct | msgspec.UnsetType | dict[str, Any]) -> dict[str, Any]:
    if isinstance(found, msgspec.Struct):
        found = msgspec.structs.asdict(found)
    return {} if isinstance(found, msgspec.UnsetType) else {k: v for k, v in found.items() if v is not msgspec.UNSET}


@cache
def _schema(method: str) -> type[msgspec.Struct]:
    training = get_type_hints(TrainingSettings)
    training |= {"loss": str | dict[str, Any], "reduction": str, "optimizer": _optimizer_schema(method)}
    return _struct("Training", training)


def _optimizer_schema(method: str) -> Any:
    if not method:  # an unknown one is refused when it is read, by its name and not by its keys
        return dict[str, Any]
    types = {"name": str, **get_type_hints(OptimizerSettings)}
    del types["method"]
    return _struct("Optimizer", types | {one.name: float for one in OPTIMIZERS[method].settings})


def _struct(name: str, types: dict[str, Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        name, [(key, kind, msgspec.UNSET) for key, kind in types.items()], forbid_unknown_fields=True
    )


def _used(settings: OptimizerSettings | TrainingSettings) -> dict[str, object]:
    return {
        one.name: value
        for one in fields(settings)
        if (value := getattr(settings, one.name)) != one.default or not one.metadata.get("later")
    }
