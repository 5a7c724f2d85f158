"""`sameboat dispute`: object to what a metric is, answer an objection, take its patch to git."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import plain, print_answers
from sameboat.errors import RequestError, UsageError

if TYPE_CHECKING:
    from sameboat.questions.disputes import DisputeLine
    from sameboat.questions.opened import Opened

HEADS = (
    "id", "metric", "label", "status", "objection", "team", "file", "changes", "created_at",
    "answer", "answered_at", "page",
)  # fmt: skip


@click.command("dispute")
@click.argument("name", metavar="[METRIC|ID]", required=False)
@click.option("--objection", metavar="WORDS", help="What is wrong with the metric.")
@click.option("--team", metavar="TEAM", help="For which team the objection speaks.")
@click.option(
    "--lines",
    type=click.File(encoding="utf-8"),
    help="A file with the metric's lines as they should be; - reads them from standard input.",
)
@click.option("--accept", metavar="WORDS", help="Accept the objection of an id, and say why.")
@click.option("--decline", metavar="WORDS", help="Decline the objection of an id, and say why.")
@click.option(
    "--valid-from",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="With --accept: the day from which the change holds; else today.",
)
@click.option("--patch", is_flag=True, help="Print the patch of an accepted objection, for git.")
@click.option("--all", "everything", is_flag=True, help="List those that are answered, too.")
@options.output_format()
@options.project
def command(
    project: Path,
    output_format: str,
    name: str | None,
    objection: str | None,
    team: str | None,
    lines: TextIO | None,
    accept: str | None,
    decline: str | None,
    valid_from: dt.datetime | None,
    patch: bool,
    everything: bool,
) -> None:
    """Object to the definition of METRIC, or show and answer the objection of an id.

    Without a name: the objections that wait for an answer. Nothing in the project's files
    changes: an accepted one gives a patch, with the next version and the day since when it holds,
    such as: sameboat dispute d_2026_001 --patch | git apply
    """
    _fit(name, objection, team, lines is not None, accept, decline, valid_from, patch, everything)
    with closing(sameboat.open(str(project))) as workspace:
        listing = not patch and (objection, accept, decline) == (None, None, None)
        if name is None or (listing and name in workspace.project.metrics):
            found = workspace.disputes(metric=name)
            _listed([one for one in found if everything or one.status == "open"], output_format)
            return
        if objection is not None:
            proposed = lines.read() if lines is not None else None
            name = _objected(workspace, name, objection, team, proposed)
        elif accept is not None or decline is not None:
            _answered(workspace, name, accept, decline, valid_from)
        one = workspace.dispute(name)
    if patch:
        if one.patch is None:
            raise RequestError("unknown-dispute", f"{name!r} has no patch: no change was accepted.")
        click.echo(one.patch, nl=False)
    elif output_format == "table":
        click.echo("\n".join(shown(one)))
    else:
        _listed([one], output_format)


def _fit(
    name: str | None, objection: str | None, team: str | None, lines: bool, accept: str | None,
    decline: str | None, valid_from: dt.datetime | None, patch: bool, everything: bool,
) -> None:  # fmt: skip
    """Raise UsageError where the options do not say one thing."""
    asked = [objection is not None, accept is not None, decline is not None, patch]
    wrong = None
    if sum(asked) > 1:
        wrong = "--objection, --accept, --decline and --patch exclude each other."
    elif any(asked) and name is None:
        wrong = "Name the metric to object to, or the id of an objection."
    elif (team is not None or lines) and objection is None:
        wrong = "--team and --lines go with --objection."
    elif valid_from is not None and accept is None:
        wrong = "--valid-from goes with --accept."
    elif everything and any(asked):
        wrong = "--all goes with the list of objections."
    if wrong is not None:
        raise UsageError("request-invalid", wrong)


def _objected(
    workspace: Opened, metric: str, objection: str, team: str | None, proposed: str | None
) -> str:
    """The id of the objection that was recorded."""
    from sameboat.actions.dispute import dispute  # with the store
    from sameboat.project.viewer import OWNER_ACTOR

    made = dispute(
        workspace, actor=OWNER_ACTOR, metric=metric, objection=objection, team=team,
        proposed=proposed, now=workspace.clock(),
    )  # fmt: skip
    return made.id


def _answered(
    workspace: Opened, id: str, accept: str | None, decline: str | None,
    valid_from: dt.datetime | None,
) -> None:  # fmt: skip
    from sameboat.actions.dispute import answer  # with the store
    from sameboat.project.viewer import OWNER_ACTOR

    answer(
        workspace, actor=OWNER_ACTOR, id=id, accept=accept is not None,
        words=(accept if accept is not None else decline) or "",
        version=workspace.dispute(id).version, now=workspace.clock(),
        valid_from=valid_from.date() if valid_from else None,
    )  # fmt: skip


def _listed(found: list[DisputeLine], output_format: str) -> None:
    print_answers(
        found, output_format, heads=HEADS, joined="\n", lines=shown,
        none="No objection waits for an answer.", gap="\n",
    )  # fmt: skip


def shown(one: DisputeLine) -> list[str]:
    """An objection as people read it: what is objected, the lines asked for, the answer."""
    words = {"open": "waits for an answer", "accepted": "accepted", "declined": "declined"}
    speaks = f", for {plain(one.team_label)}" if one.team_label else ""
    lines = [
        f"{one.id}: {plain(one.label)} ({one.metric}), {words[one.status]}",
        f"  Objection of {one.created_at:%Y-%m-%d}{speaks}: {plain(one.objection)}",
    ]
    if one.changes:
        lines += [
            f"  The lines asked for, in {one.file}:",
            *(f"    {plain(line)}" for line in one.changes),
        ]
    if one.answer is not None and one.answered_at is not None:
        lines.append(f"  Answer of {one.answered_at:%Y-%m-%d}: {plain(one.answer)}")
    if one.patch is not None:
        lines.append(f"  Carry it out: sameboat dispute {one.id} --patch | git apply")
    return lines
