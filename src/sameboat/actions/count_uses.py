"""Count that metrics were asked for: per day and way of asking, never by whom.

The one change without an actor: nothing is kept of who asked, so there is nobody to name and
no right that would be needed beside that of reading. Edges call it after they have answered.
"""

from __future__ import annotations

from collections.abc import Mapping

from sameboat.errors import SameboatError
from sameboat.project.declared import Project
from sameboat.project.tables import with_environment
from sameboat.questions.workspace import Workspace, local_now
from sameboat.store.tally import Way, is_file, tally

Shown = Mapping[tuple[str, Way], int]
"""How often what was shown: a KPI by its name on the board or its page, a metric or saved
query by a query."""


def count_uses(workspace: Workspace, shown: Shown) -> bool:
    """Whether the uses were counted; a store that is not there, or busy, is no reason to fail.

    A KPI on the board is a use of its metric and of the series that is judged, its page is one of
    its levers and guardrails too. Names that the project does not have are left out.
    """
    counts: dict[tuple[str, Way], int] = {}
    for (name, way), times in shown.items():
        for metric in _metrics(workspace.project, name, way):
            counts[metric, way] = counts.get((metric, way), 0) + times
    if not counts:
        return False
    url = with_environment(workspace.project.root.store)
    day = local_now(workspace).date()
    if is_file(url):
        return tally(url, counts, folder=workspace.project.folder, day=day)
    from sameboat.store.uses import count  # with the toolkit that other databases need

    try:
        with workspace.store.writing() as connection:
            count(connection, counts, day=day)
    except SameboatError:
        return False
    return True


def _metrics(project: Project, name: str, way: Way) -> set[str]:
    """The metrics that were shown."""
    if way == "query":
        saved = project.saved_queries.get(name)
        return {name, *(saved.metrics if saved else ())} & project.metrics.keys()
    kpi = project.kpis.get(name)
    if kpi is None:
        return set()
    found = {kpi.metric, kpi.signal.metric or kpi.metric}
    if way == "page":
        found |= {owner.lever for owner in kpi.owners if owner.lever is not None}
        found |= {rail.metric for rail in kpi.guardrails}
    return found & project.metrics.keys()
