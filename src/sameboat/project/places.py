"""Where in which file each key and value of a project stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sameboat.errors import Place

Step = str | int
Path = tuple[Step, ...]
"""Keys and positions from the top of the project down to a value."""


@dataclass(slots=True)
class Mark:
    """The position of one value, of its key when it has one, and of what it holds."""

    file: str
    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    parts: dict[Step, Mark] | None = None

    @property
    def key(self) -> Place:
        """Where the key stands; for a value without a key, the value."""
        if self.key_line:
            return Place(self.file, self.key_line, self.key_column)
        return self.value

    @property
    def value(self) -> Place:
        """Where the value begins."""
        return Place(self.file, self.line, self.column)

    @property
    def place(self) -> Place:
        """Where a person looks: the value itself, or the key above what holds others."""
        return self.value if self.parts is None else self.key


def _nothing() -> Mark:
    return Mark("", 0, 0, parts={})


@dataclass(frozen=True)
class Places(Mapping[Path, Place]):
    """The places of everything declared, by path such as `("metrics", "win_rate", "unit")`."""

    top: Mark = field(default_factory=_nothing)

    def mark(self, path: Path) -> Mark | None:
        """The mark at exactly this path, or None."""
        here: Mark | None = self.top
        for step in path:
            here = (here.parts or {}).get(step) if here else None
        return here

    def nearest(self, path: Path) -> Place | None:
        """The place of the value, or of the nearest thing that encloses it; None without files."""
        here = self.top
        for step in path:
            below = (here.parts or {}).get(step)
            if below is None:
                break
            here = below
        return here.place if here.line else None

    def key(self, path: Path) -> Place | None:
        """The place of the key itself, else the nearest place."""
        mark = self.mark(path)
        return mark.key if mark and mark.line else self.nearest(path)

    def __getitem__(self, path: Path) -> Place:
        mark = self.mark(path)
        if mark is None or not mark.line:
            raise KeyError(path)
        return mark.place

    def __iter__(self) -> Iterator[Path]:
        waiting: list[tuple[Path, Mark]] = [((), self.top)]
        while waiting:
            path, mark = waiting.pop()
            if mark.line:
                yield path
            waiting += [((*path, step), below) for step, below in (mark.parts or {}).items()]

    def __len__(self) -> int:
        return sum(1 for _ in self)
