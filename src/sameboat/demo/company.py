"""The skeleton of Harbourline that the exports of every department share.

Weeks count from `truths.FIRST_WEEK` (a Monday). The whole company is lived through to
`HORIZON` whatever day the exports end, so that the same seed tells the same past: an export
until a later day only adds to an earlier one.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sameboat.demo import truths
from sameboat.demo.chance import Flags, Floats, Ints
from sameboat.errors import UsageError

Dates = npt.NDArray[np.datetime64]
Columns = Mapping[str, Any]
"""The columns of one table, NumPy or Arrow arrays of one length, by name."""

FIRST_WEEK = np.datetime64(truths.FIRST_WEEK)
HORIZON = np.datetime64("2027-04-25")
WEEKS = int((HORIZON - FIRST_WEEK).astype(int) + 1) // 7
"""Weeks that are lived through, from the first Monday to the horizon."""

SHOWN_WEEKS = int((np.datetime64(truths.UNTIL) - FIRST_WEEK).astype(int) + 1) // 7
"""Weeks that the board can show; they are told so that nothing but the truths stands out."""

FIRST_MONTH = np.datetime64("2024-11", "M")
MONTHS = int((HORIZON.astype("datetime64[M]") - FIRST_MONTH).astype(int)) + 1
SHOWN_MONTHS = int((np.datetime64(truths.UNTIL, "M") - FIRST_MONTH).astype(int))
"""Whole months that the board can judge; the month that has begun is not one of them."""

WINDOW_DAYS = 90
"""How long after its creation a lead may still become a customer that counts."""

NEVER = np.datetime64("NaT", "D")

TEAMS = ("marketing", "sales", "customer_success", "support", "product", "it", "finance", "people")
CORE = 6
"""The first six teams share the KPIs; finance and people give data."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "marketing": ("Mktg", "Marketing", "marketing"),
    "sales": ("Sales", "SALES", "Field Sales"),
    "customer_success": ("CS", "Customer Success", "Cust. Success"),
    "support": ("Support", "support", "Service Desk"),
    "product": ("Product", "R&D", "product"),
    "it": ("IT", "I.T.", "Platform"),
    "finance": ("Finance", "FIN", "Finance"),
    "people": ("People", "HR", "People"),
}
"""How the systems spell each team, the commonest first."""

REGIONS = ("UK & Ireland", "Nordics", "Benelux", "Baltic", "Mediterranean")
REGION_SHARE = (0.34, 0.24, 0.18, 0.11, 0.13)
FIRST_NAMES = ("Aino", "Bram", "Cara", "Dev", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas",
               "Kaia", "Liam", "Maren", "Nils", "Orla", "Petra", "Rhys", "Saara", "Tove", "Wim",
               )  # fmt: skip
LAST_NAMES = ("Berg", "Casey", "Dahl", "Evans", "Falk", "Grant", "Hansen", "Ivers", "Jansen",
              "Kerr", "Lund", "Moran", "Nyberg", "Olsen", "Price", "Quinn", "Roos", "Strand",
              )  # fmt: skip
WATERS = ("Skerry", "Sound", "Firth", "Fjord", "Strait", "Haven", "Estuary", "Island", "Lagoon",
          "Gulf", "Bay", "Archipelago", "Delta", "Narrows", "Channel", "Headland")  # fmt: skip
TRADES = ("Ferries", "Lines", "Harbour", "Crossings", "Water Taxi", "Marine", "Port", "Shipping")


@dataclass(frozen=True)
class Company:
    """One telling of Harbourline: its seed, and the day on which its systems were exported."""

    seed: int
    until: date

    def __post_init__(self) -> None:
        if not truths.FIRST_WEEK < self.until <= HORIZON.astype(date):
            raise UsageError(
                "demo-period",
                f"Harbourline can be told from {truths.FIRST_WEEK} until {HORIZON}, "
                f"not until {self.until}.",
            )

    @property
    def last_day(self) -> np.datetime64:
        return np.datetime64(self.until)

    def rng(self, department: str) -> np.random.Generator:
        """The department's own chance, so that a change in one leaves the others as they are."""
        return np.random.default_rng([self.seed, zlib.crc32(department.encode())])

    def known(self, days: Dates) -> Flags:
        """Which days the exports can know of; a missing day is not known."""
        return np.asarray(days <= self.last_day)

    def happened(self, days: Dates) -> Dates:
        """The days with those after the export left out, as a system would not know them yet."""
        return np.where(self.known(days), days, NEVER)


