"""How a view paints the network: what stays the same from frame to frame is painted once, as a picture."""

from collections.abc import Callable, Iterator

from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsView

from backprop_gui.ui.canvas.kept import NOTHING, Kept, Key, blank
from backprop_gui.ui.canvas.picture import Picture
from backprop_gui.ui.canvas.scene import NetworkScene
from backprop_gui.ui.widgets.slices import Slices

LINES_AT_ONCE = 300


class Painting:
    """The lines behind the units, as they are at rest, and everything before them but the numbers.

    It does not hold the view, which holds it.
    """

    def __init__(self, view: QGraphicsView, picture: Picture) -> None:
        self._picture = picture
        self._lines, self._still = Kept(), Kept()
        self._finer = Slices(view)
        self._finer_key: Key = ()

    def stop(self) -> None:
        """Give up what is drawn in slices: the picture moves."""
        self._finer.stop()

    def paint_frame(self, view: QGraphicsView, scene: NetworkScene, painter: QPainter) -> None:
        """Paint one frame of many: lines and numbers, and over the lines a picture of what training does not change."""
        zoom, seen = view.transform().m11(), view.mapToScene(view.viewport().rect()).boundingRect()
        painter.setTransform(view.viewportTransform())
        scene.draw_lines(painter, zoom, hurried=True)
        scene.edges.draw_over_lines(painter, zoom)
        key = (*_place(view), *self._picture.still)
        if not self._still.draw(painter, key):
            if self._still.asked_again(key):
                self._still.put(key, _painted(view, lambda over: scene.draw_still(over, zoom, seen)))
                self._still.draw(painter, key)
            else:
                painter.save()
                scene.draw_still(painter, zoom, seen)
                painter.restore()
        scene.draw_values(painter, zoom, seen)

    def paint_lines(self, view: QGraphicsView, scene: NetworkScene, painter: QPainter) -> None:
        """Paint arrows and lines, from a picture while they are the same; where there are many, well a little later."""
        zoom, key = view.transform().m11(), self._lines_key(view, scene)
        if self._picture.moving:
            scene.draw_lines(painter, zoom, hurried=True)
        elif self._lines.draw(painter, key):
            return
        elif scene.edges.many:
            scene.draw_lines(painter, zoom, hurried=True)
            if not self._finer.running or key != self._finer_key:
                self._finer_key = key
                self._finer.start(self._draw_finer(view, scene, key))
        else:
            picture = _painted(
                view, lambda over: scene.draw_lines(over, zoom, hurried=False), self._picture.roles.surface
            )
            self._lines.put(key, picture)
            self._lines.draw(painter, key)

    def finish(self, view: QGraphicsView, scene: NetworkScene) -> None:
        """Draw the lines well now."""
        self.stop()
        for _ in self._draw_finer(view, scene, self._lines_key(view, scene)):
            pass

    def _lines_key(self, view: QGraphicsView, scene: NetworkScene) -> Key:
        return (*_place(view), *self._picture.behind, *scene.flow.terms())

    def _draw_finer(self, view: QGraphicsView, scene: NetworkScene, key: Key) -> Iterator[None]:
        """Draw all lines as well as it goes into a picture, some at a time, and show it."""
        picture = blank(view.viewport(), self._picture.roles.surface)
        painter = QPainter(picture)
        try:
            painter.setTransform(view.viewportTransform())
            scene.flow.draw(painter)
            yield from scene.edges.lines_in_parts(painter, view.transform().m11(), hurried=False, most=LINES_AT_ONCE)
        finally:
            painter.end()
        self._lines.put(key, picture)
        view.viewport().update()


def _painted(view: QGraphicsView, paint: Callable[[QPainter], None], background: QColor = NOTHING) -> QPixmap:
    """Return a picture of all pixels of a view with what ``paint`` draws in the scene."""
    picture = blank(view.viewport(), background)
    painter = QPainter(picture)
    try:
        painter.setTransform(view.viewportTransform())
        paint(painter)
    finally:
        painter.end()
    return picture


def _place(view: QGraphicsView) -> Key:
    """Return where in the scene a view looks, and with which pixels."""
    return view.viewportTransform(), view.viewport().size(), view.devicePixelRatioF()
