"""First metrics: how many rows, sums of money and quantities, shares that a status suggests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sameboat.project.names import spelled, suggestion, words
from sameboat.project.sql_text import literal
from sameboat.questions.first_look.keys import Keys
from sameboat.questions.first_look.profile import Column, Profile
from sameboat.questions.first_look.tables import DimensionDraft, TableDraft
from sameboat.questions.first_look.words import names_a_key, plural, shown, without_key

MOST_SUMS = 5

_MONEY = frozenset(
    {
        "amount", "amt", "revenue", "sales", "cost", "total", "net", "gross", "tax", "freight",
        "fee", "fees", "mrr", "arr", "spend", "budget", "payment", "refund", "margin", "profit",
        "value", "quota", "expense", "paid", "refunded", "umsatz", "betrag", "turnover",
    }
)  # fmt: skip
_QUANTITIES = frozenset(
    {
        "quantity", "qty", "units", "hours", "minutes", "seconds", "calls", "orders", "items",
        "visits", "clicks", "impressions", "sessions", "pieces", "volume", "issues", "raised",
        "responses", "seats", "stunden", "menge", "anzahl", "heads", "emitted",
    }
)  # fmt: skip
_NOT_ADDED = frozenset(
    {
        "unit", "price", "rate", "pct", "percent", "percentage", "ratio", "average", "avg", "mean",
        "score", "rating", "age", "year", "month", "day", "quarter", "week", "number", "id", "key",
        "code", "latitude", "longitude", "probability", "balance", "weight", "size", "index",
        "standard", "list", "min", "max", "annual", "yearly", "level", "grade", "version", "width",
        "height", "home", "time", "operators", "target", "limit",
    }
)  # fmt: skip
_STATES = frozenset({"status", "state", "stage", "outcome", "result", "disposition", "resolution"})
WON = frozenset(
    {
        "won", "closed won", "closedwon", "success", "succeeded", "successful", "completed",
        "complete", "done", "resolved", "solved", "paid", "converted", "implemented", "delivered",
        "approved", "accepted", "passed", "fulfilled", "shipped", "signed", "gewonnen",
        "abgeschlossen", "erledigt",
    }
)  # fmt: skip
LOST = frozenset(
    {
        "lost", "closed lost", "closedlost", "failed", "failure", "rejected", "cancelled",
        "canceled", "withdrawn", "refused", "declined", "churned", "expired", "abandoned",
        "deferred", "replaced", "void", "uncollectible", "denied", "disqualified", "verloren",
        "storniert", "abgelehnt",
    }
)  # fmt: skip
_FLAGS = frozenset(
    {"won", "converted", "sla", "finished", "succeeded", "passed", "paid", "completed", "delivered",
     "resolved", "accepted", "promoter"}
)  # fmt: skip
_DEALS = frozenset({"opportunity", "deal", "sale", "quote", "bid", "tender", "offer"})
_AROUND = frozenset({"is", "has", "was", "made", "met", "flag", "on"})
_CALENDARS = frozenset({"date", "calendar", "day", "time", "holiday", "daylight_time", "time_zone"})
_FIRST_SUMS = ("revenue", "sales", "mrr", "arr", "amount", "quantity", "orders", "calls")
_STARTS = ("created", "opened", "creation", "start", "started", "idea", "order", "submitted")
_ENDS = ("closed", "resolved", "released", "completed", "solved", "shipped", "ship", "delivered",
         "finished", "converted", "merged")  # fmt: skip


@dataclass(frozen=True)
class MetricDraft:
    """A metric as it is to be declared: its keys in order, and a remark for people."""

    name: str
    keys: tuple[tuple[str, str], ...]
    remark: str = ""

    def key(self, name: str) -> str | None:
        return dict(self.keys).get(name)


@dataclass(frozen=True)
class _Known:
    """One table from both sides: as it is declared and as the data show it."""

    draft: TableDraft
    profile: Profile
    keys: Keys

    @property
    def name(self) -> str:
        return self.draft.name

    @property
    def many(self) -> str:
        return plural(self.keys.entities[self.name])

    @property
    def deals(self) -> bool:
        """Whether each row is something that sales wins or loses."""
        return bool(set(words(self.keys.entities[self.name])) & _DEALS)

    @property
    def people(self) -> bool:
        """Whether each row is a person."""
        return self.draft.whose == "each row is a person"

    def open_columns(self) -> Iterator[Column]:
        """The columns that expressions may name."""
        linked = {join.column for join in self.keys.joins if join.table == self.name}
        for column in self.profile.columns:
            if not self.draft.hides(column.name) and column.name not in linked and column.filled:
                yield column


def metrics(
    tables: Sequence[TableDraft], profiles: Mapping[str, Profile], keys: Keys
) -> tuple[MetricDraft, ...]:
    """First metrics of every table that has a time; of all tables where none has."""
    timed = [
        t for t in tables
        if t.time and keys.entities[t.name] not in _CALENDARS and "history" not in words(t.name)
    ]  # fmt: skip
    timed = timed or list(tables)
    taken: set[str] = set()
    found: list[MetricDraft] = []
    for table in timed:
        found += _of(_Known(table, profiles[table.name], keys), taken)
    return tuple(found)


def _of(known: _Known, taken: set[str]) -> Iterator[MetricDraft]:
    table = known.name
    count = _free(known.many, taken)
    composite = known.keys.primary.get(table)
    unit_of_row = (
        "rows; nothing identifies one, so check that none stands twice" if composite is None else ""
    )
    yield MetricDraft(
        count,
        (("label", shown(count)), ("type", "simple"), ("table", table), ("agg", "count"),
         ("unit", "count")),
        unit_of_row,
    )  # fmt: skip
    yield from _distinct(known, taken)
    yield from _sums(known, taken)
    log = _is_log(known)
    if not log:
        yield from _shares(known, count, taken)
        yield from _durations(known, taken)
    yield from _scores(known, taken)


def _is_log(known: _Known) -> bool:
    """Whether the rows are events of something else, so that their states are not its state."""
    own = known.keys.primary.get(known.name)
    first = next(iter(known.profile.columns), None)
    if own is not None and own.one:
        return False
    return (
        first is not None
        and 0 < first.distinct * 3 < known.profile.rows * 2
        and (
            (names_a_key(first.name) and own is not None and first.name in own.columns)
            or (own is None and names_a_key(first.name))
        )
    )


def _free(name: str, taken: set[str]) -> str:
    plain = suggestion(name) or "metric"
    found, count = plain, 2
    while found in taken:
        found, count = f"{plain}_{count}", count + 1
    taken.add(found)
    return found


def _distinct(known: _Known, taken: set[str]) -> Iterator[MetricDraft]:
    """How many different persons, accounts and orders stand behind the rows."""
    for join in known.keys.joins:
        counted = known.draft.subject in ("contact", "account")
        if join.table == known.name and counted and known.draft.whose == f"by {join.column}":
            name = _free(f"{plural(join.entity)}_with_{known.many}", taken)
            yield _count_distinct(known, name, join.column)
    for person in known.draft.pseudonymous:
        if known.draft.whose == f"by {person.column}" and not any(
            join.column == person.column for join in known.keys.joins if join.table == known.name
        ):
            base = "_".join(without_key(person.column)) or "person"
            name = _free(f"{plural(base)}_with_{known.many}", taken)
            yield _count_distinct(known, name, person.column)
    own = known.keys.primary.get(known.name)
    first = known.profile.columns[0].name
    parts = own.columns if own is not None else (first,) if names_a_key(first) else ()
    open_ = {column.name for column in known.open_columns()}
    for part in parts if len(parts) != 1 or own is None else ():
        column = known.profile.column(part)
        if part in open_ and names_a_key(part) and column.distinct * 3 < known.profile.rows * 2:
            if words(part)[-1] in ("number", "no", "nr") and "line" in words(part):
                continue
            base = "_".join(without_key(part)) or f"{known.keys.entities[known.name]}_{part}"
            yield _count_distinct(known, _free(plural(base), taken), part)
            return


def _count_distinct(known: _Known, name: str, column: str) -> MetricDraft:
    return MetricDraft(
        name,
        (("label", shown(name)), ("type", "simple"), ("table", known.name),
         ("agg", "count_distinct"), ("expr", spelled(column)), ("unit", "count")),
        f"different values of {column}",
    )  # fmt: skip


# ── sums ─────────────────────────────────────────────────────────────────────────────────────


def _sums(known: _Known, taken: set[str]) -> Iterator[MetricDraft]:
    if known.people:
        return
    currency = _currency(known)
    made = 0
    for column in sorted(known.open_columns(), key=_rank):
        parts = set(words(column.name))
        money, quantity = bool(parts & _MONEY), bool(parts & _QUANTITIES)
        if not (money or quantity) or parts & _NOT_ADDED or made >= MOST_SUMS:
            continue
        expr = _number(column)
        if expr is None or column.distinct < 2:
            continue
        made += 1
        name = "_".join(words(column.name))
        if name in taken or len(words(column.name)) == 1:
            name = f"{known.keys.entities[known.name]}_{name}"
        name = _free(name, taken)
        keys = [("label", shown(name)), ("type", "simple"), ("table", known.name), ("agg", "sum"),
                ("expr", expr)]  # fmt: skip
        remark = ""
        if money and not quantity and currency is not None:
            if currency.only:
                keys.append(("filter", f"{spelled(currency.column)} = {literal(currency.only)}"))
                remark = f"only {currency.only}: {currency.column} holds several currencies"
            if currency.code:
                keys.append(("unit", currency.code))
            remark = remark or currency.remark
        elif money and not quantity:
            remark = "money? then say in which currency, such as `unit: EUR`"
        elif quantity:
            keys.append(("unit", "count" if not parts & {"hours", "minutes"} else
                         "hours" if "hours" in parts else "minutes"))  # fmt: skip
        yield MetricDraft(name, tuple(keys), remark)


def _rank(column: Column) -> int:
    """Where a column stands among those to add up: what is sold before tax and fees."""
    parts = set(words(column.name))
    return next((at for at, word in enumerate(_FIRST_SUMS) if word in parts), len(_FIRST_SUMS))


def _number(column: Column) -> str | None:
    """The expression that gives a column's numbers, None where it holds none."""
    name = spelled(column.name)
    if column.is_number:
        return name
    if column.written == "comma":
        return f"cast(replace(replace(trim({name}), '.', ''), ',', '.') as double)"
    if column.written == "point":
        plain = f"replace({name}, ',', '')"
        for sign in "$€£":
            plain = f"replace({plain}, '{sign}', '')"
        return f"cast(trim({plain}) as double)"
    return None


