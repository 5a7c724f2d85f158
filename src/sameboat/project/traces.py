"""One SELECT → the source columns that each of its output columns derives from.

Works on sqlglot's scopes of the qualified query. Whatever it does not know is an error, never
"no origin".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from sameboat.errors import ProjectError

Origin = tuple[str, str]
"""A table and one of its columns, in lower case."""

Origins = frozenset[Origin]

_UNTRACEABLE = (
    exp.Pivot,
    exp.TableColumn,
    exp.Columns,
    exp.Lateral,
    exp.Command,
    exp.PositionalColumn,
    exp.Placeholder,
    exp.Parameter,
    exp.DDL,
    exp.DML,
)
_SILENT = (exp.Count, exp.ApproxDistinct, exp.CountIf, exp.Is, exp.Exists)
"""What a column may go into without its values coming out."""


def trace(
    sql: str, *, columns: Mapping[str, Sequence[str]], ambiguous: frozenset[str] = frozenset()
) -> Mapping[str, Origins]:
    """The origins of each output column, by its name in lower case.

    A name in `ambiguous` may not be given to another value, because engines do not agree which
    of the two a later mention means. Raises ProjectError `lineage-failed`.
    """
    schema = {
        table.lower(): {column.lower(): "VARCHAR" for column in names}
        for table, names in columns.items()
    }
    try:
        statements = parse(sql, dialect="duckdb")
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise failed("it is not one SELECT")
        _refuse_untraceable(statements[0])
        _refuse_renaming(statements[0], ambiguous)
        tree = qualify(
            statements[0], schema=dict(schema), dialect="duckdb", quote_identifiers=False
        )  # fmt: skip
        _refuse_untraceable(tree)
        root = build_scope(tree)
        if root is None:
            raise failed("it is not one SELECT")
        return _Tracer(schema, _homes(root)).outputs(root)
    except SqlglotError as error:
        raise failed(str(error).splitlines()[0]) from error
    except RecursionError as error:
        raise failed("it nests too deeply") from error


def failed(why: str) -> ProjectError:
    """The error that says why a derived column could not be traced."""
    return ProjectError(
        "lineage-failed",
        f"it cannot be told which columns its columns come from: {why}.",
        hint="Name the columns one by one and give every table an alias.",
    )


def _refuse_untraceable(tree: exp.Expr) -> None:
    odd = tree.find(*_UNTRACEABLE)
    if odd is not None:
        raise failed(f"{odd.sql(dialect='duckdb')[:60]!r} cannot be traced")
    for union in tree.find_all(exp.SetOperation):
        if union.args.get("by_name"):
            raise failed("UNION BY NAME cannot be traced")
    for clause in tree.find_all(exp.With):
        if clause.args.get("recursive"):
            raise failed("WITH RECURSIVE cannot be traced")


def _refuse_renaming(tree: exp.Expr, names: frozenset[str]) -> None:
    for alias in tree.find_all(exp.Alias):
        name = alias.alias.lower()
        value = alias.this
        own = isinstance(value, exp.Column) and value.name.lower() == name
        if name in names and not own:
            raise failed(f"the name {alias.alias!r} is given to another value")


def _homes(root: Scope) -> dict[int, Scope]:
    return {id(scope.expression): scope for scope in root.traverse()}


@dataclass
class _Tracer:
    """One walk over the scopes of a qualified query; `homes` finds a query's scope."""

    schema: Mapping[str, Mapping[str, str]]
    homes: Mapping[int, Scope]
    done: dict[int, dict[str, Origins]] = field(default_factory=dict)

    def outputs(self, scope: Scope) -> dict[str, Origins]:
        """The origins of each column that a query gives, in its order."""
        known = self.done.get(id(scope))
        if known is None:
            known = self.done[id(scope)] = self._outputs(scope)
        return known

    def _outputs(self, scope: Scope) -> dict[str, Origins]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            left, right = (self._nested(side) for side in (query.left, query.right))
            if len(left) != len(right):
                raise failed("both sides of a UNION must give the same number of columns")
            pairs = zip(left.items(), right.values(), strict=True)
            return {name: mine | theirs for (name, mine), theirs in pairs}
        if not isinstance(query, exp.Select):
            raise failed(f"{type(query).__name__} cannot be traced")
        found: dict[str, Origins] = {}
        for projection in query.selects:
            if isinstance(projection, exp.Star) or not projection.alias_or_name:
                raise failed(f"{projection.sql(dialect='duckdb')[:60]!r} cannot be traced")
            name = projection.alias_or_name.lower()
            found[name] = found.get(name, frozenset()) | self.within(projection, scope)
        return found

    def within(self, node: exp.Expr, scope: Scope) -> Origins:
        """The origins of all values that an expression may show."""
        found: set[Origin] = set()
        for part in self._showing(node):
            if isinstance(part, exp.Column):
                found |= self._column(part, scope)
            else:
                for origins in self._nested(part).values():
                    found |= origins
        return frozenset(found)

    def _nested(self, query: exp.Expr) -> dict[str, Origins]:
        inner = self.homes.get(id(query.unnest()))
        if inner is None:
            raise failed("a nested query cannot be traced")
        return self.outputs(inner)

    def _showing(self, node: Any) -> Iterator[exp.Expr]:
        if isinstance(node, _SILENT):
            return
        if isinstance(node, exp.Window):
            yield from self._showing(node.this)
        elif isinstance(node, (exp.Column, exp.Query)) and not isinstance(node, exp.Subquery):
            yield node
        else:
            for child in node.iter_expressions():
                yield from self._showing(child)

    def _column(self, column: exp.Column, scope: Scope) -> Origins:
        holder: Scope | None = scope
        while holder is not None:
            source = holder.sources.get(column.table)
            if source is not None:
                return self._from(column, source, holder)
            holder = holder.parent
        raise failed(f"{column.sql(dialect='duckdb')!r} comes from no table that is named")

    def _from(self, column: exp.Column, source: exp.Expr | Scope, holder: Scope) -> Origins:
        name = column.name.lower()
        if isinstance(source, exp.Table):
            if isinstance(source.this, exp.Identifier):
                table = source.name.lower()
                if name not in self.schema.get(table, {}):
                    raise failed(f"{table} has no column {name!r}")
                return frozenset({(table, name)})
            return self.within(source.this, holder)  # a generated series, made of its arguments
        assert isinstance(source, Scope)
        if isinstance(source.expression, (exp.Unnest, exp.Values)):
            return self.within(source.expression, source)
        outputs = self.outputs(source)
        if name not in outputs:
            raise failed(f"{column.sql(dialect='duckdb')!r} is no column of what it names")
        return outputs[name]
