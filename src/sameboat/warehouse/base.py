"""What every warehouse can do, and the limits under which it does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from sameboat.errors import Finding

WORDS = (
    "text", "integer", "decimal", "float", "boolean", "date", "timestamp", "timestamptz",
    "time", "interval", "blob", "list", "struct", "other",
)  # fmt: skip
"""The simplified types of columns, alike for every engine."""


@dataclass(frozen=True)
class Limits:
    """How much a query may use; None is no limit of ours.

    `rows` and `bytes` bound what comes back. `seconds` is by the wall clock, `processor` by the
    processor's. `spill` lets queries larger than memory continue on disk.
    """

    memory: int | None = None
    threads: int | None = None
    seconds: float | None = None
    processor: int | None = None
    rows: int | None = None
    bytes: int | None = None
    workers: int = 2
    spill: bool = True


OWN = Limits()
"""For a person's own command line: the machine is theirs."""

SERVER = Limits(
    memory=1 << 30,
    threads=2,
    seconds=30.0,
    processor=60,
    rows=200_000,
    bytes=128 << 20,
    workers=2,
    spill=False,
)
"""For a server that many people share."""


class Warehouse(Protocol):
    """Runs SQL where the data live; safe to use from several threads."""

    @property
    def name(self) -> str:
        """The engine in words, such as `DuckDB 2.0.0`."""

    @property
    def dialect(self) -> str:
        """The dialect in which it wants its SQL."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with tables that cannot be read; all others can."""

    def run(self, sql: str, *, rows: int | None = None) -> pa.Table:
        """The result of one SELECT over declared tables.

        More than `rows` rows is the error `query-too-large`, never a shorter answer.
        """

    def columns(self, table: str) -> Mapping[str, str]:
        """Each visible column of a declared table with its simplified type (`WORDS`)."""

    def pseudonymous(self, table: str) -> frozenset[str]:
        """The visible columns that hold pseudonyms, inherited ones included."""

    def reads(self, table: str) -> frozenset[str]:
        """The declared tables whose data a table shows: itself, or what its SQL reads."""

    def fingerprint(self, table: str) -> str:
        """A text that changes when the rows that the table shows change."""

    def close(self) -> None:
        """Let go of files, processes and locks."""
