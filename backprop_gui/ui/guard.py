"""Keeps exceptions inside the methods that Qt calls.

PySide stores an exception that leaves an overridden method while other Python code waits for Qt, and raises it anew
from whatever touches Qt next: in innocent code, in the caller of a mere ``resize``, and at times it crashes in between.
So every such method of ours hands its exceptions to ``sys.excepthook`` itself and does what Qt would have done.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, wraps
from types import FunctionType
from typing import Any

from shiboken6 import Shiboken


@cache
def guard_overrides(package: str) -> None:
    """Guard all overridden methods of the classes of ``package`` that are loaded; none may have an instance yet."""
    for kind in set(_subclasses(Shiboken.Object)):  # widgets come twice, as objects and as what is painted on
        if kind.__module__.startswith(f"{package}."):
            for name, method in list(vars(kind).items()):
                if isinstance(method, FunctionType) and not name.startswith("__") and _is_qts(kind, name):
                    setattr(kind, name, _guarded(kind, name, method))


def _subclasses(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)


def _is_qts(kind: type, name: str) -> bool:
    return any(name in vars(base) for base in kind.__mro__ if base.__module__.startswith("PySide6."))


def _guarded(kind: type, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    base = next(one for one in kind.__mro__[1:] if name in vars(one))

    @wraps(method)
    def call(self: object, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
        with suppress(Exception):  # Qt may have nothing there
            return getattr(base, name)(self, *arguments, **named)

    return call
