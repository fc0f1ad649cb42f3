"""What the program remembers."""

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from bpviz.ui.settings import RECENT_LIMIT, ROWS, Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


def test_every_row_starts_with_its_default(path: Path) -> None:
    settings = Settings(path)
    assert settings.text("theme") == "dark"
    assert settings.number("digits") == 4
    assert settings.flag("loss_logarithmic") is False
    for row in ROWS.values():
        assert not row.choices or row.default in row.choices


def test_values_last_until_the_next_start(path: Path) -> None:
    settings = Settings(path)
    settings.put("theme", "light")
    settings.put("digits", 6)
    settings.put("loss_logarithmic", True)
    settings.put_layout("docks", QByteArray(b"\x00\x01"))
    settings.sync()
    again = Settings(path)
    assert (again.text("theme"), again.number("digits")) == ("light", 6)
    assert again.flag("loss_logarithmic") is True
    assert again.layout("docks") == QByteArray(b"\x00\x01")


def test_values_without_sense_count_as_the_default(path: Path) -> None:
    raw = QSettings(str(path), QSettings.Format.IniFormat)
    raw.setValue("theme", "plaid")
    raw.setValue("digits", "many")
    raw.setValue("layout/docks", "no bytes")
    raw.sync()
    settings = Settings(path)
    assert (settings.text("theme"), settings.number("digits")) == ("dark", 4)
    assert settings.layout("docks").isEmpty()


def test_a_value_outside_its_choices_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="plaid"):
        Settings(path).put("theme", "plaid")


def test_recent_files_latest_first_each_once(path: Path, tmp_path: Path) -> None:
    settings = Settings(path)
    names = [tmp_path / f"{number}.bpviz.json" for number in range(RECENT_LIMIT + 3)]
    for name in names:
        settings.add_recent(name)
    settings.add_recent(names[5])
    recent = Settings(path).recent_files()
    assert recent[:2] == (names[5], names[-1])
    assert len(recent) == len(set(recent)) == RECENT_LIMIT
    settings.drop_recent(names[5])
    assert names[5] not in settings.recent_files()
    settings.clear_recent()
    assert settings.recent_files() == ()


def test_settings_of_a_test_lie_in_its_own_folder() -> None:
    settings = Settings()
    settings.put("digits", 10)
    settings.sync()
    assert "homes" in str(settings.path)
    assert settings.path.is_file()
