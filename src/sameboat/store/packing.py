"""A metric's points as arrays, as bytes, and as the difference between two versions.

The bytes are plain little-endian arrays behind a short header, without pickle: reading 50
series of three years must cost well under a millisecond, and floats hardly compress. Three
things make them small instead: whole numbers are held in the fewest bytes that hold them,
values that are exactly numerator / denominator are not held at all, and the past is deflated.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.errors import StoreError

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Held = TypeVar("Held", bound=np.generic)

_HEADER = struct.Struct("<BBIIIBBBBBB")  # see `pack`
_FORMAT, _SEALED = 1, 2  # the sealed form ends with a check sum; older stores hold links without
_DEFLATED = 1
_SUM = struct.Struct("<I")
_ABSENT, _QUOTIENT, _FLOATS = 0, 1, 2
_WHOLE: dict[int, np.dtype[Any]] = {3: np.dtype("<i1"), 4: np.dtype("<i2"), 5: np.dtype("<i4")}
_ALL_COMPLETE, _SOME_COMPLETE = 0, 1
_LISTED, _STEPPED = 0, 1  # periods at one distance are held as the first and the step
_DAY = np.dtype("<M8[D]")
_NO_DAYS: Days = np.empty(0, _DAY)


def segment_text(segment: Mapping[str, str | None]) -> str:
    """The one spelling of a segment; the whole metric is the empty text.

    >>> segment_text({"plan": "Pro", "account__region": "UK"})
    '{"account__region":"UK","plan":"Pro"}'
    """
    if not segment:
        return ""
    return json.dumps(dict(segment), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def segment_of(text: str) -> dict[str, str | None]:
    """The segment that a text spells."""
    segment: dict[str, str | None] = json.loads(text) if text else {}
    return segment


@dataclass(frozen=True, kw_only=True, eq=False)
class PackedSeries:
    """The points of one metric at one grain for one segment, oldest first, as one run knew them.

    `periods` are the first days of the periods, each later than the one before. Values are NaN
    where they are undefined (and `reasons` says why), `n` is NaN where it is not known. The
    arrays cannot be written to.
    """

    metric: str
    grain: str
    periods: Days
    values: Floats
    complete: Flags
    definition_version: int
    definition_hash: str
    segment: Mapping[str, str | None] = field(default_factory=dict)
    numerator: Floats | None = None
    denominator: Floats | None = None
    n: Floats | None = None
    reasons: tuple[str | None, ...] | None = None

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "periods", _fixed(np.array(self.periods, dtype=_DAY)))
        for name in ("values", "numerator", "denominator", "n"):
            given = getattr(self, name)
            if given is not None:
                keep(self, name, _fixed(_plain(given)))
        keep(self, "complete", _fixed(np.array(self.complete, dtype=np.bool_)))
        if self.reasons is not None:
            given = tuple(self.reasons)
            keep(self, "reasons", given if any(r is not None for r in given) else None)
        self._check()

    def _check(self) -> None:
        count = len(self.periods)
        for part in fields(self):
            held = getattr(self, part.name)
            if isinstance(held, np.ndarray) and held.shape != (count,):
                raise self._invalid(f"{part.name} has the shape {held.shape}, not ({count},)")
        if self.reasons is not None and len(self.reasons) != count:
            raise self._invalid(f"there are {len(self.reasons)} reasons for {count} periods")
        if np.isnat(self.periods).any():
            raise self._invalid("a period is missing")
        if count > 1 and not (self.periods[1:] > self.periods[:-1]).all():
            raise self._invalid("the periods do not follow each other")

    def _invalid(self, why: str) -> StoreError:
        return StoreError("series-invalid", f"{self.metric} by {self.grain}: {why}.")

    def __len__(self) -> int:
        return len(self.periods)

    @property
    def digest(self) -> bytes:
        """What two series share exactly when every point and the definition are the same."""
        return arrays_digest(pack(self), self.definition_version, self.definition_hash)

    def same_as(self, other: PackedSeries) -> bool:
        """Whether both are the same series with the same points under the same definition."""
        mine = (self.metric, self.grain, segment_text(self.segment))
        return mine == (other.metric, other.grain, segment_text(other.segment)) and (
            self.digest == other.digest
        )


def arrays_digest(arrays: bytes, version: int, definition: str) -> bytes:
    """The digest of a series from its packed arrays, so that damaged ones are known as such."""
    return blake2b(_stamp(version, definition) + arrays, digest_size=16).digest()


def _stamp(version: int, definition: str) -> bytes:
    return f"{version}\n{definition}\n".encode()


Link = tuple[PackedSeries, Days]
"""One link of a chain of versions: its points, and the periods that it takes away."""


def _fixed(array: NDArray[Held]) -> NDArray[Held]:
    array.setflags(write=False)
    return array


def _plain(numbers: ArrayLike) -> Floats:
    """A copy as floats with one spelling of zero and one of NaN, so that bytes can be compared."""
    plain = np.array(numbers, dtype=np.float64) + 0.0
    plain[np.isnan(plain)] = np.nan
    return plain


# ── bytes ────────────────────────────────────────────────────────────────────────────────────


def pack(series: PackedSeries, *, deflate: bool = False, removed: Days | None = None) -> bytes:
    """The arrays of a series as bytes; `removed` are periods that a patch takes away.

    Header: format, flags, count of points, count of removed periods, length of the reasons'
    text; then how periods, values, numerator, denominator, n and completeness are held. What is
    deflated ends with a check sum over all of it and the definition; arrays that are not have
    their digest beside them.
    """
    gone = _NO_DAYS if removed is None else removed
    codes, parts = [], []
    for code, part in (_pack_days(series.periods), _pack_values(series)):
        codes.append(code)
        parts.append(part)
    for array in (series.numerator, series.denominator, series.n):
        code, part = _pack_floats(array)
        codes.append(code)
        parts.append(part)
    if series.complete.all():
        codes.append(_ALL_COMPLETE)
    else:
        codes.append(_SOME_COMPLETE)
        parts.append(np.packbits(series.complete).tobytes())
    reasons = _pack_reasons(series.reasons)
    body = b"".join((*parts, reasons, gone.astype("<i4").tobytes()))
    flags = _DEFLATED if deflate else 0
    form = _SEALED if deflate else _FORMAT
    head = _HEADER.pack(form, flags, len(series), len(gone), len(reasons), *codes)
    if not deflate:
        return head + body
    packed = head + zlib.compress(body, 6)
    stamp = _stamp(series.definition_version, series.definition_hash)
    return packed + _SUM.pack(zlib.crc32(stamp + packed))


def _pack_days(days: Days) -> tuple[int, bytes]:
    numbers = days.astype("<i8").astype("<i4")
    if len(numbers) > 2:
        steps = np.diff(numbers)
        if (steps == steps[0]).all():
            return _STEPPED, struct.pack("<ii", int(numbers[0]), int(steps[0]))
    return _LISTED, numbers.tobytes()


def _pack_values(series: PackedSeries) -> tuple[int, bytes]:
    if series.numerator is not None and series.denominator is not None and len(series):
        quotient = _quotient(series.numerator, series.denominator)
        if np.array_equal(quotient.view("i8"), series.values.view("i8")):
            return _QUOTIENT, b""
    return _pack_floats(series.values)


def _quotient(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(all="ignore"):
        quotient = numerator / denominator + 0.0
    quotient[~np.isfinite(quotient)] = np.nan
    return quotient


def _pack_floats(array: Floats | None) -> tuple[int, bytes]:
    if array is None:
        return _ABSENT, b""
    if len(array) and np.isfinite(array).all():
        least, most = array.min(), array.max()
        for code, dtype in _WHOLE.items():
            limits = np.iinfo(dtype)
            if limits.min <= least and most <= limits.max:
                narrow = array.astype(dtype)
                if (narrow == array).all():
                    return code, narrow.tobytes()
                break  # not whole numbers: no width will do
    return _FLOATS, array.astype("<f8").tobytes()


def _pack_reasons(reasons: tuple[str | None, ...] | None) -> bytes:
    if reasons is None:
        return b""
    where: dict[str, list[int]] = {}
    for index, reason in enumerate(reasons):
        if reason is not None:
            where.setdefault(reason, []).append(index)
    return json.dumps(where, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Identity:
    """Which series some bytes belong to, and under which definition they were computed."""

    metric: str
    grain: str
    segment: Mapping[str, str | None]
    definition_version: int
    definition_hash: str


def unpack(data: bytes, identity: Identity) -> Link:
    """The series that the bytes hold, and the periods that they take away as a patch."""
    try:
        return _unpack(data, identity)
    except (struct.error, zlib.error, ValueError, KeyError) as error:
        raise StoreError(
            "store-corrupt", f"The points of {identity.metric} by {identity.grain} are damaged."
        ) from error


def _unpack(data: bytes, identity: Identity) -> Link:
    version, flags, count, gone, text, days, values, top, below, n, complete = _HEADER.unpack_from(
        data
    )
    if version == _SEALED:
        stamp = _stamp(identity.definition_version, identity.definition_hash)
        (wanted,) = _SUM.unpack_from(data, len(data) - _SUM.size)
        data = data[: -_SUM.size]
        if zlib.crc32(stamp + data) != wanted:
            raise ValueError("the check sum does not fit")
    elif version != _FORMAT:
        raise ValueError(f"form {version}")
    deflated = bool(flags & _DEFLATED)
    body = zlib.decompress(data[_HEADER.size :]) if deflated else data
    rest = _Reader(body, 0 if deflated else _HEADER.size)
    periods = rest.stepped(count) if days == _STEPPED else rest.days(count)
    held = rest.floats(values, count)
    numerator, denominator, counts = (rest.floats(code, count) for code in (top, below, n))
    if values == _QUOTIENT and numerator is not None and denominator is not None:
        held = _fixed(_quotient(numerator, denominator))
    flagged = rest.flags(count) if complete == _SOME_COMPLETE else _all_complete(count)
    reasons = _unpack_reasons(rest.take(text), count) if text else None
    series = object.__new__(PackedSeries)  # written by `pack`: not checked a second time
    series.__dict__.update(
        metric=identity.metric, grain=identity.grain, segment=identity.segment,
        definition_version=identity.definition_version, definition_hash=identity.definition_hash,
        periods=periods, values=held, complete=flagged, numerator=numerator,
        denominator=denominator, n=counts, reasons=reasons,
    )  # fmt: skip
    return series, rest.days(gone) if gone else _NO_DAYS


class _Reader:
    """Takes arrays off some bytes, one after the other, without copying what can be viewed."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        self.at += size
        return part

    def array(self, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        array: NDArray[Any] = np.frombuffer(self.data, dtype, count, self.at)
        self.at += array.nbytes
        return array

    def floats(self, code: int, count: int) -> Floats | None:
        if code in (_ABSENT, _QUOTIENT):
            return None
        if code == _FLOATS:
            return self.array(np.dtype("<f8"), count)
        return _fixed(self.array(_WHOLE[code], count).astype(np.float64))

    def days(self, count: int) -> Days:
        return _fixed(self.array(np.dtype("<i4"), count).astype(np.int64).view(_DAY))

    def stepped(self, count: int) -> Days:
        first, step = struct.unpack("<ii", self.take(8))
        return _stepped(first, step, count)

    def flags(self, count: int) -> Flags:
        packed = np.frombuffer(self.take((count + 7) // 8), np.uint8)
        return _fixed(np.unpackbits(packed, count=count).view(np.bool_))


@lru_cache(maxsize=512)
def _stepped(first: int, step: int, count: int) -> Days:
    # the KPIs of one board share their periods: one array, which nobody can write to
    return _fixed(np.arange(first, first + step * count, step, dtype=np.int64).view(_DAY))


@lru_cache(maxsize=512)
def _all_complete(count: int) -> Flags:
    return _fixed(np.ones(count, np.bool_))


def _unpack_reasons(text: bytes, count: int) -> tuple[str | None, ...]:
    reasons: list[str | None] = [None] * count
    for reason, where in json.loads(text).items():
        for index in where:
            reasons[index] = reason
    return tuple(reasons)


# ── differences ──────────────────────────────────────────────────────────────────────────────


def difference(before: PackedSeries, after: PackedSeries) -> Link | None:
    """The points of `after` that `before` lacks or holds otherwise, and the periods taken away.

    None where the whole series says it better: another definition, other arrays, or most
    points changed.
    """
    if _held(before) != _held(after):
        return None
    spot = np.searchsorted(before.periods, after.periods)
    known = spot < len(before)
    known[known] = before.periods[spot[known]] == after.periods[known]
    changed = ~known
    old = spot[known]
    for mine, theirs in zip(_arrays(before), _arrays(after), strict=True):
        changed[known] |= mine[old] != theirs[known]
    if before.reasons is not None or after.reasons is not None:
        mine_said, theirs_said = _said(before), _said(after)
        changed[known] |= mine_said[old] != theirs_said[known]
    removed = before.periods[~np.isin(before.periods, after.periods, assume_unique=True)]
    if 2 * (int(changed.sum()) + len(removed)) > len(after):
        return None
    return _taken(after, np.flatnonzero(changed)), removed


def _held(series: PackedSeries) -> tuple[object, ...]:
    optional = (series.numerator, series.denominator, series.n)
    present = tuple(array is not None for array in optional)
    return (series.definition_version, series.definition_hash, *present)


def _arrays(series: PackedSeries) -> list[NDArray[np.generic]]:
    """Every array in a form in which equal bytes mean equal points (NaN too)."""
    floats = (series.values, series.numerator, series.denominator, series.n)
    return [series.complete, *(f.view(np.int64) for f in floats if f is not None)]


def _said(series: PackedSeries) -> NDArray[np.object_]:
    said = np.empty(len(series), object)
    said[:] = series.reasons if series.reasons is not None else None
    return said


def _taken(series: PackedSeries, where: NDArray[np.intp]) -> PackedSeries:
    def part(array: Floats | None) -> Floats | None:
        return None if array is None else array[where]

    said = series.reasons
    return replace(
        series,
        periods=series.periods[where],
        values=series.values[where],
        complete=series.complete[where],
        numerator=part(series.numerator),
        denominator=part(series.denominator),
        n=part(series.n),
        reasons=None if said is None else tuple(said[index] for index in where),
    )


def folded(links: Sequence[Link]) -> PackedSeries:
    """The series at the end of a chain: the first link is whole, each later one a patch.

    Of every period the last link that speaks of it counts, whether it gives a point or takes
    the period away.
    """
    if len(links) == 1:
        return links[0][0]
    parts = [points for points, _ in links]
    spoken = [days for points, removed in links for days in (points.periods, removed)]
    gives = np.repeat([True, False] * len(links), [len(days) for days in spoken])
    days = np.concatenate(spoken)
    order = np.argsort(days, kind="stable")
    last = np.append(days[order][1:] != days[order][:-1], True) if len(days) else order
    final = order[np.flatnonzero(last)]
    final = final[gives[final]]
    spot = np.cumsum(gives)[final] - 1  # the same points, counted without the removed periods

    def chosen(name: str) -> Any:
        arrays = [getattr(part, name) for part in parts]
        return None if arrays[0] is None else np.concatenate(arrays)[spot]

    said = None
    if any(part.reasons is not None for part in parts):
        said = tuple(np.concatenate([_said(part) for part in parts])[spot])
    floats = {name: chosen(name) for name in ("values", "numerator", "denominator", "n")}
    return replace(
        parts[-1], periods=days[final], complete=chosen("complete"), reasons=said, **floats
    )
