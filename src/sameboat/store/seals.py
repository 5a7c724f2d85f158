"""Records as JSON with a check sum in it, so that a disk that flips a bit is not believed.

SQLite keeps no sums of its own: one wrong bit in a text is another text. Records that an older
version wrote have no sum and are taken as they are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from sameboat.store.refusals import refused

SEAL = "seal"


def sealed(name: str, record: Mapping[str, Any]) -> str:
    """The record as text, with the sum over its name and its content.

    Raises TypeError and ValueError where it is no JSON.
    """
    return plain_text({**record, SEAL: _sum(name, record)})


def unsealed(name: str, text: str, *, at: str) -> dict[str, Any]:
    """The record that the text holds; raises `store-corrupt` where it is not what was written."""
    try:
        record = json.loads(text)
        wanted = record.pop(SEAL, None)
    except (ValueError, AttributeError, TypeError) as error:
        raise refused("store-corrupt", at=at, detail="a record is no JSON") from error
    if wanted is not None and wanted != _sum(name, record):
        raise refused("store-corrupt", at=at, detail="a record is not what was written")
    return dict(record)


def plain(text: str, *, at: str) -> dict[str, Any]:
    """The record that a text without a sum holds; raises `store-corrupt` where it is none."""
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise refused("store-corrupt", at=at, detail="a record is no JSON") from error


def _sum(name: str, record: Mapping[str, Any]) -> int:
    return zlib.crc32(f"{name}\n{plain_text(record)}".encode())


def without_seal(text: str) -> str:
    """The record's text without its sum, to compare it with another one; as it is if damaged."""
    try:
        record = json.loads(text)
        record.pop(SEAL, None)
    except (ValueError, AttributeError, TypeError):
        return text
    return plain_text(record)


def plain_text(record: Mapping[str, Any]) -> str:
    """The one spelling of a record. Raises TypeError and ValueError where it is no JSON."""
    return json.dumps(dict(record), sort_keys=True, ensure_ascii=False, allow_nan=False)
