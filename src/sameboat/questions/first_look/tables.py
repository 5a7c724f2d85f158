"""Each table as a project would declare it: entities, dimensions, subject, what is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sameboat.project.names import suggestion, words
from sameboat.project.privacy import looks_personal
from sameboat.project.tables import TableSource
from sameboat.questions.first_look.keys import Keys
from sameboat.questions.first_look.people import Kind, People, Person, acts_for, of_a_worker
from sameboat.questions.first_look.profile import Column, Profile
from sameboat.questions.first_look.words import names_a_key, without_key

MOST_DIMENSIONS = 25
MOST_VALUES = 50
MOST_NAMES = 5000

_ACCOUNTS = frozenset(
    {
        "account", "company", "organization", "organisation", "reseller", "client", "store",
        "partner", "customer", "vendor", "supplier", "merchant", "shop", "branch",
    }
)  # fmt: skip
_LOADED = re.compile(r"(?:.*_)?(?:synced|loaded_at|extracted_at|emitted_at|ingested_at|batched_at)")
_BEGINS = {
    "created": 9, "opened": 9, "ordered": 9, "order": 8, "creation": 9, "occurred": 9,
    "submitted": 8, "recorded": 8, "invoice": 8, "transaction": 8, "booked": 8, "posted": 8,
    "sent": 7, "started": 7, "start": 6, "close": 6, "closed": 5, "date": 3, "day": 3, "month": 3,
    "period": 3, "week": 3, "timestamp": 2, "time": 2, "at": 1, "on": 1,
}  # fmt: skip
_LATER = {
    "updated": 8, "modified": 8, "synced": 9, "last": 6, "due": 6, "end": 6, "expiration": 7,
    "expires": 7, "viewed": 7, "deleted": 8, "reminder": 8, "modstamp": 9, "login": 8, "ship": 3,
}  # fmt: skip

_GROUPING = frozenset(
    {
        "level", "quarter", "year", "month", "semester", "type", "class", "priority", "grade",
        "flag", "stage", "tier", "status", "severity", "category", "wave", "cohort",
    }
)  # fmt: skip

EntityType = Literal["primary", "unique", "foreign"]


@dataclass(frozen=True)
class EntityDraft:
    name: str
    type: EntityType
    exprs: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True)
class DimensionDraft:
    name: str
    column: str
    grain: str | None = None  # of times


@dataclass(frozen=True)
class TableDraft:
    """A table as it is to be declared, with what a person should know of it."""

    source: TableSource
    rows: int
    subject: str
    whose: str  # why that subject
    time: str | None
    loaded_at: str | None
    entities: tuple[EntityDraft, ...]
    dimensions: tuple[DimensionDraft, ...]
    personal: tuple[Person, ...]
    pseudonymous: tuple[Person, ...]
    notes: tuple[str, ...]
    source_notes: tuple[str, ...]  # those of how the file is read

    @property
    def name(self) -> str:
        return self.source.name

    def hides(self, column: str) -> bool:
        """Whether a column is left out or hashed."""
        return any(column == p.column for p in (*self.personal, *self.pseudonymous))


def drafts(
    tables: Sequence[Profile], persons: Mapping[str, People], keys: Keys
) -> tuple[TableDraft, ...]:
    """Every table's declaration."""
    hashed = _hashed(persons, keys)
    return tuple(_draft(table, persons, keys, hashed) for table in tables)


def _hashed(persons: Mapping[str, People], keys: Keys) -> frozenset[tuple[str, str]]:
    """Every column whose values are a person's key, wherever joins carry that key."""
    found: set[tuple[str, str]] = set()
    for name, judged in persons.items():
        own = keys.primary.get(name)
        if judged.rows_are and own is not None and own.one:
            found.add((name, own.one))
        found |= {(name, p.column) for p in judged.columns if p.standing == "pseudonymous"}
    ends = [((join.table, join.column), (join.target, join.key)) for join in keys.joins]
    for here, _ in ends:
        if persons[here[0]].standing(here[1]) == "personal":
            found.add(here)
    size = -1
    while size != len(found):
        size = len(found)
        for here, there in ends:
            if here in found or there in found:
                found |= {here, there}
    return frozenset(found)


