"""The two days on which Harbourline can be met: in October, and twelve weeks later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sameboat.demo.truths import LATER_NOW, LATER_UNTIL, NOW, UNTIL


@dataclass(frozen=True)
class Stand:
    """A day on which the company is met: how far its exports reach, and the moment it is."""

    until: date
    now: datetime

    @property
    def as_of(self) -> str:
        """The moment as `sameboat.yml` writes it."""
        return f"{self.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


OCTOBER = Stand(UNTIL, NOW.replace(tzinfo=UTC))
JANUARY = Stand(LATER_UNTIL, LATER_NOW.replace(tzinfo=UTC))


def stand_until(until: date | None) -> Stand:
    """The stand whose exports reach until that day; October where no exports are yet."""
    return JANUARY if until == JANUARY.until else OCTOBER
