"""Write resources/session.schema.json anew from the model."""

from __future__ import annotations

import json
from pathlib import Path

from bpviz.model.files import atomic_write
from bpviz.model.session import session_schema

TARGET = Path(__file__).parents[1] / "resources" / "session.schema.json"


def schema_bytes() -> bytes:
    """Return the schema as it is committed."""
    return (json.dumps(session_schema(), indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    atomic_write(TARGET, schema_bytes())
    print(f"written: {TARGET}")
