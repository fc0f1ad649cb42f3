"""The rules of the project that no other test would notice: layers, sizes, who may do what."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from bpviz.model.session import session_schema

ROOT = Path(__file__).parents[1]
FILE_LINES, FUNCTION_LINES, CLASS_LINES = 400, 50, 300

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "bpviz",
    "packaging",
    "pyproject.toml",
    "resources",
    "tests",
}


def sources(*folders: str) -> list[Path]:
    """Return all Python files below `folders`, relative to the root."""
    found = [path for each in folders for path in sorted((ROOT / each).rglob("*.py"))]
    assert found
    return [path.relative_to(ROOT) for path in found]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of the file at `path`, relative to the root."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


@cache
def tracked() -> tuple[str, ...]:
    """Return the names of all files under version control; skips where there is none."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a clone: nobody knows what belongs to the project")
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(name for name in names.split("\0") if name)


# --- layers -----------------------------------------------------------------------------------


def test_imports_keep_to_the_layers(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_document_knows_only_qt_core() -> None:
    strangers = [
        f"{path}:{line}: {name}"
        for path in sources("bpviz/document")
        for line, name in imported(tree_of(path))
        if re.match(r"PySide6(?!\.QtCore$)", name) or name == "pyqtgraph"
    ]
    assert strangers == []


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, module) for every import; `from PySide6 import QtGui` is PySide6.QtGui."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "PySide6":
            yield from ((node.lineno, f"PySide6.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


@pytest.mark.parametrize("module", ["bpviz.cli", "bpviz.engine", "bpviz.explain", "bpviz.export"])
def test_no_qt_is_loaded_with(module: str) -> None:
    code = (
        f"import sys, {module}; print([m for m in sys.modules if m.startswith(('PySide', 'pyq'))])"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.stdout.strip(), result.stderr) == ("[]", "")


# --- sizes ------------------------------------------------------------------------------------


def test_files_functions_and_classes_stay_small() -> None:
    large = [
        f"{path}:{line}: {what} of {lines} lines, at most {most}"
        for path in sources("bpviz", "tests", "packaging")
        for line, what, lines, most in measured(path)
        if lines > most
    ]
    assert large == []


def measured(path: Path) -> Iterator[tuple[int, str, int, int]]:
    """Yield (line, what, lines, most lines) for the file and all it defines."""
    yield 1, "file", len((ROOT / path).read_text(encoding="utf-8").splitlines()), FILE_LINES
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, f"function {node.name}", lines_of(node), FUNCTION_LINES
        elif isinstance(node, ast.ClassDef):
            yield node.lineno, f"class {node.name}", lines_of(node), CLASS_LINES


def lines_of(node: ast.stmt) -> int:
    """Return how many lines `node` takes."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


# --- writing ----------------------------------------------------------------------------------

# What opens a file for writing, however it is called on.
WRITERS = {"write_text", "write_bytes", "tofile", "savetxt", "savez", "setFileName", "mkstemp"}
# Classes that write files of their own; painters write into a QBuffer instead.
WRITING_CLASSES = {"QSaveFile", "QFile", "QTemporaryFile", "NamedTemporaryFile"}
COPIERS = {"copy", "copy2", "copyfile", "copyfileobj", "move"}


def test_only_files_py_opens_a_file_for_writing() -> None:
    offences = [
        f"{path}:{node.lineno}: {ast.unparse(node)[:80]}"
        for path in sources("bpviz")
        if path != Path("bpviz/model/files.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and opens_for_writing(node)
    ]
    assert offences == []


def opens_for_writing(call: ast.Call) -> bool:
    """Whether `call` creates or changes a file."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = function.value if isinstance(function, ast.Attribute) else None
    module = owner.id if isinstance(owner, ast.Name) else ""
    if name in WRITERS or name in WRITING_CLASSES or (module == "shutil" and name in COPIERS):
        return True
    if name in ("save", "savefig") and module in ("np", "numpy", "plt"):
        return True
    if name == "export":  # pyqtgraph's exporters, given a file name
        return any(keyword.arg == "fileName" for keyword in call.keywords)
    if name == "save":  # QImage and QPixmap, given a file name
        return bool(call.args) and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    if module == "os" and name in ("open", "fdopen"):
        return ast.unparse(call.args[0]) != "os.devnull"
    if name == "open":
        return any(writes(argument) for argument in mode_arguments(call))
    return False


def mode_arguments(call: ast.Call) -> list[ast.expr]:
    """Return what may be the mode of a call of open: all text but a path's."""
    path_first = isinstance(call.func, ast.Name)
    given = call.args[1:2] if path_first else call.args[:2]
    return [*given, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]


def writes(mode: ast.expr) -> bool:
    """Whether `mode` is the text of a mode that writes."""
    if not isinstance(mode, ast.Constant) or not isinstance(mode.value, str):
        return False
    return bool(re.fullmatch(r"[rwaxbtU+]{1,4}", mode.value)) and bool(
        set(mode.value) & set("wax+")
    )


@pytest.mark.parametrize(
    "text",
    [
        'open(path, "w")',
        'open(path, mode="ab")',
        'Path(path).open("x")',
        'path.write_text("")',
        "os.open(path, os.O_WRONLY)",
        "np.savetxt(path, rows)",
        "np.save(path, rows)",
        "QSaveFile(path)",
        "generator.setFileName(path)",
        'image.save("a.png")',
        "exporter.export(fileName=path)",
        "shutil.copy(a, b)",
    ],
)
def test_writing_is_recognised(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert opens_for_writing(call)


@pytest.mark.parametrize(
    "text",
    [
        "os.open(os.devnull, os.O_WRONLY)",
        'open(path, "rb")',
        "buffer.open(mode)",
        "image.save(buffer, 'PNG')",
        "open(path)",
    ],
)
def test_reading_and_buffers_are_no_writing(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert not opens_for_writing(call)


# --- the project's files ----------------------------------------------------------------------


def test_top_level_holds_nothing_without_a_reason() -> None:
    assert {name.split("/")[0] for name in tracked()} == TOP_LEVEL


def test_no_file_names_a_folder_of_somebody() -> None:
    private = re.compile(rb"(?:/home/|/Users/|/root/|/work/|C:\\Users\\)[\w.-]+")
    found = [
        f"{name}: {match.group().decode(errors='replace')}"
        for name in tracked()
        if name != str(Path(__file__).relative_to(ROOT)) and (ROOT / name).is_file()
        for match in private.finditer((ROOT / name).read_bytes())
    ]
    assert found == []


def test_scripts_can_be_run() -> None:
    scripts = [ROOT / name for name in tracked() if (ROOT / name).read_bytes()[:2] == b"#!"]
    assert {path.name for path in scripts} >= {"run", "setup", "make_run", "system-packages"}
    assert [path.name for path in scripts if not path.stat().st_mode & 0o100] == []


def test_committed_schema_is_that_of_the_model() -> None:
    committed = ROOT / "resources" / "session.schema.json"
    wanted = json.loads(json.dumps(session_schema()))
    assert json.loads(committed.read_text(encoding="utf-8")) == wanted, "run `make schema`"


def test_pins_and_extras_are_kept() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    assert "PySide6-Essentials>=6.9,<6.11" in project["dependencies"]
    assert "pyqtgraph>=0.14" in project["dependencies"]
    assert project["requires-python"] == ">=3.11"
    assert project["scripts"] == {"bpviz": "bpviz.cli:main"}
    assert set(project["optional-dependencies"]) == {"fast", "dev"}
    assert settings["dependency-groups"] == {"dev": ["bpviz[dev]"]}
    assert all(contract["exhaustive"] for contract in contracts(settings) if "layers" in contract)


def contracts(
    settings: dict[str, dict[str, dict[str, list[dict[str, bool]]]]],
) -> list[dict[str, bool]]:
    """Return the contracts of import-linter."""
    return settings["tool"]["importlinter"]["contracts"]
