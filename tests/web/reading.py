"""What tests read from a page: its elements, tables and charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

BLOCKS = frozenset("p div dt dd dl li ul ol th td tr table section h1 h2 h3 pre caption".split())
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass
class Node:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str | None]
    parent: Node | None = None
    children: list[Node | str] = field(default_factory=list)

    def all(self, tag: str | None = None, css: str | None = None) -> list[Node]:
        """Every element below, by tag and class."""
        return [
            node for node in self.walk()
            if (tag is None or node.tag == tag)
            and (css is None or css in (node.attributes.get("class") or "").split())
        ]  # fmt: skip

    def one(self, tag: str | None = None, css: str | None = None) -> Node:
        """The only such element."""
        (found,) = self.all(tag, css)
        return found

    def by_id(self, name: str) -> Node:
        """The element with that id."""
        (found,) = [node for node in self.walk() if node.attributes.get("id") == name]
        return found

    def walk(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    @property
    def text(self) -> str:
        """All text in it, spaces collapsed."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag in BLOCKS:
                yield " "
                yield from child._texts()
                yield " "
            else:
                yield from child._texts()

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("#root", {})
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, dict(attrs), self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Node(tag, dict(attrs), self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read(html: str) -> Node:
    """The page as a tree; every element must be closed where it was opened."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is never closed"
    return reader.root


def drawn_values(chart: Node) -> dict[int, float]:
    """The values of a chart's points by index, read back from where they are drawn."""
    x0, dx, first, last = (float(part) for part in chart.get("data-x").split())
    y0, dy = (float(part) for part in chart.get("data-y").split())
    places: list[tuple[float, float]] = []
    for node in chart.walk():
        css = node.get("class")
        if node.tag == "circle" and css in ("pt", "pw", "pb", "ps", "pn", "pi"):
            places.append((float(node.get("cx")), float(node.get("cy"))))
        elif node.tag == "path" and css in ("dq", "dots"):
            for step in node.get("d").split("M")[1:]:
                x, y = step.removesuffix("h0").split()
                places.append((float(x), float(y)))
    found: dict[int, float] = {}
    for x, y in places:
        index = round(first + (x - x0) / dx)
        assert first <= index <= last
        found[index] = (y - y0) / dy
    return found


def pixel(chart: Node) -> float:
    """How much value one tenth of a pixel is: the precision of what is drawn."""
    return abs(0.1 / float(chart.get("data-y").split()[1]))
