"""The check of the system libraries, on machines of several kinds."""

from __future__ import annotations

import re

import pytest

from tests.packaging.conftest import ROOT, Machine

RUNTIME = "packaging/apt-runtime.txt"


def names_in(list_name: str) -> list[str]:
    """Return the packages that the list under packaging/ names."""
    lines = (ROOT / "packaging" / list_name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def debian(machine: Machine, *installed: str, install: str = "exit 0") -> None:
    """Make `machine` a Debian that has the packages `installed`."""
    known = "\n".join(f"ii |{name}|" for name in installed)
    machine.add("dpkg-query", f"cat <<'END'\nrc |removed|\n{known}\nEND\nexit 1")
    machine.add("apt-get", f'[ "$1" = update ] && exit 100\n{install}')


def test_lists_name_packages_one_a_line() -> None:
    names = names_in("apt-runtime.txt") + names_in("apt-test.txt")
    assert len(names) == len(set(names)) == 13
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in names)


def test_nothing_is_done_or_said_where_all_is_there(machine: Machine) -> None:
    debian(machine, *names_in("apt-runtime.txt"))
    result = machine.run("system-packages", RUNTIME)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert machine.calls("apt-get") == []


def test_new_names_of_old_packages_count(machine: Machine) -> None:
    first, *others = names_in("apt-runtime.txt")
    debian(machine, f"{first}t64", *others)
    assert machine.run("system-packages", RUNTIME).returncode == 0
    assert machine.calls("apt-get") == []


def test_root_installs_exactly_what_is_missing(machine: Machine) -> None:
    *others, last = names_in("apt-runtime.txt")
    debian(machine, *others)
    machine.add("id", "echo 0")
    result = machine.run("system-packages", RUNTIME)
    assert result.returncode == 0
    assert machine.calls("apt-get") == [
        "update -qq",
        f"install -y --no-install-recommends {last}",
    ]
    assert machine.calls("sudo") == []
    assert result.stderr == f"bpviz: installing system packages: {last}\n"


def test_a_package_removed_but_not_purged_is_missing(machine: Machine) -> None:
    debian(machine)
    machine.add("id", "echo 0")
    assert machine.run("system-packages", "removed").returncode == 0
    assert machine.calls("apt-get")[1].endswith(" removed")


def test_others_install_through_sudo(machine: Machine) -> None:
    debian(machine)
    machine.add("sudo", '[ "$1" = -n ] && shift\n"$@"')
    result = machine.run("system-packages", RUNTIME)
    assert result.returncode == 0
    assert machine.calls("sudo")[0] == "-n true"
    assert machine.calls("apt-get")[1].split()[3:] == names_in("apt-runtime.txt")


@pytest.mark.parametrize("sudo", [None, "exit 1"])
def test_without_the_right_to_install_it_says_what_to_type(
    machine: Machine, sudo: str | None
) -> None:
    debian(machine)
    if sudo:
        machine.add("sudo", sudo)
    result = machine.run("system-packages", RUNTIME)
    names = " ".join(names_in("apt-runtime.txt"))
    assert result.returncode == 1
    assert f"sudo apt-get install -y --no-install-recommends {names}\n" in result.stderr
    assert machine.calls("apt-get") == []


def test_what_apt_complains_of_is_shown(machine: Machine) -> None:
    debian(machine, install="echo 'E: no space left'; exit 100")
    machine.add("id", "echo 0")
    result = machine.run("system-packages", "xvfb")
    assert result.returncode == 1
    assert "E: no space left" in result.stderr
    assert "sudo apt-get update && sudo apt-get install" in result.stderr


@pytest.mark.parametrize(
    ("manager", "wanted"),
    [
        ("dnf", "sudo dnf install 'libEGL.so.1()(64bit)' 'libxcb-cursor.so.0()(64bit)'\n"),
        ("zypper", "sudo zypper install 'libEGL.so.1()(64bit)' 'libxcb-cursor.so.0()(64bit)'\n"),
        ("pacman", "sudo pacman -S --needed glib2 libglvnd "),
        (None, "Debian's are: libgl1 libegl1 libxcb-cursor0\n"),
    ],
)
def test_other_systems_are_told_what_to_install(
    machine: Machine, manager: str | None, wanted: str
) -> None:
    machine.add("ldconfig", "echo '	libGL.so.1 (libc6,x86-64) => /usr/lib64/libGL.so.1'")
    if manager:
        machine.add(manager)
    result = machine.run("system-packages", "libgl1", "libegl1", "libxcb-cursor0")
    assert result.returncode == 1
    assert "missing: libEGL.so.1 libxcb-cursor.so.0\n" in result.stderr
    assert wanted in result.stderr
    assert manager is None or machine.calls(manager) == []


def test_other_systems_with_all_libraries_hear_nothing(machine: Machine) -> None:
    machine.add(
        "ldconfig", "echo '	libGL.so.1 (libc6) => x'; echo '	libEGL.so.1 (libc6) => x'"
    )
    result = machine.run("system-packages", "libgl1", "libegl1")
    assert (result.returncode, result.stderr) == (0, "")


def test_where_nobody_can_tell_nothing_is_claimed(machine: Machine) -> None:
    machine.add("ldconfig", "exit 1")
    assert machine.run("system-packages", RUNTIME).returncode == 0


def test_a_mac_needs_no_packages(machine: Machine) -> None:
    machine.add("uname", "echo Darwin")
    machine.add("ldconfig")
    assert machine.run("system-packages", RUNTIME).returncode == 0
    assert machine.calls("ldconfig") == []
