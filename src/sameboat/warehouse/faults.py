"""The engine's exceptions in our words and codes."""

from __future__ import annotations

import re

import duckdb

from sameboat.errors import WarehouseError
from sameboat.project.file_faults import fault_of, first_line

_MISSING_COLUMN = re.compile(
    r'Referenced column "([^"]+)" (?:was )?not found|does not have a column named "([^"]+)"'
)

_MISFIT = re.compile(
    r"No function matches|Cannot (?:mix|compare|combine)|Could not choose a best candidate"
    r"|Cannot (?:concatenate|use)|must be (?:castable|of type)|No operator matches"
)


def _kinds(line: str) -> str:
    """What the engine says of two kinds of values, without its advice."""
    return re.split(r" - an explicit|\. You might|\. Please", line.split(": ", 1)[-1])[0].rstrip(
        "."
    )


def explained(error: duckdb.Error, *, seconds: float | None = None) -> WarehouseError:
    """What went wrong, without paths of the server in the words."""
    text = str(error)
    if isinstance(error, duckdb.InterruptException):
        limit = f" of {seconds:g} seconds" if seconds else ""
        return WarehouseError(
            "query-timeout",
            f"The query was stopped at its limit{limit}.",
            hint="Ask for a shorter time or fewer segments.",
        )
    if isinstance(error, duckdb.OutOfMemoryException) or "exceeds this" in text:
        return too_large("more memory than it may use")
    if isinstance(error, duckdb.PermissionException):
        return WarehouseError("query-not-allowed", first_line(text))
    fault = fault_of(text, name="A file")
    if fault is not None:
        return WarehouseError(fault.code, fault.message, findings=[fault])
    column = _MISSING_COLUMN.search(text)
    if column and isinstance(error, duckdb.BinderException):
        return WarehouseError("column-missing", f"There is no column {column[1] or column[2]!r}.")
    if isinstance(error, duckdb.BinderException) and _MISFIT.search(text):
        return WarehouseError(
            "column-type",
            f"Values of different kinds meet in the question: {_kinds(first_line(text))}.",
            hint="Compare text with text, numbers with numbers, dates with dates; "
            "cast(… as …) makes one into another.",
        )
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        return WarehouseError("value-type", first_line(text))
    return WarehouseError("query-failed", first_line(text))


def too_large(what: str) -> WarehouseError:
    """The error for a query that outgrew its limits."""
    return WarehouseError(
        "query-too-large",
        f"The query needs {what}.",
        hint="Ask for a shorter time, a coarser grain or fewer segments.",
    )
