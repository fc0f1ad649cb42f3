"""Tables of rows: set, add, delete, paste."""

import msgspec
import pytest

from bpviz.model.data import TableData
from bpviz.model.edit import EditError, apply
from bpviz.model.schema import Session
from bpviz.model.training import Sgd, Training
from bpviz.ui.panels import rows_edit
from bpviz.ui.panels.pasted_cells import cut_lines, has_heading, parse_cells


def table(session: Session) -> TableData:
    assert isinstance(session.data, TableData)
    return session.data


def pasted(session: Session, text: str, row: int = 0, column: int = 0) -> TableData:
    edit = rows_edit.paste(session, table(session), "train", row, column, text)
    return table(apply(session, edit))


def test_set_a_cell(session: Session) -> None:
    edit = rows_edit.set_cell(session, table(session), "train", 1, 2, 0.25)
    after = table(apply(session, edit))
    assert after.targets == ((0.8,), (0.25,), (1.0,), (0.0,))
    assert after.inputs == table(session).inputs
    assert apply(apply(session, edit), edit.inverted) == session


def test_set_a_cell_of_the_test_rows(session: Session) -> None:
    edit = rows_edit.set_cell(session, table(session), "test", 0, 1, -2.0)
    assert table(apply(session, edit)).test_inputs == ((0.25, -2.0),)


def test_add_a_row_copies_the_one_above(session: Session) -> None:
    after = table(apply(session, rows_edit.add_row(session, table(session), "train", 2)))
    assert after.inputs == ((0.5, 0.3), (0.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    assert len(after.targets) == 5


def test_the_first_row_fits_the_network_and_the_loss(session: Session) -> None:
    empty = msgspec.structs.replace(session, data=TableData())
    added = rows_edit.add_row(empty, table(empty), "train", 0)
    assert table(apply(empty, added)).inputs == ((0.0, 0.0),)
    assert table(apply(empty, added)).targets == ((0.0,),)
    training = Training(loss="softmax_cross_entropy", optimizer=Sgd(0.1))
    softmax = msgspec.structs.replace(empty, training=training)
    added = rows_edit.add_row(softmax, table(softmax), "train", 0)
    assert table(apply(softmax, added)).targets == ((1.0,),)


def test_delete_rows(session: Session) -> None:
    after = table(apply(session, rows_edit.delete_rows(session, table(session), "train", {0, 2})))
    assert after.inputs == ((0.0, 1.0), (1.0, 1.0))
    assert after.targets == ((1.0,), (0.0,))
    with pytest.raises(EditError, match="Choose a row"):
        rows_edit.delete_rows(session, table(session), "train", set())


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("1\t2\t3\n4\t5\t6\n", [[1, 2, 3], [4, 5, 6]]),
        ("0,5\t1,25\r\n-1\t2\r\n", [[0.5, 1.25], [-1, 2]]),
        ("0,5;1,25\n1;2", [[0.5, 1.25], [1, 2]]),
        ("0.5, 1.25\n1.0, 2.0", [[0.5, 1.25], [1, 2]]),
        ("0.5 1/3\n1 2", [[0.5, 1 / 3], [1, 2]]),
        ("x1\tx2\n1\t2", [[1, 2]]),
        ("7", [[7]]),
        ("\n\n1\t2\n\n", [[1, 2]]),
    ],
)
def test_cells_of_a_spreadsheet(text: str, cells: list[list[float]]) -> None:
    assert parse_cells(text) == cells


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "no numbers"), ("a\tb", "Row 1, column 1"), ("1\t2\n3\tfour", "Row 2, column 2"),
     ("1\t\t2", "Row 1, column 2")],
)  # fmt: skip
def test_what_is_no_number_is_named(text: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        parse_cells(text)


@pytest.mark.parametrize(
    ("text", "names", "cells"),
    [
        # LibreOffice and Excel: tabs, line ends of Windows, names that hold a line end
        ('"Height\n(cm)"\tAge\r\n1,75\t"70,5"\r\n',
         ["Height (cm)", "Age"], [[1.75, 70.5]]),
        ('"say ""a"""\tb\n1.234,5\t1,234.5\n', ['say "a"', "b"], [[1234.5, 1234.5]]),
        # what a text editor shows of a file
        ('"a","b, c"\n"1,5",2\n', ["a", "b, c"], [[1.5, 2.0]]),
        ("a,b,y\n1,2,3\n4,5,6\n", ["a", "b", "y"], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        ("a,y\n1,2\n3,4\n", ["a", "y"], [[1.0, 2.0], [3.0, 4.0]]),
        ('a;y\n"1,5";2\n', ["a", "y"], [[1.5, 2.0]]),
        ("1,5 2\r3 4,5", [], [[1.5, 2.0], [3.0, 4.5]]),
    ],
)  # fmt: skip
def test_headings_quotes_and_commas(text: str, names: list[str], cells: list[list[float]]) -> None:
    lines = cut_lines(text)
    assert has_heading(lines) == bool(names)
    assert (lines[0] if names else []) == names
    assert parse_cells(text) == cells


def test_paste_over_and_beyond_the_end(session: Session) -> None:
    after = pasted(session, "9\t8\t7\n6\t5\t4\n3\t2\t1", row=3)
    assert after.inputs[3:] == ((9.0, 8.0), (6.0, 5.0), (3.0, 2.0))
    assert after.targets[3:] == ((7.0,), (4.0,), (1.0,))
    assert after.inputs[:3] == table(session).inputs[:3]


def test_paste_one_column(session: Session) -> None:
    after = pasted(session, "1\n2\n3\n4\n5", column=2)
    assert after.targets == ((1.0,), (2.0,), (3.0,), (4.0,), (5.0,))
    assert after.inputs[4] == after.inputs[3]


def test_paste_of_too_many_columns_is_refused(session: Session) -> None:
    with pytest.raises(EditError, match="only 3"):
        pasted(session, "1\t2\t3\t4")


def test_more_rows_than_a_session_holds_are_refused(session: Session) -> None:
    with pytest.raises(EditError, match="100\u202f000 rows"):
        pasted(session, "1\t2\t3\n" * 100_001)
