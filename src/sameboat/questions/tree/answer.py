"""How do our levers reach the mission? The chain mission, objectives, KPIs, levers, tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sameboat.analysis.goodhart import false_discoveries
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.project.viewer import Viewer
from sameboat.questions.arithmetic import Checked
from sameboat.questions.board import Board, board
from sameboat.questions.sentences import counted
from sameboat.questions.series import Pull, Verdict
from sameboat.questions.stewards import steward_sentence
from sameboat.questions.tree.edges import Edge, edges_of_kpi, edges_of_metric
from sameboat.questions.tree.figures import Figures, Source
from sameboat.questions.tree.observed import Observed
from sameboat.questions.workspace import Workspace, local_now
from sameboat.store.points import last_run

__all__ = ["Branch", "Checked", "Judgement", "KpiNode", "Node", "ObjectiveNode", "Tree", "tree"]

DEEPEST = 6
"""How many edges below a KPI are followed."""


@dataclass(frozen=True)
class Node:
    """A metric in the tree with its latest figure and what is said of it.

    `grain` and `period` (its first day) say what the figure speaks of. `formula` tells how it
    is computed, `file` where that is written, `tables` from which rows.
    """

    metric: str
    label: str
    unit: str | None
    good: str | None
    verdict: Verdict
    value: float | None
    value_reason: str | None
    grain: str
    period: dt.date | None
    formula: str | None
    file: str | None
    tables: tuple[Source, ...]


Said = Literal["agrees", "disagrees", "unclear", "too-few", "holds", "broken", "unchecked"]
"""What the data say of an edge; the last three of arithmetic."""


@dataclass(frozen=True)
class Judgement:
    """What the data say of an edge: a verdict and its words."""

    state: Said
    words: str


@dataclass(frozen=True)
class Branch:
    """An edge with what hangs on it: the node below and that one's own branches.

    `expected` is the direction in which the parent is said to move when the child rises, `up`
    or `down`; None for arithmetic of which nobody said it.
    """

    edge: Edge
    node: Node
    teams: tuple[tuple[str, str], ...]
    checked: Checked | None
    observed: Observed | None
    judgement: Judgement
    expired: bool
    branches: tuple[Branch, ...] = ()

    @property
    def expected(self) -> str | None:
        return {"same": "up", "opposite": "down", None: None}[self.edge.moves]

    @property
    def seen(self) -> str | None:
        way = self.observed.way if self.observed else None
        return {"same": "up", "opposite": "down", None: None}[way]

    def walk(self) -> Iterator[Branch]:
        """Itself and everything below, in the order of reading."""
        yield self
        for branch in self.branches:
            yield from branch.walk()


@dataclass(frozen=True)
class KpiNode:
    """A shared KPI with its owners and its branches; one verdict for all who own it."""

    kpi: str
    label: str
    metric: str
    unit: str | None
    verdict: Verdict
    value: float | None
    value_reason: str | None
    owners: tuple[Pull, ...]
    steward: str | None
    checked: Checked | None
    formula: str | None
    file: str | None
    tables: tuple[Source, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class ObjectiveNode:
    """An objective with its KPIs; `name` is None for those that serve none."""

    name: str | None
    label: str
    statement: str
    horizon: str | None
    kpis: tuple[KpiNode, ...]

    @property
    def levers(self) -> int:
        """How many different levers reach it."""
        return len(levers_of(self.kpis))


@dataclass(frozen=True)
class Tree:
    """The tree as it is known at one moment."""

    company: str
    mission: str
    headline: str
    objectives: tuple[ObjectiveNode, ...]
    refreshed_at: dt.datetime | None
    minimum_group: int
    definitions: str
    demo: bool
    currency: str | None = None

    @property
    def kpis(self) -> tuple[KpiNode, ...]:
        return tuple(kpi for objective in self.objectives for kpi in objective.kpis)

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Every edge below a KPI, each once, in the order of reading."""
        found: dict[tuple[str, str, str | None], Branch] = {}
        for kpi in self.kpis:
            for top in kpi.branches:
                for branch in top.walk():
                    edge = branch.edge
                    found.setdefault((edge.parent, edge.child, edge.kpi), branch)
        return tuple(found.values())

    @property
    def levers(self) -> tuple[Branch, ...]:
        """The branches of owners' levers, each lever once."""
        return tuple(levers_of(self.kpis).values())


