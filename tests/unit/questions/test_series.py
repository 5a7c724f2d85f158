"""A series with its limits, point by point."""

from __future__ import annotations

import datetime as dt

from sameboat.questions.series import Band, Series


def test_a_period_that_is_not_complete_has_no_limits_of_its_own() -> None:
    """Limits per point reach as far as the points that were judged; the last one is not."""
    days = tuple(dt.date(2026, 1, 5) + dt.timedelta(days=7 * at) for at in range(3))
    series = Series(
        "rate", "Rate", "percent", "week", days, (0.5, 0.6, 0.1), complete=(True, True, False),
        limits=(Band(0.5, 0.4, 0.6), Band(0.5, 0.3, 0.7)),
    )  # fmt: skip
    assert series.band_at(1) == Band(0.5, 0.3, 0.7)
    assert series.band_at(2) is None
    assert series.between(1, 3).band_at(0) == Band(0.5, 0.3, 0.7)
    assert series.between(1, 3).band_at(1) is None
