"""Lock a phase of a KPI with a reason: an event in the project's files, checked beforehand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from sameboat.actions.dispute import MAY_DISPUTE, examined
from sameboat.errors import AccessError, ProjectError, RequestError, StoreError
from sameboat.project.declared import Project
from sameboat.project.edits import patch, with_entry
from sameboat.project.model import Kpi
from sameboat.project.names import legal
from sameboat.project.viewer import Actor
from sameboat.questions.grounds import locks
from sameboat.questions.phases import event_line, event_name
from sameboat.questions.wanted import watch_grain
from sameboat.questions.workspace import Workspace
from sameboat.sources.publish import publish
from sameboat.store import audit
from sameboat.store.points import SeriesKey, many

OWN_FILE = "phases.yml"
"""Where the event goes when no file that is there can take it."""

LONGEST = 400
"""Signs that a reason may have."""

KIND = "phase"


@dataclass(frozen=True)
class LockedPhase:
    """A phase as it is or would be locked: the event, the file that holds it, and the difference.

    `written` is False where only the patch was asked for.
    """

    kpi: str
    event: str
    since: dt.date
    why: str
    file: str
    line: str
    patch: str
    written: bool = False


def lock_phase(
    workspace: Workspace,
    kpi: str,
    *,
    actor: Actor,
    since: dt.date,
    why: str,
    now: dt.datetime,
    label: str | None = None,
    write: bool = False,
) -> LockedPhase:
    """The event that begins a new phase of a KPI on a day, as lines of a file and as a patch.

    It goes where events are declared already, else into the KPI's own file, else into a new one.
    The whole project is read and checked with it first. With `write` the file is changed in
    place, everything else in it as it was, and the audit notes it; without, nothing changes.
    Raises AccessError not-allowed, RequestError for a KPI that is none, a reason without words or
    a phase that is locked already, ProjectError with what would be wrong with the project, and
    StoreError record-changed where the file changed meanwhile.
    """
    if not actor.roles & MAY_DISPUTE:
        raise AccessError("not-allowed", f"{actor.name} may not lock a phase.")
    project = workspace.project
    declared = project.kpi(kpi)
    reason = _said(why, "reason")
    _inside(workspace, declared, since)
    for event in locks(project, declared):
        if event.from_ == since:
            message = f"{kpi!r} begins a phase on {since} already, with {event.title!r}."
            raise RequestError("record-invalid", message)
    name = event_name(project, kpi, since, watch_grain(project, declared))
    if not legal(name):
        raise RequestError("illegal-name", f"{name!r} cannot name an event.")
    called = _said(label, "label") if label is not None else "New phase"
    line = event_line(name, label=called, at=since, kpi=kpi, why=reason)
    file, before, after = _place(project, declared, line)
    examined(project, file, after)
    locked = LockedPhase(kpi, name, since, reason, file, line, patch(file, before, after))
    if not write:
        return locked
    _write(project.folder / file, before, after)
    done = replace(locked, written=True)
    with workspace.store.writing() as connection:
        plain = {"kpi": kpi, "from": since.isoformat(), "why": reason, "file": file}
        audit.note(
            connection,
            audit.Change(at=now, who=actor.name, what="locked", kind=KIND, record=name,
                         after=plain),
        )  # fmt: skip
    return done


def _inside(workspace: Workspace, kpi: Kpi, since: dt.date) -> None:
    """Refuse a phase that begins no later than the line: it would judge every point as before.

    A day to come is fine, and so is any before the first refresh. Raises RequestError.
    """
    key = SeriesKey.of(kpi.signal.metric or kpi.metric, watch_grain(workspace.project, kpi))
    points = many(workspace.record, [key]).get(key)
    if points is None or not len(points.periods) or since > points.periods[0].item():
        return
    raise RequestError(
        "record-invalid",
        f"The line of {kpi.name!r} begins on {points.periods[0].item()}: a phase from {since} "
        "on would change nothing.",
        hint=f"'sameboat phase {kpi.name}' shows where its line changes.",
    )


def _place(project: Project, kpi: Kpi, line: str) -> tuple[str, str, str]:
    """The file that takes the event, its text now, and its text with the event."""
    paths = [("events", name) for name in project.events] + [("kpis", kpi.name)]
    marks = [project.places.mark(path) for path in paths]
    files = [mark.file for mark in marks if mark is not None]
    known = [file for file in dict.fromkeys(files) if file.endswith((".yml", ".yaml"))]
    for file in (*known, OWN_FILE):
        text = _text(Path(project.folder, file))
        try:
            return file, text, with_entry(text, "events", line)
        except RequestError:
            continue  # the event goes into the next file, which holds it just as well
    raise RequestError(
        "edit-not-possible",
        f"No file of this project can take the event {line.partition(':')[0]!r}.",
        hint="Add it under 'events:' by hand.",
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError("file-unreadable", f"{path.name} cannot be read: {error}") from None


def _write(path: Path, before: str, after: str) -> None:
    """Put the text in the file's place, whole or not at all, unless it is another one by now."""
    if _text(path) != before:
        raise StoreError(
            "record-changed",
            f"{path.name} changed while the phase was checked.",
            hint="Ask again: the new text is read then.",
        )
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    publish(path, lambda own: _fill(own, after), mode=mode)


def _fill(own: Path, text: str) -> None:
    own.write_bytes(text.encode("utf-8"))


def _said(text: str, what: str) -> str:
    said = " ".join(text.split())
    if not said or not said.isprintable():
        raise RequestError("record-invalid", f"The {what} has no words, or signs that are none.")
    if len(said) > LONGEST:
        raise RequestError(
            "record-invalid", f"The {what} has {len(said)} signs; {LONGEST} are the most."
        )
    return said
