"""Segments that no row has any more: their series end, so that nothing old passes for new."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sameboat.project.declared import Project
from sameboat.questions.computing import Failed
from sameboat.questions.definition_texts import definition_hash
from sameboat.questions.wanted import Wanted
from sameboat.store.connect import Store
from sameboat.store.packing import PackedSeries
from sameboat.store.points import segments


def vanished(
    project: Project,
    store: Store,
    wanted: Sequence[Wanted],
    done: Sequence[PackedSeries],
    failed: Sequence[Failed],
) -> list[PackedSeries]:
    """Empty series for the segments that the store knows and a refresh no longer found.

    Rows may be deleted, or a value spelled otherwise; without this the last figures of the old
    segment would stand beside the new ones for ever. Segments that could not be computed stay.
    """
    unknown = {one.wanted for one in failed}
    fresh = {(one.metric, one.grain, tuple(sorted(one.segment.items(), key=str))) for one in done}
    found = []
    for one in wanted:
        if not one.by or one in unknown:
            continue
        for held in segments(store, metric=one.metric, grain=one.grain):
            key = (held.metric, held.grain, tuple(sorted(held.segment.items(), key=str)))
            if set(held.segment) == set(one.by) and key not in fresh and len(held):
                found.append(_empty(project, held))
    return found


def _empty(project: Project, held: PackedSeries) -> PackedSeries:
    """A series of the same segment without any point, under today's definition."""
    return PackedSeries(
        metric=held.metric,
        grain=held.grain,
        segment=held.segment,
        periods=np.array([], dtype="datetime64[D]"),
        values=np.array([], dtype=float),
        complete=np.array([], dtype=bool),
        definition_version=project.metrics[held.metric].version,
        definition_hash=definition_hash(project, held.metric),
    )
