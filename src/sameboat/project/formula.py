"""Expressions and filters, parsed to a tree of our own with an allow-list.

No text of a user reaches an engine as SQL: only names, literals, operators and the functions of
`FUNCTIONS` pass. Subqueries, table functions, statements, comments in strange places and
casts to other types than `TYPES` are refused. Grammar: SQL expressions, plus dbt's
`{{ Dimension('entity__dim') }}` forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any

from sameboat.errors import RequestError, did_you_mean
from sameboat.project.tokens import Token, tokens

DEEPEST = 60
"""How deep an expression may nest."""

MOST_DIGITS = 40
"""How long a number may be written."""

LONGEST_CHAIN = 250
"""How many operators one expression may have."""

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "abs": (1, 1), "ceil": (1, 1), "coalesce": (1, 20), "concat": (1, 20), "contains": (2, 2),
    "date_diff": (3, 3), "date_part": (2, 2), "date_trunc": (2, 2), "day": (1, 1), "exp": (1, 1),
    "floor": (1, 1), "greatest": (1, 20), "hour": (1, 1), "if": (3, 3), "least": (1, 20),
    "left": (2, 2), "length": (1, 1), "ln": (1, 1), "lower": (1, 1), "mod": (2, 2),
    "month": (1, 1), "nullif": (2, 2), "power": (2, 2), "quarter": (1, 1), "replace": (3, 3),
    "right": (2, 2), "round": (1, 2), "sign": (1, 1), "split_part": (3, 3), "sqrt": (1, 1),
    "starts_with": (2, 2), "substr": (2, 3), "trim": (1, 1), "upper": (1, 1), "week": (1, 1),
    "year": (1, 1), "current_date": (0, 0), "current_timestamp": (0, 0),
}  # fmt: skip
"""Functions that an expression may call, with the least and greatest number of arguments."""

SPELLINGS = {
    "ceiling": "ceil", "char_length": "length", "date_part": "date_part", "datediff": "date_diff",
    "datetrunc": "date_trunc", "ifnull": "coalesce", "iff": "if", "len": "length",
    "nvl": "coalesce",
    "now": "current_timestamp", "pow": "power", "substring": "substr", "log": "ln",
}  # fmt: skip
"""Other spellings of the same functions."""

TYPES = {
    "bigint": "bigint", "bool": "boolean", "boolean": "boolean", "date": "date",
    "datetime": "timestamp", "decimal": "decimal", "double": "double", "float": "double",
    "float64": "double", "int": "integer", "int64": "bigint", "integer": "integer",
    "numeric": "decimal", "real": "double", "smallint": "integer", "string": "text",
    "text": "text", "timestamp": "timestamp", "timestamptz": "timestamptz", "varchar": "text",
}  # fmt: skip
"""Types that an expression may cast to."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written; a template may add a grain or a date part."""

    text: str
    grain: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, whole number, decimal (kept as its text), truth value or null."""

    value: str | int | bool | None
    decimal: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or timestamp literal."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time as a literal."""

    count: int
    grain: str


@dataclass(frozen=True, slots=True)
class Unary:
    op: str
    of: Node


@dataclass(frozen=True, slots=True)
class Binary:
    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Case:
    of: Node | None
    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class In:
    of: Node
    items: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    of: Node
    low: Node
    high: Node
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    of: Node
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    of: Node
    type: str
    size: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A metric per value of some dimensions, used as a dimension in a filter."""

    metric: str
    group_by: tuple[str, ...]


Node = (
    Name | Literal | Moment | Interval | Unary | Binary | Call | Case | In | Between | IsNull
    | Cast | MetricValue | Any
)  # fmt: skip
"""A node of an expression; the compiler adds nodes of its own."""


@lru_cache(maxsize=8192)
def parse(text: str) -> Node:
    """The tree of an expression.

    Raises RequestError: `expression-syntax` where it cannot be read, `expression-not-allowed`
    where it uses something outside the allow-list.

    >>> parse("'Won'")
    Literal(value='Won', decimal=False)
    """
    reader = _Reader(text, tokens(text))
    node = reader.expression()
    if reader.here.kind != "end":
        raise reader.wrong(f"{reader.here.text!r} was not expected")
    return node


def names(node: Node) -> Iterator[Name]:
    """Every name in an expression, in reading order."""
    for part in walk(node):
        if isinstance(part, Name):
            yield part


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in reading order."""
    yield node
    for child in children(node):
        yield from walk(child)