def _draft(
    table: Profile,
    persons: Mapping[str, People],
    keys: Keys,
    hashed: frozenset[tuple[str, str]],
) -> TableDraft:
    judged = persons[table.name]
    subject, whose = _subject(table, persons, keys, hashed)
    pseudonymous = _pseudonymous(table, judged, keys, hashed, subject)
    safe = {person.column for person in pseudonymous}
    personal = tuple(p for p in judged.columns if p.column not in safe and p.standing == "personal")
    personal += tuple(_other_keys(table, judged, safe | {p.column for p in personal}, keys))
    hidden = safe | {person.column for person in personal}
    entities = _entities(table, keys, {person.column for person in personal})
    entities += tuple(_whose_key(table, whose, entities, {person.column for person in personal}))
    used = {expr for entity in entities for expr in entity.exprs}
    times = [column for column in table.columns if column.is_time and column.filled]
    loaded = next((c.name for c in times if _LOADED.fullmatch("_".join(words(c.name)))), None)
    times = [c for c in times if c.name not in hidden and c.name != loaded]
    dimensions = _dimensions(table, times, hidden, used, {entity.name for entity in entities})
    time = _default_time(table, times)
    called = {dimension.column: dimension.name for dimension in dimensions}
    return TableDraft(
        source=table.source,
        rows=table.rows,
        subject=subject,
        whose=whose,
        time=called[time] if time else None,
        loaded_at=loaded,
        entities=entities,
        dimensions=dimensions,
        personal=personal,
        pseudonymous=pseudonymous,
        notes=(*table.notes, *_remarks(table, keys)),
        source_notes=table.notes,
    )


def _subject(
    table: Profile,
    persons: Mapping[str, People],
    keys: Keys,
    hashed: frozenset[tuple[str, str]],
) -> tuple[str, str]:
    """Whose data a row is, and why."""
    own = persons[table.name]
    if own.rows_are:
        return own.rows_are, "each row is a person"
    leads = [join for join in keys.joins if join.table == table.name]
    kinds: dict[str, Kind | None] = {j.column: persons[j.target].rows_are for j in leads}
    for name, column in sorted(hashed):
        if name == table.name and not kinds.get(column):
            kinds[column] = acts_for(column)
    outsider = next((column for column, kind in kinds.items() if kind == "contact"), None)
    if outsider:
        return "contact", f"by {outsider}"
    account = next((j for j in leads if set(words(keys.entities[j.target])) & _ACCOUNTS), None)
    if account:
        return "account", f"by {account.column}"
    named = (c.name for c in table.columns if c.filled and names_a_key(c.name))
    likely = next((name for name in named if set(without_key(name)[-1:]) & _ACCOUNTS), None)
    if likely:
        return "account", f"by {likely}"
    if set(words(keys.entities[table.name])) & _ACCOUNTS:
        return "account", "each row is one"
    worker = next((column for column, kind in kinds.items() if kind == "employee"), None)
    if worker:
        return "employee", f"by {worker}"
    hidden = [
        p.column
        for p in own.columns
        if p.why in ("name", "e-mail", "birth date") and not of_a_worker(p.column)
    ]
    if hidden:
        return "contact", f"by {hidden[0]}"
    return "none", "no column tells of persons or accounts"


def _pseudonymous(
    table: Profile,
    judged: People,
    keys: Keys,
    hashed: frozenset[tuple[str, str]],
    subject: str,
) -> tuple[Person, ...]:
    """The hashed columns, first the one that tells the subject's persons apart."""
    own = keys.primary.get(table.name)
    found = []
    for column in table.columns:
        if (table.name, column.name) in hashed:
            key = own is not None and own.one == column.name and judged.rows_are is not None
            fits = key or acts_for(column.name) == subject
            targets = [j for j in keys.joins if (j.table, j.column) == (table.name, column.name)]
            why = f"leads to {targets[0].target}" if targets else "tells people apart"
            found.append((not key, not fits, Person(column.name, "pseudonymous", why)))
    return tuple(item[2] for item in sorted(found, key=lambda item: item[:2]))


def _other_keys(table: Profile, judged: People, hidden: set[str], keys: Keys) -> list[Person]:
    """In a table of persons, every other column that is different for each of them."""
    if not judged.rows_are or table.rows < 2:
        return []
    linked = {join.column for join in keys.joins if join.table == table.name}
    return [
        Person(column.name, "personal", "another key of the person")
        for column in table.columns
        if column.name not in hidden | linked
        and column.kind in ("text", "integer")
        and column.distinct > 1
        and (
            column.distinct * 2 >= table.rows
            if _own_key(column.name, keys.entities[table.name])
            else column.kind == "text" and column.distinct * 20 >= table.rows * 19 > 380
        )
    ]


def _own_key(column: str, entity: str) -> bool:
    """Whether a name is that of another key of the same person."""
    base = without_key(column)
    same = not base or entity.endswith(base[-1]) or {"alternate", "external"} & set(words(column))
    return names_a_key(column) and bool(same)


