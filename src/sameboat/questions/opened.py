"""A workspace as Python users hold it: one thin method per question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sameboat.project.load import load
from sameboat.project.tables import with_environment
from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.workspace import Workspace, utc_now

if TYPE_CHECKING:
    import pyarrow as pa

    from sameboat.questions.board import Board
    from sameboat.questions.disputes import DisputeLine
    from sameboat.questions.goodhart import Goodhart
    from sameboat.questions.health import Health
    from sameboat.questions.kpi import KpiAnswer
    from sameboat.questions.kpi_templates import TemplateFit
    from sameboat.questions.outlook.answer import Outlook
    from sameboat.questions.refresh import Progress, Refreshed
    from sameboat.questions.retirement import Retirement
    from sameboat.questions.signals import SignalLine, Which
    from sameboat.questions.teams import Team, Teams
    from sameboat.questions.tree.answer import Tree
    from sameboat.questions.watch import Watched
    from sameboat.questions.why.parts import Explanation


@dataclass(frozen=True, eq=False)
class Opened(Workspace):
    """A workspace that can be asked directly; every method is a call of the question it names.

    Each question is imported when it is first asked: a query need not wait for the board.
    """

    def query(self, metrics: list[str] | None = None, **asked: Any) -> pa.Table:
        """The rows that answer a request: see `questions.query.query`."""
        from sameboat.questions.query import query

        return query(self, metrics=metrics or [], viewer=self.viewer, **asked)

    def sql(
        self, metrics: list[str] | None = None, *, dialect: str | None = None, **asked: Any
    ) -> str:
        """The SQL of a request, in the warehouse's dialect or the one named."""
        from sameboat.questions.compiling import sql

        return sql(self, metrics=metrics or [], viewer=self.viewer, dialect=dialect, **asked)

    def templates(self) -> tuple[TemplateFit, ...]:
        """Every KPI template against the data: see `questions.kpi_templates.template_fits`."""
        from sameboat.questions.kpi_templates import template_fits

        return template_fits(self, viewer=self.viewer)

    def refresh(self, *, progress: Progress | None = None) -> Refreshed:
        """What a refresh computed and recorded: see `questions.refresh.refresh`."""
        from sameboat.questions.refresh import refresh

        return refresh(self, viewer=self.viewer, progress=progress)

    def watch(
        self,
        *,
        progress: Progress | None = None,
        tell: Callable[[Watched], None] | None = None,
    ) -> Watched:
        """A refresh, and each new signal raised once: see `questions.watch.watch`."""
        from sameboat.questions.watch import watch

        return watch(self, viewer=self.viewer, progress=progress, tell=tell)

    def signals(
        self, *, which: Which = "standing", as_known_at: dt.datetime | None = None
    ) -> tuple[SignalLine, ...]:
        """What was raised and stands, or all of it: see `questions.signals.signals`."""
        from sameboat.questions.signals import signals

        return signals(self, viewer=self.viewer, which=which, as_known_at=as_known_at)

    def signal(self, id: int) -> SignalLine:
        """One raised signal by its id: see `questions.signals.signal_of`."""
        from sameboat.questions.signals import signal_of

        return signal_of(self, id, viewer=self.viewer)

    def disputes(
        self, *, metric: str | None = None, status: str | None = None
    ) -> tuple[DisputeLine, ...]:
        """The objections to definitions: see `questions.disputes.all_disputes`."""
        from sameboat.questions.disputes import all_disputes

        return all_disputes(self, viewer=self.viewer, metric=metric, status=status)

    def dispute(self, id: str) -> DisputeLine:
        """One objection by its id: see `questions.disputes.dispute_of`."""
        from sameboat.questions.disputes import dispute_of

        return dispute_of(self, id, viewer=self.viewer)

    def retirements(self) -> tuple[Retirement, ...]:
        """What is retired, and what nobody asks for: see `questions.retirement.retirements`."""
        from sameboat.questions.retirement import retirements

        return retirements(self, viewer=self.viewer)

    def retirement(self, metric: str) -> Retirement:
        """What rests on a metric: see `questions.retirement.retirement_of`."""
        from sameboat.questions.retirement import retirement_of

        return retirement_of(self, metric, viewer=self.viewer)

    def board(self, *, as_known_at: dt.datetime | None = None) -> Board:
        """The board as it is known now or was known then: see `questions.board.board`."""
        from sameboat.questions.board import board

        return board(self, viewer=self.viewer, as_known_at=as_known_at)

    def kpi(self, name: str, *, as_known_at: dt.datetime | None = None) -> KpiAnswer:
        """The page of one KPI: see `questions.kpi.kpi`."""
        from sameboat.questions.kpi import kpi

        return kpi(self, name, viewer=self.viewer, as_known_at=as_known_at)

    def tree(self, kpi: str | None = None, *, as_known_at: dt.datetime | None = None) -> Tree:
        """How levers reach the mission, or one KPI: see `questions.tree.tree`."""
        from sameboat.questions.tree.answer import tree

        return tree(self, kpi, viewer=self.viewer, as_known_at=as_known_at)

    def explain(
        self,
        kpi: str,
        *,
        before: str | None = None,
        after: str | None = None,
        method: Literal["shapley", "lmdi"] = "shapley",
    ) -> Explanation:
        """Why a KPI moved between two windows: see `questions.why.explain`."""
        from sameboat.questions.why.answer import explain

        return explain(self, kpi, before=before, after=after, method=method, viewer=self.viewer)

    def forecast(
        self,
        kpi: str,
        *,
        horizon: int | None = None,
        settings: Mapping[str, float | str] | None = None,
        as_known_at: dt.datetime | None = None,
    ) -> Outlook:
        """Where a KPI is heading, also as if drivers had other values: see `questions.outlook`."""
        from sameboat.questions.outlook.answer import outlook

        return outlook(
            self, kpi, viewer=self.viewer, horizon=horizon, settings=settings,
            as_known_at=as_known_at,
        )  # fmt: skip

    def teams(self) -> Teams:
        """Every team with its levers: see `questions.teams.teams`."""
        from sameboat.questions.teams import teams

        return teams(self, viewer=self.viewer)

    def team(self, name: str) -> Team:
        """One team's levers on shared KPIs: see `questions.teams.team`."""
        from sameboat.questions.teams import team

        return team(self, name, viewer=self.viewer)

    def goodhart(self) -> Goodhart:
        """Whether levers still move their KPIs: see `questions.goodhart.goodhart`."""
        from sameboat.questions.goodhart import goodhart

        return goodhart(self, viewer=self.viewer)

    def health(self) -> Health:
        """How good the metrics are: see `questions.health.health`."""
        from sameboat.questions.health import health

        return health(self, viewer=self.viewer)


def open_workspace(
    path: str | Path = ".",
    *,
    warehouse: str | None = None,
    schema: str | None = None,
    sandboxed: bool = False,
    viewer: Viewer = OWNER,
    clock: Callable[[], dt.datetime] = utc_now,
) -> Opened:
    """The project in a folder; `warehouse` and `schema` override what it says of its data.

    Raises ProjectError with every finding in the project's files.
    """
    project = load(Path(path))
    return Opened(
        project,
        with_environment(warehouse or project.root.warehouse),
        schema,
        sandboxed,
        viewer,
        clock,
    )
