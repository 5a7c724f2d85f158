"""Draw the board as text: a ledger of rows on a wide screen, blocks on a narrow one."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple, TextIO

import click

from sameboat.charts.figures import Figures, full_day, month_year
from sameboat.cli.printing import plain, write_csv
from sameboat.questions.board import Board, BoardRow, OpenDecision
from sameboat.questions.plain import json_text
from sameboat.questions.series import Series

WIDE = 112
PIPED_WIDTH = 100
READABLE = 100
GAP = "  "
LOCALE = "en-GB"
LEVELS = "▁▂▃▄▅▆▇█"
MARKS = {"worse": "◆", "better": "●", "routine": "○", "short": "◓", "stale": "◌"}
NO_VERDICT = "□"

# 256-colour codes near the web's, legible on light and dark; words carry the meaning.
COLOURS: dict[str, dict[str, Any]] = {
    "worse": {"fg": 166, "bold": True},
    "better": {"fg": 30, "bold": True},
    "short": {"fg": 136},
    "stale": {"fg": 97},
    "strong": {"bold": True},
    "quiet": {"dim": True},
}
COLUMNS = ("Shared KPI and verdict", "Now", "Latest points", "Target", "Who pulls which lever")


class Line(NamedTuple):
    """A line of text and the role by which it may be coloured."""

    text: str
    role: str = ""


def screen_width() -> int:
    """The columns of the terminal; a steady width where the output is piped."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def colour_wanted() -> bool | None:
    """False where NO_COLOR forbids colour; None leaves it to whether a terminal listens."""
    return False if os.environ.get("NO_COLOR") else None


def draw(board: Board, *, width: int, past: bool = False) -> str:
    """The whole board as text of at most `width` columns; `past`: as it was known once."""
    lines = [*heading(board, min(width, READABLE), past=past), ""]
    if not board.rows and not (past and board.refreshed_at is None):
        lines.append("No shared KPI is declared yet: add one under `kpis:`.")
    elif width >= WIDE:
        lines += table(board.rows, width)
    else:
        for row in board.rows:
            lines += [*block(row, width), ""]
    return "\n".join([*lines, *footing(board, min(width, READABLE))])


def heading(board: Board, width: int, *, past: bool = False) -> list[str]:
    """Company and mission, the answer in a sentence, how fresh it is, and the open decision."""
    lines = [_styled(Line(plain(board.company), "strong"))]
    lines += [_styled(Line(text, "quiet")) for text in _wrapped(board.mission, width)]
    lines += ["", *(_styled(Line(text, "strong")) for text in _wrapped(board.headline, width))]
    lines += _wrapped(freshness(board, past=past), width)
    if board.decision:
        lines += ["", *decision(board.decision, width)]
    return lines


def freshness(board: Board, *, past: bool = False) -> str:
    """The period shown, the last refresh and how many tables are fresh."""
    parts = [board.period] if board.period else []
    if board.refreshed_at:
        at = board.refreshed_at
        at = at.astimezone() if at.tzinfo else at  # the reader's own time
        parts.append(f"refreshed {full_day(at.date(), LOCALE)}, {at:%H:%M}")
    elif past:
        return "no refresh had run by then"
    else:
        parts.append("never refreshed: run 'sameboat refresh'")
    parts.append(f"{board.tables_fresh} of {board.tables_total} tables fresh")
    return " · ".join(parts)


def decision(open_one: OpenDecision, width: int) -> list[str]:
    """The proposal that waits for a verdict, with its prediction in words."""
    figures = Figures(open_one.unit, LOCALE)
    closes = f", closes {full_day(open_one.closes, LOCALE)}" if open_one.closes else ""
    by = f" by {full_day(open_one.by, LOCALE)}" if open_one.by else ""
    prediction = (
        f"Predicted for {open_one.kpi_label}{by}: {figures.change(open_one.effect)}, "
        f"{open_one.confidence:.0%} range {figures.change(open_one.low)} to "
        f"{figures.change(open_one.high)}; chance that it helps {open_one.chance_helps:.0%}."
    )
    lines = [f"Open decision{closes}"]
    lines += [_styled(Line(text, "strong")) for text in _wrapped(open_one.title, width)]
    return [*lines, *_wrapped(open_one.summary, width), *_wrapped(prediction, width)]


def footing(board: Board, width: int) -> list[str]:
    """What is never shown, and which definitions these figures follow."""
    floor = (
        f"Groups of fewer than {board.minimum_group} people are never shown; "
        "no number is about a person."
    )
    demo = f"{board.company} is a generated demo company. " if board.demo else ""
    text = f"{demo}{floor} Definitions {board.definitions}."
    return [_styled(Line(line, "quiet")) for line in _wrapped(text, width)]


def table(rows: Sequence[BoardRow], width: int) -> list[str]:
    """The ledger: one row per KPI with the same columns, verdicts first."""
    widths = column_widths(width)
    rule = "─" * width
    lines = [_beside([[Line(name, "quiet")] for name in COLUMNS], widths)[0], rule]
    for row in rows:
        target = [Line(text) for text in target_lines(row)]
        cells = [_verdict(row), _now(row), _points(row, widths[2]), target, _levers(row)]
        lines += [*_beside(cells, widths), rule]
    return lines


