"""export: figures and tables in files, by their ending, without a screen."""

from __future__ import annotations

import csv
import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bpviz.model.session import load_session
from tests.e2e.command_line import LESSONS, S5, CommandLine, Ran, process


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


@pytest.fixture
def traced(run: CommandLine) -> dict[str, Any]:
    return run.document("trace", S5)


def numbers_of(traced: dict[str, Any]) -> dict[tuple[str, str], list[float]]:
    """Return what the tables must hold: parameters and the nodes of the one sample."""
    found: dict[tuple[str, str], list[float]] = {}
    session = json.loads(Path(S5).read_text())
    before = {f"{e['source']}->{e['target']}": e["weight"] for e in session["network"]["edges"]}
    before |= {n["id"]: n["bias"] for n in session["network"]["nodes"] if "bias" in n}
    for kind, key in (("edge", "edges"), ("bias", "biases")):
        for name, new in traced["updated"][key].items():
            gradient = traced["gradients"][key][name]
            found[kind, name] = [before[name], gradient, new - before[name], new]
    for name, node in traced["samples"][0]["nodes"].items():
        keys = ("z", "a", "slope", "dloss_da", "delta")
        found["node", name] = [node[key] for key in keys if key in node]
    return found


class TestTables:
    def test_csv_has_full_digits(self, run: CommandLine, traced: dict[str, Any]) -> None:
        assert run("export", S5, "--table", "t.csv").status == 0
        with Path("t.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        parameter = ("value", "gradient", "update", "new_value")
        node = ("z", "value", "slope", "dloss_da", "delta")
        found = {
            (row["kind"], row["name"]): [
                float(row[key])
                for key in (node if row["kind"] == "node" else parameter)
                if row[key]
            ]
            for row in rows
        }
        assert found == numbers_of(traced)
        assert {row["row"] for row in rows if row["kind"] == "node"} == {"0"}

    def test_csv_holds_every_sample(self, run: CommandLine) -> None:
        run("new", "--layers", "2-1", "--data", "xor_points", "-o", "xor.json")
        run("export", "xor.json", "--table", "t.csv")
        assert Path("t.csv").read_text().count("\nnode,") == 250 * 3
        run("export", "xor.json", "--table", "t.md")
        text = Path("t.md").read_text()
        assert text.count("## Sample in row") == 20
        assert "first 20 samples" in text

    def test_markdown(self, run: CommandLine, traced: dict[str, Any]) -> None:
        assert run("export", S5, "--table", "t.md").status == 0
        text = Path("t.md").read_text()
        for line in (line for line in text.splitlines() if line.startswith("|")):
            assert line.count("|") in (6, 7)
        rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.MULTILINE)
        assert_rounded([(n, re.split(r" ?\| ?", cells)) for n, cells in rows], traced)

    def test_latex(self, run: CommandLine, traced: dict[str, Any]) -> None:
        assert run("export", S5, "--table", "t.tex").status == 0
        text = Path("t.tex").read_text()
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2
        assert "−" not in text
        rows = []
        for name, cells in re.findall(r"^\\texttt\{(.*?)\} & (.*) \\\\$", text, re.MULTILINE):
            plain = name.replace("{-}", "-").replace(r"\textgreater{}", ">")
            cells = re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", cells).replace("$", "")
            rows.append((plain, [cell.strip() for cell in cells.split("&")]))
        assert_rounded(rows, traced)

    def test_html(self, run: CommandLine, traced: dict[str, Any]) -> None:
        assert run("export", S5, "--table", "t.html").status == 0
        reader = _Cells()
        reader.feed(Path("t.html").read_text())
        assert_rounded([(row[0], row[1:]) for row in reader.rows if row], traced)

    def test_a_title_is_no_markup(self, run: CommandLine) -> None:
        raw = json.loads(Path(S5).read_text())
        raw["title"] = "<script>alert(1)</script> *bold*"
        Path("odd.json").write_text(json.dumps(raw))
        run("export", "odd.json", "--table", "t.html")
        assert "<script" not in Path("t.html").read_text()
        run("export", "odd.json", "--table", "t.md")
        assert r"\<script\>" in Path("t.md").read_text()
        assert r"\*bold\*" in Path("t.md").read_text()


