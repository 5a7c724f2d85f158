"""Things that are defined by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.model import (
    Conversion,
    Cumulative,
    Derived,
    Driver,
    Index,
    Metric,
    Owner,
    Ratio,
)
from sameboat.project.places import Path
from sameboat.project.vocabulary import names_in

Graph = Mapping[str, Iterable[str]]


def inputs(metric: Metric) -> tuple[str, ...]:
    """The metrics that a metric is made of."""
    match metric:
        case Ratio():
            return (metric.numerator.metric, metric.denominator.metric)
        case Derived():
            if metric.metrics:
                return tuple(part.metric for part in metric.metrics)
            return tuple(dict.fromkeys(name.text for name in names_in(metric.expr)))
        case Cumulative():
            return (metric.metric.metric,)
        case Conversion():
            return (metric.base.metric, metric.converted.metric)
        case Index():
            return tuple(part.metric for part in metric.parts)
    return ()


def loops(graph: Graph) -> Iterator[tuple[str, ...]]:
    """Loops of a graph, each from its least name on; no two share a name.

    Every loop shares a name with one of them, so without their names nothing leads back to
    itself.

    >>> list(loops({"a": ["b"], "b": ["a"], "c": ["a"]}))
    [('a', 'b')]
    """
    done: set[str] = set()
    for start in graph:
        if start not in done:
            for loop in _loops_from(start, graph, done):
                least = loop.index(min(loop))
                yield (*loop[least:], *loop[:least])


def _loops_from(start: str, graph: Graph, done: set[str]) -> Iterator[list[str]]:
    """The loops that a walk into the depth meets; `done` gathers where it has been.

    A loop is taken out of the graph when it is found: the walk goes back to before it.
    """
    trail: list[str] = []
    at: dict[str, int] = {}
    waiting: list[Iterator[str]] = [iter((start,))]
    while waiting:
        step = next(waiting[-1], None)
        if step is None:
            waiting.pop()
            if trail:
                del at[trail.pop()]
        elif step in at:
            loop = trail[at[step] :]
            del trail[at[step] :], waiting[at[step] + 1 :]
            for name in loop:
                del at[name]
            yield loop
        elif step not in done:
            done.add(step)
            at[step] = len(trail)
            trail.append(step)
            waiting.append(iter(graph.get(step, ())))


def cycles(project: Project) -> Iterator[Finding]:
    """A finding for each loop among metrics, teams, replacements and drivers."""
    made_of = {name: inputs(metric) for name, metric in project.metrics.items()}
    yield from _say(project, made_of, "metric-cycle", "is defined by itself", "metrics")
    replaced = {
        name: (metric.replaced_by,)
        for name, metric in project.metrics.items()
        if metric.replaced_by
    }
    yield from _say(
        project,
        replaced,
        "metric-cycle",
        "is replaced by itself",
        "metrics",
        "replaced_by",
    )
    parents = {name: (team.parent,) for name, team in project.teams.items() if team.parent}
    yield from _say(project, parents, "team-cycle", "is its own parent", "teams", "parent")
    became = {name: team.became for name, team in project.teams.items()}
    yield from _say(project, became, "team-cycle", "became itself", "teams", "became")
    yield from _drivers(project)


def _say(
    project: Project, graph: Graph, code: str, words: str, section: str, *keys: str
) -> Iterator[Finding]:
    for loop in loops(graph):
        message = f"{loop[0]!r} {words}: {_chain(loop)}"
        yield Finding(code, message, project.place(section, loop[0], *keys))


def _chain(loop: tuple[str, ...]) -> str:
    """A loop as people follow it, cut in the middle when it is long."""
    steps = [*loop, loop[0]]
    if len(steps) > 10:
        steps = [*steps[:6], f"… ({len(steps) - 8} more)", *steps[-2:]]
    return " → ".join(steps)


def _drivers(project: Project) -> Iterator[Finding]:
    """Loops of influence in which nothing takes time: each would push itself without end."""
    graph: dict[str, list[str]] = {}
    places: dict[str, Path] = {}
    for at, driver in enumerate(project.drivers):
        if driver.lag is None or driver.lag.count == 0:
            graph.setdefault(driver.metric, []).extend(_moved_by(driver))
            places.setdefault(driver.metric, ("drivers", at))
    for name, kpi in project.kpis.items():
        for at, owner in enumerate(kpi.owners):
            if _is_instant(owner) and owner.lever is not None:
                graph.setdefault(kpi.metric, []).append(owner.lever)
                places.setdefault(kpi.metric, ("kpis", name, "owners", at))
    for loop in loops(graph):
        yield Finding(
            "driver-cycle",
            f"these metrics drive each other without any delay: {_chain(loop)}",
            project.place(*places[loop[0]]),
            "A loop needs a 'lag' somewhere, or one edge is wrong.",
        )


def _moved_by(driver: Driver) -> tuple[str, ...]:
    if driver.equals is not None:
        return tuple(name.text for name in names_in(driver.equals))
    return (driver.influenced_by,) if driver.influenced_by else ()


def _is_instant(owner: Owner) -> bool:
    return owner.effect is not None and (owner.effect.lag is None or owner.effect.lag.count == 0)
