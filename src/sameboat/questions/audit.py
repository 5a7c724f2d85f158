"""One table under examination: how it is asked, and what may be said of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sameboat.errors import Finding, Place, SameboatError, Severity
from sameboat.project.formula import names, parse
from sameboat.project.model import Table
from sameboat.project.places import Step
from sameboat.project.privacy import looks_personal
from sameboat.questions.privacy import subject_floor
from sameboat.questions.workspace import Workspace

PEOPLE = ("employee", "contact")


@dataclass(frozen=True, eq=False)
class Audit:
    """A table of a workspace with the columns that its data hold.

    `gate` is set in a refresh: only what can be an error is asked.
    """

    workspace: Workspace
    name: str
    columns: Mapping[str, str]
    gate: bool = False

    @property
    def table(self) -> Table:
        return self.workspace.project.tables[self.name]

    @cached_property
    def title(self) -> str:
        """The table as a sentence names it."""
        return f"table {self.name!r}"

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query. Raises WarehouseError."""
        rows: list[dict[str, Any]] = self.workspace.warehouse.run(sql).to_pylist()
        return rows

    def place(self, *path: Step) -> Place | None:
        """Where a part of the table is declared."""
        return self.workspace.project.place("tables", self.name, *path)

    def finding(
        self,
        code: str,
        message: str,
        path: tuple[Step, ...] = (),
        *,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> Finding:
        return Finding(code, message, self.place(*path), hint, severity)

    def unchecked(
        self, what: str, error: SameboatError, path: tuple[Step, ...] = ()
    ) -> Iterator[Finding]:
        """That something could not be checked; a refresh leaves that to `check`."""
        if not self.gate:
            message = f"{what} of {self.title} could not be checked: {error.why}"
            yield self.finding("data-unchecked", message, path, severity="warning")

    # ── what is there ────────────────────────────────────────────────────────────────────

    @cached_property
    def _held(self) -> Mapping[str, str]:
        return {column.casefold(): kind for column, kind in self.columns.items()}

    def kind(self, name: str) -> str | None:
        """The type of a dimension that is one column, or of a column; None where not known."""
        made = self.table.dimensions.get(name)
        return self._held.get(((made.expr if made else None) or name).casefold())

    def is_time(self, name: str) -> bool:
        """Whether a dimension or column holds times, as far as that is known."""
        return self.kind(name) in (None, "date", "timestamp", "timestamptz")

    def holds(self, *given: str) -> bool:
        """Whether the data hold every column that these dimensions or columns need.

        Where they do not, `check` says so at the place that names the column.
        """
        return all(self._holds(name) for name in given)

    def _holds(self, name: str) -> bool:
        made = self.table.dimensions.get(name)
        try:
            needed = [n.text for n in names(parse((made.expr if made else None) or name))]
        except SameboatError:
            return False
        personal = {column.casefold() for column in self.table.personal}
        return all(n.casefold() in self._held and n.casefold() not in personal for n in needed)

    # ── what may be said ─────────────────────────────────────────────────────────────────

    @cached_property
    def behind(self) -> frozenset[str]:
        """The declared tables whose rows it shows, itself among them."""
        try:
            read = self.workspace.warehouse.reads(self.name)
        except SameboatError:
            read = frozenset()
        return read | {self.name}

    @cached_property
    def about_people(self) -> bool:
        """Whether its rows are, or may be, about persons: then no value of it is ever told."""
        for name in self.behind:
            table = self.workspace.project.tables.get(name)
            if table is None or table.subject in PEOPLE:
                return True
            if table.subject is None and (table.personal or table.pseudonymous):
                return True
        undeclared = self.table.subject is None
        return undeclared and any(looks_personal(column) for column in self.columns)

    @cached_property
    def floor(self) -> int:
        """Under how many rows a count is not told."""
        return max(subject_floor(self.workspace.project, name) for name in self.behind)

    def may_tell(self, *given: str) -> bool:
        """Whether examples of these dimensions' or columns' values may be told."""
        if self.about_people:
            return False
        try:
            hidden = self.workspace.warehouse.pseudonymous(self.name)
        except SameboatError:
            return False
        secret = {c.casefold() for c in (*hidden, *self.table.pseudonymous, *self.table.personal)}
        for name in given:
            made = self.table.dimensions.get(name)
            used = [n.text for n in names(parse((made.expr if made else None) or name))]
            if any(n.casefold() in secret or looks_personal(n) for n in used):
                return False
        return True

    def said(self, count: int | None) -> str:
        """A number of rows; where they are about people, small ones are not told exactly."""
        count = int(count or 0)
        if 0 < count < self.floor:
            return f"fewer than {self.floor}"
        return f"{count:,}"

    def many(self, count: int | None, noun: str) -> str:
        """How many of something there are: "1 key", "12 keys"."""
        return f"{self.said(count)} {noun}{'' if int(count or 0) == 1 else 's'}"

    def of_rows(self, count: int | None, total: int | None) -> str:
        """How many of how many rows: "3 of 1,200 rows (0.25 %)"."""
        count, total = int(count or 0), int(total or 0)
        part = f"{self.said(count)} of {self.said(total)} rows"
        if total and not 0 < count < self.floor:
            part += f" ({share(count / total)})"
        return part


def share(part: float) -> str:
    """A share in percent, small ones with enough digits to be seen.

    >>> share(0.0004), share(0.25), share(1.0)
    ('0.04 %', '25 %', '100 %')
    """
    percent = 100 * part
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def listed_values(values: Iterable[object], more: bool = False) -> str:
    """Values in quotes, one after the other; `more` says that there are others.

    >>> listed_values(["Won", "won"], more=True)
    "'Won', 'won', …"
    """
    return ", ".join(f"'{value}'" for value in values) + (", …" if more else "")
