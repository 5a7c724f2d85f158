"""Steps that stand beside a scan and are joined to its rows: exchange rates, scenarios' periods."""

from __future__ import annotations

from .currencies import rates_step
from .leaf import Compared
from .money import Exchange
from .plan import Plan
from .scenarios import cells_step


def beside_step(draft: Plan, wanted: Exchange | Compared) -> str:
    """The name of the step that holds what a row is joined to; it is there once in a plan."""
    if isinstance(wanted, Compared):
        return cells_step(draft, wanted)
    return rates_step(draft, wanted)