def levers_of(kpis: tuple[KpiNode, ...]) -> dict[str, Branch]:
    """The first branch of each lever that an owner pulls, by the lever's metric."""
    found: dict[str, Branch] = {}
    for kpi in kpis:
        for branch in kpi.branches:
            if branch.edge.teams:
                found.setdefault(branch.edge.child, branch)
    return found


def tree(
    workspace: Workspace,
    kpi: str | None = None,
    *,
    viewer: Viewer,
    as_known_at: dt.datetime | None = None,
) -> Tree:
    """The tree from the points of the last refresh, or of one known in the past.

    With the name of a KPI only what stands above and below it. Arithmetic is recomputed from the
    recorded figures of each period; influences are held against how the recorded figures moved.

    Raises RequestError (`unknown-kpi`).
    """
    workspace = workspace.at(as_known_at)
    project = workspace.project
    wanted = (project.kpi(kpi),) if kpi is not None else tuple(project.kpis.values())
    front = board(workspace, viewer=viewer, as_known_at=as_known_at)
    figures = Figures.of(workspace, wanted, as_known_at=as_known_at)
    today = local_now(workspace).date()
    grown = _Growing(project, figures, today)
    nodes = {one.name: _kpi(grown, one, front, today) for one in wanted}
    nodes = _corrected(nodes)
    run = last_run(workspace.record, as_known_at=as_known_at)
    objectives = tuple(_objectives(project, wanted, nodes, whole=kpi is None))
    return Tree(
        company=front.company,
        mission=front.mission,
        headline=headline(tuple(nodes.values())),
        objectives=objectives,
        refreshed_at=run.finished_at if run else None,
        minimum_group=front.minimum_group,
        definitions=front.definitions,
        demo=front.demo,
        currency=project.root.currency,
    )


def headline(kpis: tuple[KpiNode, ...]) -> str:
    """How many levers reach the mission, and which of them need a look."""
    levers = levers_of(kpis)
    if not kpis:
        return "No KPI is shared yet."
    if not levers:
        return "No lever reaches the mission yet."
    wrong = sum(1 for branch in levers.values() if branch.node.verdict.state == "worse")
    said = [_reach(len(levers)), _wrong(wrong, len(levers))]
    every = [one for kpi in kpis for top in kpi.branches for one in top.walk()]
    sums = {one.edge.formula for one in every if one.judgement.state == "broken"}
    if sums:
        noun = "sum does" if len(sums) == 1 else "sums do"
        said.append(f"{counted(len(sums)).capitalize()} {noun} not add up.")
    return " ".join(said)


def _reach(count: int) -> str:
    verb = "lever reaches" if count == 1 else "levers reach"
    return f"{counted(count).capitalize()} {verb} the mission."


def _wrong(count: int, of: int) -> str:
    """How many levers are on the way to worse."""
    if of == 1:
        return f"It is {'' if count else 'not '}pulling the wrong way."
    if count == 0:
        return "None of them is pulling the wrong way."
    verb = "is" if count == 1 else "are"
    return f"{counted(count).capitalize()} of them {verb} pulling the wrong way."


# ── growing it ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Growing:
    project: Project
    figures: Figures
    today: dt.date

    def branch(self, edge: Edge, kpi: Kpi, above: tuple[str, ...]) -> Branch:
        """An edge with all that is declared below it; a circle ends where it closes."""
        checked = self.figures.checked(edge.parent) if edge.formula else None
        observed = (
            self.figures.observed(edge, kpi) if edge.moves or not edge.is_arithmetic else None
        )
        below: tuple[Branch, ...] = ()
        if edge.child not in above and len(above) < DEEPEST:
            path = (*above, edge.child)
            below = tuple(
                self.branch(one, kpi, path)
                for one in edges_of_metric(self.project, edge.child)
                if one.child not in path
            )
        return Branch(
            edge=edge,
            node=self.node(edge.child, kpi),
            teams=tuple((team, self._team(team)) for team in edge.teams),
            checked=checked,
            observed=observed,
            judgement=judgement(edge, checked, observed),
            expired=edge.expired(self.today),
            branches=below,
        )

    def _team(self, name: str) -> str:
        team = self.project.teams.get(name)
        return team.title if team else name

    def node(self, metric: str, kpi: Kpi) -> Node:
        declared = self.project.metrics[metric]
        state = self.figures.latest(metric, kpi)
        return Node(
            metric, declared.title, declared.unit,
            declared.good if isinstance(declared.good, str) else None,
            state.verdict, state.value, state.reason, state.grain, state.period,
            *self.figures.made_of(metric),
        )  # fmt: skip


