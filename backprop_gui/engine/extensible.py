"""Things known by name, to which other packages add their own."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar, cast


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """What it is looked up by."""
        ...


N = TypeVar("N", bound=Named)


class Extensible(Mapping[str, N], Generic[N]):
    """Things by name: our own, then those other packages add under the entry point ``group``.

    An entry point names one thing or several. Others are looked for where one of our own does not answer; what cannot
    be used is left out, and ``problems`` has a sentence about each.
    """

    def __init__(self, group: str, kind: type[N], ours: Iterable[N]) -> None:
        self._group, self._kind = group, kind
        self._known = {one.name: one for one in ours}
        self._complete = False
        self.problems: list[str] = []

    def __getitem__(self, name: str) -> N:
        if name not in self._known:
            self._add()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        self._add()
        return iter(self._known)

    def __len__(self) -> int:
        self._add()
        return len(self._known)

    def _add(self) -> None:
        if self._complete:
            return
        self._complete = True
        for point in entry_points(group=self._group):
            self._take(point)

    def _take(self, point: EntryPoint) -> None:
        try:
            loaded: object = point.load()
        except Exception as error:  # another package's fault must not end ours
            self.problems.append(f"{self._group}: {point.name} could not be loaded: {type(error).__name__}: {error}.")
            return
        several = cast("Iterable[object]", loaded) if isinstance(loaded, list | tuple) else (loaded,)
        for one in several:
            if not isinstance(one, self._kind):
                self.problems.append(f"{self._group}: {point.name} is not used, for it is no {self._kind.__name__}.")
            elif one.name in self._known:
                self.problems.append(f"{self._group}: {point.name} is not used, for the name {one.name} is taken.")
            else:
                self._known[one.name] = one
