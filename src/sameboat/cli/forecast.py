"""`sameboat forecast`: where a KPI is heading, and the chance to hit its target."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options

if TYPE_CHECKING:
    from sameboat.questions.outlook.answer import Outlook

HEADS = ("period", "middle", "low_80", "high_80", "low_95", "high_95")


@click.command("forecast")
@click.argument("kpi")
@click.option("--horizon", type=click.IntRange(1, 1000), help="Periods; else to the target's date.")
@options.as_known_at
@options.output_format()
@options.project
def command(
    project: Path, output_format: str, as_known_at: str | None, kpi: str, horizon: int | None
) -> None:
    """Show where a KPI is heading: its forecast, and the chance to hit the target on its date.

    Below: what each part of its formula alone would have to be. Where there is no forecast, the
    reason is said.
    """
    workspace = sameboat.open(str(project))
    zone = workspace.project.root.calendar.timezone
    then = options.moment(as_known_at, zone) if as_known_at else None
    answer = workspace.forecast(kpi, horizon=horizon, as_known_at=then)
    if output_format == "json":
        click.echo(as_json(answer))
    elif output_format == "csv":
        from sameboat.cli.printing import write_csv

        write_csv(HEADS, iter(rows(answer)), sys.stdout)
    else:
        click.echo(draw(answer))


def rows(answer: Outlook) -> list[tuple[object, ...]]:
    """One row per period ahead: its first day, the middle, and the ends of both intervals."""
    ends = [
        (answer.lower[level], answer.upper[level]) for level in (80, 95) if level in answer.lower
    ]
    return [
        (day, answer.mean[at], *(end[at] for pair in ends for end in pair))
        for at, day in enumerate(answer.periods)
    ]


def as_json(answer: Outlook) -> str:
    """Everything that is known, as one JSON object."""
    told = dataclasses.asdict(answer)
    for name in ("series", "company", "minimum_group", "demo", "definitions"):
        told.pop(name)
    return json.dumps(told, default=str, indent=1, ensure_ascii=False)


def draw(answer: Outlook) -> str:
    """The answer as plain text."""
    from sameboat.charts.figures import Figures  # with the locale data that numbers need
    from sameboat.charts.time_axis import period_name
    from sameboat.cli.printing import aligned

    figures = Figures(answer.unit)
    lines = [f"{answer.label}: will we make it?"]
    if answer.target is not None:
        by = f" by {answer.target.by:%d %B %Y}" if answer.target.by else ""
        lines.append(f"Target {figures.full(answer.target.value)}{by}. {chance_words(answer)}")
    else:
        lines.append(chance_words(answer))
    if answer.reason is not None:
        return "\n".join([*lines, f"No forecast: {answer.reason}."])
    table = []
    for day, *values in rows(answer):
        name = period_name(day, answer.grain, "en-GB")  # type: ignore[arg-type]
        middle, low80, high80, low95, high95 = (figures.full(value) for value in values)  # type: ignore[arg-type]
        table.append([f"{name} {day:%Y}", middle, f"{low80} to {high80}", f"{low95} to {high95}"])
    heads = [answer.grain.replace("_", " "), "middle", "8 times in 10", "19 times in 20"]
    lines += ["", aligned(heads, table, [False, True, True, True])]
    lines += [f"{answer.method}." if answer.method else "", *(f"Note: {n}." for n in answer.notes)]
    if answer.needs and answer.target is not None:
        lines += ["", "What would have to be true, each alone:"]
        for need in answer.needs:
            own = Figures(need.unit)
            wanted = "no value of it is enough" if need.value is None else own.full(need.value)
            seen = "" if need.value is None else (
                ", seen before" if need.within else ", beyond anything seen"
            )  # fmt: skip
            lines.append(f"  {need.label}: {wanted} (now {own.full(need.now)}{seen})")
    return "\n".join(lines)


def chance_words(answer: Outlook) -> str:
    """The chance in words, or why it is not known."""
    if answer.chance.value is None:
        return f"Chance to hit: not known, {answer.chance.reason}."
    return f"Chance to hit: {answer.chance.value:.0%}."