def judgement(edge: Edge, checked: Checked | None, observed: Observed | None) -> Judgement:
    """The verdict on one edge, before several are corrected for their number."""
    if checked is not None:
        if checked.holds is None:
            return Judgement("unchecked", f"Not checked: {checked.reason}")
        if checked.holds:
            return Judgement("holds", f"Adds up in {checked.periods} {checked.grain}s")
        count = len(checked.differences)
        return Judgement(
            "broken", f"Does not add up in {count} of {checked.periods} {checked.grain}s"
        )
    if edge.is_arithmetic:
        return Judgement("unchecked", "Not checked: no formula names it")
    if observed is None or observed.value is None:
        reason = observed.reason if observed else "not recorded"
        return Judgement("too-few", f"Too few to say: {reason}")
    if observed.way is None:
        return Judgement("unclear", "Not clear")
    if edge.moves is None:
        return Judgement("unclear", "No direction was declared")
    if observed.way == edge.moves:
        return Judgement("agrees", "Agrees")
    return Judgement("disagrees", "Disagrees")


def _corrected(nodes: dict[str, KpiNode]) -> dict[str, KpiNode]:
    """The KPIs with those disagreements taken back that may be chance among so many edges."""
    judged = {
        _key(branch): branch.observed.p_value
        for kpi in nodes.values()
        for top in kpi.branches
        for branch in top.walk()
        if branch.observed is not None
        and branch.judgement.state in ("agrees", "disagrees", "unclear")
    }  # fmt: skip
    if not judged:
        return nodes
    stands = dict(zip(judged, false_discoveries(list(judged.values())).tolist(), strict=True))

    def mended(branch: Branch) -> Branch:
        said = branch.judgement
        if said.state == "disagrees" and not stands[_key(branch)]:
            said = Judgement("unclear", "Not clear: among so many links this may be chance")
        return replace(
            branch, judgement=said, branches=tuple(mended(one) for one in branch.branches)
        )

    return {
        name: replace(kpi, branches=tuple(mended(one) for one in kpi.branches))
        for name, kpi in nodes.items()
    }


def _key(branch: Branch) -> tuple[str, str, str | None]:
    return (branch.edge.parent, branch.edge.child, branch.edge.kpi)


def _kpi(grown: _Growing, kpi: Kpi, front: Board, today: dt.date) -> KpiNode:
    project, figures = grown.project, grown.figures
    metric = project.metrics[kpi.metric]
    row = next((one for one in front.rows if one.kpi == kpi.name), None)
    checked = figures.checked(kpi.metric)
    branches = tuple(grown.branch(edge, kpi, (kpi.metric,)) for edge in edges_of_kpi(project, kpi))
    formula, file, tables = figures.made_of(kpi.metric)
    return KpiNode(
        kpi=kpi.name,
        label=kpi.label or metric.title,
        metric=kpi.metric,
        unit=metric.unit,
        verdict=row.verdict if row else Verdict("undefined", "Undefined: not computed yet"),
        value=row.value if row else None,
        value_reason=row.value_reason if row else "not computed yet",
        owners=figures.pulls(kpi),
        steward=steward_sentence(project, kpi, today),
        checked=checked,
        formula=formula,
        file=file,
        tables=tables,
        branches=branches,
    )


def _objectives(
    project: Project, wanted: tuple[Kpi, ...], nodes: dict[str, KpiNode], *, whole: bool
) -> Iterator[ObjectiveNode]:
    """The objectives in the order of the files, those without a KPI too; last what serves none."""
    for name, objective in project.objectives.items():
        kpis = tuple(nodes[one.name] for one in wanted if one.objective == name)
        if kpis or whole:
            yield ObjectiveNode(name, objective.title, objective.statement, objective.horizon, kpis)
    loose = tuple(nodes[one.name] for one in wanted if one.objective not in project.objectives)
    if loose:
        yield ObjectiveNode(None, "No objective", "", None, loose)
