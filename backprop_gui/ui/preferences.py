"""What the user prefers, in whichever session: kept between starts."""

from typing import Literal, TypeVar

from PySide6.QtCore import QObject, QSettings, Signal

from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.situation import Style

Theme = Literal["system", "light", "dark"]
EdgeLabels = Literal["auto", "always", "hover"]
GHOSTS = ("3", "0", "1", "2", "5", "10", "20")
STORE_MB = ("200", "50", "100", "500", "1000", "5000")
DIGITS = ("4", "2", "3", "6", "8", "10", "12")


_Choice = TypeVar("_Choice", bound=str)


class Preferences(QObject):
    """Theme, number format, edge labels; ``changed`` after any of them was set."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings

    @property
    def theme(self) -> Theme:
        """Which colours: the system's choice, light, or dark."""
        return self._choice("theme", ("system", "light", "dark"))

    @property
    def edge_labels(self) -> EdgeLabels:
        """When edges show their number: where there is room, always, or under the pointer only."""
        return self._choice("edge_labels", ("auto", "always", "hover"))

    @property
    def number_format(self) -> NumberFormat:
        """How numbers are written, everywhere in the window."""
        style: Literal["significant", "fixed"] = self._choice("number_style", ("fixed", "significant"))
        return NumberFormat(style, int(self._choice("digits", DIGITS)))

    @property
    def comes_out(self) -> bool:
        """Whether formulas show as many digits of what is computed with as it takes for the result to come out."""
        return str(self.settings.value("comes_out", "false")) == "true"

    @property
    def style(self) -> Style:
        """How formulas are written."""
        return Style(self.notation, self.number_format, self.comes_out)

    @property
    def notation(self) -> str:
        """Which letters formulas and names are written in."""
        return self._choice("notation", tuple(NOTATIONS))

    @property
    def animate(self) -> bool:
        """Whether signals are seen to travel along the edges."""
        return str(self.settings.value("animate", "true")) == "true"

    @property
    def unit_pictures(self) -> bool:
        """Whether units show what they say over the plane of two inputs."""
        return str(self.settings.value("unit_pictures", "false")) == "true"

    @property
    def ghosts(self) -> int:
        """How many earlier runs stay in the loss plot as faint curves."""
        return int(self._choice("ghosts", GHOSTS))

    @property
    def store_mb(self) -> int:
        """How large the store of runs may get."""
        return int(self._choice("store_mb", STORE_MB))

    def set(self, key: str, value: str | int | bool) -> None:
        """Set and keep one preference."""
        self.settings.setValue(key, str(value).lower() if isinstance(value, bool) else str(value))
        self.changed.emit()

    def _choice(self, key: str, choices: tuple[_Choice, ...]) -> _Choice:
        found = self.settings.value(key)
        return next((choice for choice in choices if choice == found), choices[0])