def week_start(weeks: Ints) -> Dates:
    """The Monday of each week."""
    return np.asarray(FIRST_WEEK + 7 * weeks)


def weeks_of(days: Dates) -> Ints:
    """The week that holds each day."""
    return np.asarray((days.astype("datetime64[D]") - FIRST_WEEK).astype(np.int64) // 7)


def months_of(days: Dates) -> Ints:
    """The month that holds each day, counted from November 2024."""
    return np.asarray((days.astype("datetime64[M]") - FIRST_MONTH).astype(np.int64))


def week_of(day: date) -> int:
    """The week that holds the day.

    >>> week_of(date(2024, 10, 28)), week_of(date(2026, 10, 25))
    (0, 103)
    """
    return (day - truths.FIRST_WEEK).days // 7


def month_start(months: Ints) -> Dates:
    """The first day of each month."""
    return np.asarray((FIRST_MONTH + months).astype("datetime64[D]"))


def day_in_month(rng: np.random.Generator, months: Ints) -> Dates:
    """A day within each month, drawn evenly from its first 28 days."""
    return np.asarray(month_start(months) + rng.integers(0, 28, len(months)))


def moment(rng: np.random.Generator, days: Dates) -> Dates:
    """A time of day within working hours, so that no zone moves it to another day."""
    return np.asarray(days.astype("datetime64[s]") + rng.integers(6 * 3600, 20 * 3600, len(days)))


def cut(columns: Columns, keep: Ints | Flags) -> Columns:
    """The same columns with only some rows, by position or by flag.

    Exports are made whole and cut at the end, so that a later day draws the same past.
    """
    rows = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
    return {
        name: values.take(pa.array(rows)) if isinstance(values, pa.Array) else values[rows]
        for name, values in columns.items()
    }


# ── columns as systems export them ───────────────────────────────────────────────────────────


def words(names: Sequence[str], codes: Ints | Flags) -> pa.Array:
    """Texts by their position in a list."""
    return pa.array(names).take(pa.array(codes.astype(np.int64)))


def ids(prefix: str, numbers: Ints, width: int = 5, present: Flags | None = None) -> pa.Array:
    """Identifiers such as `HB-00042`; null where not present."""
    mask = None if present is None else ~present
    digits = pc.utf8_lpad(pa.array(numbers, mask=mask).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def account_ids(numbers: Ints, present: Flags | None = None) -> pa.Array:
    """The identifiers of accounts."""
    return ids("HB-", numbers, present=present)


def near_misses(column: pa.Array, wrong: Flags) -> pa.Array:
    """The same identifiers, some typed without their hyphen: a join on them finds nothing."""
    return pc.if_else(pa.array(wrong), pc.replace_substring(column, "-", " "), column)


def people(rng: np.random.Generator, count: int) -> tuple[pa.Array, pa.Array]:
    """Made-up names and mail addresses, which the project keeps out as personal."""
    first = words(FIRST_NAMES, rng.integers(0, len(FIRST_NAMES), count))
    last = words(LAST_NAMES, rng.integers(0, len(LAST_NAMES), count))
    name = pc.binary_join_element_wise(first, last, " ")
    mail = pc.binary_join_element_wise(
        pc.utf8_lower(pc.replace_substring(name, " ", ".")), "example.org", "@"
    )
    return name, mail


def spelled(rng: np.random.Generator, teams: Ints, typos: float = 0.0) -> pa.Array:
    """Teams as a system spells them; a share of `typos` maps to no team at all."""
    variants = [spelling for team in TEAMS for spelling in SPELLINGS[team]]
    variant = np.searchsorted((0.7, 0.9), rng.random(len(teams)))
    names = words(variants, 3 * teams + variant)
    if not typos:
        return names
    return pc.if_else(pa.array(rng.random(len(teams)) < typos), "Cust Sucess", names)


def present(values: npt.NDArray[Any], flags: Flags) -> pa.Array:
    """The values, null where the flag is not set."""
    return pa.array(values, mask=~flags)


def money(amounts: Floats) -> Floats:
    """Amounts in pounds and pence."""
    return np.asarray(np.round(amounts, 2))
