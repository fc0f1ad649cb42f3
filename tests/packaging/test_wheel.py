"""What is built is whole: the package, its types, and its resources."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT


@pytest.mark.long
def test_the_wheel_holds_everything(tmp_path: Path) -> None:
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run([sys.executable, *build], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("bpviz-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("bpviz", "resources"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        wanted = {path.relative_to(ROOT) for path in files if "__pycache__" not in path.parts}
        inside = {str("bpviz" / path if folder == "resources" else path) for path in wanted}
        assert inside
        assert inside <= names
    assert not [name for name in names if name.startswith(("tests", "packaging", "resources"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)
