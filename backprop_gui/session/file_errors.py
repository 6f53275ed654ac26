"""Turns msgspec's validation errors into sentences that name field, value and what is accepted."""

import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from backprop_gui.engine.errors import MISSING, FieldError

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


Path = tuple[str | int, ...]
Place = tuple[Path, Any]


def field_error(message: str, raw: object, root: type[msgspec.Struct]) -> FieldError:
    """Return the ``FieldError`` for a msgspec message about ``raw``, which was to become a ``root``."""
    what, found, at = message.rpartition(" - at `$")
    if not found:
        what, at = message, ""
    if what.startswith("Object contains unknown field"):
        path, key, value = next(_unknown((), raw, msgspec.inspect.type_info(root)))
        return FieldError(_join(path, key), value, "this key is unknown; known keys are " + _keys(path, root))
    steps = re.findall(r"\.(\w+)|(\[\.\.\.\])|\[(\d+)\]", at.removesuffix("`"))
    places = list(_places(raw, [name or (int(index) if index else None) for name, _, index in steps]))
    if missing := re.search(r"missing required field `(.+?)`", what):
        key = missing[1]
        path, _ = next((p, h) for p, h in _objects(places) if key not in h)
        return FieldError(_join(path, key), MISSING, "give this key")
    if kinds := re.match(r"Expected `(.+?)`, got `(.+?)`", what):
        wanted, got = kinds[1].split(" | "), kinds[2]
        path, value = next(
            ((p, v) for p, v in places if _is(v, got) and not any(_is(v, kind) for kind in wanted)), places[0]
        )
        return FieldError(_join(path), value, "use " + " or ".join(_WORDS.get(kind, kind) for kind in wanted))
    if "out of range" in what:
        path, value = next(((p, v) for p, v in places if isinstance(v, int) and v.bit_length() > 63), places[0])
        return FieldError(_join(path), value, "use a number below 2^63, or write it with a decimal point")
    path, value = places[0]  # a text where only one literal text is allowed: batch_size
    return FieldError(_join(path), value, 'use a whole number of at least 1, or "full"')


def _unknown(path: Path, value: object, kind: Any) -> Iterator[tuple[Path, str, object]]:
    """Yield every key of ``value`` that its schema does not have: where it stands, the key, its value."""
    if isinstance(kind, msgspec.inspect.UnionType):
        kinds = kind.types
        kind = next((one for one in kinds if hasattr(one, "fields") or hasattr(one, "item_type")), None)
    if isinstance(value, dict) and isinstance(kind, msgspec.inspect.StructType):
        known = {field.encode_name: field.type for field in kind.fields}
        for key, inside in cast("dict[str, object]", value).items():
            if key not in known:
                yield path, key, inside
            else:
                yield from _unknown((*path, key), inside, known[key])
    elif isinstance(value, list) and isinstance(kind, msgspec.inspect.ListType):
        for place, inside in enumerate(cast("list[object]", value)):
            if not isinstance(inside, float):
                yield from _unknown((*path, place), inside, kind.item_type)


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool) and kind != "bool":
        return False
    return isinstance(value, _TYPES.get(kind, ()))


def _objects(places: list[Place]) -> Iterator[tuple[Path, dict[str, Any]]]:
    return ((path, cast("dict[str, Any]", value)) for path, value in places if isinstance(value, dict))


def _places(value: Any, steps: list[str | int | None], path: Path = ()) -> Iterator[Place]:
    """Yield (path, value) for every place in ``value`` that ``steps`` leads to; None stands for any index."""
    if not steps:
        yield path, value
        return
    step, rest = steps[0], steps[1:]
    keys = range(len(value)) if step is None else [step]
    for key in keys:
        yield from _places(value[key], rest, (*path, key))


def _join(path: Path, key: str | None = None) -> str:
    steps = [*path, *([] if key is None else [key if key.isidentifier() and len(key) <= 60 else repr(key[:60])])]
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps).lstrip(".") or "file"


def _keys(path: Path, root: type[msgspec.Struct]) -> str:
    kind: Any = msgspec.inspect.type_info(root)
    for step in path:
        if isinstance(step, int):
            kind = kind.item_type
        else:
            kind = next(field.type for field in kind.fields if field.encode_name == step)
        if isinstance(kind, msgspec.inspect.UnionType):
            kind = next(one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType))
    return ", ".join(field.encode_name for field in kind.fields)
