"""A request as SQL text: nothing of the warehouse or the store is needed for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sameboat.compiler.compile import Compiled, compile_request
from sameboat.compiler.dialects import dialect as dialect_of
from sameboat.compiler.query import Request
from sameboat.errors import RequestError
from sameboat.project.viewer import Viewer
from sameboat.questions.asking import request_of
from sameboat.questions.workspace import Workspace, local_now


def compiled(
    workspace: Workspace, request: Request, *, viewer: Viewer, spelling: str | None = None
) -> Compiled:
    """The SQL of a request in the warehouse's dialect, or in the one named."""
    return compile_request(
        workspace.world, request, viewer=viewer, spelling=dialect_of(spelling or workspace.dialect)
    )


def sql(
    workspace: Workspace,
    *,
    metrics: Sequence[str],
    viewer: Viewer,
    dialect: str | None = None,
    **asked: object,
) -> str:
    """The SQL of a request, as `query` would run it."""
    request: Request = request_of(workspace.project, metrics=metrics, **asked)  # type: ignore[arg-type]
    request = replace(request, as_of=local_now(workspace))
    if any("@" in name for name in request.metrics):
        from sameboat.questions.versions import recalled  # with the store

        if len(request.metrics) > 1:
            raise RequestError(
                "request-invalid",
                "the SQL of an earlier version is shown of one metric at a time",
            )
        old = recalled(workspace, request.metrics[0])
        workspace, request = old.workspace, replace(request, metrics=(old.metric,))
    return compiled(workspace, request, viewer=viewer, spelling=dialect).sql
