"""The dialog that imports rows from a text file: what was recognised, targets, scaling, split."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.job import Job
from bpviz.engine.csv_cells import CsvError, ImportCancelledError, Progress
from bpviz.engine.csv_import import ScalingMethod, to_table
from bpviz.model.data import TableData
from bpviz.ui.panels.dialogs import show_message
from bpviz.ui.panels.form import Choice, Form, set_check
from bpviz.ui.panels.import_file import ReadFile, read_file
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.style import guard

PREVIEW_ROWS: Final = 8
PREVIEW_COLUMNS: Final = 60
CELL_LIMIT: Final = 40
TARGET_HEIGHT: Final = 24
POLL: Final = 30
SCALINGS: Final = (
    ("none", "None"),
    ("standard", "Standard: mean 0, deviation 1"),
    ("minmax", "Min–max: from 0 to 1"),
)


class ImportDialog(QDialog):
    """Reads the file at `path` and offers what to make of it.

    `chosen` hands the rows over; `failed` says, in one line, why the file can't be read at all.
    """

    chosen = Signal(object)
    failed = Signal(str)

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._file: ReadFile | None = None
        self._job: Job[Any] | None = None
        self._timer = QTimer(self)
        self._recognised = QLabel()
        self._header = QCheckBox("The first row names the columns")
        self._preview = QTableWidget()
        self._targets = QListWidget()
        self._scaling = Choice(dict(SCALINGS))
        self._fraction = NumberField(low=0, high=0.9)
        self._seed = NumberField(low=0, high=2**53, whole=True)
        self._bar = QProgressBar()
        self._choices = QWidget()
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._build()
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._header.toggled.connect(self._on_header_toggled)
        self._targets.itemChanged.connect(self._on_target_changed)
        self._timer.timeout.connect(self._on_poll)
        self._begin(Job(partial(read_file, path)), "Reading…")

    @guard
    def accept(self) -> None:
        """Make the rows, and hand them over once they are made."""
        if self._job is not None or self._file is None:
            return
        if not (self._fraction.commit() and self._seed.commit()):
            return
        work = partial(
            _converted,
            self._file,
            self._chosen_targets(),
            cast(ScalingMethod, self._scaling.currentData()),
            float(self._fraction.value or 0.0),
            int(self._seed.value or 0),
        )
        self._begin(Job(work), "Importing…")

    @guard
    def done(self, result: int) -> None:
        """End the dialog, and what is still going on for it."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None
        super().done(result)

    def _build(self) -> None:
        self.setObjectName("import")
        self.setWindowTitle(f"Import {self._path.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._recognised.setObjectName("import.recognised")
        self._recognised.setTextFormat(Qt.TextFormat.PlainText)
        self._recognised.setWordWrap(True)
        self._header.setObjectName("import.header")
        self._build_preview()
        self._scaling.set_key("none")
        self._fraction.set_value(0.0)
        self._seed.set_value(0)
        form = Form(aside=0)
        form.add("Targets", self._targets, "import.targets", "What the network is to learn")
        form.add("Scaling", self._scaling, "import.scaling", "Of numeric inputs, by training rows")
        form.add("Test share", self._fraction, "import.test", "Share of the rows kept for the test")
        form.add("Seed", self._seed, "import.seed", "Fixes which rows are kept for the test")
        self._targets.setFixedHeight(5 * TARGET_HEIGHT)
        column = QVBoxLayout(self._choices)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._recognised)
        column.addWidget(self._header)
        column.addWidget(self._preview, 1)
        column.addWidget(form)
        self._bar.setObjectName("import.progress")
        self._bar.setRange(0, 1000)
        layout = QVBoxLayout(self)
        layout.addWidget(self._choices, 1)
        layout.addWidget(self._bar)
        layout.addWidget(self._buttons)
        self.resize(620, 620)

    def _build_preview(self) -> None:
        self._preview.setObjectName("import.preview")
        self._preview.setAccessibleName("First rows of the file")
        self._preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._preview.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._preview.setMinimumHeight(140)

    # -- the work beside the window ----------------------------------------------------------------

    def _begin(self, job: Job[Any], text: str) -> None:
        self._job = job
        self._bar.setFormat(text)
        self._bar.setValue(int(1000 * job.share))
        self._bar.show()
        self._choices.setEnabled(False)
        self._show_ready()
        job.start()
        self._timer.start(POLL)

    def _on_poll(self) -> None:
        """Show how far the work is, and take its result when there is one."""
        job = self._job
        if job is None:
            return
        self._bar.setValue(int(1000 * job.share))
        if not job.done:
            return
        self._timer.stop()
        self._job = None
        self._bar.hide()
        self._choices.setEnabled(True)
        try:
            result = job.result()
        except (CsvError, OSError) as fault:
            self._fail(str(fault) if isinstance(fault, CsvError) else fault.strerror or str(fault))
        except ImportCancelledError:
            self.reject()
        else:
            self._take(result)
        self._show_ready()

    def _take(self, result: ReadFile | TableData) -> None:
        if isinstance(result, ReadFile):
            self._show_file(result)
            return
        super().accept()
        self.chosen.emit(result)

    def _fail(self, line: str) -> None:
        """Say what is wrong: with the file, which ends this, or with the choices, which doesn't."""
        if self._file is None:
            self.failed.emit(line)
            self.reject()
            return
        show_message(self, "The rows can't be imported", line)

    # -- what is offered ---------------------------------------------------------------------------

    def _show_file(self, file: ReadFile) -> None:
        """Show a file; the last column is offered as the target."""
        first = self._file is None
        checked = self._checked()
        self._file = file
        table = file.table
        self._recognised.setText(file.description())
        set_check(self._header, file.has_header)
        self._header.setEnabled(table.count > 1 or not file.has_header)
        shown = min(len(table.names), PREVIEW_COLUMNS)
        rows = min(table.count, PREVIEW_ROWS)
        self._preview.setColumnCount(shown)
        self._preview.setRowCount(rows)
        self._preview.setHorizontalHeaderLabels([_short(name) for name in table.names[:shown]])
        for column, cells in enumerate(table.columns[:shown]):
            for row, cell in enumerate(cells[:rows]):
                self._preview.setItem(row, column, QTableWidgetItem(_short(cell.strip())))
        self._preview.resizeColumnsToContents()
        chosen = {len(table.names) - 1} if first else checked
        self._targets.blockSignals(True)
        self._targets.clear()
        for number, name in enumerate(table.names):
            item = QListWidgetItem(_short(name), self._targets)
            item.setSizeHint(QSize(0, TARGET_HEIGHT))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if number in chosen else Qt.CheckState.Unchecked
            item.setCheckState(state)
        self._targets.blockSignals(False)
        if first:
            self._targets.setFocus()
        self._targets.scrollToItem(self._targets.item(min(chosen, default=0)))

    def _checked(self) -> set[int]:
        return {
            row
            for row in range(self._targets.count())
            if self._targets.item(row).checkState() == Qt.CheckState.Checked
        }

    def _chosen_targets(self) -> tuple[str, ...]:
        if self._file is None:
            return ()
        return tuple(self._file.table.names[row] for row in sorted(self._checked()))

    def _on_header_toggled(self, checked: bool) -> None:
        if self._file is not None:
            self._show_file(self._file.with_header(checked))
            self._show_ready()

    def _on_target_changed(self, _item: QListWidgetItem) -> None:
        self._show_ready()

    def _show_ready(self) -> None:
        """Let the rows be imported where some columns are targets and some are inputs."""
        ready = (
            self._job is None
            and self._file is not None
            and 0 < len(self._checked()) < len(self._file.table.names)
        )
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)


def _converted(
    file: ReadFile,
    targets: tuple[str, ...],
    scaling: ScalingMethod,
    fraction: float,
    seed: int,
    progress: Progress,
) -> TableData:
    return to_table(
        file.table, targets, scaling=scaling, test_fraction=fraction, seed=seed, progress=progress
    )


def _short(text: str) -> str:
    """Return one line of a cell, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= CELL_LIMIT else line[: CELL_LIMIT - 1] + "…"
