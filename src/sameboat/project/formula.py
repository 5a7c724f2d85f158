"""Expressions and filters, parsed to a tree of our own with an allow-list.

No text of a user reaches an engine as SQL: only names, literals, operators and the functions of
`FUNCTIONS` pass. Subqueries, table functions, statements, comments in strange places and
casts to other types than `TYPES` are refused. Grammar: SQL expressions, plus dbt's
`{{ Dimension('entity__dim') }}` forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sameboat.errors import RequestError, did_you_mean
from sameboat.project.nodes import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    In,
    Interval,
    IsNull,
    Literal,
    MetricValue,
    Moment,
    Name,
    Node,
    Unary,
    children,
    conjuncts,
    names,
    rewrite,
    walk,
)
from sameboat.project.templates import template
from sameboat.project.tokens import Token, tokens

__all__ = [
    "FUNCTIONS", "TYPES", "Between", "Binary", "Call", "Case", "Cast", "In", "Interval", "IsNull",
    "Literal", "MetricValue", "Moment", "Name", "Node", "Unary", "children", "conjuncts", "names",
    "parse", "rewrite", "template", "walk",
]  # fmt: skip

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
    "now": "current_timestamp", "pow": "power", "substring": "substr",
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
