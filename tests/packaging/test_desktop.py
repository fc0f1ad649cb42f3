"""The desktop entry and the file type say the same of the program as the program does."""

from __future__ import annotations

import configparser
import tomllib
import xml.etree.ElementTree as ElementTree

from tests.packaging.conftest import ROOT

FOLDER = ROOT / "packaging"
SPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"


def test_the_entry_starts_the_program_with_a_session() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read(FOLDER / "bpviz.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry["Type"] == "Application"
    assert entry["Exec"].split() == [*scripts, "%f"]
    assert (ROOT / "resources" / "icons" / f"{entry['Icon']}.svg").exists()
    lists = [entry[key] for key in ("Categories", "Keywords", "MimeType")]
    assert all(text.endswith(";") for text in lists)


def test_the_entry_opens_the_type_that_session_files_have() -> None:
    kind = ElementTree.parse(FOLDER / "bpviz-mime.xml").getroot().find(f"{SPACE}mime-type")
    assert kind is not None
    text = (FOLDER / "bpviz.desktop").read_text(encoding="utf-8")
    assert f"MimeType={kind.get('type')};" in text
    patterns = [each.get("pattern", "") for each in kind.iter(f"{SPACE}glob")]
    assert patterns == ["*.bpviz.json"]
    magic = next(kind.iter(f"{SPACE}match"))
    start, end = map(int, magic.get("offset", "").split(":"))
    lesson = (ROOT / "resources" / "lessons" / "S5.bpviz.json").read_text(encoding="utf-8")
    assert start <= lesson.index(magic.get("value", "?")) <= end
