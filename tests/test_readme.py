"""What the README says is so: its examples run, its links lead somewhere, its commands exist."""

from __future__ import annotations

import doctest
import re
import struct

import pytest

from tests.test_architecture import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)


@pytest.mark.parametrize("text", PYTHON)
def test_examples_run(text: str) -> None:
    test = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", None)
    assert test.examples
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
    assert not said, "".join(said)


def test_the_library_takes_less_than_ten_lines() -> None:
    assert PYTHON
    assert all(text.count(">>> ") + text.count("... ") < 10 for text in PYTHON)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)\)", text)
    assert [each for each in targets if "://" not in each and not (ROOT / each).exists()] == []


def test_the_picture_is_a_whole_window() -> None:
    data = (ROOT / "resources" / "help" / "screenshot.png").read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data.startswith(b"\x89PNG")
    assert width >= 1200
    assert height >= 700
    assert len(data) < 500_000


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = re.findall(r"(?:^    |`)make ([a-z-]+)", (ROOT / name).read_text(), re.M)
        assert named
        assert set(named) <= targets
