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
    """Each loop of a graph once, from its least name on; no two share a name.

    >>> list(loops({"a": ["b"], "b": ["a"], "c": ["a"]}))
    [('a', 'b')]
    """
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        trail: list[str] = []
        at: dict[str, int] = {}
        waiting: list[tuple[str, Iterator[str]]] = []
        node: str | None = start
        while node is not None or waiting:
            if node is not None:
                at[node] = len(trail)
                trail.append(node)
                waiting.append((node, iter(graph.get(node, ()))))
                done.add(node)
            name, below = waiting[-1]
            node = next((step for step in below if step in at or step not in done), None)
            if node is None:
                waiting.pop()
                trail.pop()
                del at[name]
            elif node in at:
                found = trail[at[node] :]
                least = found.index(min(found))
                yield (*found[least:], *found[:least])
                node = None
                waiting[-1] = (name, iter(()))


def cycles(project: Project) -> Iterator[Finding]:
    """A finding for each loop among metrics, teams, replacements and drivers."""
    made_of = {name: inputs(metric) for name, metric in project.metrics.items()}
    yield from _say(project, made_of, "metric-cycle", "are defined by each other", "metrics")
    replaced = {
        name: (metric.replaced_by,)
        for name, metric in project.metrics.items()
        if metric.replaced_by
    }
    yield from _say(
        project,
        replaced,
        "metric-cycle",
        "replace each other",
        "metrics",
        "replaced_by",
    )
    for key in ("parent", "became"):
        graph = {n: (found,) for n, team in project.teams.items() if (found := getattr(team, key))}
        words = "are each other's parents" if key == "parent" else "became each other"
        yield from _say(project, graph, "team-cycle", words, "teams", key)
    yield from _drivers(project)


def _say(
    project: Project, graph: Graph, code: str, words: str, section: str, *keys: str
) -> Iterator[Finding]:
    for loop in loops(graph):
        chain = " → ".join((*loop, loop[0]))
        message = f"{loop[0]!r} leads back to itself: {chain}"
        if len(loop) > 1:
            message = f"{', '.join(repr(name) for name in loop)} {words}: {chain}"
        yield Finding(code, message, project.place(section, loop[0], *keys))


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
        chain = " → ".join((*loop, loop[0]))
        yield Finding(
            "driver-cycle",
            f"these metrics drive each other without any delay: {chain}",
            project.place(*places[loop[0]]),
            "A loop needs a 'lag' somewhere, or one edge is wrong.",
        )


def _moved_by(driver: Driver) -> tuple[str, ...]:
    if driver.equals is not None:
        return tuple(name.text for name in names_in(driver.equals))
    return (driver.influenced_by,) if driver.influenced_by else ()


def _is_instant(owner: Owner) -> bool:
    return owner.effect is not None and (owner.effect.lag is None or owner.effect.lag.count == 0)
