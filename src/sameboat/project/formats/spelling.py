"""Trees of expressions → SQL text that other programs, and our own reader, understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sameboat.project.formats.raw import Skipped
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
from sameboat.project.vocabulary import parsed

Naming = Callable[[Name], str]
"""How a name is written."""

_BINDS = {
    "or": 1, "and": 2, "not": 3,
    "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "like": 4, "ilike": 4,
    "||": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, "sign": 8,
}  # fmt: skip
_COMPARED = 4
_TYPES = {"text": "VARCHAR"}
_BARE = frozenset({"current_date", "current_timestamp"})


def spell(node: Node, naming: Naming = lambda name: name.text) -> str:
    """An expression as text, with as few brackets as its meaning allows.

    Raises Skipped for what only our grammar knows: a metric as a dimension.

    >>> from sameboat.project.formula import parse
    >>> spell(parse("(a + b) * c >= 1 and not d in ('x')"))
    "(a + b) * c >= 1 AND NOT d IN ('x')"
    """
    return _Speller(naming).text(node, 0)


def plain_column(text: str) -> str | None:
    """The column that an expression is, or None where it computes something.

    >>> plain_column("order_id"), plain_column("upper(name)")
    ('order_id', None)
    """
    tree = parsed(text)
    return tree.text if isinstance(tree, Name) else None


class _Speller:
    def __init__(self, naming: Naming) -> None:
        self.naming = naming

    def text(self, node: Node, within: int) -> str:
        """A node, in brackets where it binds looser than what is around it."""
        match node:
            case Binary(op=op):
                return _bracketed(self._binary(node), _BINDS[op] < within)
            case Unary(op="not"):
                return _bracketed(f"NOT {self.text(node.of, 3)}", within > 3)
            case Unary():
                return _bracketed(f"-{self.text(node.of, 9)}", within > 8)
            case In() | Between() | IsNull():
                return _bracketed(self._test(node), within > _COMPARED)
        return self._small(node)

    def _binary(self, node: Binary) -> str:
        strength = _BINDS[node.op]
        # comparisons do not chain, and what stands right of an equal operator keeps its brackets
        left = self.text(node.left, strength + (strength == _COMPARED))
        right = self.text(node.right, strength + (node.op not in ("and", "or")))
        return f"{left} {node.op.upper()} {right}"

    def _test(self, node: In | Between | IsNull) -> str:
        of = self.text(node.of, _COMPARED + 1)
        negation = "NOT " if node.negated else ""
        if isinstance(node, IsNull):
            return f"{of} IS {negation}NULL"
        if isinstance(node, In):
            return f"{of} {negation}IN ({self._listed(node.items)})"
        low, high = (self.text(end, _COMPARED + 1) for end in (node.low, node.high))
        return f"{of} {negation}BETWEEN {low} AND {high}"

    def _small(self, node: Any) -> str:
        match node:
            case Name():
                return self.naming(node)
            case Literal():
                return _literal(node)
            case Moment():
                return f"{node.type.upper()} '{node.text}'"
            case Interval():
                return f"INTERVAL '{node.count} {node.grain}'"
            case Call():
                return self._call(node)
            case Case():
                return self._case(node)
            case Cast():
                size = f"({', '.join(map(str, node.size))})" if node.size else ""
                type_ = _TYPES.get(node.type, node.type.upper())
                return f"CAST({self.text(node.of, 0)} AS {type_}{size})"
        raise Skipped("it uses a metric as a dimension, which only Sameboat and dbt know")

    def _call(self, node: Call) -> str:
        if node.function in _BARE and not node.args:
            return node.function.upper()
        part = node.args[0] if node.args else None
        if node.function == "date_part" and isinstance(part, Literal):
            return f"EXTRACT({str(part.value).upper()} FROM {self.text(node.args[1], 0)})"
        if node.function == "if":
            return self._case(Case(None, ((node.args[0], node.args[1]),), node.args[2]))
        return f"{node.function.upper()}({self._listed(node.args)})"

    def _case(self, node: Case) -> str:
        of = f" {self.text(node.of, 0)}" if node.of is not None else ""
        whens = "".join(
            f" WHEN {self.text(when, 0)} THEN {self.text(then, 0)}" for when, then in node.whens
        )
        last = "" if node.otherwise is None else f" ELSE {self.text(node.otherwise, 0)}"
        return f"CASE{of}{whens}{last} END"

    def _listed(self, nodes: tuple[Node, ...]) -> str:
        return ", ".join(self.text(node, 0) for node in nodes)


def _bracketed(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


def _literal(node: Literal) -> str:
    if node.value is None:
        return "NULL"
    if isinstance(node.value, bool):
        return "TRUE" if node.value else "FALSE"
    if isinstance(node.value, str) and not node.decimal:
        return "'" + node.value.replace("'", "''") + "'"
    return str(node.value)
