"""Breaches that a comment allows, for a reason and until a day.

    kpis:
      # allow: one-owner until 2027-01-31: support joins after its reorganisation
      retention: …

The comment stands on the line of the finding, or on lines of their own right above it. YAML
loaders drop comments, so the files are read again, and only those that hold the word.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sameboat.errors import Finding, Place, did_you_mean
from sameboat.project.principles.catalogue import RULES

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*allow:[ \t]*(.*?)\s*$", re.MULTILINE)
_SAID = re.compile(
    r"(?P<codes>[\w-]+(?:\s*,\s*[\w-]+)*)"
    r"(?:\s+until\s+(?P<until>[^\s:]+))?"
    r"(?:\s*:\s*(?P<reason>.*))?"
)
_OWN = frozenset({"allow-incomplete", "allow-expired", "allow-unused"})

WRITTEN = "Write '# allow: one-owner until 2027-01-31: why it may stand until then'."


@dataclass(frozen=True)
class Allowance:
    """A comment that allows some rules to be broken at a line, until a day, for a reason."""

    where: Place
    codes: tuple[str, ...]
    until: dt.date
    reason: str
    lines: frozenset[int]
    """The lines whose findings it allows."""


@dataclass(frozen=True)
class Judged:
    """The findings that count, and those that a comment allows, with that comment."""

    findings: tuple[Finding, ...]
    allowed: tuple[tuple[Finding, Allowance], ...]


def judged(
    folder: Path,
    files: Iterable[str],
    findings: Iterable[Finding],
    *,
    today: dt.date | None,
    asked: Collection[str],
) -> Judged:
    """The findings without those that comments in the files allow, and what is wrong with these.

    `asked` are the rules that were judged: an allowance of another one is not called unused.
    Without `today` nothing expires.
    """
    allowances: list[Allowance] = []
    kept: list[Finding] = []
    for file in files:
        for one in _comments(folder, file):
            if isinstance(one, Finding):
                kept.append(one)
            elif today is not None and one.until < today:
                kept.append(_expired(one))
            else:
                allowances.append(one)
    used: set[tuple[Place, str]] = set()
    allowed: list[tuple[Finding, Allowance]] = []
    for finding in findings:
        held = next((one for one in allowances if _covers(one, finding)), None)
        if held is None:
            kept.append(finding)
        else:
            used.add((held.where, finding.code))
            allowed.append((finding, held))
    for one in allowances:
        idle = [code for code in one.codes if code in asked and (one.where, code) not in used]
        kept += [_unused(one, code) for code in idle]
    return Judged(tuple(kept), tuple(allowed))


def _covers(one: Allowance, finding: Finding) -> bool:
    place = finding.where
    return (
        finding.code in one.codes
        and place is not None
        and place.file == one.where.file
        and place.line in one.lines
    )


def _comments(folder: Path, file: str) -> Iterator[Allowance | Finding]:
    """Every comment of a file that allows something, or what is wrong with it."""
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return  # that it cannot be read is told by those who load it
    if "allow:" not in text or not _COMMENT.search(text):
        return
    lines = text.splitlines()
    values = _values(text)
    for found in _COMMENT.finditer(text):
        number = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        if any(start <= (number, column) < end for start, end in values):
            continue  # a text that looks like a comment
        place = Place(file, number, column)
        yield _read(found[1], place, _lines(lines, number))


def _lines(lines: list[str], number: int) -> frozenset[int]:
    """The lines that a comment speaks of: its own, or the first below that is no comment."""
    if not lines[number - 1].lstrip().startswith("#"):
        return frozenset({number})
    below = number
    while below < len(lines) and lines[below].lstrip().startswith("#"):
        below += 1
    return frozenset({number, below + 1})


def _values(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the texts of a file begin and end, as lines and columns from 1."""
    found = []
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            start, end = event.start_mark, event.end_mark
            if isinstance(event, yaml.ScalarEvent) and start is not None and end is not None:
                found.append(((start.line + 1, start.column + 1), (end.line + 1, end.column + 1)))
    except yaml.YAMLError:
        return found
    return found


def _read(text: str, place: Place, lines: frozenset[int]) -> Allowance | Finding:
    said = _SAID.fullmatch(text)
    if said is None:
        return _incomplete("the comment does not say which rule it allows", place)
    codes = tuple(re.split(r"\s*,\s*", said["codes"]))
    strange = next((code for code in codes if code not in RULES or code in _OWN), None)
    if strange is not None:
        near = did_you_mean(strange, [code for code in RULES if code not in _OWN])
        return _incomplete(f"{strange!r} is not a rule that can be allowed", place, near)
    if said["until"] is None:
        return _incomplete("the comment does not say until when it allows this", place)
    try:
        until = dt.date.fromisoformat(said["until"])
    except ValueError:
        return _incomplete(f"{said['until']!r} is not a day such as 2027-01-31", place)
    if not said["reason"]:
        return _incomplete("the comment gives no reason", place)
    return Allowance(place, codes, until, said["reason"], lines)


def _incomplete(message: str, place: Place, hint: str | None = None) -> Finding:
    severity = RULES["allow-incomplete"].severity
    return Finding("allow-incomplete", message, place, hint or WRITTEN, severity)


def _expired(one: Allowance) -> Finding:
    rule = RULES["allow-expired"]
    message = f"{', '.join(one.codes)} was allowed until {one.until}: {one.reason}"
    return Finding(rule.code, message, one.where, rule.better, rule.severity)


def _unused(one: Allowance, code: str) -> Finding:
    rule = RULES["allow-unused"]
    message = f"{code} is allowed here and does not occur"
    return Finding(rule.code, message, one.where, rule.better, rule.severity)
