"""The making of .venv, with an interpreter that only notes what it is asked for."""

from __future__ import annotations

import shutil

import pytest

from tests.packaging.conftest import Machine

# A venv's interpreter: pip's answers can be set by files beside it.
VENV_PYTHON = """
case "$*" in
  *"sys.version_info"*) exit 0 ;;
  --version) echo "Python 3.11.2" ;;
  "-m pip --version") exit $(cat "$0.has_pip" 2>/dev/null || echo 0) ;;
  *"[fast"*) [ -e "$0.says" ] || exit 0; cat "$0.says" >&2; exit 1 ;;
  *"-m pip install"*) exit $(cat "$0.plain" 2>/dev/null || echo 0) ;;
  *"import PySide6"*) echo "ImportError: libEGL.so.1" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """Return a machine with a usable Python and all system packages."""
    machine.add("system", VENV_PYTHON, folder=machine.project / "template")
    template = machine.project / "template" / "system"
    machine.add(
        "python3",
        f"""
case "$*" in
  "-m venv --clear .venv") rm -rf .venv; mkdir -p .venv/bin
    cat {template} >.venv/bin/python; chmod 755 .venv/bin/python ;;
  --version) echo "Python 3.11.2" ;;
esac""",
    )
    packages = machine.project / "packaging" / "system-packages"
    packages.write_text(f'#!/bin/bash\necho "packages $*" >>{machine.calls_file}\n')
    return machine


def installed(machine: Machine) -> list[str]:
    """Return what pip was asked to install, in order."""
    return [call.split()[-1] for call in machine.calls("system") if "pip install" in call]


def set_answer(machine: Machine, name: str, text: str) -> None:
    """Let the interpreter of .venv answer differently."""
    (machine.project / ".venv" / "bin" / f"python.{name}").write_text(text)


def test_the_first_run_makes_everything_and_the_next_nothing(ready: Machine) -> None:
    assert ready.run("setup", "run").returncode == 0
    assert "-m venv --clear .venv" in ready.calls("python3")
    assert ready.calls("packages") == ["packaging/apt-runtime.txt"]
    assert installed(ready) == [".[fast]"]
    result = ready.run("setup", "run")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert installed(ready) == []


def test_the_tests_want_the_tools_as_well(ready: Machine) -> None:
    ready.run("setup", "run")
    ready.run("setup", "test")
    assert ready.calls("packages") == ["packaging/apt-runtime.txt", "packaging/apt-test.txt"]
    assert installed(ready) == [".[fast,dev]"]
    ready.run("setup", "run")
    assert installed(ready) == []


def test_changed_requirements_are_installed(ready: Machine) -> None:
    ready.run("setup", "run")
    with (ready.project / "pyproject.toml").open("a") as file:
        file.write("\n")
    ready.run("setup", "run")
    assert installed(ready) == [".[fast]"]


def test_a_venv_that_was_moved_is_made_anew(ready: Machine) -> None:
    ready.run("setup", "run")
    moved = ready.project.with_name("elsewhere")
    shutil.copytree(ready.project, moved)
    ready.project = moved
    ready.run("setup", "run")
    assert "-m venv --clear .venv" in ready.calls("python3")
    assert installed(ready) == [".[fast]"]


def test_without_a_wheel_of_numba_it_goes_on_and_says_so(ready: Machine) -> None:
    ready.run("setup", "run")
    (ready.project / ".venv" / ".bpviz-run").unlink()
    set_answer(ready, "says", "ERROR: No matching distribution found for numba>=0.60")
    result = ready.run("setup", "run")
    assert result.returncode == 0
    assert installed(ready) == [".[fast]", "."]
    assert result.stderr.endswith(
        "bpviz: numba has no wheel for Python 3.11.2 on this machine:"
        " going on without it, with the slower kernel\n"
    )
    (ready.project / ".venv" / ".bpviz-run").unlink()
    ready.run("setup", "test")
    assert installed(ready) == [".[fast,dev]", ".[dev]"]


@pytest.mark.parametrize("says", ["ERROR: network is down", "ERROR: no space for numba"])
def test_a_failed_installation_stops_and_is_shown(ready: Machine, says: str) -> None:
    ready.run("setup", "run")
    (ready.project / ".venv" / ".bpviz-run").unlink()
    set_answer(ready, "says", says)
    set_answer(ready, "plain", "1")
    result = ready.run("setup", "run")
    assert result.returncode == 1
    assert says in result.stderr
    assert not (ready.project / ".venv" / ".bpviz-run").exists()


def test_a_venv_without_pip_gets_it(ready: Machine) -> None:
    ready.run("setup", "run")
    (ready.project / ".venv" / ".bpviz-run").unlink()
    set_answer(ready, "has_pip", "1")
    ready.run("setup", "run")
    assert "-m ensurepip" in ready.calls("system")


def test_a_bare_debian_gets_python3_venv(ready: Machine) -> None:
    script = (ready.commands / "python3").read_text().split("\n", 2)[2]
    ready.add("python3", f'[ "$2" = "import ensurepip, venv" ] && exit 1\n{script}')
    ready.add("apt-get")
    assert ready.run("setup", "run").returncode == 0
    assert ready.calls("packages") == ["packaging/apt-runtime.txt", "python3-venv"]


def test_a_python_without_venv_elsewhere_is_named(ready: Machine) -> None:
    ready.add("python3", '[ "$2" = "import ensurepip, venv" ] && exit 1; exit 0')
    result = ready.run("setup", "run")
    assert result.returncode == 1
    assert "python3 lacks its modules venv and ensurepip" in result.stderr


def test_an_old_python_is_refused_or_passed_over(ready: Machine) -> None:
    good = (ready.commands / "python3").read_text().split("\n", 2)[2]
    ready.add("python3", 'case "$1" in -c) exit 1 ;; *) echo "Python 3.9.2" ;; esac')
    result = ready.run("setup", "run")
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed; python3 is Python 3.9.2." in result.stderr
    ready.add("python3.12", good)
    assert ready.run("setup", "run").returncode == 0
    assert "-m venv --clear .venv" in ready.calls("python3.12")


def test_missing_libraries_stop_it_only_where_qt_does_not_load(ready: Machine) -> None:
    packages = ready.project / "packaging" / "system-packages"
    packages.write_text("#!/bin/bash\nexit 1\n")
    result = ready.run("setup", "run")
    assert result.returncode == 1
    assert "Qt can't be loaded (ImportError: libEGL.so.1): install" in result.stderr
    python = ready.project / "template" / "system"
    python.write_text(python.read_text().replace('libEGL.so.1" >&2; exit 1', '"; exit 0'))
    shutil.rmtree(ready.project / ".venv")
    assert ready.run("setup", "run").returncode == 0
