"""The marks that charts share: points, limits, target, and the scales that they stand on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sameboat.charts.scales import Scale
from sameboat.charts.svg import Point, across, dots, element, lines, path, pixels
from sameboat.charts.timeline import Timeline
from sameboat.charts.values import Limits, Line, Process, Target

ROLE_CLASS = {"worse": "pw", "better": "pb", "neutral": "pn"}


@dataclass(frozen=True)
class Frame:
    """The part of a chart where points stand; `first` is the index of the first one drawn."""

    left: float
    right: float
    top: float
    bottom: float
    x: Scale  # from an index
    y: Scale  # from a value
    first: int
    last: int

    def points(self, values: Iterable[float | None]) -> list[Point | None]:
        """The places of the values drawn, None where one is missing."""
        return [
            None if value is None else (self.x(index), self.y(value))
            for index, value in enumerate(values)
            if self.first <= index <= self.last
        ]

    def reading(self) -> dict[str, str]:
        """What the script in the browser needs to find points again."""
        return {
            "data_x": f"{self.x(self.first):.2f} {self.x.slope:.4f} {self.first} {self.last}",
            "data_y": f"{self.y(0):.6g} {self.y.slope:.6g}",
            "data_plot": f"{self.top:.0f} {self.bottom:.0f}",
        }


def limit_marks(limits: Iterable[Limits], frame: Frame) -> list[str]:
    """Band, dotted limits and centre of each stretch that is in sight."""
    body: list[str] = []
    for stretch in limits:
        left, right = span(stretch, frame)
        if right <= left:
            continue
        if stretch.steps:
            body += _stepped(stretch, frame)
            continue
        upper, lower = frame.y(stretch.upper), frame.y(stretch.lower)
        edges = across(left, right, lower) + across(left, right, upper)
        body += [
            element("rect", class_="band", x=left, y=upper, width=right - left,
                    height=max(0.0, lower - upper)),
            element("path", class_="lim", d=edges),
            element("path", class_="centre", d=across(left, right, frame.y(stretch.centre))),
        ]  # fmt: skip
    return body


def _stepped(stretch: Limits, frame: Frame) -> list[str]:
    """The same where each point has limits of its own: three paths, one step to a point."""
    band, edges, centres = [], [], []
    for index, step in enumerate(stretch.steps, start=stretch.first):
        if step is None or not frame.first <= index <= frame.last:
            continue
        left, right = span(Limits(index, index, *step), frame)
        centre, lower, upper = (frame.y(value) for value in step)
        band.append(
            f"M{pixels(left)} {pixels(upper)}H{pixels(right)}V{pixels(lower)}H{pixels(left)}Z"
        )
        edges.append(across(left, right, lower) + across(left, right, upper))
        centres.append(across(left, right, centre))
    return [
        element("path", class_=name, d="".join(parts))
        for name, parts in (("band", band), ("lim", edges), ("centre", centres))
        if parts
    ]


def span(stretch: Limits, frame: Frame) -> tuple[float, float]:
    """From where to where a stretch runs; the last one reaches the frame's edge."""
    left = frame.left if stretch.first <= frame.first else frame.x(stretch.first - 0.5)
    right = frame.right if stretch.last >= frame.last else frame.x(stretch.last + 0.5)
    return left, min(right, frame.right)


def line_marks(
    process: Process,
    frame: Frame,
    *,
    size: float,
    line_class: str = "line2",
    dots_class: str | None,
) -> list[str]:
    """The line with its points: routine ones small, signals larger, the latest largest.

    Points of incomplete periods are hollow and hang on a dashed line. Without a
    `dots_class` routine points are not drawn.
    """
    line = process.line
    inside = range(frame.first, frame.last + 1)
    places = dict(zip(inside, frame.points(line.values), strict=True))
    complete = [places[i] if line.is_complete(i) else None for i in inside]
    body = [element("path", class_=line_class, d=drawn)] if (drawn := lines(complete)) else []
    body += _open_ends(line, places)
    latest = line.latest
    plain = [
        place
        for i, place in places.items()
        if place and line.is_complete(i) and i not in process.roles and i != latest
    ]
    if plain and dots_class is not None:
        body.append(element("path", class_=dots_class, d=dots(plain)))
    for index, place in places.items():
        if place is None or (index not in process.roles and index != latest):
            continue
        role = ROLE_CLASS[process.roles[index]] if index in process.roles else "pt"
        if index == latest and process.stale:
            role = "ps"
        radius = size + 0.8 if index == latest else size
        body.append(element("circle", class_=role, cx=place[0], cy=place[1], r=radius))
    body += [
        element("circle", class_="pi", cx=place[0], cy=place[1], r=size)
        for i, place in places.items()
        if place and not line.is_complete(i)
    ]
    return body


def _open_ends(line: Line, places: dict[int, Point | None]) -> list[str]:
    """Dashed strokes to and between incomplete points."""
    strokes: list[str] = []
    for index, place in places.items():
        before = places.get(index - 1)
        if place and before and not (line.is_complete(index) and line.is_complete(index - 1)):
            strokes.append(path((before, place)))
    return [element("path", class_="open", d="".join(strokes))] if strokes else []


def target_points(target: Target, timeline: Timeline) -> list[tuple[float, float]]:
    """The target's path as (position in periods, value), ending at the target itself."""
    points = [(timeline.position(day), value) for day, value in target.path]
    if target.by is not None:
        end = timeline.position(target.by)
        points = [point for point in points if point[0] < end]
        points.append((end, target.value))
    return sorted(points, key=_position)  # a step keeps its foot before its top


def target_path(
    target: Target, timeline: Timeline, least: float, most: float = math.inf
) -> list[tuple[float, float]]:
    """The part of the target's path between two positions, cut where it crosses an edge."""
    points = target_points(target, timeline)
    cuts = [_cut(points, least), _cut(points, most)]
    inside = [point for point in points if least <= point[0] <= most]
    return [*(cut for cut in cuts[:1] if cut), *inside, *(cut for cut in cuts[1:] if cut)]


def _cut(points: list[tuple[float, float]], edge: float) -> tuple[float, float] | None:
    """Where a path crosses a position; None where it does not."""
    for (at, value), (after, then) in pairwise(points):
        if at < edge < after:
            return edge, value + (then - value) * (edge - at) / (after - at)
    return None


def _position(point: tuple[float, float]) -> float:
    return point[0]


def band_lines(target: Target, frame: Frame, right: float) -> list[str]:
    """Both ends of a band as dashed lines; nothing for a target that is no band."""
    if target.high is None:
        return []
    lines_of = (across(frame.left, right, frame.y(level)) for level in target.levels)
    return [element("path", class_="target", d="".join(lines_of))]


def open_circle(x: float, y: float, *, radius: float = 3.2) -> str:
    """The end of a target's path."""
    return element("circle", class_="tmark", cx=x, cy=y, r=radius)
