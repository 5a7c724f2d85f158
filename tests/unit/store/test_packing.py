"""What is packed comes back to the last bit, and a patch says exactly what changed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sameboat.errors import StoreError
from sameboat.store.packing import (
    Identity,
    PackedSeries,
    difference,
    folded,
    pack,
    segment_of,
    segment_text,
    unpack,
)

Made = Callable[..., PackedSeries]
FLOATS = st.one_of(
    st.just(float("nan")),
    st.integers(-300, 300).map(float),
    st.integers(-(2**40), 2**40).map(float),
    st.floats(allow_nan=True, allow_infinity=True),
)
REASONS = st.one_of(st.none(), st.sampled_from(["no denominator", "too few", "größer\n'\""]))


@st.composite
def any_series(draw: st.DrawFn) -> PackedSeries:
    """Any series at all: gaps, NaN, infinities, with or without its parts."""
    days = sorted(draw(st.sets(st.integers(0, 40), max_size=12)))
    count = len(days)

    def floats() -> np.ndarray:
        return draw(arrays.arrays(np.float64, count, elements=FLOATS))

    def maybe() -> np.ndarray | None:
        return floats() if draw(st.booleans()) else None

    numerator, denominator = maybe(), maybe()
    values = floats()
    if numerator is not None and denominator is not None and draw(st.booleans()):
        with np.errstate(all="ignore"):
            values = numerator / denominator
    said = draw(st.lists(REASONS, min_size=count, max_size=count))
    return PackedSeries(
        metric="m",
        grain="day",
        periods=np.array(days, "M8[D]"),
        values=values,
        complete=draw(arrays.arrays(np.bool_, count)),
        definition_version=1,
        definition_hash="h",
        numerator=numerator,
        denominator=denominator,
        n=maybe(),
        reasons=tuple(said) if draw(st.booleans()) else None,
    )


def identity(series: PackedSeries) -> Identity:
    return Identity(
        series.metric,
        series.grain,
        series.segment,
        series.definition_version,
        series.definition_hash,
    )


def assert_identical(one: PackedSeries, other: PackedSeries) -> None:
    """Every array equal to the bit (one NaN is as good as another), every word the same."""
    np.testing.assert_array_equal(one.periods, other.periods)
    for name in ("values", "numerator", "denominator", "n"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None), name
        if mine is not None:
            np.testing.assert_array_equal(mine, theirs, err_msg=name)
    np.testing.assert_array_equal(one.complete, other.complete)
    assert one.reasons == other.reasons
    assert one.same_as(other)
    assert other.same_as(one)


@settings(deadline=None)
@given(any_series(), st.booleans())
def test_a_series_survives_packing_to_the_bit(series: PackedSeries, deflate: bool) -> None:
    found, removed = unpack(pack(series, deflate=deflate), identity(series))
    assert_identical(found, series)
    assert len(removed) == 0


@settings(deadline=None)
@given(any_series(), any_series())
def test_a_patch_on_the_old_version_gives_the_new_one(
    before: PackedSeries, after: PackedSeries
) -> None:
    """Or there is no patch, and then the new one is written whole."""
    patch = difference(before, after)
    if patch is not None:
        packed = pack(patch[0], deflate=True, removed=patch[1])
        assert_identical(
            folded([(before, before.periods[:0]), unpack(packed, identity(after))]), after
        )


@settings(deadline=None)
@given(any_series(), any_series())
def test_two_digests_are_equal_exactly_when_the_points_are(
    one: PackedSeries, other: PackedSeries
) -> None:
    same = pack(one) == pack(other)
    assert (one.digest == other.digest) is same
    found, _ = unpack(pack(one), identity(one))
    assert found.digest == one.digest


def test_a_patch_holds_only_the_points_that_changed(made: Made) -> None:
    """One restated value, one new day and one day gone: two points and one removed period."""
    before = made([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    after = made([2.0, 9.0, 4.0, 5.0, 6.0, 7.0], periods=before.periods + 1)
    patch = difference(before, after)
    assert patch is not None
    points, removed = patch
    assert points.periods.astype(str).tolist() == ["2026-01-03", "2026-01-07"]
    assert points.values.tolist() == [9.0, 7.0]
    assert removed.astype(str).tolist() == ["2026-01-01"]


def test_a_changed_definition_is_never_a_patch(made: Made) -> None:
    before = made([1.0, 2.0, 3.0])
    assert difference(before, made([1.0, 2.0, 3.0], definition_hash="d2")) is None
    assert difference(before, made([1.0, 2.0, 3.0], definition_version=2)) is None


def test_a_changed_reason_alone_is_a_change(made: Made) -> None:
    nan = float("nan")
    before = made([1.0, nan, 3.0], reasons=(None, "too few", None))
    after = made([1.0, nan, 3.0], reasons=(None, "no denominator", None))
    patch = difference(before, after)
    assert patch is not None
    assert patch[0].reasons == ("no denominator",)
    assert before.digest != after.digest


def test_quotients_and_whole_numbers_take_little_room(made: Made) -> None:
    """1,096 days of a ratio of counts: two bytes for each count, nothing for the value."""
    rng = np.random.default_rng(4)
    denominator = rng.integers(200, 900, 1096).astype(float)
    numerator = np.floor(denominator * 0.3)
    series = made(list(numerator / denominator), numerator=numerator, denominator=denominator)
    assert len(pack(series)) < 1096 * 4 + 100


def test_negative_zero_and_odd_nans_are_no_change(made: Made) -> None:
    odd = np.array([0x7FF8000000000001], np.int64).view(np.float64)[0]
    assert made([0.0, float("nan")]).digest == made([-0.0, odd]).digest


def test_arrays_of_a_series_cannot_be_written_to(made: Made) -> None:
    numbers = np.array([1.0, 2.0])
    series = made([1.0, 2.0], values=numbers)
    numbers[0] = 7.0
    assert series.values[0] == 1.0
    read, _ = unpack(pack(series), identity(series))
    for one in (series, read):
        for array in (one.values, one.periods, one.complete):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = array[1]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"values": np.ones(3)}, "values has the shape"),
        ({"complete": np.ones(1, bool)}, "complete has the shape"),
        ({"n": np.ones((2, 2))}, "n has the shape"),
        ({"reasons": ("a", "b", "c")}, "3 reasons for 2 periods"),
        ({"periods": np.array(["2026-01-02", "2026-01-01"], "M8[D]")}, "do not follow"),
        ({"periods": np.array(["2026-01-01", "2026-01-01"], "M8[D]")}, "do not follow"),
        ({"periods": np.array(["2026-01-01", "NaT"], "M8[D]")}, "a period is missing"),
    ],
)
def test_points_that_are_no_series_are_refused(
    made: Made, other: dict[str, object], words: str
) -> None:
    with pytest.raises(StoreError, match=words) as raised:
        made([1.0, 2.0], **other)
    assert raised.value.code == "series-invalid"


@pytest.mark.parametrize("deflate", [True, False])
@pytest.mark.parametrize(
    "harm",
    [lambda data: b"\x63" + data[1:], lambda data: data[:-3], lambda data: data[:9]],
    ids=["unknown form", "end cut off", "header cut off"],
)
def test_damaged_bytes_are_called_damaged(
    made: Made, harm: Callable[[bytes], bytes], deflate: bool
) -> None:
    series = made([1.5, 2.5, 3.5])
    with pytest.raises(StoreError) as raised:
        unpack(harm(pack(series, deflate=deflate)), identity(series))
    assert raised.value.code == "store-corrupt"


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.one_of(st.none(), st.text()), max_size=4))
def test_a_segment_has_one_spelling_and_comes_back(segment: dict[str, str | None]) -> None:
    text = segment_text(segment)
    assert segment_of(text) == segment
    assert segment_text(dict(reversed(segment.items()))) == text
