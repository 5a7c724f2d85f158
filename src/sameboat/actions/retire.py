"""Propose to retire a metric: a patch of its file for git, checked with the whole project."""

from __future__ import annotations

import datetime as dt

from sameboat.actions.dispute import MAY_DISPUTE, examined
from sameboat.errors import AccessError, RequestError, did_you_mean
from sameboat.project.edits import Scalar, patch, with_block, with_keys
from sameboat.project.viewer import Actor
from sameboat.questions.disputes import declaration
from sameboat.questions.workspace import Workspace


def retirement(
    workspace: Workspace,
    metric: str,
    *,
    actor: Actor,
    day: dt.date,
    replaced_by: str | None = None,
) -> str:
    """The patch that gives a metric `retired:` and, where there is one, `replaced_by:`.

    Nothing is recorded or written: the decision is the commit. Raises AccessError not-allowed,
    RequestError for a metric that is not there, is retired already or would replace itself, and
    ProjectError with what would be wrong with the project.
    """
    if not actor.roles & MAY_DISPUTE:
        raise AccessError("not-allowed", f"{actor.name} may not propose to retire a metric.")
    project = workspace.project
    declared = project.metric(metric)
    if declared.retired is not None:
        raise RequestError("record-invalid", f"{metric!r} is retired since {declared.retired}.")
    keys: dict[str, Scalar] = {"retired": day}
    if replaced_by is not None:
        if replaced_by not in project.metrics or replaced_by == metric:
            near = did_you_mean(replaced_by, [name for name in project.metrics if name != metric])
            message = f"{replaced_by!r} is no metric that could replace {metric!r}."
            raise RequestError("unknown-metric", message, hint=near)
        keys["replaced_by"] = replaced_by
    here = declaration(project, metric)
    text = with_block(here.text, here.block, with_keys(here.block.text, metric, keys))
    examined(project, here.file, text)
    return patch(here.file, here.text, text)
