"""The arithmetic of a tree as text: read once with an allow-list, evaluated on arrays.

`revenue = deals * size; deals = leads * win_rate` is a tree of two equations; its leaves are
`size`, `leads` and `win_rate`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sameboat.errors import UsageError

Floats = NDArray[np.float64]

LONGEST = 50_000
"""Characters of a tree's text."""

DEEPEST = 250
"""How deep a tree may nest once its equations are put together."""

SHOWN = 80
"""Characters of a tree's text that an error repeats."""

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs, "exp": np.exp, "ln": np.log, "log": np.log, "max": np.maximum,
    "min": np.minimum, "sqrt": np.sqrt,
}  # fmt: skip
"""Functions beside `sum`, which adds up segments."""

PAIRED = ("max", "min")
"""Functions of two parts or more."""

SPELLINGS: Mapping[str, str] = {"greatest": "max", "least": "min"}
"""What SQL calls them."""

OPERATORS: Mapping[type[ast.operator], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("+", np.add), ast.Sub: ("-", np.subtract), ast.Mult: ("*", np.multiply),
    ast.Div: ("/", np.divide), ast.Pow: ("**", np.power),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constant:
    value: float


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function over its parts; `sum` adds up the segments of its one part."""

    name: str
    parts: tuple[Identity, ...]


Identity = Constant | Leaf | Operation


@lru_cache(maxsize=256)
def identity(text: str) -> Identity:
    """The arithmetic that a text declares, with every equation put in its place.

    Raises UsageError (`tree-syntax`) for text that is no arithmetic, for an equation that goes
    round in a circle, or for a tree that is too long or too deep.

    >>> leaves(identity("revenue = deals * size; deals = leads * win_rate"))
    ('leads', 'win_rate', 'size')
    """
    if len(text) > LONGEST:
        raise _wrong(f"it is over {LONGEST:,} characters long")
    equations: dict[str, ast.expr] = {}
    top: ast.expr | None = None
    for line in text.replace(";", "\n").splitlines():
        if not line.strip():
            continue
        name, expression = _equation(line.strip())
        if name is not None and name in equations:
            raise _wrong(f"{name!r} has two equations")
        if name is None and top is not None:
            raise _wrong("of several equations each needs a name: 'deals = leads * win_rate'")
        top = top or expression
        if name is not None:
            equations[name] = expression
    if top is None:
        raise _wrong("it is empty")
    return _built(top, equations, (), 0)


def leaves(tree: Identity) -> tuple[str, ...]:
    """The names that a tree stands on, in the order of their first mention."""
    found: dict[str, None] = {}
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Leaf):
            found.setdefault(node.name)
        elif isinstance(node, Operation):
            stack.extend(reversed(node.parts))
    return tuple(found)


def sums(tree: Identity) -> bool:
    """Whether a tree says itself where segments are added up."""
    if not isinstance(tree, Operation):
        return False
    return tree.name == "sum" or any(sums(part) for part in tree.parts)


def value(tree: Identity, at: Mapping[str, Floats]) -> Floats:
    """The tree's value where each leaf has the given array; the last axis is that of segments.

    What cannot be divided, or has no logarithm, is NaN or endless: the caller says what it means.
    """
    match tree:
        case Constant(held):
            return np.array([held])
        case Leaf(name):
            return at[name]
        case Operation("sum", (part,)):
            return np.asarray(value(part, at).sum(axis=-1, keepdims=True))
        case Operation(name, parts):
            with np.errstate(all="ignore"):
                return np.asarray(_function(name)(*(value(part, at) for part in parts)))
    raise AssertionError(tree)


def _function(name: str) -> Callable[..., Any]:
    if name == "negative":
        return np.negative
    return FUNCTIONS.get(name) or next(do for sign, do in OPERATORS.values() if sign == name)


def _equation(line: str) -> tuple[str | None, ast.expr]:
    try:
        statement = ast.parse(line).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _wrong(f"{_short(line)} cannot be read as arithmetic") from None
    match statement:
        case [ast.Assign(targets=[ast.Name(id=name)], value=expression)]:
            return name, expression
        case [ast.Expr(value=expression)]:
            return None, expression
    raise _wrong(f"{_short(line)} is neither an expression nor 'name = expression'")


def _built(
    node: ast.expr, equations: Mapping[str, ast.expr], inside: tuple[str, ...], depth: int
) -> Identity:
    if depth > DEEPEST:
        raise _wrong(f"it nests deeper than {DEEPEST} levels")

    def part(of: ast.expr) -> Identity:
        return _built(of, equations, inside, depth + 1)

    match node:
        case ast.Constant(value=int() | float() as held) if not isinstance(held, bool):
            return Constant(float(held))
        case ast.Name(id=name) if name in inside:
            raise _wrong(f"{name!r} stands on itself")
        case ast.Name(id=name) if name in equations:
            return _built(equations[name], equations, (*inside, name), depth + 1)
        case ast.Name(id=name):
            return Leaf(name)
        case ast.UnaryOp(op=ast.USub(), operand=of):
            return Operation("negative", (part(of),))
        case ast.UnaryOp(op=ast.UAdd(), operand=of):
            return part(of)
        case ast.BinOp(left=ast.BinOp(), op=ast.Add() | ast.Sub() | ast.Mult()):
            return _chain(node, part)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            return Operation(OPERATORS[type(sign)][0], (part(left), part(right)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            called = _called(name, len(args))
            parts = [part(of) for of in args]
            return _balanced(called, parts) if called in PAIRED else Operation(called, (parts[0],))
    raise _wrong(f"{_short(ast.unparse(node))} is no arithmetic of names and numbers")


def _chain(node: ast.BinOp, part: Callable[[ast.expr], Identity]) -> Identity:
    """A long sum or product, which Python reads as deep as it is long, as a flat one."""
    product = isinstance(node.op, ast.Mult)
    alike: tuple[type[ast.operator], ...] = (ast.Mult,) if product else (ast.Add, ast.Sub)
    terms: list[Identity] = []
    rest: ast.expr = node
    while isinstance(rest, ast.BinOp) and isinstance(rest.op, alike):
        term = part(rest.right)
        terms.append(Operation("negative", (term,)) if isinstance(rest.op, ast.Sub) else term)
        rest = rest.left
    terms.append(part(rest))
    return _balanced("*" if product else "+", terms[::-1])


def _balanced(name: str, terms: list[Identity]) -> Identity:
    """The terms paired as evenly as can be, so that a thousand nest ten deep."""
    if len(terms) == 1:
        return terms[0]
    middle = (len(terms) + 1) // 2
    return Operation(name, (_balanced(name, terms[:middle]), _balanced(name, terms[middle:])))


def _called(name: str, arguments: int) -> str:
    called = SPELLINGS.get(name.lower(), name.lower())
    paired = called in PAIRED
    if called != "sum" and called not in FUNCTIONS:
        known = ", ".join(sorted([*FUNCTIONS, "sum"]))
        raise _wrong(f"{name!r} is not a function that can be used here; there are {known}")
    if arguments < 2 if paired else arguments != 1:
        wanted = "2 arguments or more" if paired else "1 argument"
        raise _wrong(f"{name} takes {wanted}, not {arguments}")
    return called


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def _wrong(what: str) -> UsageError:
    return UsageError("tree-syntax", f"the tree cannot be read: {what}")
