"""The sliders of a page: their rows in words, and the model by which a browser redraws them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from babel import Locale
from babel.numbers import format_decimal

from sameboat.analysis.scenarios import FINE, Scenario
from sameboat.charts.figures import Figures, full_day
from sameboat.charts.time_axis import dated_period
from sameboat.questions.outlook.answer import Outlook, Slider, Unmoved
from sameboat.units import MINUS

SCALES = (1.0, 100.0, 1e-3, 1e-6, 1e-9)
"""What a figure may be multiplied by before it is written: percentages, thousands, millions."""

MOST_STOPS = 400
"""Places of one slider."""

PREFIX = "set-"

GRADES: Mapping[str, str] = {
    "arithmetic": "arithmetic", "experiment": "experiment", "observational": "observational",
    "belief": "belief",
}  # fmt: skip


# ── numbers that both sides write alike ──────────────────────────────────────────────────────


@dataclass(frozen=True)
class Numerals:
    """How figures of one size are written, simple enough for a script to write them alike."""

    scale: float
    decimals: int
    prefix: str
    suffix: str
    locale: str

    @classmethod
    def like(cls, figures: Figures, sample: float) -> Numerals:
        """As the unit's own figures write a sample."""
        size = abs(sample)
        text = figures.short(size)
        tag = figures.locale.replace("-", "_")
        symbols = Locale.parse(tag).number_symbols["latn"]
        match = re.search(r"\d(?:[\d.,'’\s]*\d)?", text)
        if match is None:
            return cls(1.0, 2, "", "", figures.locale)
        number, point = match[0], symbols.get("decimal", ".")
        decimals = len(number.rpartition(point)[2]) if point in number else 0
        for scale in SCALES:
            found = cls(scale, decimals, text[: match.start()], text[match.end() :], figures.locale)
            if found.text(size) == text:
                return found
        return cls(1.0, 2, "", "", figures.locale)

    def text(self, value: float) -> str:
        """A figure as it is written."""
        step = Decimal(1).scaleb(-self.decimals)
        exact = Decimal(repr(abs(value) * self.scale)).quantize(step, ROUND_HALF_EVEN)
        pattern = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        number = format_decimal(exact, pattern, locale=self.locale.replace("-", "_"))
        sign = MINUS if value < 0 and exact else ""
        return f"{sign}{self.prefix}{number}{self.suffix}"


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SliderRow:
    """A slider with the words beside it; numbers as a form holds them."""

    name: str
    label: str
    grade: str
    now: str
    value: str
    value_words: str
    default: str
    low: str
    high: str
    step: str
    low_words: str
    high_words: str
    seen: str
    stops: str
    said: str
    clear: bool


def plain_number(value: float) -> str:
    """A number as a form and an address hold it.

    >>> plain_number(0.30000000000000004), plain_number(12.0)
    ('0.3', '12')
    """
    return f"{value:.12g}"


def default_of(one: Slider) -> str:
    """Where the slider of a driver stands that is not moved: the stop next to its value now."""
    return plain_number(_stops(one)[_place(one, one.now)])


def slider_row(one: Slider, answer: Outlook, locale: str) -> SliderRow:
    """A slider as a row of its table."""
    own, stops = Figures(one.unit, locale), _stops(one)
    value = default_of(one) if not one.moved else plain_number(one.value)
    return SliderRow(
        name=f"{PREFIX}{one.metric}", label=one.label, grade=GRADES[one.evidence],
        now=own.full(one.now), value=value, value_words=own.full(one.value),
        default=default_of(one), low=plain_number(stops[0]), high=plain_number(stops[-1]),
        step=plain_number(one.step), low_words=own.bare(stops[0]), high_words=own.full(stops[-1]),
        seen=f"{own.bare(one.least)} to {own.full(one.most)} so far",
        stops="|".join(own.full(stop) for stop in stops),
        said=effect_words(one, answer, locale), clear=one.clear,
    )  # fmt: skip


def _stops(one: Slider) -> list[float]:
    """Every place of a slider, the multiples of its step between its limits."""
    first = math.ceil(one.low / one.step - 1e-9)
    last = max(math.floor(one.high / one.step + 1e-9), first)
    places = range(first, min(last, first + MOST_STOPS) + 1)
    return [float(plain_number(at * one.step)) for at in places]


def _place(one: Slider, value: float) -> int:
    stops = _stops(one)
    return min(range(len(stops)), key=lambda at: abs(stops[at] - value))


def effect_words(one: Slider, answer: Outlook, locale: str) -> str:
    """What a tenth more gives, how that is known and from when on; nothing is said of causes."""
    figures = Figures(answer.unit, locale)
    if not math.isfinite(one.gives):
        return "The formula has no value with a tenth more."
    gives = figures.change(one.gives)
    if one.said == "exact":
        return f"10% more gives {gives}, exactly, with all other parts as they are."
    span = f"{figures.change_bare(one.gives_low)} to {figures.change(one.gives_high)}"
    parts = []
    if not re.search("[1-9]", span):
        parts.append("With 10% more next to nothing has been seen, in either direction.")
    elif not one.clear:
        parts.append(f"The sign is not clear: with 10% more anything from {span} fits.")
    elif one.said == "record":
        parts.append(
            f"If the pattern of the past holds, 10% more goes with {gives} (19 times in 20 {span})."
        )
    elif one.said == "owner":
        parts.append(f"Its owner says: 10% more gives {gives} (19 times in 20 {span}).")
    else:
        parts.append(
            f"Its owner says {gives} for 10% more, without a range: anything from nothing to "
            f"twice as much is taken ({span})."
        )
    if one.said == "record":
        parts.append(f"Read from {one.n} past periods, not from a trial.")
    if one.against:
        parts.append("The record shows the opposite of what is declared.")
    if one.expired:
        parts.append("The day by which its evidence was to be looked at again has passed.")
    return " ".join([*parts, *_when(one, answer, locale)])


