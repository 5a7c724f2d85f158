"""KPI points by run: a refresh is recorded whole, and every past run can be read again.

Two times are kept of every point: the period it speaks of, and the run that knew it. The newest
version of a series lies ready in `series`; `points` holds what each run changed, as a chain: a
whole series, then patches with only the points that differ, then a whole one again after
`CHAIN` patches, so that reading the past never follows a long chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.engine import Connection, Row

from sameboat.errors import StoreError
from sameboat.store import schema
from sameboat.store.connect import Store
from sameboat.store.definitions import DefinitionText, add_definitions
from sameboat.store.packing import (
    Identity,
    Link,
    PackedSeries,
    arrays_digest,
    difference,
    folded,
    pack,
    segment_of,
    segment_text,
    unpack,
)
from sameboat.store.refusals import RESTORE, refused
from sameboat.store.runs import KnownAt, RunRecord, TableState, add_run, last_run, runs
from sameboat.store.seals import plain_text, sealed, unsealed, without_seal

__all__ = [
    "CHAIN",
    "KnownAt",
    "PackedSeries",
    "Recorded",
    "RunRecord",
    "SeriesKey",
    "TableState",
    "cards",
    "last_run",
    "listed",
    "many",
    "record_refresh",
    "runs",
    "segments",
    "series",
]

SHOWN = "cards_shown"
"""How a finished run counts the cards that it left on the board: a lost one is noticed by it."""

CHAIN = 24
"""After how many patches a series is written whole again."""

Segment = Mapping[str, str | None]

_HELD = schema.series.c
_NEWEST = (
    _HELD.metric, _HELD.grain, _HELD.segment,
    _HELD.definition_version, _HELD.definition_hash, _HELD.digest, _HELD.arrays,
)  # fmt: skip


class SeriesKey(NamedTuple):
    """Which series: a metric at a grain, whole or for one segment in its one spelling."""

    metric: str
    grain: str
    segment: str = ""

    @classmethod
    def of(cls, metric: str, grain: str, segment: Segment | None = None) -> SeriesKey:
        """The key of a segment given as a mapping."""
        return cls(metric, grain, segment_text(segment or {}))


@dataclass(frozen=True)
class Recorded:
    """What a refresh added to the store."""

    run: RunRecord
    appended: int  # series of which something changed or that are new
    unchanged: int
    cards_changed: int  # cards that are new, other than before, or off the board


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def record_refresh(
    store: Store,
    *,
    run: RunRecord,
    series: Sequence[PackedSeries],
    cards: Mapping[str, Mapping[str, Any]],
    definitions: Sequence[DefinitionText] = (),
) -> Recorded:
    """What was added: the run, the points that changed and the board, in one transaction.

    A series that is not given stays as it was known. `cards` is the whole board: a KPI that is
    not in it is off the board from this run on. A failed run leaves both as they were and
    may bring neither. `definitions` are the texts behind the series; those that are held
    already are left as they are. Same data, same definitions: a run is noted, no point and no card.
    """
    if run.status != "finished" and (series or cards):
        raise StoreError("run-invalid", "A failed run cannot bring points or cards.")
    store.examine()  # nothing is built on a damaged store
    given = _by_key(series)
    texts = {kpi: _card_text(kpi, card) for kpi, card in cards.items()}
    digests = {key: one.digest for key, one in given.items()}
    with store.writing() as connection:
        known = _known(connection)
        changed = [key for key in given if key not in known or known[key].digest != digests[key]]
        counts = {
            **run.counts,
            "series_appended": len(changed),
            "series_unchanged": len(given) - len(changed),
        }
        if run.status == "finished":
            counts[SHOWN] = len(texts)
        noted = add_run(connection, replace(run, counts=counts))
        before = {key: known[key] for key in changed if key in known}
        _append(connection, _number(noted), {key: given[key] for key in changed}, digests, before)
        add_definitions(connection, _number(noted), definitions)
        moved = _deal(connection, _number(noted), texts) if run.status == "finished" else 0
    return Recorded(noted, len(changed), len(given) - len(changed), moved)


def _by_key(series: Iterable[PackedSeries]) -> dict[SeriesKey, PackedSeries]:
    given: dict[SeriesKey, PackedSeries] = {}
    for one in series:
        key = SeriesKey.of(one.metric, one.grain, one.segment)
        if key in given:
            raise StoreError("series-invalid", f"{one.metric} by {one.grain} is given twice.")
        given[key] = one
    return given


def _number(run: RunRecord) -> int:
    assert run.id is not None
    return run.id


def _known(
    connection: Connection, *, run: int | None = None
) -> dict[SeriesKey, Row[*tuple[Any, ...]]]:
    """What is held of every series beside its arrays, or of those that a run changed."""
    statement = select(
        _HELD.id, _HELD.metric, _HELD.grain, _HELD.segment, _HELD.base, _HELD.links, _HELD.digest
    )
    if run is not None:
        statement = statement.where(_HELD.run == run)
    found = connection.execute(statement)
    return {SeriesKey(row.metric, row.grain, row.segment): row for row in found}


def _append(
    connection: Connection,
    run: int,
    changed: Mapping[SeriesKey, PackedSeries],
    digests: Mapping[SeriesKey, bytes],
    known: Mapping[SeriesKey, Row[*tuple[Any, ...]]],
) -> None:
    """Write each changed series twice: its newest version in place, its link on the chain."""
    patches = _patches(connection, changed, known)
    fresh, raised, links = [], [], {}
    for key, after in changed.items():
        old, patch = known.get(key), patches.get(key)
        place = {"base": run, "links": 0}
        if old is not None and patch is not None:
            place = {"base": old.base, "links": old.links + 1}
        stamp = {
            "definition_version": after.definition_version,
            "definition_hash": after.definition_hash,
        }
        newest = {"run": run, "digest": digests[key], "arrays": pack(after), **place, **stamp}
        if old is None:
            fresh.append({**key._asdict(), **newest})
        else:
            raised.append({"known_id": old.id, **newest})
        arrays = pack(after, deflate=True) if patch is None else patch
        links[key] = {"run": run, "base": place["base"], "arrays": arrays, **stamp}
    if fresh:
        connection.execute(insert(schema.series), fresh)
    if raised:
        connection.execute(update(schema.series).where(_HELD.id == bindparam("known_id")), raised)
    if links:
        numbers = {key: row.id for key, row in _known(connection, run=run).items()}
        rows = [{"series": numbers[key], **link} for key, link in links.items()]
        connection.execute(insert(schema.points), rows)


def _patches(
    connection: Connection,
    changed: Mapping[SeriesKey, PackedSeries],
    known: Mapping[SeriesKey, Row[*tuple[Any, ...]]],
) -> dict[SeriesKey, bytes]:
    """The links that only say what changed; a series that is missing here is written whole."""
    linked = [row.id for row in known.values() if row.links < CHAIN]
    if not linked:
        return {}
    patches = {}
    for row in connection.execute(select(*_NEWEST).where(_HELD.id.in_(linked))):
        key = SeriesKey(row.metric, row.grain, row.segment)
        changes = difference(_newest(row), changed[key])
        if changes is not None:
            points, removed = changes
            patches[key] = pack(points, deflate=True, removed=removed)
    return patches


def _card_text(kpi: str, card: Mapping[str, Any]) -> str:
    try:
        return plain_text(card)
    except (TypeError, ValueError) as error:
        raise StoreError("record-invalid", f"The card of {kpi} is no JSON: {error}.") from error


def _deal(connection: Connection, run: int, texts: Mapping[str, str]) -> int:
    """How many cards changed, once the board is the one given."""
    held = schema.cards.c
    shown = {
        row.kpi: without_seal(row.card)
        for row in connection.execute(select(held.kpi, held.card).where(held.until_run.is_(None)))
    }
    ended = [kpi for kpi in shown if texts.get(kpi) != shown[kpi]]
    added = [kpi for kpi in texts if texts[kpi] != shown.get(kpi)]
    if ended:
        connection.execute(
            update(schema.cards)
            .where(held.until_run.is_(None), held.kpi.in_(ended))
            .values(until_run=run)
        )
    if added:
        fresh = [
            {"kpi": kpi, "run": run, "card": sealed(f"{kpi} {run}", json.loads(texts[kpi]))}
            for kpi in added
        ]
        connection.execute(insert(schema.cards), fresh)
    return len({*ended, *added})


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def series(
    store: Store,
    *,
    metric: str,
    grain: str,
    segment: Segment | None = None,
    as_known_at: KnownAt = None,
) -> PackedSeries | None:
    """One series as it is known now or was known then; None where there was none."""
    key = SeriesKey.of(metric, grain, segment)
    return many(store, [key], as_known_at=as_known_at).get(key)


def many(
    store: Store, wanted: Iterable[SeriesKey], *, as_known_at: KnownAt = None
) -> dict[SeriesKey, PackedSeries]:
    """Those of the series asked for that there were, read in one statement."""
    keys = set(wanted)
    if not keys:
        return {}
    fits = and_(
        _HELD.metric.in_(sorted({key.metric for key in keys})),
        _HELD.grain.in_(sorted({key.grain for key in keys})),
        _HELD.segment.in_(sorted({key.segment for key in keys})),
    )
    found = _read(store, fits, as_known_at)
    return {key: one for key, one in found.items() if key in keys}


def segments(
    store: Store, *, metric: str, grain: str, as_known_at: KnownAt = None
) -> tuple[PackedSeries, ...]:
    """Every segment of a metric at a grain, in the order of their spelling, without the whole."""
    fits = and_(_HELD.metric == metric, _HELD.grain == grain, _HELD.segment != "")
    found = _read(store, fits, as_known_at)
    return tuple(found[key] for key in sorted(found))


def listed(store: Store, *, as_known_at: KnownAt = None) -> tuple[SeriesKey, ...]:
    """Which series there are, or were at a moment, without their points."""
    run = last_run(store, as_known_at=as_known_at)
    if run is None:
        return ()
    statement = select(_HELD.metric, _HELD.grain, _HELD.segment).distinct()
    link = schema.points.c
    statement = statement.join(schema.points, link.series == _HELD.id)
    found = store.rows(statement.where(link.run <= _number(run)))
    return tuple(sorted(SeriesKey(row.metric, row.grain, row.segment) for row in found))


def _read(store: Store, fits: Any, as_known_at: KnownAt) -> dict[SeriesKey, PackedSeries]:
    if as_known_at is None:
        found = store.rows(select(*_NEWEST).where(fits))
        return {SeriesKey(row.metric, row.grain, row.segment): _newest(row) for row in found}
    run = last_run(store, as_known_at=as_known_at)
    if run is None:
        return {}
    return _folded(store.rows(_chains(fits, _number(run))))


def _newest(row: Row[*tuple[Any, ...]]) -> PackedSeries:
    if arrays_digest(row.arrays, row.definition_version, row.definition_hash) != row.digest:
        raise StoreError(
            "store-corrupt",
            f"The points of {row.metric} by {row.grain} are damaged.",
            hint=RESTORE,
        )
    return unpack(row.arrays, _identity(row))[0]


def _identity(row: Row[*tuple[Any, ...]]) -> Identity:
    return Identity(
        row.metric,
        row.grain,
        segment_of(row.segment),
        row.definition_version,
        row.definition_hash,
    )


def _chains(fits: Any, run: int) -> Select[*tuple[Any, ...]]:
    """From the last whole version that a run knew, every link up to that run, in order."""
    link, earlier = schema.points, schema.points.alias("earlier")
    base = (
        select(earlier.c.base)
        .where(earlier.c.series == _HELD.id, earlier.c.run <= run)
        .order_by(earlier.c.run.desc())
        .limit(1)
        .correlate(schema.series)
        .scalar_subquery()
    )
    return (
        select(
            _HELD.metric, _HELD.grain, _HELD.segment,
            link.c.definition_version, link.c.definition_hash, link.c.arrays,
        )
        .select_from(schema.series)
        .join(link, and_(link.c.series == _HELD.id, link.c.run <= run, link.c.run >= base))
        .where(fits)
        .order_by(link.c.series, link.c.run)
    )  # fmt: skip


def _folded(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[SeriesKey, PackedSeries]:
    chains: dict[SeriesKey, list[Link]] = {}
    for row in rows:
        key = SeriesKey(row.metric, row.grain, row.segment)
        chains.setdefault(key, []).append(unpack(row.arrays, _identity(row)))
    return {key: folded(links) for key, links in chains.items()}


def cards(store: Store, *, as_known_at: KnownAt = None) -> dict[str, dict[str, Any]]:
    """The ready board card of each KPI, by the KPI's name, as it is known now or was then."""
    held = schema.cards.c
    run = last_run(store, as_known_at=as_known_at)  # one that is added meanwhile changes nothing
    if run is None:
        return {}
    statement = (
        select(held.kpi, held.run, held.card)
        .where(held.run <= run.id, or_(held.until_run.is_(None), held.until_run > run.id))
        .order_by(held.kpi)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in store.rows(statement):
        if row.kpi in found:  # until when one counted is damaged
            raise refused("store-corrupt", at=store.at, detail=f"{row.kpi} has two cards")
        found[row.kpi] = unsealed(f"{row.kpi} {row.run}", row.card, at=store.at)
    if run.counts.get(SHOWN, len(found)) != len(found):  # older runs did not count them
        raise refused("store-corrupt", at=store.at, detail="a card is not where it was put")
    return found
