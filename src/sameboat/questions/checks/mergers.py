"""Tables that say which accounts became others, where that leaves open who an account is now."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.compiler.compile import merges_read
from sameboat.compiler.query import Request
from sameboat.errors import Finding, SameboatError
from sameboat.project.model import Retention
from sameboat.questions.fetch import refuse_circles
from sameboat.questions.workspace import Workspace


def merger_findings(workspace: Workspace) -> Iterator[Finding]:
    """A finding for each such table that a metric cannot be computed by, at the first metric."""
    seen = set()
    for name, metric in workspace.project.metrics.items():
        if not isinstance(metric, Retention) or metric.merged is None:
            continue
        try:
            for merges in merges_read(workspace.world, Request(metrics=(name,))):
                if merges not in seen:
                    seen.add(merges)
                    refuse_circles(workspace, merges)
        except SameboatError as error:
            if error.code == "merge-faulty":
                place = workspace.project.place("metrics", name, "merged")
                yield error.findings[0].at(place)
