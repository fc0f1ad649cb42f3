"""Turning the pages of a lesson: each sets position, grain, overlay, selection and panel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QWidget

from bpviz.document.document import Document
from bpviz.model.pages import set_pages
from bpviz.model.schema import Lesson, Page
from bpviz.ui.panels.docks import TabBars
from bpviz.ui.panels.lesson_room import LessonRoom
from bpviz.ui.panels.page_panels import PARTS
from bpviz.ui.panels.workspace import PLACES, Area, Workspace

LESSON: Final = "lesson"
# The panel whose place a page may show another panel in.
BELOW: Final = "decision"


class LessonCommands(QObject):
    """Carries out what the Lesson panel and the Lessons menu ask for."""

    def __init__(
        self,
        document: Document,
        workspace: Workspace,
        commands: Mapping[str, QAction],
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._document = document
        self._workspace = workspace
        self._commands = commands
        self._window = window
        self._beside = ""
        panel = workspace.lesson_panel
        self._panel = panel
        self._guide = panel.guide
        docks, check = workspace.docks, workspace.analysis.check
        statistics = workspace.statistics_panel
        parts: dict[str, QWidget] = {
            "curve": workspace.explain_panel.activation,
            "step_size": check.slider,
            "classes": statistics.classes,
            "surface": statistics.surface.plot,
        }
        self._surface = statistics.surface
        self._room = LessonRoom(docks[LESSON], docks[BELOW], panel, parts, window)
        self._guide.opened.connect(self.on_opened)
        document.replaced.connect(self.leave)
        self._surface.computed.connect(self._room.scroll_soon)
        self._guide.changed.connect(self._enable)
        panel.turn_asked.connect(self.turn_to)
        panel.again_asked.connect(self.on_again)
        panel.run_asked.connect(self.on_run)
        self._tab_bars = TabBars(window, workspace.docks.values())
        self._enable()

    def on_next(self) -> None:
        """Open the next page."""
        self.turn_to(self._guide.index + 1)

    def on_back(self) -> None:
        """Open the page before."""
        self.turn_to(self._guide.index - 1)

    def on_again(self) -> None:
        """Set the view of the open page once more."""
        page = self._guide.page
        if page is not None:
            self._set(page)

    def on_run(self) -> None:
        """Go to the run that the open page is about."""
        page = self._guide.page
        index = self._guide.run_with(page) if page is not None else -1
        if page is not None and index >= 0:
            self._document.switch_run(index, partial(self._set, page))

    def on_write(self) -> None:
        """Open the page editor, ready to type, or end it."""
        self.show_panel(LESSON)
        self._panel.pencil.toggle()
        if self._panel.pencil.isChecked():
            self._panel.editor.begin()

    def on_predict(self) -> None:
        """Begin to ask for hidden numbers, or end it."""
        self.show_panel("predict")
        self._workspace.predict_panel.toggle()

    def keep_pages(self) -> None:
        """Write pages that were edited later on the line into the session shown: it is saved."""
        session, pages = self._document.session, self._guide.pages
        held = session.lesson.pages if isinstance(session.lesson, Lesson) else ()
        if pages != held:
            self._document.push(set_pages(session, pages, "Keep the pages"))

    def start(self) -> None:
        """Show the first page of the session that the window opens on, where it has pages."""
        if self._guide.pages:
            self.on_opened()
        else:
            self.leave()

    def leave(self) -> None:
        """Let no empty lesson stand in front: a session without pages is explained."""
        lesson = self._workspace.docks[LESSON]
        if not self._guide.pages:
            self.put_back()
        if not self._guide.pages and self._tab_bars.is_front(lesson):
            self.show_panel("explain")

    def on_opened(self) -> None:
        """Bring the lesson to the front; where its file stands elsewhere, only its text."""
        self.show_panel(LESSON)
        self._room.forget()
        page = self._guide.page
        if page is not None and self._guide.is_at_home:
            self._set(page)

    def turn_to(self, index: int) -> None:
        """Open the page at `index` and set its view."""
        if self._guide.turn_to(index):
            self.show_panel(LESSON)
            self.on_again()

    def _set(self, page: Page) -> None:
        """Set the view of `page`; a long way to its place is gone in slices."""
        self._trigger(f"run.grain_{page.grain}")
        if not self._guide.go(page, partial(self._dress, page)):
            self._dress(page)

    def _dress(self, page: Page) -> None:
        """Set overlay, selection and panel of `page`, at its place."""
        self._trigger(f"view.show_{page.overlay}")
        network = self._document.session.network
        nodes = [name for name in page.selection if name in network.node_index]
        edges = [name for name in page.selection if name in network.edge_index]
        if (nodes, edges) != (
            self._workspace.scene.selected_nodes(), self._workspace.scene.selected_edges(),
        ):  # fmt: skip
            self._workspace.scene.select(nodes, edges)
        self._put_beside(PARTS.get(page.panel, page.panel))
        self._panel.follow_structure()
        if PARTS.get(page.panel) == "data":
            self._workspace.data_panel.show_page(page.panel)
        if page.panel == "surface":
            self._surface.show_selected()
        self._room.fit_soon(page.panel)

    def _trigger(self, action_id: str) -> None:
        action = self._commands.get(action_id)
        if action is not None and not action.isChecked():
            action.trigger()

    def show_panel(self, name: str) -> None:
        """Bring the dock called `name` to the front."""
        dock = self._workspace.docks[name]
        dock.show()
        dock.raise_()

    def _put_beside(self, wanted: str) -> None:
        """Show the panel that a page names: one on the right joins those below the lesson."""
        docks = self._workspace.docks
        name = wanted
        if wanted and wanted not in docks:
            try:
                name = self._workspace.analysis.turn_to(wanted)
            except KeyError:
                name = ""
        if self._beside != name:
            self.put_back()
        if not name or name == LESSON:
            return
        place = PLACES[name]
        below = docks[BELOW]
        if place.area == Area.RightDockWidgetArea and not place.below and below.isVisible():
            self._beside = name
            self._window.tabifyDockWidget(below, docks[name])
        self.show_panel(name)
        self._tab_bars.tidy_soon()

    def put_back(self) -> None:
        """Put the panel that a page shows below the lesson back among the tabs over it."""
        if not self._beside:
            return
        docks = self._workspace.docks
        self._window.tabifyDockWidget(docks[LESSON], docks[self._beside])
        self._beside = ""
        # In the order of before.
        self._workspace.tab_right(self._window)
        self.show_panel(LESSON)
        self._tab_bars.tidy_soon()

    def _enable(self) -> None:
        index, count = self._guide.index, len(self._guide.pages)
        self._commands["lesson.next"].setEnabled(index + 1 < count)
        self._commands["lesson.back"].setEnabled(index > 0 and bool(count))
        self._commands["lesson.again"].setEnabled(bool(count))
