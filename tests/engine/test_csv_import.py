"""Tables from text files: what is recognised, and every refusal by row and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bpviz.engine.builders import new_layered
from bpviz.engine.csv_cells import CsvError, ImportCancelledError, decode, find_delimiter
from bpviz.engine.csv_import import import_csv, read_table, to_table
from bpviz.model.checks import check_session
from bpviz.model.data import TableData


def imported(text: str, *targets: str, **options: Any) -> TableData:
    return to_table(read_table(text, targets), targets, **options)


@pytest.mark.parametrize(
    "text",
    [
        "a,b,y\n1.5,2,3\n-4,5e1,6\n",
        "a;b;y\n1.5;2;3\n-4;5e1;6\n",
        "a;b;y\n1,5;2;3\n-4;5e1;6\n",
        "a\tb\ty\n1.5\t2\t3\n-4\t5e1\t6\n",
        "a\tb\ty\n1,5\t2,0\t3\n-4\t5e1\t6\n",
        "a|b|y\r\n1.5|2|3\r\n-4|5e1|6\r\n",
        'a,b,y\n"1,5",2,3\n"-4","5e1",6\n',
        "a, b, y\n1.5, 2, 3\n\n-4, 5e1, 6",
    ],
)
def test_delimiter_and_decimal_sign_are_recognised(text: str) -> None:
    data = imported(text, "y")
    assert data.inputs == ((1.5, 2.0), (-4.0, 50.0))
    assert data.targets == ((3.0,), (6.0,))
    assert (data.input_names, data.target_names) == (("a", "b"), ("y",))
    assert data.class_names == ()


def test_without_a_header_columns_have_numbers() -> None:
    data = imported("1,2,3\n4,5,6\n", "3")
    assert data.inputs == ((1.0, 2.0), (4.0, 5.0))
    assert data.target_names == ("column 3",)


def test_several_targets_in_the_order_named() -> None:
    data = imported("a,b,c\n1,2,3\n4,5,6\n", "c", "a")
    assert data.inputs == ((2.0,), (5.0,))
    assert data.targets == ((3.0, 1.0), (6.0, 4.0))


def test_texts_become_one_column_per_class() -> None:
    data = imported("size,colour,kind\n1,red,cat\n2,blue,dog\n3,red,cat\n", "kind")
    assert data.input_names == ("size", "colour=blue", "colour=red")
    assert data.inputs == ((1.0, 0.0, 1.0), (2.0, 1.0, 0.0), (3.0, 0.0, 1.0))
    assert data.target_names == ("kind=cat", "kind=dog")
    assert data.targets == ((1.0, 0.0), (0.0, 1.0), (1.0, 0.0))
    assert data.class_names == ("cat", "dog")


def test_scaling_is_over_the_training_rows_and_recorded() -> None:
    text = "x,y\n" + "".join(f"{n},{n}\n" for n in range(10))
    data = imported(text, "y", scaling="standard", test_fraction=0.3, seed=4)
    assert (len(data.inputs), len(data.test_inputs)) == (7, 3)
    (column,) = data.scaling.columns  # type: ignore[union-attr]
    values = [row[0] for row in data.inputs]
    assert sum(values) == pytest.approx(0.0, abs=1e-12)
    assert sum(value * value for value in values) / 7 == pytest.approx(1.0)
    for scaled, target in zip(
        data.inputs + data.test_inputs, data.targets + data.test_targets, strict=True
    ):
        assert scaled[0] * column.scale + column.offset == pytest.approx(target[0])


def test_scaling_between_0_and_1() -> None:
    data = imported("x,c,y\n2,7,0\n4,7,1\n6,7,2\n", "y", scaling="minmax")
    assert data.inputs == ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0))


def test_the_split_is_seeded_and_loses_no_row() -> None:
    text = "x,y\n" + "".join(f"{n},0\n" for n in range(20))
    one, same, other = (imported(text, "y", test_fraction=0.25, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert sorted(row[0] for row in one.inputs + one.test_inputs) == list(range(20))
    assert len(one.test_inputs) == 5


@pytest.mark.parametrize("missing", ["", "NA", "?", "nan", "null", "  "])
def test_a_missing_value_is_named_by_row_and_column(missing: str) -> None:
    with pytest.raises(CsvError, match='row 2, column "b": missing value'):
        imported(f"a,b,y\n1,2,3\n4,{missing},6\n", "y")


def test_a_text_among_numbers_is_no_class() -> None:
    with pytest.raises(CsvError, match='row 3, column "a": "x3" is no number'):
        imported("a,y\n1,1\n2,2\nx3,3\n4,4\n", "y")


@pytest.mark.parametrize(
    ("text", "target", "reason"),
    [
        ("", "y", "no rows"),
        ("\n\n", "y", "no rows"),
        ("a,y\n", "y", "a header and no rows"),
        ("a,y\n1,2\n3\n", "y", "line 3: 1 cells, but the first row has 2"),
        ("a,y\n1,2\n", "z", 'no column "z"; there are a, y'),
        ("a,a\n1,2\n", "a", "2 columns are called"),
        ("1,2\n3,4\n", "3", 'no column "3"'),
        ("y\n1\n2\n", "y", "no input column"),
        ("a,y\nred,1\nred,2\n", "y", "the same text in every row"),
        ("a,y\n1e200,1\n2,2\n", "y", "out of range"),
        ("a,y\ninf,1\n2,2\n", "y", "out of range"),
        ("a,y\n1,1\n1e400,2\n1e400,3\n", "y", 'row 2, column "a": "1e400" is out of range'),
        ("a,y\n1e400,1\n1e400,2\n", "y", 'row 1, column "a": "1e400" is out of range'),
        ("a,y\n1,1e400\n2,-inf\n", "y", 'row 1, column "y": "1e400" is out of range'),
    ],
)
def test_refusals(text: str, target: str, reason: str) -> None:
    with pytest.raises(CsvError, match=reason) as caught:
        imported(text, target)
    assert "\n" not in str(caught.value)


def test_a_column_named_twice() -> None:
    with pytest.raises(CsvError, match="named twice"):
        imported("a,b\n1,2\n", "b", "2")


def test_too_many_classes() -> None:
    text = "a,y\n" + "".join(f"t{n},1\n" for n in range(1001))
    with pytest.raises(CsvError, match="1\u202f001 different texts"):
        imported(text, "y")


def test_too_many_cells_with_classes() -> None:
    text = "a,y\n" + "".join(f"t{n % 900},1\n" for n in range(2500))
    with pytest.raises(CsvError, match="with one column per class"):
        imported(text, "y")


def test_too_many_rows() -> None:
    with pytest.raises(CsvError, match="more than 100\u202f000 rows"):
        imported("1,2\n" * 100_001, "2")


@pytest.mark.parametrize(
    "data", ["é,y\n".encode(), "é,y\n".encode("utf-8-sig"), "é,y\n".encode("utf-16"), b"\xe9,y\n"]
)
def test_encodings(data: bytes) -> None:
    assert decode(data) == "é,y\n"


def test_what_is_no_text() -> None:
    with pytest.raises(CsvError, match="not a text file"):
        decode(b"PK\x03\x04\0\0\x81\xff")


def test_a_line_without_delimiters_is_one_column() -> None:
    assert find_delimiter("1\n2\n3\n") == ","


def test_progress_and_cancel(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b,y\n" + "1,2,3\n" * 12_000)
    shares: list[float] = []

    def note(share: float) -> bool:
        shares.append(share)
        return True

    import_csv(path, ["y"], progress=note)
    assert shares == sorted(shares)
    assert len(shares) > 3
    with pytest.raises(ImportCancelledError):
        import_csv(path, ["y"], progress=lambda share: share < 0.5)


def test_an_imported_table_is_a_session(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a\u0007b;kind\n1,5;x\n2,5;y\n" + "é" * 300 + ";z\n")
    with pytest.raises(CsvError, match="no number"):
        import_csv(path, ["kind"])
    path.write_text("a\u0007b;kind\n1,5;x\n2,5;" + "é" * 300 + "\n")
    session = new_layered((1, 2), data=import_csv(path, ["kind"]))
    check_session(session)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_plain_and_quoted_texts_are_cut_alike(delimiter: str, end: str) -> None:
    rows = [["a", "b", "c"], *([f"{i}", f" {i / 3}", "x" if i % 2 else "y"] for i in range(6_000))]
    plain = end.join(delimiter.join(row) for row in rows) + end
    quoted = plain.replace("a", '"a"', 1)
    one, other = read_table(plain, ["b"]), read_table(quoted, ["b"])
    assert (one.names, one.first_line) == (other.names, other.first_line)
    for mine, theirs in zip(one.columns, other.columns, strict=True):
        assert list(mine) == list(theirs)
        assert [mine[0], mine[7], mine[-1]] == [theirs[0], theirs[7], theirs[-1]]
        assert list(mine[2:5]) == list(theirs[2:5])
    shares: list[float] = []

    def note(share: float) -> bool:
        shares.append(share)
        return True

    read_table(plain, ["b"], note)
    assert shares == sorted(shares)
    assert len(shares) == 2
    with pytest.raises(ImportCancelledError):
        read_table(plain, ["b"], lambda share: False)


def test_a_line_of_another_length_is_named_in_a_plain_text() -> None:
    with pytest.raises(CsvError, match="line 3: 1 cells, but the first row has 2"):
        read_table("a,b\n1,2\n3\n", ["b"])
