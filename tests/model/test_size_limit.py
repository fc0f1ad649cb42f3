"""Sessions at the 64 MB limit: one just below is saved and reopened, one above is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bpviz.model.data import TableData
from bpviz.model.files import SIZE_LIMIT, FormatError
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session, load_session, save_session
from bpviz.model.training import Sgd, Training

# 24 characters, among the longest that a number has.
LONG = -1.2345678901234567e-99


def filled(rows: int, padding: int = 0) -> Session:
    """Return 19-1 on `rows` rows of long numbers, and `padding` characters of notes."""
    inputs = tuple((LONG + row * 1e-113,) * 19 for row in range(rows))
    return Session(
        notes="n" * padding,
        network=Network.layered((19, 1), "tanh", "identity"),
        data=TableData(inputs, ((LONG,),) * rows),
        training=Training(loss="squared_error", optimizer=Sgd(0.1)),
    )


@pytest.mark.long
def test_a_session_of_64_mb_is_saved_and_reopened_and_one_byte_more_is_refused(
    tmp_path: Path,
) -> None:
    session = filled(100_000)
    spare = SIZE_LIMIT - len(encode_session(session))
    assert 0 < spare < SIZE_LIMIT // 2
    whole = msgspec.structs.replace(session, notes="n" * spare)
    path = tmp_path / "large.bpviz.json"
    save_session(whole, path)
    assert path.stat().st_size == SIZE_LIMIT
    assert load_session(path) == whole
    more = msgspec.structs.replace(session, notes="n" * (spare + 1_000_000))
    with pytest.raises(FormatError, match=r"the session takes 65\.0 MB; at most 64 MB can be sav"):
        save_session(more, path)
    # What was there stays.
    assert path.stat().st_size == SIZE_LIMIT


def test_the_limit_counts_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at a small limit, where a byte more or less is quickly tried."""
    session = filled(50)
    data = encode_session(session)
    monkeypatch.setattr("bpviz.model.session.SIZE_LIMIT", len(data))
    assert decode_session(encode_session(session)).session == session
    with pytest.raises(FormatError, match="MB can be saved"):
        encode_session(filled(50, padding=1))
