"""Raised signals as text: what a watch tells, and what stands, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from sameboat.cli.printing import plain, write_csv
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.signals import SignalLine
    from sameboat.questions.watch import Watched
    from sameboat.store.signals import RaisedSignal

    Told = RaisedSignal | SignalLine

HEADS = (
    "news", "id", "kpi", "label", "kind", "status", "words", "since", "raised_at", "owners",
    "steward", "acknowledged_by", "acknowledged_at", "reason", "closed_at", "closed_why",
)  # fmt: skip


def told(seen: Watched) -> Iterator[str]:
    """What a watch found, line by line, as people read it."""
    for one in seen.raised:
        yield from lines(one)
    for one in seen.worse:
        yield f"{plain(one.label)}: grew much graver: {plain(one.worse_words)}"
        yield from who(one)
    for one in seen.closed:
        yield f"{plain(one.label)}: closed, {plain(one.closed_why)}"
    if not seen.raised and not seen.worse:
        signals = [one for one in seen.standing if one.kind == "signal"]
        stale = len(seen.standing) - len(signals)
        waiting = sum(one.status == "open" for one in seen.standing)
        also = f", and {stale} stale" if stale else ""
        yield (
            f"No new signal. {len(signals)} stand{'s' if len(signals) == 1 else ''}{also}, "
            f"{waiting} not acknowledged."
        )
    for label in seen.doubtful:
        yield f"{plain(label)}: a signal that may be chance; not raised."


def lines(one: Told) -> Iterator[str]:
    """A raised signal: what it says, who owns the KPI with which levers, whom alerts name."""
    since = f" since {one.since}" if one.since and one.kind == "signal" else ""
    yield f"{plain(one.label)}: {plain(one.words)}{since}"
    yield from who(one)


def who(one: Told) -> Iterator[str]:
    """The owners of a signal's KPI with their levers, its steward, and whom alerts name."""
    for owner in one.owners:
        lever = owner["lever_label"] or owner["lever"] or "no lever named"
        yield f"  {plain(owner['label'])}: {plain(lever)}"
    if one.steward:
        yield f"  Steward: {plain(one.steward)}"
    for alert in one.alerts:
        yield f"  Alert to {plain(alert['to'])} via {plain(alert['via'])}: recorded, not sent"


def standing(one: Told) -> str:
    """What became of a signal: acknowledged by whom, when and why; over; or still waiting."""
    worse = f", much graver since {one.worse_at:%Y-%m-%d}" if one.worse_at else ""
    if one.closed_at is not None:
        return f"Closed {one.closed_at:%Y-%m-%d}: {plain(one.closed_why)}"
    number = f"Signal {one.id}, raised {one.raised_at:%Y-%m-%d}"
    if one.acknowledged_at is None:
        return f"{number}, not acknowledged{worse}"
    who, when = plain(one.acknowledged_by), f"{one.acknowledged_at:%Y-%m-%d}"
    return f"{number}, acknowledged by {who} on {when}: {plain(one.reason)}{worse}"


def as_json(seen: Watched) -> str:
    """What a watch found, as one JSON object in one line."""
    return json_text(
        {
            "run": seen.refreshed.run,
            "raised": [one.plain() for one in seen.raised],
            "worse": [one.plain() for one in seen.worse],
            "closed": [one.plain() for one in seen.closed],
            "standing": [one.plain() for one in seen.standing],
            "doubtful": list(seen.doubtful),
            "delivered": seen.delivered,
            "findings": [str(finding) for finding in seen.refreshed.findings],
        }
    )


def write_news(seen: Watched, out: TextIO, *, head: bool = True) -> None:
    """Write one CSV row per signal: the news, and what stands besides."""
    news = [("raised", one) for one in seen.raised]
    news += [("worse", one) for one in seen.worse]
    news += [("closed", one) for one in seen.closed]
    known = {one.id for _, one in news}
    news += [("", one) for one in seen.standing if one.id not in known]
    write_rows([(word, *cells(one)) for word, one in news], out, HEADS if head else None)


def write_rows(
    rows: Sequence[tuple[Any, ...]], out: TextIO, heads: Sequence[str] | None = HEADS[1:]
) -> None:
    """Write CSV rows, with their head unless there is none to write."""
    if heads is not None:
        write_csv(heads, iter(rows), out)
    elif rows:
        write_csv(rows[0], iter(rows[1:]), out)


def cells(one: Told) -> tuple[Any, ...]:
    """A signal as one row of CSV, without the word that says what is new of it."""
    owners = "; ".join(
        f"{owner['label']}: {owner['lever_label'] or owner['lever']}"
        if owner["lever_label"] or owner["lever"]
        else str(owner["label"])
        for owner in one.owners
    )
    return (
        one.id, one.kpi, one.label, one.kind, one.status, one.words, one.since, one.raised_at,
        owners, one.steward, one.acknowledged_by, one.acknowledged_at, one.reason, one.closed_at,
        one.closed_why,
    )  # fmt: skip