def _entities(table: Profile, keys: Keys, personal: set[str]) -> tuple[EntityDraft, ...]:
    found: list[EntityDraft] = []
    own = keys.primary.get(table.name)
    if own is not None and not set(own.columns) & personal:
        found.append(EntityDraft(keys.entities[table.name], "primary", own.columns))
    arriving = dict.fromkeys((j.entity, j.key) for j in keys.joins if j.target == table.name)
    for entity, column in arriving:
        if entity not in {one.name for one in found} and column not in personal:
            found.append(EntityDraft(entity, "unique", (column,)))
    for join in keys.joins:
        if join.table != table.name or join.column in personal:
            continue
        rest = "" if join.found == 1 else f", {join.found:.0%} of its values are there"
        if join.entity in {one.name for one in found}:
            continue  # a second way to the same table needs a name of its own: see the remarks
        found.append(EntityDraft(join.entity, "foreign", (join.column,), f"→ {join.target}{rest}"))
    return tuple(found)


def _whose_key(
    table: Profile, whose: str, entities: Sequence[EntityDraft], personal: set[str]
) -> Iterator[EntityDraft]:
    """The key of those whose data the rows are, where no table of theirs is among the files.

    Cohorts follow it: retention and conversion need an entity, not a table of it.
    """
    column = whose.removeprefix("by ")
    name = suggestion("_".join(without_key(column)))
    if not whose.startswith("by ") or name is None or column in personal:
        return
    known = {held.name for held in table.columns if held.filled}
    single = {entity.exprs[0] for entity in entities if len(entity.exprs) == 1}
    if column in known - single and name not in {entity.name for entity in entities}:
        yield EntityDraft(name, "foreign", (column,), "no table of it is here")


def _remarks(table: Profile, keys: Keys) -> list[str]:
    said = []
    if table.name not in keys.primary:
        said.append("no column, and no two or three, identify a row: it has no primary entity")
    seen: dict[str, str] = {}
    for join in keys.joins:
        if join.table != table.name:
            continue
        if join.entity in seen:
            said.append(
                f"{join.column} leads to {join.target} too; only {seen[join.entity]} is joined"
            )
        seen.setdefault(join.entity, join.column)
    said += [
        f"{near.column} looks like a key of {near.target}, but {near.found:.0%} of its"
        " values are there: not joined"
        for near in keys.near
        if near.table == table.name
    ]
    return said


def _dimensions(
    table: Profile,
    times: Sequence[Column],
    hidden: set[str],
    used: set[str],
    entities: set[str],
) -> tuple[DimensionDraft, ...]:
    taken: set[str] = set(entities)
    found = []
    for column in table.columns:
        if column in times:
            found.append(DimensionDraft(_free(column.name, taken), column.name, column.coarse))
        elif (
            column.name not in hidden | used
            and _groups(table, column)
            and sum(d.grain is None for d in found) < MOST_DIMENSIONS
        ):
            found.append(DimensionDraft(_free(column.name, taken), column.name))
    return tuple(found)


def _groups(table: Profile, column: Column) -> bool:
    """Whether rows can sensibly be grouped by a column."""
    if column.kind == "boolean":
        return column.distinct > 1
    if looks_personal(column.name) or column.written or column.distinct < 2:
        return False
    if column.kind == "integer":
        named = bool(set(words(column.name)) & _GROUPING)
        return named and column.distinct <= MOST_VALUES and table.rows > 20
    if column.kind != "text" or column.longest > 80:
        return False
    if column.distinct == table.rows > MOST_VALUES:
        return "name" in words(column.name) and table.rows <= MOST_NAMES
    return column.distinct <= max(MOST_VALUES, table.rows // 20)


def _free(column: str, taken: set[str]) -> str:
    name = (suggestion(column) or "column")[:90].strip("_")
    if name in taken:
        name = f"{name}_value"
    count = 2
    plain = name
    while name in taken:
        name, count = f"{plain}_{count}", count + 1
    taken.add(name)
    return name


def _default_time(table: Profile, times: Sequence[Column]) -> str | None:
    """The time at which a row happened: by name, and filled in at least half of the rows."""

    def worth(column: Column) -> float:
        parts = words(column.name)
        score = max((_BEGINS.get(part, 0) for part in parts), default=0)
        return score - max((_LATER.get(part, 0) for part in parts), default=0)

    usable = [column for column in times if column.filled * 2 >= table.rows]
    if not usable:
        return None
    return max(usable, key=lambda column: (worth(column), column.filled)).name
