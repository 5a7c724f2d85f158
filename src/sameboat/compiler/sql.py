"""A planned query as SQL text in a dialect, laid out as an analyst would write it."""

from __future__ import annotations

import datetime as dt

from sameboat.errors import RequestError, did_you_mean
from sameboat.periods import CALENDAR, GRAINS, Reckoning, Span
from sameboat.project.formula import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    In,
    Interval,
    IsNull,
    Literal,
    Moment,
    Name,
    Node,
    Unary,
)

from .dialects import Dialect
from .expressions import (
    Aggregate,
    Column,
    Days,
    Extreme,
    Join,
    Lead,
    Missing,
    Part,
    Query,
    Quotient,
    Ranked,
    Relation,
    Same,
    Scalar,
    Select,
    Shifted,
    Sort,
    Spine,
    Star,
    Trunc,
    Union,
    Zoned,
)
from .query import PARTS

_BINDING = {
    "or": 1, "and": 2, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "like": 4, "ilike": 4,
    "||": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7,
}  # fmt: skip
_NOT, _TIGHT, _ATOM = 3, 8, 9
_COMPARISONS = frozenset(op for op, binding in _BINDING.items() if binding == _BINDING["="])
_LENGTHS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_UNITS = {
    "date_trunc": _LENGTHS,
    "date_diff": _LENGTHS,
    "date_part": (*PARTS, "second", "isodow", "isoyear", "dayofweek", "dayofyear", "epoch"),
}
_INDENT = "  "


def write(
    query: Query,
    dialect: Dialect,
    *,
    reckoning: Reckoning = CALENDAR,
    now: dt.datetime | None = None,
) -> str:
    """The SQL text of a query; weeks and fiscal years start as the reckoning says.

    `now` is what expressions take for the present moment; without it the engine's clock.
    """
    return _Writer(dialect, reckoning, now).query(query)


def write_expression(node: Node, dialect: Dialect) -> str:
    """The SQL text of one expression."""
    return _Writer(dialect).text(node)


def _refuse_unknown(what: str, unit: str, known: tuple[str, ...]) -> None:
    if unit not in known:
        raise RequestError(
            "expression-syntax",
            f"{what} does not know the unit {unit!r}",
            hint=did_you_mean(unit, known) or f"Units are {', '.join(known)}.",
        )


def _refuse_no_moment(kind: str, text: str) -> None:
    try:
        dt.datetime.fromisoformat(text) if kind != "date" else dt.date.fromisoformat(text[:10])
    except ValueError:
        raise RequestError(
            "expression-syntax",
            f"{text!r} is not a {kind}",
            hint="Write date '2026-05-04' or timestamp '2026-05-04 09:30:00'.",
        ) from None


def _refuse_size(kind: str, size: tuple[int, ...]) -> None:
    """Only decimals have two numbers, of at most 38 digits in all."""
    fits = len(size) <= (2 if kind == "decimal" else 1) and all(n > 0 for n in size[:1])
    if kind == "decimal" and size:
        fits = fits and size[0] <= 38 and (size[1:] or (0,))[0] <= size[0]
    if not fits or (size and kind not in ("decimal", "text")):
        raise RequestError(
            "expression-syntax", f"{kind} cannot have the size ({', '.join(map(str, size))})"
        )


def _is_nonzero(literal: Literal) -> bool:
    """Whether a literal is a number other than 0, however 0 is written."""
    value = literal.value
    if isinstance(value, bool) or value is None or (isinstance(value, str) and not literal.decimal):
        return False
    return float(value) != 0


