"""The command line itself: usage errors, help, output that can't be written, the bare command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bpviz import __version__
from bpviz.cli.arguments import COMMANDS
from tests.e2e.command_line import S5, CommandLine, environment, process


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


USAGE = [
    (("--nonsense",), "--nonsense"),
    (("trian", "x.json"), '"trian" is no command'),
    (("trian",), '"trian"'),
    (("a.json", "b.json"), "only one session"),
    (("trace",), "SESSION"),
    (("trace", S5, "--iteration", "0"), "--iteration"),
    (("trace", S5, "--iteration", "1.5"), "1.5"),
    (("trace", S5, "--iteration", "9" * 400), "whole number"),
    (("trace", S5, "--rows", "5-2"), "ends before"),
    (("trace", S5, "--rows", "one"), "no range"),
    (("trace", S5, "--rows", "0-1"), "from 0 to 0"),
    (("trace", S5, "--iter", "1"), "--iter"),
    (("trace", S5, "extra"), "extra"),
    (("train", S5), "--iterations"),
    (("train", S5, "--iterations", "1", "--epochs", "1"), "not allowed"),
    (("train", S5, "--iterations", "-1"), "whole number"),
    (("train", S5, "--epochs", "two"), "whole number"),
    (("train", S5, "--epochs", "2", "--until-loss", "nan"), "no number"),
    (("verify", S5), "no saved history"),
    (("export", S5), "nothing to do"),
    (("export", S5, "--diagram", "a.gif"), ".svg .pdf .png"),
    (("export", S5, "--table", "a.xlsx"), ".csv .md .tex .html"),
    (("export", S5, "--animation", "a.gif"), "--animation"),
    (("export", S5, "--derivation", "a.txt"), ".md .tex .html"),
    (("export", S5, "--parameter", "h1"), "goes with --derivation"),
    (("export", S5, "--derivation", "a.md", "--parameter", "h9"), '"h9"'),
    (("export", S5, "--derivation", "a.md", "--parameter", "x1"), "no bias"),
    (("new", "-o", "a.json"), "--layers"),
    (("new", "--layers", "2-1"), "-o"),
    (("new", "--layers", "2-1", "--expression", "x", "-o", "a.json"), "not allowed"),
    (("new", "--layers", "2", "-o", "a.json"), "two or more layers"),
    (("new", "--layers", "2-0-1", "-o", "a.json"), "one or more nodes"),
    (("new", "--layers", "2-x", "-o", "a.json"), "2-4-2-1"),
    (("new", "--layers", "1500-1500", "-o", "a.json"), "3 000 nodes"),
    (("new", "--layers", "900-900", "-o", "a.json"), "810 000 edges"),
    (("new", "--layers", "2-1", "--activation", "magic", "-o", "a.json"), '"magic"'),
    (("new", "--layers", "2-1", "--activation", "power", "-o", "a.json"), "power:3"),
    (("new", "--layers", "2-1", "--activation", "tanh:2", "-o", "a.json"), "no parameter"),
    (("new", "--layers", "2-1", "--loss", "magic", "-o", "a.json"), '"magic"'),
    (("new", "--layers", "2-1", "--init", "magic", "-o", "a.json"), '"magic"'),
    (("new", "--layers", "2-1", "--init", "constant", "-o", "a.json"), "constant:0.1"),
    (("new", "--layers", "2-1", "--data", "magic", "-o", "a.json"), '"magic"'),
    (("new", "--layers", "3-1", "--data", "spiral", "-o", "a.json"), "3 nodes"),
    (("new", "--layers", "2-3", "--data", "spiral", "-o", "a.json"), "3 nodes"),
    (("new", "--layers", "2-1", "--seed", "-3", "-o", "a.json"), "whole number"),
    (("new", "--layers", "2-1", "--values", "x=1", "-o", "a.json"), "--expression"),
    (("new", "--layers", "2-1", "--csv", "t.csv", "-o", "a.json"), "--target"),
    (("new", "--layers", "2-1", "--target", "y", "-o", "a.json"), "--csv"),
    (("new", "--layers", "2-1", "--csv", "no.csv", "--target", "y", "-o", "a.json"), "no.csv"),
    (("new", "--expression", "x+", "--values", "x=1", "-o", "a.json"), "invalid syntax"),
    (("new", "--expression", "x+y", "--values", "x=1", "-o", "a.json"), 'no value for "y"'),
    (("new", "--expression", "x", "--values", "x=1,y=2", "-o", "a.json"), '"y"'),
    (("new", "--expression", "x", "--values", "x=1,x=2", "-o", "a.json"), "two values"),
    (("new", "--expression", "x", "--values", "x=one", "-o", "a.json"), '"one"'),
    (("new", "--expression", "x", "--values", "x=1e999", "-o", "a.json"), "out of range"),
    (("new", "--expression", "x", "--values", "x", "-o", "a.json"), "x=-2"),
    (("new", "--expression", "x", "-o", "a.json"), 'no value for "x"'),
    (("new", "--expression", "-x", "--values", "x=1", "-o", "a.json"), "--expression"),
    (("new", "--expression", "x", "--values", "x=1", "--seed", "1", "-o", "a.json"), "--layers"),
]


@pytest.mark.parametrize(("arguments", "names"), USAGE)
def test_bad_usage_is_one_line(run: CommandLine, arguments: tuple[str, ...], names: str) -> None:
    assert names in run(*arguments).refusal()
    assert not Path("a.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", S5, "-o"),
        ("train", S5, "--iterations", "1", "-o"),
        ("train", S5, "--iterations", "1", "--save"),
        ("train", S5, "--iterations", "1", "--csv"),
        ("export", S5, "--table"),
        ("export", S5, "--diagram"),
        ("new", "--layers", "2-1", "-o"),
    ],
)
@pytest.mark.parametrize("folder", ["missing", "a_file", "/proc"])
def test_a_place_that_cannot_be_written(
    run: CommandLine, arguments: tuple[str, ...], folder: str
) -> None:
    Path("a_file").write_text("x")
    line = run(*arguments, f"{folder}/out.svg.md" if "--table" in arguments else f"{folder}/o.svg")
    assert "is not written" in line.refusal()


def test_a_folder_is_not_overwritten(run: CommandLine) -> None:
    Path("out.json").mkdir()
    assert "it is a folder" in run("trace", S5, "-o", "out.json").refusal()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("trace", "s.json", "-o", "s.json"), "the session"),
        (("trace", "s.json", "-o", "link.json"), "the session"),
        (("train", "s.json", "--iterations", "1", "--csv", "s.json"), "the session"),
        (("train", "s.json", "--iterations", "1", "--save", "t.json", "-o", "t.json"), "--save"),
        (("export", "s.json", "--diagram", "a.svg", "--loss-plot", "./a.svg"), "--diagram"),
    ],
)
def test_no_result_overwrites_another_or_the_session(
    run: CommandLine, arguments: tuple[str, ...], names: str
) -> None:
    whole = Path(S5).read_bytes()
    Path("s.json").write_bytes(whole)
    Path("link.json").symlink_to("s.json")
    line = run(*arguments).refusal()
    assert "would overwrite" in line
    assert names in line
    assert Path("s.json").read_bytes() == whole
    assert sorted(path.name for path in Path().iterdir()) == ["link.json", "s.json"]


def test_a_session_may_be_saved_over_itself(run: CommandLine) -> None:
    Path("s.json").write_bytes(Path(S5).read_bytes())
    for _ in range(2):
        assert run("train", "s.json", "--iterations", "1", "--save", "s.json").status == 0
    assert run("verify", "s.json").out == "identical\n"
    nothing = ("--csv", os.devnull, "-o", os.devnull)
    assert run("train", "s.json", "--iterations", "1", *nothing).status == 0


@pytest.mark.parametrize(("closing", "status"), [("1>&-", 2), ("1>&- 2>&-", 2), ("2>&-", 0)])
def test_streams_that_were_closed(closing: str, status: int) -> None:
    command = [sys.executable, "-m", "bpviz", "trace", S5]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closing}', "sh", *command],
        capture_output=True, text=True, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert done.stderr in ("", "bpviz: standard output: Bad file descriptor\n")
    assert ('"format"' in done.stdout) == (status == 0)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_a_full_disk_on_standard_output() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bpviz", "trace", S5],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("bpviz: standard output: ")
    assert done.stderr.count("\n") == 1


def test_a_closed_pipe_is_left_quietly(tmp_path: Path) -> None:
    wide = tmp_path / "wide.json"
    assert process("new", "--layers", "50-200-100", "-o", wide).status == 0
    reader, writer = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-m", "bpviz", "trace", str(wide)],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    os.close(writer)
    os.close(reader)
    _, error = child.communicate(timeout=60)
    assert (child.returncode, error) == (0, "")


def test_help_shows_every_command_and_examples(run: CommandLine) -> None:
    told = run("--help")
    assert (told.status, told.error) == (0, "")
    assert "examples:" in told.out
    for command in COMMANDS:
        assert f"    {command} " in told.out
        detail = run(command, "--help")
        assert detail.status == 0
        assert f"bpviz {command}" in detail.out
        assert "example" in detail.out


def test_the_version(run: CommandLine) -> None:
    assert run("--version").out == f"bpviz {__version__}\n"


IMPORTS = """
import sys
from bpviz.cli import main
status = main(sys.argv[1:])
heavy = {name.partition(".")[0] for name in sys.modules}
print(sorted(heavy & {"PySide6", "shiboken6", "pyqtgraph", "numpy", "msgspec", "numba"}))
sys.exit(status)
"""


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (("--help",), "[]"),
        (("--version",), "[]"),
        (("train", "--help"), "[]"),
        (("trace", S5, "-o", os.devnull), "['msgspec', 'numpy']"),
        (("train", S5, "--iterations", "2", "-o", os.devnull), "['msgspec', 'numpy']"),
        (("check", S5), "['msgspec', 'numpy']"),
        (("new", "--layers", "2-1", "-o", os.devnull), "['msgspec', 'numpy']"),
    ],
)
def test_what_a_command_imports(arguments: tuple[str, ...], loaded: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *arguments],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == loaded


class TestBareCommand:
    """Without a screen the desktop program says so in one line."""

    @pytest.mark.skipif(sys.platform != "linux", reason="displays are told by variables on Linux")
    def test_without_a_display(self) -> None:
        assert "no display" in process().refusal()
        assert "no display" in process(S5).refusal()

    @pytest.mark.skipif(sys.platform != "linux", reason="displays are told by variables on Linux")
    def test_with_a_display_that_does_not_answer(self) -> None:
        line = process(DISPLAY=":87").refusal()
        assert "does not answer" in line or "apt-get install" in line

    def test_with_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.json"
        bad.write_text("{")
        assert "bad.json" in process(bad, QT_QPA_PLATFORM="offscreen").refusal()

    def test_with_a_qt_library_missing(self, tmp_path: Path) -> None:
        package = tmp_path / "PySide6"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "QtSvg.py").write_text(
            "raise ImportError('libEGL.so.1: cannot open shared object file')"
        )
        path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
        line = process(QT_QPA_PLATFORM="offscreen", PYTHONPATH=path).refusal()
        assert "libEGL.so.1 is missing" in line
        assert "apt-get install" in line


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


class TestInterrupt:
    """Ctrl-C ends a training with 130, and --save keeps the last whole state."""

    SCRIPT = """