@dataclass(frozen=True)
class _Currency:
    column: str
    code: str | None
    only: str | None
    remark: str


def _currency(known: _Known) -> _Currency | None:
    for column in known.profile.columns:
        if "currency" not in words(column.name):
            continue
        codes = [v for v, _ in column.values if re.fullmatch(r"[A-Za-z]{3}", v)]
        if column.kind == "text" and codes and len(codes) == len(column.values):
            only = codes[0] if len(codes) > 1 else None
            return _Currency(column.name, codes[0].upper(), only, "")
        if column.distinct > 1:
            return _Currency(
                column.name, None, None,
                f"{column.name} has {column.distinct} values: where amounts are in several"
                " currencies, their sum means nothing",
            )  # fmt: skip
    return None


def currency_of(drafts: Sequence[MetricDraft]) -> str | None:
    """The one currency of all money in these metrics, or None."""
    codes = {unit for m in drafts if (unit := m.key("unit")) and re.fullmatch(r"[A-Z]{3}", unit)}
    return codes.pop() if len(codes) == 1 else None


# ── shares, durations, scores ────────────────────────────────────────────────────────────────


def _shares(known: _Known, count: str, taken: set[str]) -> Iterator[MetricDraft]:
    done = 0
    for column in known.open_columns():
        parts = words(column.name)
        flag = column.kind == "boolean" and column.distinct == 2 and set(parts) - _AROUND
        if flag and flag <= _FLAGS and done < 2:
            done += 1
            yield from _flag_share(known, column, count, taken)
        elif column.kind == "text" and set(parts) & _STATES and len(column.values) > 1 and done < 2:
            won = [v for v, _ in column.values if _plain(v) in WON]
            if won:
                done += 1
                lost = [v for v, _ in column.values if _plain(v) in LOST]
                yield from _state_share(known, column, won, lost, count, taken)