def block(row: BoardRow, width: int) -> list[str]:
    """One KPI as a block of labelled lines, for narrow screens and pipes."""
    mark = _mark(row)
    lines = [
        _styled(Line(text, row.verdict.state)) for text in _hang(mark, row.verdict.words, width)
    ]
    inner = width - 2
    body = [Line(f"{row.label}: {value_text(row)}", "strong")]
    body += [Line(text) for text in (*_sayings(row), row.note) if text]
    spark = sparkline(row.series, min(inner, 52))
    body += [Line(spark)] if spark.strip() else []
    body.append(Line(f"Target: {', '.join(target_lines(row))}"))
    body += _levers(row)
    for line in body:
        lines += [f"  {_styled(Line(text, line.role))}" for text in _wrapped(line.text, inner)]
    return lines


def column_widths(width: int) -> tuple[int, ...]:
    """The widths of the five columns; verdicts and levers share what the others leave."""
    now, target = 14, 21
    free = width - now - target - len(GAP) * 4
    points = min(26, free // 4)
    verdict = (free - points) * 11 // 20
    return verdict, now, points, target, free - points - verdict


def value_text(row: BoardRow) -> str:
    """The latest figure with its unit, or why there is none."""
    if row.value is None:
        return row.value_reason or "not known"
    return Figures(row.unit, LOCALE).full(row.value)


def target_lines(row: BoardRow) -> list[str]:
    """The target with its date, what its path says now, and the chance to hit it."""
    if row.target is None:
        return ["no target"]
    figures = Figures(row.unit, LOCALE)
    by = f" by {month_year(row.target.by, LOCALE)}" if row.target.by else ""
    high = f" to {figures.full(row.target.high)}" if row.target.high is not None else ""
    lines = [f"{figures.full(row.target.value)}{high}{by}"]
    if row.target.source:
        lines.append(row.target.source)
    if row.target.now is not None:
        word = {"metric": "due", "steps": "step"}.get(row.target.kind, "path")
        lines.append(f"{word} now {figures.full(row.target.now)}")
    if row.chance.value is not None:
        lines.append(f"chance {row.chance.value:.0%}")
    else:
        lines.append(f"chance not known{f': {row.chance.reason}' if row.chance.reason else ''}")
    return lines


def sparkline(series: Series, width: int) -> str:
    """The latest points as bars of eight heights; a gap where there is no value.

    >>> import datetime as dt
    >>> points = (1.0, None, 2.0, 3.0)
    >>> sparkline(Series("m", "M", None, "week", (dt.date(2026, 1, 5),) * 4, points), 3)
    ' ▁█'
    """
    values = series.values[-width:]
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    top = len(LEVELS) - 1
    return "".join(
        " "
        if value is None
        else LEVELS[round((value - low) / (high - low) * top) if high > low else 3]
        for value in values
    )


def as_json(board: Board) -> str:
    """The board as a JSON object."""
    return json.dumps(
        json.loads(json_text(dataclasses.asdict(board))), indent=1, ensure_ascii=False
    )


def write_rows(board: Board, out: TextIO) -> None:
    """Write one CSV row per KPI."""
    names = (
        "kpi", "label", "verdict", "verdict_words", "value", "unit", "reason", "target",
        "target_by", "target_now", "chance", "owners",
    )  # fmt: skip
    write_csv(names, (_row_cells(row) for row in board.rows), out)


def _row_cells(row: BoardRow) -> tuple[Any, ...]:
    target = row.target
    owners = "; ".join(_pull_words(row))
    return (
        row.kpi, row.label, row.verdict.state, row.verdict.words, row.value, row.unit,
        row.value_reason, target and target.value, target and target.by, target and target.now,
        row.chance.value, owners,
    )  # fmt: skip


def _verdict(row: BoardRow) -> list[Line]:
    lines = [Line(f"{_mark(row)} {row.verdict.words}", row.verdict.state)]
    lines.append(Line(row.label, "strong"))
    return [*lines, *(Line(text) for text in _sayings(row))]


def _sayings(row: BoardRow) -> list[str]:
    """What is said under a verdict."""
    doubt = f"It {row.doubt}." if row.doubt else None
    raised = f"{row.raised.sentence}." if row.raised else None
    return [text for text in (row.why, doubt, raised) if text]


def _now(row: BoardRow) -> list[Line]:
    value = Line(value_text(row), "strong")
    return [value, Line(row.note, "quiet")] if row.note else [value]


def _points(row: BoardRow, width: int) -> list[Line]:
    return [Line(sparkline(row.series, width))]


def _levers(row: BoardRow) -> list[Line]:
    return [Line(text) for text in _pull_words(row)] or [Line("no owners", "quiet")]


def _pull_words(row: BoardRow) -> list[str]:
    return [
        f"{pull.team_label}: {pull.lever_label}" if pull.lever_label else pull.team_label
        for pull in row.pulls
    ]


def _mark(row: BoardRow) -> str:
    return MARKS.get(row.verdict.state, NO_VERDICT)


def _beside(cells: Sequence[Sequence[Line]], widths: Sequence[int]) -> list[str]:
    wrapped = [
        [Line(text, line.role) for line in cell for text in _wrapped(line.text, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    rows = zip_longest(*wrapped, fillvalue=Line(""))
    return [
        GAP.join(_styled(line, width) for line, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _hang(mark: str, words: str, width: int) -> list[str]:
    first, *rest = _wrapped(words, width - 2)
    return [f"{mark} {first}", *(f"  {text}" for text in rest)]


def _wrapped(text: str, width: int) -> list[str]:
    # A sparkline may begin with gaps, which textwrap would eat.
    if len(text) <= width:
        return [plain(text)]
    return textwrap.wrap(plain(text), width) or [""]


def _styled(line: Line, width: int = 0) -> str:
    # Padding stays outside the colour, so that a plain copy has no spaces at line ends.
    text = click.style(line.text, **COLOURS[line.role]) if line.role in COLOURS else line.text
    return text + " " * (width - len(line.text))