class _Writer:
    def __init__(
        self, dialect: Dialect, reckoning: Reckoning = CALENDAR, now: dt.datetime | None = None
    ) -> None:
        self.dialect = dialect
        self.now = now
        self.days_before_monday = (7 - reckoning.first_weekday) % 7
        self.months_late = reckoning.fiscal_start_month - 1

    # ── statements ───────────────────────────────────────────────────────────────────────

    def query(self, query: Query) -> str:
        answer = self.select(query.answer, 0)
        if self.dialect.ending:
            answer += f"\n{self.dialect.ending}"
        if not query.steps:
            return answer
        steps = ",\n".join(
            f"{self.dialect.identifier(name)} AS (\n{self.step(step)}\n)"
            for name, step in query.steps
        )
        return f"WITH {steps}\n{answer}"

    def step(self, step: Select | Union | Spine) -> str:
        if isinstance(step, Spine):
            return _INDENT + self.spine(step)
        if isinstance(step, Union):
            return f"\n{_INDENT}UNION ALL\n".join(self.select(s, 1) for s in step.selects)
        return self.select(step, 1)

    def spine(self, spine: Spine) -> str:
        return self.dialect.spine.format(
            low=self.text(spine.low),
            high=self.text(spine.high),
            step=self.interval(1, spine.grain),
            grain=spine.grain.upper(),
            column=self.dialect.identifier(spine.column),
        )

    def select(self, select: Select, depth: int) -> str:
        pad = _INDENT * depth
        columns = f",\n{pad}{_INDENT}".join(self.named(c.node, c.name) for c in select.columns)
        lines = [f"SELECT{' DISTINCT' if select.distinct else ''}\n{pad}{_INDENT}{columns}"]
        if select.source is not None:
            lines.append(f"FROM {self.relation(select.source)}")
        lines += [self.join(join) for join in select.joins]
        if select.where:
            joined = f"\n{pad}{_INDENT}AND ".join(self.text(n, 2) for n in select.where)
            lines.append(f"WHERE {joined}")
        if select.grouped and select.group_by:
            keys = ", ".join(self.key(node) for node in select.group_by)
            lines.append(f"GROUP BY {keys}")
        if select.having:
            lines.append("HAVING " + " AND ".join(self.text(node, 2) for node in select.having))
        if select.order_by:
            lines.append("ORDER BY " + ", ".join(self.sort(s) for s in select.order_by))
        if select.limit is not None:
            lines.append(f"LIMIT {select.limit}")
        return "\n".join(pad + line for line in lines)

    def key(self, node: Node) -> str:
        """What a select groups by; a bare number would mean a column's place."""
        if not isinstance(node, Literal):
            return self.text(node)
        kind = "text" if isinstance(node.value, str) and not node.decimal else "double"
        return f"CAST({self.text(node)} AS {self.dialect.types[kind]})"

    def sort(self, sort: Sort) -> str:
        return self.dialect.identifier(sort.name) + self.direction(sort.descending)

    def direction(self, descending: bool) -> str:
        """How an order is written so that missing values come last on every engine."""
        return self.dialect.descending if descending else self.dialect.ascending

    def named(self, node: Node, name: str) -> str:
        text = self.text(node)
        alias = self.dialect.identifier(name)
        bare = isinstance(node, Star) or (isinstance(node, Column) and node.name == name)
        return text if bare else f"{text} AS {alias}"

    def relation(self, relation: Relation) -> str:
        name = ".".join(self.dialect.identifier(part) for part in relation.name.split("."))
        alias = self.dialect.identifier(relation.alias)
        return name if name == alias else f"{name} AS {alias}"

    def join(self, join: Join) -> str:
        if join.kind == "cross" or join.on is None:
            return f"CROSS JOIN {self.relation(join.relation)}"
        return f"{join.kind.upper()} JOIN {self.relation(join.relation)} ON {self.text(join.on)}"

    # ── expressions ──────────────────────────────────────────────────────────────────────

    def text(self, node: Node, outer: int = 0) -> str:
        """An expression, in brackets when it binds looser than what is around it."""
        written, binding = self.bound(node)
        return f"({written})" if binding < outer else written

    def bound(self, node: Node) -> tuple[str, int]:
        """An expression and how tightly it binds."""
        match node:
            case Column(source, name):
                column = self.dialect.identifier(name)
                return (f"{self.dialect.identifier(source)}.{column}" if source else column), _ATOM
            case Star(source):
                return f"{self.dialect.identifier(source)}.*", _ATOM
            case Literal() | Moment() | Interval():
                return self.literal(node), _ATOM
            case Binary(op, left, right):
                return self.binary(op, left, right)
            case Unary("not", of):
                return f"NOT {self.text(of, _NOT + 1)}", _NOT
            case Unary(op, of):
                signed = self.text(of, _TIGHT)
                # Two minus signs side by side would begin a comment.
                return (f"{op}({signed})" if signed.startswith("-") else op + signed), _TIGHT
            case Quotient(above, below):
                return self.quotient(above, below), 7
            case IsNull(of, negated):
                return f"{self.text(of, 5)} IS {'NOT ' if negated else ''}NULL", 4
            case In(of, items, negated):
                listed = ", ".join(self.text(item) for item in items)
                return f"{self.text(of, 5)} {'NOT ' if negated else ''}IN ({listed})", 4
            case Between(of, low, high, negated):
                word = "NOT BETWEEN" if negated else "BETWEEN"
                return f"{self.text(of, 5)} {word} {self.text(low, 5)} AND {self.text(high, 5)}", 4
            case Shifted(of, span, sign):
                mark = "+" if sign > 0 else "-"
                return f"{self.text(of, 6)} {mark} {self.interval(span.count, span.grain)}", 6
            case Same(left, right):
                return self.dialect.same.format(a=self.text(left, 5), b=self.text(right, 5)), 4
            case Name(text):
                raise AssertionError(f"the name {text!r} was not resolved before writing")
        return self.called(node), _ATOM

    def called(self, node: Node) -> str:
        """What is written like a function."""
        match node:
            case Trunc(grain, of):
                return self.trunc(grain, of)
            case Zoned(of, source, target):
                return self.dialect.zoned.format(x=self.text(of, 8), source=source, target=target)
            case Part(part, of):
                template = self.dialect.parts.get(part, self.dialect.part)
                return template.format(part=part.upper(), x=self.text(of))
            case Cast(of, type_, size):
                _refuse_size(type_, size)
                digits = f"({', '.join(map(str, size))})" if size else ""
                return f"CAST({self.text(of)} AS {self.dialect.types[type_]}{digits})"
            case Case():
                return self.case(node)
            case Aggregate():
                return self.aggregate(node)
            case Scalar(of, relation):
                return f"(SELECT {self.aggregate(of)} FROM {self.relation(relation)})"
            case Ranked(within, by, descending, then):
                sign = self.direction(descending)
                order = ", ".join(f"{self.text(node)}{sign}" for node in (by, *then))
                return f"ROW_NUMBER() OVER ({self.partition(within)}ORDER BY {order})"
            case Extreme(agg, of, within):
                return f"{agg.upper()}({self.text(of)}) OVER ({self.partition(within).strip()})"
            case Lead(of, rows, by, within):
                order = f"{self.partition(within)}ORDER BY {self.text(by)}"
                return f"LEAD({self.text(of)}, {rows}) OVER ({order})"
            case Days(of, count):
                return self.dialect.add_days.format(x=self.text(of, 6), n=self.text(count, 8))
            case Call(function, args):
                return self.call(function, args)
            case Missing(kind):
                return self.missing(kind)
        raise AssertionError(f"{type(node).__name__} cannot be written")

    def missing(self, kind: str | None) -> str:
        """No value; some engines have to be told of which type."""
        typed = self.dialect.typed_nulls and kind is not None
        return f"CAST(NULL AS {self.dialect.types[kind]})" if typed and kind else "NULL"

    def trunc(self, grain: str, of: Node) -> str:
        """The start of a period.

        Engines know weeks from Monday and years from January: times of other calendars are moved
        there and back.
        """
        plain = grain.removeprefix("fiscal_")
        if grain == "week" and self.days_before_monday:
            return self._moved("week", of, Span(self.days_before_monday, "day"), 1)
        late = self.months_late % (3 if plain == "quarter" else 12)
        if plain != grain and late:
            return self._moved(plain, of, Span(late, "month"), -1)
        return self._start(plain, self.text(of))

    def _start(self, grain: str, text: str) -> str:
        days = GRAINS.index(grain) >= GRAINS.index("day") if grain in GRAINS else False
        template = self.dialect.trunc_days if days else ""
        return (template or self.dialect.trunc).format(grain=grain, x=text)

    def _moved(self, grain: str, of: Node, span: Span, sign: int) -> str:
        start = self._start(grain, self.text(Shifted(of, span, sign)))
        back = "-" if sign > 0 else "+"
        return f"({start} {back} {self.interval(span.count, span.grain)})"

    def partition(self, within: tuple[Node, ...]) -> str:
        if not within:
            return ""
        return f"PARTITION BY {', '.join(self.text(node) for node in within)} "

    def binary(self, op: str, left: Node, right: Node) -> tuple[str, int]:
        if op == "/":
            return self.quotient(left, right), 7
        binding = _BINDING[op]
        tighter = binding + (0 if op in ("and", "or", "+", "*", "||") else 1)
        looser = binding + (1 if op in _COMPARISONS else 0)
        return f"{self.text(left, looser)} {op.upper()} {self.text(right, tighter)}", binding

    def quotient(self, above: Node, below: Node) -> str:
        double = self.dialect.types["double"]
        if isinstance(below, Literal) and _is_nonzero(below):
            return f"CAST({self.text(above)} AS {double}) / {self.text(below)}"
        return f"CAST({self.text(above)} AS {double}) / NULLIF({self.text(below)}, 0)"

    def literal(self, node: Node) -> str:
        match node:
            case Literal(None):
                return "NULL"
            case Literal(True) | Literal(False):
                return str(node.value).upper()
            case Literal(str() as text, False):
                return "'" + text.replace("'", "''") + "'"
            case Literal(value):
                return str(value)
            case Moment(type_, text):
                _refuse_no_moment(type_, text)
                kind = self.dialect.types[type_]
                escaped = text.replace("'", "''")
                return f"CAST('{escaped}' AS {kind})"
            case Interval(count, grain):
                _refuse_unknown("an interval", grain, _LENGTHS)
                return self.interval(count, grain)
        raise AssertionError(f"{type(node).__name__} is no literal")

    def interval(self, count: int, grain: str) -> str:
        if grain.startswith("fiscal_") or (grain == "quarter" and self.dialect.quarter_months):
            count, grain = count * (12 if grain == "fiscal_year" else 3), "month"
        return self.dialect.interval.format(n=count, grain=grain.upper())

    def case(self, node: Case) -> str:
        of = f" {self.text(node.of)}" if node.of is not None else ""
        whens = "".join(f" WHEN {self.text(a)} THEN {self.text(b)}" for a, b in node.whens)
        otherwise = f" ELSE {self.text(node.otherwise)}" if node.otherwise is not None else ""
        return f"CASE{of}{whens}{otherwise} END"

    def call(self, function: str, args: tuple[Node, ...]) -> str:
        if function in ("current_date", "current_timestamp"):
            if self.now is None:
                return function.upper()
            if function == "current_date":
                return self.literal(Moment("date", self.now.date().isoformat()))
            return self.literal(Moment("timestamp", self.now.isoformat(sep=" ")))
        if function in ("date_part", "date_trunc", "date_diff"):
            unit = args[0].value if isinstance(args[0], Literal) else None
            if not isinstance(unit, str) or not unit.isalpha():
                raise RequestError("expression-syntax", f"{function} takes a quoted unit first")
            return self.dated(function, unit.lower(), args[1:])
        if function in ("year", "quarter", "month", "week", "day", "hour"):
            return self.called(Part(function, args[0]))
        listed = [self.text(arg) for arg in args]
        template = self.dialect.functions.get(function)
        return template.format(*listed) if template else f"{function.upper()}({', '.join(listed)})"

    def dated(self, function: str, unit: str, args: tuple[Node, ...]) -> str:
        """A function of a unit of time.

        Raises RequestError where it does not know the unit.
        """
        _refuse_unknown(function, unit, _UNITS[function])
        if function == "date_trunc":
            return self.called(Trunc(unit, args[0]))
        if function == "date_part":  # the engine's own part: its Sunday may be 0
            return self.dialect.part.format(part=unit.upper(), x=self.text(args[0]))
        a, b = (self.text(arg) for arg in args)
        template = self.dialect.date_diff.get(unit) or self.dialect.date_diff[""]
        return template.format(unit=unit, UNIT=unit.upper(), a=a, b=b)

    def aggregate(self, node: Aggregate) -> str:
        value = self.counted(node)
        match node.agg:
            case "count":
                return f"COUNT({value})"
            case "count_distinct":
                return f"COUNT(DISTINCT {value})"
            case "count_listed":
                return self.dialect.count_listed.format(x=value)
            case "average":
                return f"AVG({value})"
            case "median" | "percentile":
                share = 0.5 if node.agg == "median" else node.percentile
                template = self.dialect.percentile
                if node.approximate:
                    template = self.dialect.percentile_approximate
                elif node.discrete:
                    template = self.dialect.percentile_discrete
                return template.format(x=value, p=share)
        return f"{node.agg.upper()}({value})"

    def counted(self, node: Aggregate) -> str:
        """What goes into an aggregate: its expression, kept only where its condition holds."""
        of = node.of
        if of is None:
            if node.when is None:
                return "*"
            of = Literal(1)
        if node.when is None:
            return self.text(of)
        return self.text(Case(None, ((node.when, of),), None))
