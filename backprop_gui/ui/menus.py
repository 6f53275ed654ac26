"""The menu bar: every menu built from the actions it shows."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.resources import problems
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.commands import Editor
from backprop_gui.ui.data_import import DataImport
from backprop_gui.ui.dialogs.help_pages import PAGES
from backprop_gui.ui.documents import Documents
from backprop_gui.ui.earlier_runs import EarlierRuns
from backprop_gui.ui.exports import Exports
from backprop_gui.ui.preferences import DIGITS, GHOSTS, STORE_MB, Preferences
from backprop_gui.ui.run_actions import RunActions
from backprop_gui.ui.time_actions import TimeActions

_THEMES = {"system": "Like the system", "light": "Light", "dark": "Dark"}
_EDGE_LABELS = {"auto": "Where there is room", "always": "Always", "hover": "Under the pointer"}
_STYLES = {"fixed": "Fixed decimals", "significant": "Significant digits"}
_NOTATIONS = {key: one.title for key, one in NOTATIONS.items()}
_GHOSTS = {str(n): f"{n} earlier runs" if n > 1 else ("none", "1 earlier run")[n] for n in sorted(map(int, GHOSTS))}
_STORE_MB = {str(n): f"{n:,} MB" for n in sorted(map(int, STORE_MB))}
_DIGITS = {str(n): f"{n} digits" for n in sorted(map(int, DIGITS))}


def _add(menu: QMenu, text: str, act: Callable[[], object], keys: QKeySequence.StandardKey | str = "") -> QAction:
    action = QAction(text, menu)
    action.setShortcut(QKeySequence(keys))
    action.triggered.connect(lambda _checked=False: act())  # ``triggered`` would hand its state to defaults
    menu.addAction(action)
    return action


def _literal(text: str) -> str:
    """Return ``text`` so that a menu shows its every letter: a single & marks a key."""
    return text.replace("&", "&&")


def build_file_menu(
    window: QMainWindow,
    files: Documents,
    earlier: EarlierRuns | None,
    exports: Exports,
    pictures: Mapping[str, Callable[[Path], None]],
) -> None:
    """Build the menu of sessions and exports; ``pictures`` are what can be saved as one, by name.

    Without ``earlier`` nothing is kept.
    """
    menu = window.menuBar().addMenu("&File")
    keys = QKeySequence.StandardKey
    _add(menu, "&New", files.new, keys.New)
    _add(menu, "&Open…", files.open, keys.Open)
    recent = menu.addMenu("Open &recent")

    def list_recent() -> None:
        recent.clear()
        for path in files.recent:
            _add(recent, _literal(str(path)), lambda path=path: files.open_path(path))
        recent.setEnabled(bool(files.recent))

    files.recent_changed.connect(list_recent)
    list_recent()
    built_in = menu.addMenu("Built-in &problems")
    for one in problems():
        action = _add(built_in, one.title, lambda name=one.name: files.open_problem(name))
        action.setStatusTip(one.description)
    if earlier is not None:
        _add(menu, "Open earlier r&un…", earlier.open)
    menu.addSeparator()
    _add(menu, "&Save", files.save, keys.Save)
    _add(menu, "Save &as…", files.save_as, "Ctrl+Shift+S")
    _add(menu, "Session &properties…", files.edit_words, "Alt+Return")
    menu.addSeparator()
    _add(menu, "Export &weights…", exports.weights, "Ctrl+E")
    _add(menu, "&Import weights…", files.import_weights, "Ctrl+I")
    _add(menu, "Export &history…", exports.history)
    _add(menu, "Export &results…", exports.results)
    _add(menu, "Export worked &sheet…", exports.sheet, "Ctrl+P")
    kinds = menu.addMenu("Export pi&cture")
    for what, save in pictures.items():
        _add(kinds, f"{what}…", lambda what=what, save=save: exports.picture(what.lower(), save))
    menu.addSeparator()
    _add(menu, "&Quit", window.close, "Ctrl+Q")


def build_data_menu(window: QMainWindow, data: DataImport) -> None:
    """Build the menu of where samples come from."""
    menu = window.menuBar().addMenu("&Data")
    _add(menu, "&Import table…", data.import_table, "Ctrl+Shift+I")
    _add(menu, "&Paste table…", data.paste_table, "Ctrl+Shift+V")
    _add(menu, "&Generate samples…", data.generate, "Ctrl+G")


class EditMenu(QObject):
    """Undo and redo, named after what they undo."""

    def __init__(self, window: QMainWindow, editor: Editor) -> None:
        super().__init__(window)
        menu = window.menuBar().addMenu("&Edit")
        self._undo = _add(menu, "Undo", editor.undo, QKeySequence.StandardKey.Undo)
        self._redo = _add(menu, "Redo", editor.redo, QKeySequence.StandardKey.Redo)
        self._undo.setProperty("plain", "Undo")  # what the list of keys calls it, whatever it would undo
        self._redo.setProperty("plain", "Redo")
        self._undo.setEnabled(False)
        self._redo.setEnabled(False)
        editor.stack.canUndoChanged.connect(self._undo.setEnabled)
        editor.stack.canRedoChanged.connect(self._redo.setEnabled)
        editor.stack.undoTextChanged.connect(self._name_undo)
        editor.stack.redoTextChanged.connect(self._name_redo)

    def _name_undo(self, what: str) -> None:
        self._undo.setText(f"Undo {_literal(what)}".rstrip())

    def _name_redo(self, what: str) -> None:
        self._redo.setText(f"Redo {_literal(what)}".rstrip())


def build_run_menu(window: QMainWindow, run: RunActions, times: TimeActions) -> None:
    """Build the menu of everything that trains, and of looking back."""
    menu = window.menuBar().addMenu("&Run")
    menu.addActions(list(run.all()))
    menu.addSeparator()
    menu.addMenu("Step &by").addActions(run.grains.actions())
    times.fill(menu)


def build_view_menu(
    window: QMainWindow,
    preferences: Preferences,
    canvas: NetworkCanvas,
    panels: list[QAction],
    restore: Callable[[], None],
) -> None:
    """Build zoom, panels, and the choices of look."""
    menu = window.menuBar().addMenu("&View")
    _add(menu, "Zoom &in", canvas.zoom_in, QKeySequence.StandardKey.ZoomIn)
    _add(menu, "Zoom &out", canvas.zoom_out, QKeySequence.StandardKey.ZoomOut)
    _add(menu, "&Fit network to window", canvas.fit, "Ctrl+0")
    menu.addSeparator()
    shown = menu.addMenu("&Panels")
    shown.addActions(panels)
    shown.addSeparator()
    _add(shown, "Default layout", restore)
    menu.addSeparator()
    _choices(menu, "&Theme", preferences, "theme", _THEMES, preferences.theme)
    _choices(menu, "Numbers on &edges", preferences, "edge_labels", _EDGE_LABELS, preferences.edge_labels)
    numbers = preferences.number_format
    _choices(menu, "&Number style", preferences, "number_style", _STYLES, numbers.style)
    _choices(menu, "&Ghost curves", preferences, "ghosts", _GHOSTS, str(preferences.ghosts))
    _choices(menu, "&Room for kept runs", preferences, "store_mb", _STORE_MB, str(preferences.store_mb))
    _choices(menu, "&Digits", preferences, "digits", _DIGITS, str(numbers.digits))
    menu.addSeparator()
    _choices(menu, "N&otation", preferences, "notation", _NOTATIONS, preferences.notation)
    for text, key, on in (
        ("Enough digits that results come &out", "comes_out", preferences.comes_out),
        ("Show si&gnals travel", "animate", preferences.animate),
        ("Pictures in &units (two inputs)", "unit_pictures", preferences.unit_pictures),
    ):
        _toggle(menu, text, preferences, key, on)


def build_help_menu(
    window: QMainWindow,
    show_page: Callable[[str], None],
    show_shortcuts: Callable[[], None],
    show_about: Callable[[], None],
) -> None:
    """Build the help menu."""
    menu = window.menuBar().addMenu("&Help")
    _add(menu, "&Keyboard shortcuts", show_shortcuts, "F1")
    for name, title in PAGES.items():
        _add(menu, f"&{title}", lambda name=name: show_page(name))
    menu.addSeparator()
    _add(menu, "&About Backprop GUI", show_about)


def _toggle(menu: QMenu, text: str, preferences: Preferences, key: str, on: bool) -> None:
    action = QAction(text, menu)
    action.setCheckable(True)
    action.setChecked(on)

    def keep(checked: bool) -> None:
        preferences.set(key, checked)

    def follow() -> None:
        action.setChecked(str(preferences.settings.value(key, str(on).lower())) == "true")

    action.triggered.connect(keep)
    preferences.changed.connect(follow)
    menu.addAction(action)


def _choices(
    menu: QMenu, title: str, preferences: Preferences, key: str, choices: dict[str, str], current: str
) -> None:
    submenu = menu.addMenu(title)
    group = QActionGroup(submenu)
    for value, text in choices.items():
        action = _add(submenu, text, lambda value=value: preferences.set(key, value))
        action.setCheckable(True)
        action.setChecked(value == current)
        group.addAction(action)

    def follow() -> None:
        chosen = str(preferences.settings.value(key, current))
        for value, action in zip(choices, group.actions(), strict=True):
            action.setChecked(value == chosen)

    preferences.changed.connect(follow)