def _plain(value: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", value.lower()).split())


def _state_share(
    known: _Known, column: Column, won: list[str], lost: list[str], count: str, taken: set[str]
) -> Iterator[MetricDraft]:
    state = spelled(column.name)
    adjective = suggestion(_plain(won[0]).removeprefix("closed ")) or "won"
    top = _free(f"{adjective}_{known.many}", taken)
    yield _filtered(known, top, f"{state} in ({_texts(won)})")
    bottom = count
    if lost:
        bottom = _free(f"finished_{known.many}", taken)
        yield _filtered(known, bottom, f"{state} in ({_texts([*won, *lost])})")
    name = f"{adjective}_share_of_{known.many}"
    if adjective == "won" and known.deals:
        name = "win_rate"
    remark = f"{column.name}: {', '.join(won)}"
    remark += f" against {', '.join(lost)}" if lost else " of all rows"
    yield _ratio(_free(name, taken), top, bottom, remark)


def _texts(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _filtered(known: _Known, name: str, condition: str) -> MetricDraft:
    return MetricDraft(
        name,
        (("label", shown(name)), ("type", "simple"), ("table", known.name), ("agg", "count"),
         ("filter", condition), ("unit", "count")),
    )  # fmt: skip


def _flag_share(
    known: _Known, column: Column, count: str, taken: set[str]
) -> Iterator[MetricDraft]:
    base = "_".join(part for part in words(column.name) if part not in ("is", "has", "was"))
    top = _free(f"{base}_{known.many}", taken)
    yield _flagged(known, top, column.name)
    bottom, remark = count, f"{column.name} is true, of all rows"
    closed = next(
        (c for c in known.open_columns() if c.kind == "boolean" and "closed" in words(c.name)), None
    )
    if base == "won" and closed is not None:
        bottom, remark = _free(f"closed_{known.many}", taken), f"of the rows where {closed.name}"
        yield _flagged(known, bottom, closed.name)
    name = "win_rate" if base == "won" and known.deals else f"{base}_share_of_{known.many}"
    yield _ratio(_free(name, taken), top, bottom, remark)


def _flagged(known: _Known, name: str, column: str) -> MetricDraft:
    return MetricDraft(
        name,
        (("label", shown(name)), ("type", "simple"), ("table", known.name),
         ("agg", "sum_boolean"), ("expr", spelled(column)), ("unit", "count")),
    )  # fmt: skip


def _ratio(name: str, top: str, bottom: str, remark: str) -> MetricDraft:
    return MetricDraft(
        name,
        (("label", shown(name)), ("type", "ratio"), ("numerator", top), ("denominator", bottom),
         ("unit", "percent"), ("good", "up"), ("kind", "outcome")),
        remark,
    )  # fmt: skip


def _durations(known: _Known, taken: set[str]) -> Iterator[MetricDraft]:
    """From the first time of a row to its last one, where their names say so."""
    open_ = {column.name: column for column in known.open_columns()}
    times = [d for d in known.draft.dimensions if d.grain is not None and d.column in open_]
    start = _named(times, _STARTS)
    end = _named([t for t in times if t is not start], _ENDS)
    if start is None or end is None or "due" in words(end.column):
        return
    if open_[start.column].kind != open_[end.column].kind or not _follows(known, start, end):
        return
    name = _free(f"days_from_{start.name}_to_{end.name}", taken)
    yield MetricDraft(
        name,
        (("label", f"Days from {start.name.replace('_', ' ')} to {end.name.replace('_', ' ')}"),
         ("type", "duration"), ("table", known.name), ("start", spelled(start.column)),
         ("end", spelled(end.column)), ("summary", "median"), ("unit", "days"), ("good", "down"),
         ("kind", "outcome")),
    )  # fmt: skip


def _follows(known: _Known, start: DimensionDraft, end: DimensionDraft) -> bool:
    """Whether nearly all rows of the sample end after they began."""
    rows = zip(known.profile.sample[start.column], known.profile.sample[end.column], strict=True)
    both = [began <= ended for began, ended in rows if began is not None and ended is not None]
    return bool(both) and sum(both) >= 0.95 * len(both)


def _named(times: Sequence[DimensionDraft], wanted: Sequence[str]) -> DimensionDraft | None:
    for word in wanted:
        for one in times:
            if word in words(one.column) and not {"updated", "last"} & set(words(one.column)):
                return one
    return None


def _asked(known: _Known) -> Iterator[tuple[str, str, Column]]:
    """Kinds of questions whose answers stand in one column: method, condition, answers."""
    answers = [
        column
        for column in known.open_columns()
        if column.kind == "integer" and set(words(column.name)) & {"score", "rating", "answer"}
    ]
    for column in known.open_columns() if answers else ():
        for value, _ in column.values:
            if column.kind == "text" and value.lower() in ("nps", "csat"):
                yield value.lower(), f"{spelled(column.name)} = {literal(value)}", answers[0]


def _scores(known: _Known, taken: set[str]) -> Iterator[MetricDraft]:
    for method, condition, column in _asked(known):
        remark = "say whose answer counts once, such as `one_per: [account, quarter]`"
        yield _survey(known, method, column, taken, condition=condition, remark=remark)
    for column in known.open_columns():
        parts = set(words(column.name))
        if column.kind != "integer" or column.low is None:
            continue
        remark = f"answers from {column.low} to {column.high}"
        if "nps" in parts and column.low >= 0 and 5 < column.high <= 10:
            yield _survey(known, "nps", column, taken, remark=remark)
        elif parts & {"csat", "satisfaction"} and column.low >= 1 and column.high <= 5:
            yield _survey(known, "csat", column, taken, remark=remark)


def _survey(
    known: _Known,
    method: str,
    column: Column,
    taken: set[str],
    *,
    condition: str | None = None,
    remark: str,
) -> MetricDraft:
    keys = [("label", method.upper()), ("type", "survey"), ("table", known.name),
            ("method", method), ("score", spelled(column.name))]  # fmt: skip
    if condition is not None:
        keys.append(("filter", condition))
    keys.append(("scale", "[0, 10]" if method == "nps" else "[1, 5]"))
    if method == "csat":
        keys.append(("satisfied", "4"))
    unit = "points" if method == "nps" else "percent"
    keys += [("unit", unit), ("good", "up"), ("kind", "outcome")]
    return MetricDraft(_free(method, taken), tuple(keys), remark)
