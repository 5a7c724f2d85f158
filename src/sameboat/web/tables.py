"""The twins of charts: the same values as rows of a table, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sameboat.charts.figures import Figures
from sameboat.questions.phases import PhaseProposal
from sameboat.questions.series import Band, Series
from sameboat.web.wording import period_head, period_title

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Cell:
    """A cell: a number with its text, or words only."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """One period; `index` is its place in the series."""

    index: int
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class TwinTable:
    """A whole table, newest first."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def value_cell(series: Series, index: int, locale: str) -> Cell:
    """The value of one period, or the reason why there is none."""
    value = series.values[index]
    if value is None:
        running = index and not complete_at(series, index)
        return Cell("not complete yet" if running else reason_at(series, index))
    text = Figures(series.unit, locale).full(value)
    if not complete_at(series, index):
        text += " in a part of it" if index == 0 and series.begins_inside else " so far"
    return Cell(text, value)


def reason_at(series: Series, index: int) -> str:
    """Why a value is missing."""
    reason = series.reasons[index] if index < len(series.reasons) else None
    return reason or "no value"


def complete_at(series: Series, index: int) -> bool:
    """Whether a period is complete."""
    return series.complete[index] if index < len(series.complete) else True


def phase_at(series: Series, index: int) -> Band | None:
    """Centre and limits that a point is judged by."""
    return series.band_at(index)


def plain_table(series: Sequence[Series], locale: str) -> TwinTable:
    """The values of series that share their periods, side by side."""
    first = series[0]
    rows = [
        Row(
            index,
            period_title(first, index, locale),
            tuple(
                value_cell(one, index, locale) if index < len(one.values) else Cell("no value")
                for one in series
            ),
        )
        for index in range(len(first.values) - 1, -1, -1)
    ]
    heads = (period_head(first.grain), *(one.label for one in series))
    return TwinTable(heads, tuple(rows))


def process_table(
    series: Series,
    locale: str,
    *,
    label: str,
    numerator: str,
    denominator: str,
    proposed: Sequence[PhaseProposal] = (),
) -> tuple[TwinTable, int]:
    """Every point of a process chart with its parts, limits and verdict; and the value's column."""
    has_parts = series.numerator is not None and series.denominator is not None
    has_n = series.n is not None and not has_parts
    figures = Figures(series.unit, locale)
    count = Figures("count", locale)
    rules = rules_at(series)
    rows: list[Row] = []
    for index in range(len(series.values) - 1, -1, -1):
        cells: list[Cell] = []
        if has_parts:
            cells += [
                _count(series.denominator, index, count),
                _count(series.numerator, index, count),
            ]
        elif has_n:
            cells.append(_count(series.n, index, count))
        phase = phase_at(series, index)
        limits = (
            f"{figures.fine(phase.lower)} to {figures.fine(phase.upper)}" if phase else "none yet"
        )
        cells += [
            value_cell(series, index, locale),
            Cell(limits),
            Cell(
                "; ".join(
                    filter(
                        None, (change_at(series, index, proposed), _remark(series, index, rules))
                    )
                )
            ),
        ]
        rows.append(Row(index, period_title(series, index, locale), tuple(cells)))
    parts = (denominator, numerator) if has_parts else ("n",) if has_n else ()
    period = period_head(series.grain)
    return TwinTable((period, *parts, label, "Limits", "Verdict"), tuple(rows)), len(parts) + 1


def rules_at(series: Series) -> dict[int, str]:
    """Every rule that singled out a point, by the point's index."""
    found: dict[int, list[str]] = {}
    for signal in series.signals:
        found.setdefault(signal.index, []).append(signal.rule)
    return {index: ", ".join(dict.fromkeys(rules)) for index, rules in found.items()}


def change_at(series: Series, index: int, proposed: Sequence[PhaseProposal] = ()) -> str:
    """What begins at a point: another version of the definition, with its reason; else nothing.

    A change of regime that nobody has declared seems to begin, and says that it is a proposal.
    """
    said = [
        f"{change.label.lower()} begins{f' ({change.why})' if change.why else ''}"
        for change in series.breaks
        if change.index == index
    ]
    said += [f"{one.label.lower()} seems to begin" for one in proposed if one.index == index]
    return "; ".join(said)


def _count(values: Sequence[float | None] | None, index: int, figures: Figures) -> Cell:
    value = values[index] if values is not None and index < len(values) else None
    return Cell("not known") if value is None else Cell(figures.full(value), value)


def _remark(series: Series, index: int, rules: dict[int, str]) -> str:
    if index in rules:
        return f"signal: {rules[index]}"
    if series.values[index] is None:
        return ""
    if not complete_at(series, index):
        begun = index == 0 and series.begins_inside
        return "its rows begin inside it" if begun else "not complete yet"
    return "routine" if phase_at(series, index) else "not judged"


def csv_of(series: Series, *, proposed: Sequence[PhaseProposal] = ()) -> Iterator[str]:
    """The series as CSV, oldest first: numbers as they are, text that cannot act as a formula."""
    heads = ("period", "value", "numerator", "denominator", "n", "complete", "reason",
             "centre", "lower", "upper", "moving_range", "signal", "metric", "unit",
             "change")  # fmt: skip
    yield _csv_line(heads)
    rules = rules_at(series)
    for index, day in enumerate(series.periods):
        phase = phase_at(series, index)
        missing = series.values[index] is None
        yield _csv_line(
            (
                day.isoformat(), series.values[index], _at(series.numerator, index),
                _at(series.denominator, index), _at(series.n, index),
                "yes" if complete_at(series, index) else "no",
                reason_at(series, index) if missing else None,
                phase.centre if phase else None, phase.lower if phase else None,
                phase.upper if phase else None, _at(series.moving_range, index),
                rules.get(index), series.metric, series.unit, change_at(series, index, proposed),
            )
        )  # fmt: skip


def _at(values: Sequence[float | None] | None, index: int) -> float | None:
    return values[index] if values is not None and index < len(values) else None


def _csv_line(cells: Sequence[str | float | None]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def safe_cell(cell: str | float | None) -> str | float:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell(-1.5), safe_cell(None)
    ("'=1+1", -1.5, '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell
