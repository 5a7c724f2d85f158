"""The text of a first project: YAML with a remark wherever a person should look twice."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from sameboat.actions.first_kpi import FirstKpi
from sameboat.project.formats.native import MODELINE
from sameboat.project.names import spelled
from sameboat.questions.first_look.look import FirstLook
from sameboat.questions.first_look.people import Person
from sameboat.questions.first_look.tables import TableDraft
from sameboat.questions.first_look.words import shown

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./ -]*(?<! )")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")


def scalar(text: str) -> str:
    """A text as YAML, quoted where it must be.

    >>> scalar("data/deals.csv"), scalar("no"), scalar("a: b")
    ('data/deals.csv', '"no"', '"a: b"')
    """
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and " #" not in text
    return text if plain else json.dumps(text, ensure_ascii=False)


def listed(texts: Sequence[str]) -> str:
    """A list in one line."""
    return "[" + ", ".join(scalar(text) for text in texts) + "]"


def remark(text: str) -> str:
    """A text as it may stand in a comment: one line, whatever a file's names hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def root_text(look: FirstLook, *, name: str, warehouse: str | None, first: FirstKpi) -> str:
    """`sameboat.yml`: the root keys, and what is left for people to say."""
    lines = [
        MODELINE.rstrip("\n"),
        f"# A first project over {len(look.tables)} tables, written by `sameboat init`.",
        "# All of it is a suggestion: read it, correct it, keep it in git. Nothing overwrites it.",
        "format: 1",
        f"name: {scalar(name)}",
        "# mission: What you are all here for, in one sentence.",
    ]
    if warehouse:
        lines.append(f"warehouse: {scalar(warehouse)}")
    if look.currency:
        lines.append(f"currency: {look.currency}")
    else:
        lines.append("# currency: EUR    # say it, and give money metrics the same `unit:`")
    lines += [*_standing(first), "", *_for_people(look, first), "", *_templates(look)]
    return "\n".join(lines) + "\n"


def _standing(first: FirstKpi) -> Iterator[str]:
    """As of when the data are judged: as of their end where they ended long ago, else today."""
    if first.as_of is None:
        return
    last = first.as_of - dt.timedelta(days=1)
    moment = f"as_of: {first.as_of}T00:00:00Z"
    if first.ended:
        of = f" that {first.metric} counts" if first.shown else ""
        yield f"# The newest row{of} is of {last}: long ago, so the data are judged as of then."
        yield "# Take this line away once new rows come again."
        yield moment
    else:
        yield f"# The newest row is of {last}. If the data have ended, judge them as of then:"
        yield f"# {moment}"


def _for_people(look: FirstLook, first: FirstKpi) -> Iterator[str]:
    """A KPI to fill in, over the most telling metric that has a figure."""
    metric = first.metric
    yield "# What no file can say: who shares which number. Take the # away and fill it in."
    if first.as_of is not None and not first.shown:
        yield "# None of the first metrics has a figure in the last whole month, quarter or year:"
        yield "# too few rows, or fewer than 10 people. The board says so until there are more."
    yield "# teams: {sales: {}, support: {}}"
    yield "# objectives:"
    yield "#   customers_stay: {statement: Customers stay and grow with us., horizon: long}"
    yield "# kpis:"
    yield f"#   {metric}:"
    yield f"#     metric: {metric}"
    yield "#     objective: customers_stay"
    yield "#     owners:                # two teams or more, each with the metric that it moves"
    for team, lever in zip(("sales", "support"), _levers(look, metric), strict=True):
        yield f"#       - {{team: {team}, lever: {lever}}}"
    yield "#     steward: sales"
    yield f"#     signal: {{grain: {first.grain}}}"


def _levers(look: FirstLook, metric: str) -> tuple[str, str]:
    """Two metrics to try as levers: not the KPI itself where there are others, its table first."""
    tables = {each.name: each.key("table") for each in look.metrics}
    others = sorted(
        (name for name in tables if name != metric),
        key=lambda name: tables[name] != tables.get(metric),
    )
    first, second = (*others, metric, metric)[:2]
    return first, second


def _templates(look: FirstLook) -> Iterator[str]:
    yield "# KPIs that these data could feed (`sameboat add NAME` writes one), and what is missing:"
    for fed in look.templates:
        name = f" ({fed.template})" if fed.template else ""
        yield f"#   {fed.kpi}{name}: {_state(fed.state)}{remark(fed.says)}"


def _state(state: str) -> str:
    return {"written": "in metrics.yml ", "possible": "possible ", "missing": "needs "}[state]


# ── tables ───────────────────────────────────────────────────────────────────────────────────


def tables_text(look: FirstLook, files: Mapping[str, str]) -> str:
    """`tables.yml`: every table, with what was found of it. `files` gives each one's path."""
    lines = [MODELINE.rstrip("\n")]
    for skipped in look.skipped:
        lines.append(f"# Left out: {remark(skipped.what)}: {remark(skipped.finding.message)}")
        if skipped.finding.hint:
            lines.append(f"#   {remark(skipped.finding.hint)}")
    lines.append("tables:")
    for table in look.tables:
        lines += _table(table, files.get(table.name))
    return "\n".join(lines) + "\n"


def _table(table: TableDraft, file: str | None) -> Iterator[str]:
    yield f"  {table.name}:                # {table.rows:,} rows"
    for note in table.notes:
        yield f"    # {remark(note)}"
    yield f"    label: {scalar(shown(table.name))}"
    if file is not None:
        yield f"    file: {scalar(file)}"
    else:
        yield f"    relation: {scalar(table.source.relation or '')}"
    reading = table.source.reading.model_dump(exclude_defaults=True)
    if reading:
        yield f"    read: {json.dumps(reading, ensure_ascii=False)}"
    yield f"    subject: {table.subject}    # whose data a row is; {remark(table.whose)}"
    if table.time:
        yield f"    time: {table.time}"
    if table.loaded_at:
        yield f"    loaded_at: {scalar(table.loaded_at)}"
    if table.entities:
        yield "    entities:"
        for entity in table.entities:
            exprs = [spelled(expr) for expr in entity.exprs]
            expr = scalar(exprs[0]) if len(exprs) == 1 else listed(exprs)
            tail = f"    # {remark(entity.remark)}" if entity.remark else ""
            yield f"      {entity.name}: {{type: {entity.type}, expr: {expr}}}{tail}"
    if table.dimensions:
        yield "    dimensions:"
        for dimension in table.dimensions:
            parts = []
            if dimension.grain:
                parts.append(f"type: time, grain: {dimension.grain}")
            if spelled(dimension.column) != dimension.name:
                parts.append(f"expr: {scalar(spelled(dimension.column))}")
            yield f"      {dimension.name}: {{{', '.join(parts)}}}"
    yield from _hidden("personal", table.personal, "never loaded")
    yield from _hidden("pseudonymous", table.pseudonymous, "hashed: counted and joined, not shown")


def _hidden(key: str, columns: Sequence[Person], what: str) -> Iterator[str]:
    if columns:
        yield f"    {key}:    # {what}"
        for person in columns:
            yield f"      - {scalar(person.column)}    # {remark(person.why)}"


# ── metrics ──────────────────────────────────────────────────────────────────────────────────


def metrics_text(look: FirstLook) -> str:
    """`metrics.yml`: the first metrics, each with what a person should confirm."""
    lines = [MODELINE.rstrip("\n"), "metrics:"]
    for metric in look.metrics:
        lines.append(
            f"  {metric.name}:" + (f"    # {remark(metric.remark)}" if metric.remark else "")
        )
        for key, value in metric.keys:
            bare = value.startswith("[") or _FIGURE.fullmatch(value)
            lines.append(f"    {key}: {value if bare else scalar(value)}")
    if not look.metrics:
        lines[-1] = "metrics: {}"
    return "\n".join(lines) + "\n"
