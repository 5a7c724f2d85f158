"""Units of figures: how they divide, multiply and add, and how a figure is written.

A unit is text in the format's own words: `percent` (stored as a fraction), `points`, `count`,
`score`, `days`, `hours` and other lengths of time, a currency code, a free word such as
`won_deal`, and compounds of these, `GBP per won_deal`.
"""

from __future__ import annotations

import copy
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from types import ModuleType
from typing import Any, Literal, cast

from sameboat.errors import UsageError

Kind = Literal["plain", "percent", "points", "count", "score", "duration", "money", "word", "mixed"]

NOT_KNOWN = "Not known"
MINUS = "−"

DURATIONS = ("seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years")
_SCALES = ("percent", "points", "count", "score")
_BARE = ("count", "percent")  # without a dimension: beside another name they say nothing
_SPELLINGS = {
    **{name: name for name in (*DURATIONS, *_SCALES)},
    **{name[:-1]: name for name in DURATIONS},
    "%": "percent", "point": "points", "counts": "count", "scores": "score",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_][\w '’.&/°-]{0,59}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}")
_CURRENCY = re.compile(r"[A-Z]{3}")
COMPACT_FROM = 10_000
HUGE = 10**15
MOST_DECIMALS = 12


@dataclass(frozen=True)
class Unit:
    """A product of names over a product of names; a plain number has neither."""

    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> Unit:
        """The unit that a text names; None is a plain number.

        >>> Unit.parse("GBP per won_deal")
        Unit(above=('GBP',), below=('won_deal',))
        """
        if text is None:
            return PLAIN
        parts = re.split(r"\s+per\s+", text.strip())
        if len(parts) > 2:
            raise _unreadable(text)
        above, below = (_names(text, part) for part in (*parts, "number")[:2])
        return _unit(above, below)

    @property
    def kind(self) -> Kind:
        """What it measures; one with `per` measures what stands before it."""
        if len(self.above) != 1:
            return "mixed" if self.above or self.below else "plain"
        name = self.above[0]
        if name in _SCALES:
            return cast(Kind, name)
        if name in DURATIONS:
            return "duration"
        return "money" if _is_currency(name) else "word"

    def __str__(self) -> str:
        """The text that `parse` reads back.

        >>> str(Unit.parse("%"))
        'percent'
        """
        above = " × ".join(self.above) or "number"
        return f"{above} per {' × '.join(self.below)}" if self.below else above


PLAIN = Unit()


def currency_of(unit: Unit | str | None) -> str | None:
    """The currency of a unit of money; None for every other unit.

    >>> currency_of("GBP per won_deal"), currency_of("percent"), currency_of(None)
    ('GBP', None, None)
    """
    parsed = _as_unit(unit)
    return parsed.above[0] if parsed.kind == "money" else None


def in_currency(unit: Unit | str | None, currency: str) -> Unit:
    """The unit with another currency; a unit that is no money stays as it is.

    >>> str(in_currency("GBP per won_deal", "EUR")), str(in_currency("percent", "EUR"))
    ('EUR per won_deal', 'percent')
    """
    parsed = _as_unit(unit)
    return Unit((currency,), parsed.below) if parsed.kind == "money" else parsed


def is_code(text: str) -> bool:
    """Whether a text is written like a currency's code and no column: three capital letters.

    >>> is_code("EUR"), is_code("currency_code")
    (True, False)
    """
    return bool(_CURRENCY.fullmatch(text))


def is_currency(code: str) -> bool:
    """Whether a text is the code of a currency, such as GBP."""
    return _is_currency(code)


def _names(text: str, part: str) -> tuple[str, ...]:
    names = []
    for name in re.split(r"\s*[×·]\s*", part.strip()):
        known = _SPELLINGS.get(name.lower(), name)
        if not _WORD.fullmatch(known) or "per" in known.split():
            raise _unreadable(text)
        names += [known] if known != "number" else []
    return tuple(names)


def _unreadable(text: str) -> UsageError:
    return UsageError(
        "unit-syntax",
        f"{text!r} is not a unit",
        hint="Write percent, points, count, days, GBP, a word, or GBP per won_deal.",
    )


def _unit(above: Iterable[str], below: Iterable[str]) -> Unit:
    """The unit where equal names cancel, and count and percent say nothing beside others."""
    up, down = Counter(above), Counter(below)
    up, down = up - down, down - up
    named = sorted(name for name in up.elements() if name not in _BARE)
    bare = [name for name in _BARE if name in up]
    return Unit(
        tuple(named or bare[:1]), tuple(sorted(n for n in down.elements() if n not in _BARE))
    )


@lru_cache
def _as_unit(unit: Unit | str | None) -> Unit:
    return unit if isinstance(unit, Unit) else Unit.parse(unit)


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────


def multiply(one: Unit | str | None, other: Unit | str | None) -> Unit:
    """The unit of a product: money times a percentage is money.

    >>> str(multiply("GBP per won_deal", "won_deal"))
    'GBP'
    """
    a, b = _as_unit(one), _as_unit(other)
    return _unit((*a.above, *b.above), (*a.below, *b.below))


def divide(one: Unit | str | None, other: Unit | str | None) -> Unit:
    """The unit of a quotient; of two figures of one unit it is a plain number.

    >>> str(divide("GBP", "days"))
    'GBP per days'
    """
    a, b = _as_unit(one), _as_unit(other)
    return _unit((*a.above, *b.below), (*a.below, *b.above))


def add(one: Unit | str | None, other: Unit | str | None) -> Unit:
    """The unit of a sum or difference; only figures of one unit can be added.

    A plain number adds to a percentage (1 + growth), and percentage points do.

    >>> str(add("percent", None))
    'percent'
    """
    a, b = _as_unit(one), _as_unit(other)
    if a == b:
        return a
    if {a.kind, b.kind} in ({"percent", "plain"}, {"percent", "points"}) and not a.below + b.below:
        return a if a.kind == "percent" else b
    raise UsageError("unit-mismatch", f"{a} and {b} cannot be added")


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def format_value(
    value: float | None, unit: Unit | str | None, *, locale: str = "en_GB",
    precision: int | None = None, compact: bool = False,
) -> str:  # fmt: skip
    """A figure with its unit, as a locale writes it; None, or no number, is "Not known".

    Percentages have one decimal, other figures three significant digits and all digits before
    the point; `precision` sets the decimals. `compact` shortens large figures: £1.2M.

    >>> format_value(0.0412, "percent"), format_value(1234567, "GBP", compact=True)
    ('4.1%', '£1.2M')
    """
    number, word = format_parts(value, unit, locale=locale, precision=precision, compact=compact)
    return _joined(number, word, locale)


def format_difference(
    value: float | None, unit: Unit | str | None, *, locale: str = "en_GB",
    precision: int | None = None, compact: bool = False,
) -> str:  # fmt: skip
    """A difference of two figures with its sign; percentages differ by percentage points.

    >>> format_difference(0.005, "percent"), format_difference(-3, "days")
    ('+0.5 points', '−3 days')
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    parsed = _as_unit(unit)
    if parsed.kind == "percent":
        value, parsed = value * 100, _unit(("points",), parsed.below)
        precision = 1 if precision is None else precision
    number, word = format_parts(
        abs(value), parsed, locale=locale, precision=precision, compact=compact
    )
    if parsed.kind == "points":
        word = f"points {word}".strip()
    nothing = not any(digit.isdecimal() and int(digit) for digit in number)
    sign = "±" if nothing else MINUS if value < 0 else "+"
    return sign + _joined(number, word, locale)


def format_parts(
    value: float | None, unit: Unit | str | None, *, locale: str = "en_GB",
    precision: int | None = None, compact: bool = True,
) -> tuple[str, str]:  # fmt: skip
    """A figure and its unit apart, so that the unit can be set smaller; money keeps its sign.

    >>> format_parts(0.0412, "percent"), format_parts(74, "days"), format_parts(1.2e6, "GBP")
    (('4.1', '%'), ('74', 'days'), ('£1.2M', ''))
    """
    if precision is not None and not 0 <= precision <= MOST_DECIMALS:
        raise UsageError("wrong-type", f"a figure cannot be written with {precision} decimals")
    if value is None or not math.isfinite(value):
        return NOT_KNOWN, ""
    parsed = _as_unit(unit)
    currency = parsed.above[0] if parsed.kind == "money" else None
    exact = Decimal(repr(float(value))) * (100 if parsed.kind == "percent" else 1)
    if abs(exact) >= HUGE:
        number = _scientific(exact, locale) + (f" {currency}" if currency else "")
        return number, _word(parsed, exact, locale)
    digits = (precision, precision) if precision is not None else (
        _decimals(exact, parsed.kind == "percent", currency)
    )  # fmt: skip
    shown = exact.quantize(Decimal(1).scaleb(-digits[1]), ROUND_HALF_EVEN)
    shown = shown or abs(shown)  # nothing is never negative
    return _number(shown, currency, locale, digits, compact), _word(parsed, shown, locale)


def _decimals(value: Decimal, percent: bool, currency: str | None) -> tuple[int, int]:
    """The least and the most decimals of a figure."""
    exponent = value.adjusted() if value else 0
    two_digits = min(1 - exponent, MOST_DECIMALS)
    if percent:
        return (1, 1) if exponent >= -1 else (0, two_digits)
    if currency is None:
        return 0, min(max(0, 2 - exponent), MOST_DECIMALS)
    if abs(value) >= 1000 or value == value.to_integral_value():
        return 0, 0
    cents: int = _cldr().numbers.get_currency_precision(currency)
    return (cents, cents) if exponent >= -cents else (0, two_digits)


def _joined(number: str, word: str, locale: str) -> str:
    if not word:
        return number
    if not word.startswith("%"):
        return f"{number} {word}"
    return number + _percent_space(locale) + word


def _word(unit: Unit, value: Decimal, locale: str) -> str:
    """What stands after a figure: its unit in words, without money, whose sign is at the figure."""
    match unit.kind:
        case "percent":
            word = "%"
        case "duration":
            word = _duration(unit.above[0], value, locale)
        case "word" | "mixed":
            word = " × ".join(_spoken(name) for name in unit.above)
        case _:  # money, or what the figure's name says: points, count, score
            word = ""
    below = " × ".join(_spoken(name[:-1] if name in DURATIONS else name) for name in unit.below)
    return f"{word} per {below}".strip() if below else word


def _spoken(name: str) -> str:
    return name.replace("_", " ")


# ── the locale data ──────────────────────────────────────────────────────────────────────────


def _cldr() -> ModuleType:
    """Babel; its import takes a while and is needed only where figures are written."""
    import babel.numbers
    import babel.units

    return babel


@lru_cache
def _is_currency(name: str) -> bool:
    return bool(_CURRENCY.fullmatch(name)) and bool(_cldr().numbers.is_currency(name))


@lru_cache
def _locale(name: str) -> Any:
    babel = _cldr()
    try:
        if _LOCALE.fullmatch(name):
            return babel.Locale.parse(name.replace("-", "_"))
        raise ValueError(name)
    except (ValueError, babel.UnknownLocaleError):
        raise UsageError("unknown-locale", f"{name!r} is not a language and country") from None


@lru_cache
def _pattern(locale: str, currency: bool, digits: tuple[int, int]) -> Any:
    known = _locale(locale)
    formats = known.currency_formats if currency else known.decimal_formats
    pattern = copy.copy(formats["standard" if currency else None])
    pattern.frac_prec = digits
    return pattern


@lru_cache
def _percent_space(locale: str) -> str:
    suffix = str(_locale(locale).percent_formats[None].suffix[0])
    return suffix.partition("%")[0]


def _number(
    value: Decimal, currency: str | None, locale: str, digits: tuple[int, int], compact: bool
) -> str:
    if compact and abs(value) >= COMPACT_FROM:
        text = _shortened(value, currency, locale)
    else:
        pattern = _pattern(locale, currency is not None, digits)
        text = str(pattern.apply(value, _locale(locale), currency=currency, currency_digits=False))
    return text.replace("-", MINUS, 1) if value < 0 else text


def _shortened(value: Decimal, currency: str | None, locale: str) -> str:
    """A large figure with three significant digits at most, in the locale's thousands."""
    plain = int(value.quantize(Decimal(1).scaleb(value.adjusted() - 2), ROUND_HALF_EVEN))
    numbers, known = _cldr().numbers, _locale(locale)
    if currency is None:
        return str(numbers.format_compact_decimal(plain, locale=known, fraction_digits=1))
    return str(numbers.format_compact_currency(plain, currency, locale=known, fraction_digits=1))


def _scientific(value: Decimal, locale: str) -> str:
    text = _cldr().numbers.format_scientific(value, format="0.##E0", locale=_locale(locale))
    return str(text).replace("-", MINUS, 1) if value < 0 else str(text)


def _duration(name: str, value: Decimal, locale: str) -> str:
    """A length of time in the locale's words, or in English where it has none."""
    size = min(abs(value), Decimal(HUGE))
    count = int(size) if size == int(size) else size
    units, one = _cldr().units, name[:-1]
    text = str(units.format_unit(count, f"duration-{one}", locale=_locale(locale), format="0"))
    word = re.sub(r"[\d\s.,−-]+", " ", text).strip()
    if word and "duration" not in word:
        return word
    return one if count == 1 else name