class _Cells(HTMLParser):
    """Collects the cells of every table row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "tr":
            self.rows.append([])
        self._inside = tag == "td"
        if self._inside:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._inside = False


def assert_rounded(rows: list[tuple[str, list[str]]], traced: dict[str, Any]) -> None:
    """The rows hold the numbers of the record, rounded to ten digits."""
    expected = numbers_of(traced)
    assert len(rows) == len(expected)
    for (name, cells), ((kind, key), numbers) in zip(rows, expected.items(), strict=True):
        assert name == (f"bias of {key}" if kind == "bias" else key)
        found = [float(cell.replace("−", "-")) for cell in cells if cell]
        assert found == pytest.approx(numbers, rel=1e-9)


class TestDerivations:
    @pytest.mark.parametrize("kind", ["md", "tex", "html"])
    def test_all_parameters_without_a_screen(self, tmp_path: Path, kind: str) -> None:
        ran = process("export", S5, "--derivation", f"d.{kind}", cwd=tmp_path)
        assert (ran.status, ran.out, ran.error) == (0, "", "")
        text = (tmp_path / f"d.{kind}").read_text()
        assert text.count("sigmoid rule") >= 9
        assert "chain rule" in text

    def test_one_weight_and_one_bias(self, run: CommandLine, traced: dict[str, Any]) -> None:
        for name, key in (("x1->h1", "edges"), ("h1", "biases")):
            assert run("export", S5, "--derivation", "d.md", "--parameter", name).status == 0
            text = Path("d.md").read_text()
            assert text.count("\n## $") == 1
            printed = re.findall(r"= (-?\d+\.\d{6,})\$", text)
            gradient = traced["gradients"][key][name]
            assert any(float(found) == pytest.approx(gradient, rel=1e-9) for found in printed)

    def test_a_large_network_asks_for_one_parameter(self, run: CommandLine) -> None:
        run("new", "--layers", "2-20-20-1", "-o", "large.json")
        assert "choose one" in run("export", "large.json", "--derivation", "d.md").refusal()
        assert not Path("d.md").exists()
        ran = run("export", "large.json", "--derivation", "d.md", "--parameter", "x1->h1_1")
        assert ran.status == 0


class TestFigures:
    def test_every_kind_in_a_process_without_a_screen(self, tmp_path: Path) -> None:
        ran = process(
            "export", S5, "--diagram", "d.svg", "--loss-plot", "l.svg", "--table", "t.md",
            cwd=tmp_path,
        )  # fmt: skip
        assert (ran.status, ran.out, ran.error) == (0, "", "")
        for name in ("d.svg", "l.svg"):
            root = ElementTree.parse(tmp_path / name).getroot()
            assert root.tag.endswith("svg")
        assert {path.name for path in tmp_path.iterdir()} == {"d.svg", "l.svg", "t.md"}

    def test_kinds_by_ending(self, run: CommandLine, qapp: object) -> None:
        del qapp
        for diagram, plot in (("d.pdf", "l.csv"), ("d.png", "l.png"), ("d.SVG", "l.pdf")):
            assert run("export", S5, "--diagram", diagram, "--loss-plot", plot).status == 0
        assert Path("d.pdf").read_bytes().startswith(b"%PDF")
        assert Path("l.pdf").read_bytes().startswith(b"%PDF")
        for name in ("d.png", "l.png"):
            data = Path(name).read_bytes()
            assert data.startswith(b"\x89PNG")
            width, height = struct.unpack(">II", data[16:24])
            assert min(width, height) > 300
        assert Path("l.csv").read_text().startswith("iteration,epoch,loss,test_loss\n")

    def test_a_trained_session_shows_its_curve(self, run: CommandLine, qapp: object) -> None:
        del qapp
        run("train", S5, "--iterations", "20", "--save", "t.json", "-o", "r.json")
        assert run("export", "t.json", "--loss-plot", "l.csv").status == 0
        assert len(Path("l.csv").read_text().splitlines()) == 22


KINDS = (("--diagram", "d.svg"), ("--loss-plot", "l.svg"), ("--derivation", "d.md"),
         ("--table", "t.csv"))  # fmt: skip
ALL = [word for pair in KINDS for word in pair]


class TestLessons:
    @pytest.mark.parametrize("path", sorted(LESSONS.glob("*.json")), ids=lambda path: path.stem)
    def test_every_kind_of_every_lesson(self, run: CommandLine, qapp: object, path: Path) -> None:
        del qapp
        assert run("export", path, *ALL) == Ran(0, "", "")
        for name in ("d.svg", "l.svg"):
            assert ElementTree.parse(name).getroot().tag.endswith("svg")
        network = load_session(path).network
        with Path("t.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] != "node"]
        assert [row["name"] for row in rows if row["kind"] == "edge"] == [
            edge.name for edge in network.edges
        ]
        traced = run.document("trace", path)["gradients"]
        for row in rows:
            kind = "edges" if row["kind"] == "edge" else "biases"
            expected = traced[kind].get(row["name"])
            assert (float(row["gradient"]) if row["gradient"] else None) == expected
        text = Path("d.md").read_text()
        assert text.startswith("# ")
        trained = sum(edge.trainable for edge in network.edges)
        assert text.count("\n## $") >= trained
        assert "nan" not in text

    @pytest.mark.parametrize(("option", "name"), KINDS)
    def test_a_bad_session_is_refused_by_every_kind(
        self, run: CommandLine, qapp: object, option: str, name: str
    ) -> None:
        del qapp
        whole = Path(S5).read_bytes()
        empty = json.loads(whole)
        for key in ("history", "lesson", "bookmarks", "runs"):
            empty.pop(key, None)
        empty["data"]["inputs"] = empty["data"]["targets"] = []
        bad = (b"", whole[:-40], b"[1]", whole.replace(b"0.5,", b"NaN,", 1),
               whole.replace(b'"h1"', b'"h7"', 1), json.dumps(empty).encode())  # fmt: skip
        for data in bad:
            Path("bad.json").write_bytes(data)
            run("export", "bad.json", option, name).refusal()
        run("export", "missing.json", option, name).refusal()
        run("export", S5, option, f"nowhere/{name}").refusal()
        run("export", S5, option, "d.docx").refusal()
        assert {path.name for path in Path().iterdir()} == {"bad.json"}
