"""The table of actions, and the menus made from it."""

from collections import Counter

import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QWidget

from bpviz.ui.actions import ACTIONS, Row, fill_menu_bar, make_actions
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import resource_path

PROMISED = (
    "file.new", "file.open", "file.save", "file.save_as", "file.export_drawing",
    "file.export_loss", "edit.undo", "edit.redo", "edit.delete", "edit.select_all", "run.toggle",
    "run.step_forward", "run.step_back", "run.step_iteration", "run.back_iteration", "run.reset",
    "view.show_values", "view.show_gradients", "view.show_updates", "view.fit", "view.theme",
)  # fmt: skip


def test_promised_actions_are_there(window: MainWindow) -> None:
    names = {action.objectName() for action in window.findChildren(QAction)}
    assert set(PROMISED) <= names


def test_ids_and_keys_are_unique() -> None:
    ids = Counter(row.id for row in ACTIONS)
    every = [key for row in ACTIONS for key in (row.key, row.also) if key]
    keys = Counter(QKeySequence(key).toString() for key in every)
    assert max(ids.values()) == 1
    assert max(keys.values()) == 1
    assert "" not in keys, "a key that Qt does not know"


@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.id)
def test_row_is_complete(row: Row) -> None:
    assert row.text
    assert row.tip
    assert not row.tip.endswith(".")
    assert row.menu
    if row.icon:
        assert resource_path("icons", f"{row.icon}.svg").is_file()


def test_every_action_stands_in_its_menu(qapp: QApplication) -> None:
    parent = QWidget()
    bar = QMenuBar(parent)
    actions = make_actions(parent)
    menus = fill_menu_bar(bar, actions)
    for row in ACTIONS:
        assert actions[row.id] in menus[row.menu].actions()
    for name, menu in menus.items():
        if "/" not in name:
            letters = [_mnemonic(action) for action in menu.actions() if action.text()]
            assert len(letters) == len(set(letters)), f"{name}: {letters}"
    parent.deleteLater()


def test_every_action_of_the_window_has_a_name_and_a_tip(window: MainWindow) -> None:
    window.on_recent_shown()
    menus = window.findChildren(QMenu)
    titles = {menu.title() for menu in menus}
    for menu in menus:
        for action in menu.actions():
            if not action.isSeparator() and action.text() not in titles and action.isEnabled():
                assert action.objectName(), action.text()
                assert action.toolTip(), action.text()
    keys = Counter(
        action.shortcut().toString()
        for action in window.findChildren(QAction)
        if not action.shortcut().isEmpty()
    )
    assert {key for key, count in keys.items() if count > 1} == set()


def _mnemonic(action: QAction) -> str:
    text = action.text().replace("&&", "")
    return text[text.index("&") + 1].lower() if "&" in text else text
