"""An answer as JSON: what a terminal prints and what an address of the API gives."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def json_text(value: Any) -> str:
    """A value as JSON: dates in ISO form, decimals with every digit, what is no number as null.

    An answer (a frozen dataclass) is an object of its fields, a tuple a list. Anything else is
    written as its text.

    >>> json_text({"at": dt.date(2026, 5, 1), "rate": float("nan"), "money": Decimal("1.10")})
    '{"at": "2026-05-01", "rate": null, "money": 1.10}'
    """
    if isinstance(value, float):
        return json.dumps(value) if math.isfinite(value) else "null"
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "null"
    if isinstance(value, (dt.date, dt.time)):
        return json.dumps(value.isoformat())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = (field.name for field in dataclasses.fields(value) if field.repr)
        return json_text({name: getattr(value, name) for name in shown})
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"[{', '.join(map(json_text, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(key))}: {json_text(cell)}" for key, cell in value.items())
        return f"{{{', '.join(pairs)}}}"
    if value is None or isinstance(value, (bool, int, str)):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(str(value), ensure_ascii=False)
