"""What views work with, in one hand."""

from dataclasses import dataclass
from typing import Self

from PySide6.QtCore import QSettings

from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.doctor import Doctor
from backprop_gui.runtime.stepper import Stepper
from backprop_gui.runtime.store import SessionStore
from backprop_gui.runtime.time_machine import TimeMachine
from backprop_gui.session.document import Session
from backprop_gui.ui.commands import Editor
from backprop_gui.ui.dialogs.help_pages import HelpPages
from backprop_gui.ui.preferences import Preferences
from backprop_gui.ui.theme import ThemeManager


@dataclass(frozen=True, slots=True)
class Desk:
    """The session and what reads, trains, steps and edits it; how the user likes to see things, and where they read."""

    store: SessionStore
    controller: Controller
    time: TimeMachine
    stepper: Stepper
    editor: Editor
    preferences: Preferences
    theme: ThemeManager
    help: HelpPages
    doctor: Doctor

    @classmethod
    def lay(cls, session: Session, settings: QSettings) -> Self:
        """Return a desk with ``session`` on it, everything made and wired; ``settings`` keeps the preferences."""
        store = SessionStore(session)
        controller = Controller(store)
        preferences = Preferences(settings)
        theme = ThemeManager(preferences)
        time, doctor = TimeMachine(store, controller), Doctor()
        controller.training.house(doctor)
        return cls(
            store,
            controller,
            time,
            Stepper(store, controller, time),
            Editor(store, controller),
            preferences,
            theme,
            HelpPages(theme),
            doctor,
        )