def _when(one: Slider, answer: Outlook, locale: str) -> list[str]:
    through = f" by way of {' and '.join(one.through)}" if one.through else ""
    if one.lag is None:
        return [f"Felt{through} at once."] if through else []
    if one.felt is None:
        return []
    if answer.periods and one.felt > answer.periods[-1]:
        return [f"Felt {one.lag} later{through}: after all that is shown here."]
    late = answer.target is not None and answer.target.by is not None and (
        one.felt > answer.target.by
    )  # fmt: skip
    return [
        f"Felt {one.lag} later{through}, from {full_day(one.felt, locale)}"
        + (": after the target's date." if late else ".")
    ]


def unmoved_words(one: Unmoved) -> str:
    """Why a driver has no slider, as a sentence."""
    return f"{one.reason[:1].upper()}{one.reason[1:]}."


# ── the model for the browser ────────────────────────────────────────────────────────────────


def model_of(answer: Outlook, locale: str) -> str | None:
    """All that the script needs to redraw the future, as JSON; None without a forecast.

    It holds the quantiles of the KPI's own forecast, the latest figures of its formula's parts
    and draws of the influences: figures of whole metrics, that this page shows as well.
    """
    scenario = answer.scenario
    if scenario is None or not answer.mean:
        return None
    shown = len(answer.periods)
    numerals = numerals_of(answer, locale)
    told = {
        "levels": scenario.ahead[0].levels,
        "ahead": [one.quantiles for one in scenario.ahead],
        "shown": shown,
        "movers": [
            {
                "name": PREFIX + one.name, "now": one.now,
                "ways": [[way.leaf, way.lag, way.draws] for way in one.ways],
            }
            for one in scenario.movers
        ],
        "formula": scenario.formula, "leaves": scenario.leaves, "scaled": scenario.scaled,
        "bounds": scenario.bounds, "aim": _aim(answer, scenario), "at": place_told(answer),
        "numerals": [
            numerals.scale, numerals.decimals, numerals.prefix, numerals.suffix, locale, MINUS,
        ],
        "before": chance_text(answer.chance.value), "words": words_of(answer, locale),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _aim(answer: Outlook, scenario: Scenario) -> Mapping[str, object] | None:
    aim = scenario.aim
    if aim is None or answer.stale_since is not None:
        return None
    assert len(aim.spread.quantiles) == FINE
    return {
        "value": aim.value, "good": aim.good, "quantiles": aim.spread.quantiles,
        "first": aim.first, "last": aim.last, "known": aim.known, "weight": aim.weight,
    }  # fmt: skip


def place_told(answer: Outlook) -> int:
    """The place of the period that is told of: the target's, or else the last one shown."""
    return answer.at_target if answer.at_target is not None else len(answer.periods) - 1


def numerals_of(answer: Outlook, locale: str) -> Numerals:
    """How the KPI's future figures are written beside the sliders."""
    return Numerals.like(Figures(answer.unit, locale), answer.mean[place_told(answer)])


def chance_text(value: float | None) -> str:
    """A chance in whole percent, half upwards; empty where it is not known."""
    return "" if value is None else f"{math.floor(100 * value + 0.5)}%"


def words_of(answer: Outlook, locale: str) -> Mapping[str, str]:
    """The sentences of the live result; `{…}` are filled in by whoever reckons."""
    at = place_told(answer)
    when = dated_period(answer.periods[at], answer.grain, locale)
    base = numerals_of(answer, locale).text(answer.mean[at])
    moved = (
        f"So moved, the middle for {when} is {{middle}} instead of {base}, "
        "8 times in 10 between {low} and {high}"
    )
    if answer.chance.value is None:
        end = f". The chance to hit is not known: {answer.chance.reason}."
    else:
        end = ", and the chance to hit the target is {chance} instead of {before}."
    return {
        "moved": moved + end,
        "still": "Nothing is moved: the forecast is as it is.",
        "undefined": "There the formula has no value: nothing can be said.",
    }


def scenario_words(answer: Outlook, locale: str) -> str | None:
    """What the sliders make of it, in one sentence; None where none is moved."""
    if answer.moved is None or not answer.mean:
        return None
    at, numerals = place_told(answer), numerals_of(answer, locale)
    chance = answer.with_sliders.value if answer.with_sliders is not None else None
    told = {
        "middle": numerals.text(answer.moved.middle[at]),
        "low": numerals.text(answer.moved.lower[80][at]),
        "high": numerals.text(answer.moved.upper[80][at]),
        "chance": chance_text(chance), "before": chance_text(answer.chance.value),
    }  # fmt: skip
    words = words_of(answer, locale)["moved"]
    return re.sub(r"\{(\w+)\}", lambda found: told.get(found[1], found[0]), words)
