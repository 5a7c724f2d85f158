"""Harbourline without its truths: the same company, made with each planted number taken out."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sameboat.demo
from sameboat.demo import generate, support
from sameboat.demo.truths import TRUTHS, Truths

OFF: Mapping[str, Mapping[str, Any]] = {
    "conversion": {
        "spend_factor": 1.0,
        "leads_a_week": (1200,) * 8,
        "customers_a_week": (65, 66, 66, 64, 65, 66, 65, 66),
        "small_share_of_extra": 0.44,
    },
    "wizard": {"centre_after": 0.0454, "setup_after": TRUTHS.wizard.setup_before},
    "discounts": {"leave": 0.0},
    "advocacy": {"leads_per_nomination": 0.0},
    "tickets": {"factor": 1.0},
    "planner": {"path": (0.624,) * 9},
    "posts": {"coupling": 0.0, "factor": 1.0},
    "together": {"together": 0.0},
    "hand_offs": {"chance": (0.7,) * 8},
    "onboarding": {"days": 0.0},
    "pulse": {"a_quarter": 0.0},
    "campaign": {"effect": 0.0, "nominations_factor": 1.0},
}
"""By truth, the numbers that make it untrue; the overload of support is `support.LOAD`."""

EVEN_LOAD = ((0, 200), (0.80, 0.80))
SWITCHES = (*OFF, "support")


def without(*names: str) -> Truths:
    """The truths with some of them switched off."""
    return replace(
        TRUTHS,
        **{name: replace(getattr(TRUTHS, name), **OFF[name]) for name in names if name in OFF},
    )


def make(folder: Path, patch: pytest.MonkeyPatch, *names: str, until: Any = generate.UNTIL) -> Path:
    """The raw tables of a company in which these truths do not hold."""
    told = without(*names)
    for module in pkgutil.iter_modules(sameboat.demo.__path__):
        loaded = importlib.import_module(f"sameboat.demo.{module.name}")
        if module.name != "truths" and hasattr(loaded, "TRUTHS"):
            patch.setattr(loaded, "TRUTHS", told)
    if "support" in names:
        patch.setattr(support, "LOAD", EVEN_LOAD)
    generate.generate(folder, until=until)
    return folder


def slope(values: list[Any]) -> float:
    """By how much a series changes from its first point to its last, by a straight line."""
    return float(np.polyfit(np.arange(len(values)), np.array(values, dtype=float), 1)[0]) * len(
        values
    )