import sys
from pathlib import Path
from bpviz.document.timeline import Timeline
before = Timeline.advance
def advance(self, *args):
    Path("running").touch()
    return before(self, *args)
Timeline.advance = advance
from bpviz.cli import main
sys.exit(main(sys.argv[1:]))
"""

    @pytest.mark.skipif(sys.platform == "win32", reason="signals")
    def test_the_last_whole_state_is_saved(
        self, tmp_path: Path, kernel: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if kernel == "numpy":  # nor can it be compiled
            monkeypatch.setenv("NUMBA_CACHE_DIR", S5)
        child = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, "train", S5, "--iterations", str(10**12),
             "--save", "saved.json", "--csv", "loss.csv"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            cwd=tmp_path,
        )  # fmt: skip
        wait_for(tmp_path / "running")
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        out, error = child.communicate(timeout=60)
        assert child.returncode == 130
        assert out == ""
        assert "interrupted after iteration " in error
        assert error.count("\n") == 1
        saved = json.loads((tmp_path / "saved.json").read_text())
        iteration = saved["progress"]["iteration"]
        assert iteration > 0
        assert saved["history"]["entries"] == [{"train": iteration, "kernel": kernel}]
        assert process("verify", "saved.json", cwd=tmp_path).out == "identical\n"
        last = (tmp_path / "loss.csv").read_text().splitlines()[-1]
        assert last.startswith(f"{iteration},")


@pytest.mark.skipif(sys.platform == "win32", reason="terminals")
def test_progress_is_shown_on_a_terminal_and_wiped_at_the_end() -> None:
    import pty

    terminal, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "bpviz", "train", S5, "--iterations", "50"],
        stdout=subprocess.PIPE,
        stderr=slave,
        env=environment(),
        check=False,
    )
    os.close(slave)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert done.returncode == 0
    assert "iteration " in shown
    assert shown.endswith("\r\x1b[K")
    assert json.loads(done.stdout)["iteration"] == 50
