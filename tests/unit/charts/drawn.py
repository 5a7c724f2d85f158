"""What tests read back from a drawn chart: its elements, coordinates and texts."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from sameboat.charts.labels import Label

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
SLACK = 1.0  # px that a stroke may reach over the edge


@dataclass(frozen=True)
class Drawn:
    """One parsed chart."""

    svg: str
    root: ET.Element

    @classmethod
    def of(cls, svg: str) -> Drawn:
        return cls(svg, ET.fromstring(svg))

    @property
    def size(self) -> tuple[float, float]:
        _, _, width, height = map(float, self.root.attrib["viewBox"].split())
        return width, height

    @property
    def sentence(self) -> str:
        return self.root.attrib["aria-label"]

    @property
    def texts(self) -> list[str]:
        return [text.text or "" for text in self.root.iter("text")]

    def count(self, css: str) -> int:
        """How many circles of a class there are; a path of dots counts each dot."""
        found = 0
        for node in self.root.iter():
            if css in node.attrib.get("class", "").split():
                found += max(1, node.attrib.get("d", "").count("h0"))
        return found

    @property
    def labels(self) -> list[Label]:
        return [
            Label(
                node.text or "",
                float(node.attrib["x"]),
                float(node.attrib["y"]),
                node.attrib.get("class", ""),
                node.attrib.get("text-anchor", "start"),
            )
            for node in self.root.iter("text")
        ]

    def points(self) -> list[tuple[float, float]]:
        """Every coordinate that a mark or a text has."""
        found: list[tuple[float, float]] = []
        for node in self.root.iter():
            at = {key: float(value) for key, value in node.attrib.items() if _is_number(key, value)}
            if node.tag == "circle":
                found.append((at["cx"], at["cy"]))
            elif node.tag == "rect":
                found += [(at["x"], at["y"]), (at["x"] + at["width"], at["y"] + at["height"])]
            elif node.tag == "text":
                found.append((at["x"], at["y"]))
            elif node.tag == "path":
                found += path_points(node.attrib["d"])
        return found

    def assert_sound(self) -> None:
        """Everything is a finite number inside the picture, and no text covers another."""
        assert "nan" not in re.sub(r">[^<]*<|aria-label=\"[^\"]*\"", "", self.svg).lower()
        assert "inf" not in re.sub(r">[^<]*<|aria-label=\"[^\"]*\"", "", self.svg).lower()
        assert "style=" not in self.svg
        width, height = self.size
        for x, y in self.points():
            assert math.isfinite(x)
            assert math.isfinite(y)
            assert -SLACK <= x <= width + SLACK, (x, width)
            assert -SLACK <= y <= height + SLACK, (y, height)
        labels = self.labels
        for index, label in enumerate(labels):
            for other in labels[index + 1 :]:
                assert not label.covers(other), (label, other)


def path_points(data: str) -> list[tuple[float, float]]:
    """The points of a path of absolute M, L, H, V and Z steps and of dots."""
    x = y = 0.0
    found: list[tuple[float, float]] = []
    for command, rest in re.findall(r"([MLHVZh])([^MLHVZh]*)", data):
        numbers = [float(number) for number in NUMBER.findall(rest)]
        if command in "ML":
            x, y = numbers
        elif command == "H":
            x = numbers[0]
        elif command == "V":
            y = numbers[0]
        found.append((x, y))
    return found


def _is_number(key: str, value: str) -> bool:
    return key in {"x", "y", "cx", "cy", "width", "height"} and NUMBER.fullmatch(value) is not None