def rewrite(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The same expression with nodes exchanged; `change` returns None to leave one and go below."""
    changed = change(node)
    if changed is not None:
        return changed
    if not is_dataclass(node):
        return node
    updates = {}
    for field in fields(node):
        value = getattr(node, field.name)
        fresh = _rewrite_value(value, change)
        if fresh is not value:
            updates[field.name] = fresh
    return replace(node, **updates) if updates else node  # type: ignore[type-var]


def _rewrite_value(value: Any, change: Callable[[Node], Node | None]) -> Any:
    if isinstance(value, tuple):
        fresh = tuple(_rewrite_value(item, change) for item in value)
        return fresh if any(a is not b for a, b in zip(fresh, value, strict=True)) else value
    return rewrite(value, change) if is_dataclass(value) else value


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside one, in reading order."""
    if not is_dataclass(node):
        return
    for field in fields(node):
        yield from _nodes_in(getattr(node, field.name))


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)
    elif is_dataclass(value):
        yield value


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The conditions that must all hold for the filter to hold.

    >>> len(conjuncts(parse("a = 1 and b = 2 and (c or d)")))
    3
    """
    if isinstance(node, Binary) and node.op == "and":
        return conjuncts(node.left) + conjuncts(node.right)
    return (node,)


_COMPARE = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_REFUSED = frozenset(
    {
        *("select", "from", "with", "union", "insert", "update", "delete", "create", "drop"),
        *("attach", "copy", "pragma", "set", "call", "install", "load", "exists", "over"),
        *("lambda", "values", "table", "into", "export", "import"),
    }
)


def _is_small(text: str) -> bool:
    """Whether a text is a whole number in plain digits, of a size that makes sense."""
    return text.isascii() and text.isdigit() and len(text) <= 6


class _Reader:
    """A recursive-descent reader over the tokens of one expression."""

    def __init__(self, text: str, pieces: tuple[Token, ...]) -> None:
        self.text, self.pieces, self.at, self.depth = text, pieces, 0, 0
        self.operators = 0

    def binary(self, op: str, left: Node, right: Node) -> Node:
        """Both sides under one operator; a chain is as deep as it is long, so it has a limit."""
        self.operators += 1
        if self.operators > LONGEST_CHAIN:
            raise self.wrong(f"it has more than {LONGEST_CHAIN} operators")
        return Binary(op, left, right)

    @property
    def here(self) -> Token:
        return self.pieces[self.at]

    def ahead(self, steps: int = 1) -> Token:
        return self.pieces[min(self.at + steps, len(self.pieces) - 1)]

    def wrong(self, what: str) -> RequestError:
        return RequestError("expression-syntax", f"in {self.text!r}: {what}")

    def refused(self, what: str) -> RequestError:
        return RequestError("expression-not-allowed", f"in {self.text!r}: {what}")

    def take(self) -> Token:
        token = self.here
        self.at = min(self.at + 1, len(self.pieces) - 1)
        return token

    def skip(self, word: str) -> bool:
        if self.here.word == word:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.skip(word):
            found = self.here.text or "the end"
            raise self.wrong(f"{word!r} was expected, not {found!r}")

    # ── levels of binding, loosest first ─────────────────────────────────────────────────

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(f"it nests deeper than {DEEPEST} levels")
        node = self.either()
        self.depth -= 1
        return node

    def either(self) -> Node:
        node = self.both()
        while self.skip("or"):
            node = self.binary("or", node, self.both())
        return node

    def both(self) -> Node:
        node = self.negation()
        while self.skip("and"):
            node = self.binary("and", node, self.negation())
        return node

    def negation(self) -> Node:
        count = 0
        while self.skip("not"):
            count += 1
        node = self.comparison()
        return node if count % 2 == 0 else Unary("not", node)

    def comparison(self) -> Node:
        node = self.joined()
        while True:
            word = self.here.word
            if word in _COMPARE:
                self.take()
                node = self.binary(_COMPARE[word], node, self.joined())
            elif word == "is":
                self.take()
                node = self._is(node)
            elif word in ("in", "between", "like", "ilike"):
                node = self._membership(node, negated=False)
            elif word == "not" and self.ahead().word in ("in", "between", "like", "ilike"):
                self.take()
                node = self._membership(node, negated=True)
            else:
                return node

    def _is(self, node: Node) -> Node:
        negated = self.skip("not")
        if self.skip("null"):
            return IsNull(node, negated)
        word = self.take().word
        if word in ("true", "false"):
            plain = Binary("=", node, Literal(word == "true"))
            return Call("coalesce", (Unary("not", plain) if negated else plain, Literal(negated)))
        raise self.wrong("after 'is' comes null, not null, true or false")

    def _membership(self, node: Node, *, negated: bool) -> Node:
        word = self.take().word
        if word == "between":
            low = self.joined()
            self.expect("and")
            return Between(node, low, self.joined(), negated)
        if word in ("like", "ilike"):
            match = Binary(word, node, self.joined())
            return Unary("not", match) if negated else match
        self.expect("(")
        return In(node, self._listed(), negated)

    def joined(self) -> Node:
        node = self.sum()
        while self.skip("||"):
            node = self.binary("||", node, self.sum())
        return node

    def sum(self) -> Node:
        node = self.product()
        while self.here.word in ("+", "-"):
            node = self.binary(self.take().text, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while self.here.word in ("*", "/", "%"):
            node = self.binary(self.take().text, node, self.signed())
        return node

    def signed(self) -> Node:
        negative = False
        while self.here.word in ("+", "-"):
            negative ^= self.take().text == "-"
        node = self.cast()
        return Unary("-", node) if negative else node

    def cast(self) -> Node:
        node = self.primary()
        while self.skip("::"):
            node = Cast(node, *self._type())
        return node

    # ── the smallest pieces ──────────────────────────────────────────────────────────────

    def primary(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                if len(token.text) > MOST_DIGITS:
                    raise self.wrong(f"a number with more than {MOST_DIGITS} digits")
                whole = token.text.isdigit()
                return Literal(int(token.text)) if whole else Literal(token.text, decimal=True)
            case "text":
                return Literal(token.text[1:-1].replace("''", "'"))
            case "template":
                return template(token.text)
            case "quoted":
                return Name(token.text[1:-1].replace('""', '"'))
            case "name":
                return self._word(token)
            case "sign" if token.text == "(":
                node = self.expression()
                self.expect(")")
                return node
        raise self.wrong(f"{token.text or 'the end'!r} was not expected")

    def _word(self, token: Token) -> Node:
        word = token.word
        if word in ("true", "false"):
            return Literal(word == "true")
        if word == "null":
            return Literal(None)
        if word == "case":
            return self._case()
        if word in ("cast", "try_cast") and self.here.word == "(":
            return self._cast_call()
        if word == "extract" and self.here.word == "(":
            return self._extract()
        if word == "interval":
            return self._interval()
        if word in ("date", "timestamp") and self.here.kind == "text":
            return Moment(word, self.take().text[1:-1])
        if self.here.word == "(":
            return self._call(token)
        if word in ("current_date", "current_timestamp"):
            return Call(word, ())
        if word in _REFUSED:
            raise self.refused(f"{token.text!r} cannot be used in an expression")
        return Name(token.text)

    def _case(self) -> Node:
        of = None if self.here.word == "when" else self.expression()
        whens: list[tuple[Node, Node]] = []
        while self.skip("when"):
            condition = self.expression()
            self.expect("then")
            whens.append((condition, self.expression()))
        otherwise = self.expression() if self.skip("else") else None
        self.expect("end")
        if not whens:
            raise self.wrong("a case needs at least one 'when'")
        return Case(of, tuple(whens), otherwise)

    def _type(self) -> tuple[str, tuple[int, ...]]:
        word = self.take().word
        self.skip("precision") if word == "double" else None
        if word not in TYPES:
            raise self.refused(f"a cast to {word!r}; types are {', '.join(sorted(set(TYPES)))}")
        size: list[int] = []
        if self.skip("("):
            while not self.skip(")"):
                token = self.take()
                if token.kind != "number" or not _is_small(token.text):
                    raise self.wrong("a type's size is a whole number")
                size.append(int(token.text))
                self.skip(",")
        return TYPES[word], tuple(size)

    def _cast_call(self) -> Node:
        self.expect("(")
        of = self.expression()
        self.expect("as")
        type_, size = self._type()
        self.expect(")")
        return Cast(of, type_, size)

    def _extract(self) -> Node:
        self.expect("(")
        part = self.take().word
        self.expect("from")
        of = self.expression()
        self.expect(")")
        return Call("date_part", (Literal(part), of))

    def _interval(self) -> Node:
        token = self.take()
        text = token.text.strip("'") if token.kind == "text" else token.text
        if not text.replace(" ", "").isalnum():
            raise self.wrong("an interval is written as interval '7 days' or interval 7 day")
        count, _, unit = text.partition(" ")
        grain = (unit or self.take().word).lower().rstrip("s")
        if not _is_small(count):
            raise self.wrong("an interval is written as interval '7 days' or interval 7 day")
        return Interval(int(count), grain)

    def _call(self, token: Token) -> Node:
        name = SPELLINGS.get(token.word, token.word)
        if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS)
            raise RequestError(
                "expression-not-allowed",
                f"in {self.text!r}: the function {token.text!r} cannot be used",
                hint=hint or "The reference lists the functions that can.",
            )
        self.expect("(")
        args = self._listed()
        least, most = FUNCTIONS[name]
        if not least <= len(args) <= most:
            raise self.wrong(f"{token.text} takes {least} to {most} arguments, not {len(args)}")
        return Call(name, args)

    def _listed(self) -> tuple[Node, ...]:
        """The expressions up to the closing bracket; the opening one is already taken."""
        items: list[Node] = []
        if self.skip(")"):
            return ()
        while True:
            items.append(self.expression())
            if self.skip(")"):
                return tuple(items)
            self.expect(",")


# ── dbt's templates ──────────────────────────────────────────────────────────────────────────

_OBJECTS = ("Dimension", "TimeDimension", "Entity", "Metric")


def template(text: str) -> Node:
    """The node that a dbt template names, such as `{{ Dimension('booking__is_instant') }}`."""
    return _Template(text, tokens(text[2:-2])).node()


class _Template:
    """A reader of `Object('name', …).grain('month')`."""

    def __init__(self, text: str, pieces: tuple[Token, ...]) -> None:
        self.text, self.pieces, self.at = text, pieces, 0

    def wrong(self) -> RequestError:
        return RequestError(
            "expression-syntax",
            f"{self.text} cannot be read: templates are {', '.join(_OBJECTS)} with quoted names",
        )

    def take(self, text: str | None = None) -> Token:
        token = self.pieces[self.at]
        if text is not None and token.text != text:
            raise self.wrong()
        self.at = min(self.at + 1, len(self.pieces) - 1)
        return token

    def node(self) -> Node:
        kind = self.take().text
        if kind not in _OBJECTS:
            raise self.wrong()
        args, options = self._arguments()
        grain, part = self._suffixes()
        if self.pieces[self.at].kind != "end" or not args or not isinstance(args[0], str):
            raise self.wrong()
        path = options.get("entity_path") or ()
        name = "__".join([*path, args[0]])
        if kind == "Metric":
            by = options.get("group_by") or (args[1] if len(args) > 1 else ())
            return MetricValue(args[0], (by,) if isinstance(by, str) else tuple(by))
        if kind == "TimeDimension":
            grain = grain or options.get("time_granularity_name") or (args[1:2] or [None])[0]
            part = part or options.get("date_part_name")
        return Name(name, grain.lower() if grain else None, part.lower() if part else None)

    def _suffixes(self) -> tuple[str | None, str | None]:
        grain: str | None = None
        part: str | None = None
        while self.pieces[self.at].text == ".":
            self.take(".")
            method = self.take().text
            self.take("(")
            value = self._value()
            self.take(")")
            if not isinstance(value, str) or method not in ("grain", "date_part"):
                raise self.wrong()
            grain, part = (value, part) if method == "grain" else (grain, value)
        return grain, part

    def _arguments(self) -> tuple[list[Any], dict[str, Any]]:
        self.take("(")
        args: list[Any] = []
        options: dict[str, Any] = {}
        while self.pieces[self.at].text != ")":
            ahead = self.pieces[min(self.at + 1, len(self.pieces) - 1)]
            if self.pieces[self.at].kind == "name" and ahead.text == "=":
                name = self.take().text
                self.take("=")
                options[name] = self._value()
            else:
                args.append(self._value())
            if self.pieces[self.at].text == ",":
                self.take()
        self.take(")")
        return args, options

    def _value(self) -> Any:
        token = self.take()
        if token.kind in ("text", "quoted"):
            return token.text[1:-1]
        if token.text == "None":
            return None
        if token.text in ("[", "("):
            closing = "]" if token.text == "[" else ")"
            items: list[Any] = []
            while self.pieces[self.at].text != closing:
                items.append(self._value())
                if self.pieces[self.at].text == ",":
                    self.take()
            self.take(closing)
            return items
        raise self.wrong()
