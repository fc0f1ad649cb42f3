"""What the program remembers between two starts: one table of rows over one settings file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray, QSettings

RECENT_LIMIT: Final = 10
SCALE_CHOICES: Final = (100, 125, 150, 200)
DIGIT_CHOICES: Final = (3, 4, 6, 10)
SPEED_CHOICES: Final = ("5s", "2s", "1", "2", "5", "10", "30", "100", "1000", "max")
THEME_CHOICES: Final = ("dark", "light", "high_contrast")

COLOUR_CHOICES: Final = ("standard", "blue_red", "purple_gold")
OVERLAY_CHOICES: Final = (
    "values", "gradients", "updates", "weights", "local", "optimizer", "differences"
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One setting: its key in the file, the value it starts with, and what it may be."""

    key: str
    default: str | int | bool
    choices: tuple[str | int, ...] = ()


ROWS: Final = {
    row.key: row
    for row in (
        Row("theme", "dark", THEME_CHOICES),
        Row("colours", "standard", COLOUR_CHOICES),
        Row("digits", 4, DIGIT_CHOICES),
        Row("decimal_comma", False),
        Row("overlay", "gradients", OVERLAY_CHOICES),
        Row("optimizer_slot", ""),
        Row("size_logarithmic", False),
        # What is drawn widest where that is fixed, as "gradients=0.5 weights=2".
        Row("ranges", ""),
        Row("minimap", True),
        Row("grain", "neuron", ("term", "neuron", "layer", "phase", "iteration", "epoch")),
        Row("speed", "max", SPEED_CHOICES),
        Row("until", ""),
        Row("loss_logarithmic", False),
        Row("reduce_motion", False),
        Row("gradient_check", True),
        Row("scale", 100, SCALE_CHOICES),
        Row("heat_maps", False),
        Row("decision_plot", True),
        Row("snap", True),
        Row("folder", ""),
    )
}


class Settings:
    """Typed access to the settings file; a value that makes no sense counts as its default."""

    def __init__(self, path: Path | None = None) -> None:
        """Use the settings file at `path`, by default the one in the user's own folder."""
        self._path = path or user_config_path("bpviz", appauthor=False) / "bpviz.ini"
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)

    @property
    def path(self) -> Path:
        """The settings file."""
        return self._path

    def text(self, key: str) -> str:
        """Return the text setting `key`."""
        row = ROWS[key]
        value = str(self._store.value(key, row.default))
        return value if not row.choices or value in row.choices else str(row.default)

    def number(self, key: str) -> int:
        """Return the whole-number setting `key`."""
        row = ROWS[key]
        try:
            value = int(str(self._store.value(key, row.default)))
        except ValueError:
            return int(row.default)
        return value if not row.choices or value in row.choices else int(row.default)

    def flag(self, key: str) -> bool:
        """Return the yes-or-no setting `key`."""
        return str(self._store.value(key, ROWS[key].default)).lower() == "true"

    def put(self, key: str, value: str | int | bool) -> None:
        """Remember `value` under `key`, one of the rows."""
        row = ROWS[key]
        if row.choices and value not in row.choices:
            raise ValueError(f"{key}: {value!r} is none of {row.choices}")
        self._store.setValue(key, value)

    def layout(self, name: str) -> QByteArray:
        """Return the remembered window layout `name` ("geometry", "docks"); empty where none."""
        value = self._store.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def put_layout(self, name: str, value: QByteArray) -> None:
        """Remember the window layout `name`."""
        self._store.setValue(f"layout/{name}", value)

    def recent_files(self) -> tuple[Path, ...]:
        """Return the files opened or saved last, the latest first."""
        value = self._store.value("recent", [])
        names = value if isinstance(value, list) else [value]
        return tuple(Path(str(name)) for name in names if name)[:RECENT_LIMIT]

    def add_recent(self, path: Path) -> None:
        """Put `path` first among the recent files."""
        path = path.resolve()
        others = [str(old) for old in self.recent_files() if old != path]
        self._store.setValue("recent", [str(path), *others][:RECENT_LIMIT])

    def drop_recent(self, path: Path) -> None:
        """Forget the recent file `path`."""
        self._store.setValue("recent", [str(old) for old in self.recent_files() if old != path])

    def clear_recent(self) -> None:
        """Forget all recent files."""
        self._store.setValue("recent", [])

    def sync(self) -> None:
        """Write what is remembered to disk now."""
        self._store.sync()
