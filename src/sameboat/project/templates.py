"""dbt's templates in filters: `{{ Dimension('booking__is_instant') }}` and its kin."""

from __future__ import annotations

from typing import Any

from sameboat.errors import RequestError
from sameboat.project.nodes import MetricValue, Name, Node
from sameboat.project.tokens import Token, tokens

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
