"""Write the generated pages of docs/reference: errors, commands, keys of the format, functions."""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from sameboat import errors
from sameboat.cli import COMMANDS, commands
from sameboat.project import declared, formula, model, unbuilt, values
from sameboat.project.catalogue.read import templates as catalogue
from sameboat.project.meanings import meaning
from sameboat.project.model import Declared, MetricBase, Shape
from sameboat.project.principles.catalogue import RULES
from sameboat.project.principles.rule import PRINCIPLES, Rule

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
PROSE = Path(__file__).resolve().parent / "pages"
NOTE = "<!-- Written by `make docs` from the code; edits here are lost. -->\n\n"


def error_page() -> str:
    """The page of every error code, in the groups in which errors.py lists them."""
    lines = [NOTE, "# Error codes\n\n"]
    lines.append(
        "Every error says where it is, its code, what is wrong and what to do next. Codes are "
        "stable: scripts may rely on them. `sameboat check --format json` and `--format sarif` "
        "carry the same codes.\n"
    )
    for group, codes in code_groups().items():
        lines.append(f"\n## {group}\n\n| code | meaning |\n|---|---|\n")
        lines += [f"| `{code}` | {meaning} |\n" for code, meaning in codes.items()]
    return "".join(lines)


def code_groups() -> dict[str, dict[str, str]]:
    """The codes under the comments that head them in errors.py."""
    source = Path(errors.__file__).read_text(encoding="utf-8")
    table = next(
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "CODES"
    )
    assert isinstance(table, ast.Dict)
    lines = source.splitlines()
    groups: dict[str, dict[str, str]] = {}
    for key in table.keys:
        assert isinstance(key, ast.Constant)
        above = (line.strip() for line in reversed(lines[: key.lineno - 1]))
        heading = next(line for line in above if re.match(r"# \w", line))
        group = heading.removeprefix("# ").split(":")[0].strip()
        code = str(key.value)
        groups.setdefault(group[0].upper() + group[1:], {})[code] = errors.CODES[code]
    return groups


def command_page() -> str:
    """The page of every command, as its own `--help` tells it."""
    pieces = [NOTE, "# Command line\n\n", block(commands, ["sameboat"])]
    context = click.Context(commands, info_name="sameboat")
    for name in COMMANDS:
        command = commands.get_command(context, name)
        assert command is not None
        pieces += [f"\n## sameboat {name}\n\n", block(command, ["sameboat", name])]
    return "".join(pieces)


def block(command: click.Command, path: list[str]) -> str:
    """A command's help, 88 columns wide on whatever terminal this runs."""
    context: click.Context | None = None
    for part in path:
        context = click.Context(
            command, info_name=part, parent=context, max_content_width=88, terminal_width=88,
            help_option_names=["-h", "--help"],
        )  # fmt: skip
    assert context is not None
    command._help_option = None  # kept from whoever asked first, under that one's names
    return f"```text\n{command.get_help(context)}\n```\n"


# ── keys of the format ───────────────────────────────────────────────────────────────────────

GROUPS = {
    "What there is": ("teams", "objectives", "tables", "metrics", "saved_queries"),
    "Shared KPIs and the tree": ("kpis", "drivers", "events"),
    "Learning whether it worked": ("initiatives", "experiments", "journeys", "teamwork"),
    "Deciding together": ("pools", "staffing", "incentives", "proposals"),
    "Living with it": ("reviews", "pulses", "rollout", "access", "alerts", "sources"),
}
LATER = "*read, not computed yet*"
PLACE = "place-of-"
HEADINGS: Mapping[type, str] = {model.Input: "inputs of metrics"}
WORDS: tuple[tuple[object, str], ...] = (
    (values.Number, "number"),
    (values.Whole, "whole number"),
    (values.Flag, "true or false"),
    (values.Day, "day"),
    (values.Moment, "moment"),
    (values.Clock, "time of day"),
    (values.SpanText, "length of time"),
    (values.Texts, "text, or a list of texts"),
    (model.Filters, "filter, or a list of filters"),
    (str, "text"),
    (int, "whole number"),
    (float, "number"),
    (bool, "true or false"),
    (Any, "anything"),
)


def format_page() -> str:
    """The page of every key of a project's files, section by section."""
    seen: set[type[Shape]] = set()
    pieces = [NOTE, introduction("format"), key_table(Declared, "", inherited=())]
    pieces += ["\n## sameboat.yml\n\n", *shape_pages(model.Root, "", seen)]
    for group, sections in GROUPS.items():
        pieces.append(f"\n## {group}\n")
        for section in sections:
            pieces += section_page(section, seen)
    return placed("".join(pieces))


def section_page(section: str, seen: set[type[Shape]]) -> Iterator[str]:
    """One section with the shapes inside it."""
    later = f", {LATER}" if section in unbuilt.SECTIONS else ""
    kind = "Names and what they name"
    if section not in declared.NAMED:
        kind = "A list" if section in declared.LISTS else "One object"
    yield f"\n### {section}\n\n{kind}{later}.\n\n"
    if section == "metrics":
        yield "Every metric has a `type`, and may have:\n\n"
        yield from shape_pages(MetricBase, section, seen)
        for shape in get_args(get_args(model.Metric)[0]):
            yield f"\n#### type: {shape.__name__.lower()}\n\n"
            yield f"{meaning(shape, 'type')}\n\n"
            yield from shape_pages(shape, section, seen, inherited=(Declared, MetricBase))
        return
    hints = {key: hint for key, (hint, _) in {**declared.NAMED, **declared.LISTS}.items()}
    yield from shape_pages({**hints, **declared.SINGLE}[section], section, seen)


def shape_pages(
    shape: Any,
    path: str,
    seen: set[type[Shape]],
    *,
    inherited: tuple[type[Shape], ...] = (Declared,),
) -> Iterator[str]:
    """The table of a shape's keys, then those of the shapes inside it that were not shown yet."""
    yield key_table(shape, path, inherited=inherited)
    for key, field in own_fields(shape, inherited):
        for inner in shapes_in(field.annotation):
            if inner not in seen and inner is not model.Between:
                seen.add(inner)
                below = f"{path}.{key}".lstrip(".")
                yield f"\n#### {HEADINGS.get(inner, below)}\n\n{PLACE}{inner.__name__}\n\n"
                yield from shape_pages(inner, below, seen, inherited=(Declared,))


def own_fields(
    shape: type[Shape], inherited: tuple[type[Shape], ...]
) -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a shape, as YAML spells them, without those that are told elsewhere."""
    kinds = [kind for kind in inherited if kind is not shape and issubclass(shape, kind)]
    told = {name for kind in kinds for name in kind.model_fields}
    told |= {"name"} if issubclass(shape, Declared) else set()
    told |= {"type"} if issubclass(shape, MetricBase) else set()
    if shape is model.Root:
        told -= {"name"}
    for name, field in shape.model_fields.items():
        if name not in told:
            yield field.alias or name, field


def key_table(shape: type[Shape], path: str, *, inherited: tuple[type[Shape], ...]) -> str:
    """The keys of a shape: what they take, what they are without being written, what they mean."""
    lines = ["| key | value | default | meaning |\n|---|---|---|---|\n"]
    for key, field in own_fields(shape, inherited):
        later = f" {LATER}" if f"{path}.{key}".lstrip(".") in unbuilt.KEYS else ""
        said = f"{meaning(shape, key) or ''}{later}"
        lines.append(f"| `{key}` | {kind_of(field)} | {default_of(field)} | {said} |\n")
    return "".join(lines)


def kind_of(field: FieldInfo) -> str:
    """What a key takes, in words."""
    hint: Any = field.annotation
    if field.metadata:
        hint = Annotated[hint, *field.metadata]
    return words(hint)


def words(hint: Any) -> str:
    """A type in words."""
    for known, said in WORDS:
        if hint == known:
            return said
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return marked(args) or words(args[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(words(arg) for arg in args if arg is not type(None)))
    if origin is Literal:
        return ", ".join(f"`{arg}`" for arg in args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return f"list of {plural(words(args[0]))}"
        return f"[{', '.join(words(arg) for arg in args)}]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of {words(args[0])} to {words(args[1])}"
    if hint is model.Between:
        return "`{between: [low, high]}`"
    return f"[keys]({PLACE}{hint.__name__})"


def marked(args: tuple[Any, ...]) -> str | None:
    """What a text names, where a marker says so."""
    texts = words(args[0]) if args[0] is not str else "text"
    for note in args[1:]:
        match note:
            case values.Refers(kind):
                called = kind.replace("kpi", "KPI")
                return f"name of {'an' if called[0] in 'aeio' else 'a'} {called}"
            case values.Column():
                return "column"
            case values.Condition():
                return "filter, or a list of filters"
            case values.OrText():
                return f"text or {texts}"
    return None


def plural(text: str) -> str:
    """Words for several of a thing.

    >>> plural("name of a team"), plural("column")
    ('names of teams', 'columns')
    """
    if text.startswith("name of "):
        kind = text.removeprefix("name of ").split(" ", 1)[1]
        return f"names of {kind[:-1] + 'ies' if kind.endswith('y') else kind + 's'}"
    return f"{text}s" if text in ("text", "column", "day", "number") else text


def default_of(field: FieldInfo) -> str:
    """What stands where nothing is written."""
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value == () or value == {} or value == "" or isinstance(value, Shape):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{list(value) if isinstance(value, tuple) else value}`"


def shapes_in(hint: Any) -> Iterator[type[Shape]]:
    """The shapes that a type is made of, in reading order."""
    if isinstance(hint, type) and issubclass(hint, Shape):
        yield hint
    for arg in get_args(hint):
        yield from shapes_in(arg)


def placed(text: str) -> str:
    """The page with each link to a shape leading to the heading under which it is shown."""
    slugs: dict[str, str] = {}

    def heading(found: re.Match[str]) -> str:
        slugs[found[2]] = re.sub(r"[^a-z0-9_ -]", "", found[1].lower()).replace(" ", "-")
        return f"#### {found[1]}\n\n"

    text = re.sub(rf"#### (.+)\n\n{PLACE}(\w+)\n\n", heading, text)
    return re.sub(rf"{PLACE}(\w+)", lambda link: f"#{slugs[link[1]]}", text)


# ── functions of expressions ─────────────────────────────────────────────────────────────────

CALLS = {
    "abs": ("abs(x)", "x without its sign"),
    "ceil": ("ceil(x)", "the next whole number upwards"),
    "coalesce": ("coalesce(x, y, …)", "the first that is not missing"),
    "concat": ("concat(x, y, …)", "the texts after each other"),
    "contains": ("contains(text, part)", "whether the text holds the part"),
    "date_diff": ("date_diff('day', x, y)", "how many boundaries of the unit lie between"),
    "date_part": ("date_part('year', x)", "a part of a moment"),
    "date_trunc": ("date_trunc('month', x)", "the start of the period"),
    "day": ("day(x)", "the day of the month"),
    "exp": ("exp(x)", "e to the power of x"),
    "floor": ("floor(x)", "the next whole number downwards"),
    "greatest": ("greatest(x, y, …)", "the greatest"),
    "hour": ("hour(x)", "the hour, 0 to 23"),
    "if": ("if(condition, x, y)", "x where the condition holds, else y"),
    "least": ("least(x, y, …)", "the least"),
    "left": ("left(text, n)", "the first n characters"),
    "length": ("length(text)", "the number of characters"),
    "ln": ("ln(x)", "the natural logarithm"),
    "lower": ("lower(text)", "in small letters"),
    "mod": ("mod(x, y)", "what is left of x / y"),
    "month": ("month(x)", "the month, 1 to 12"),
    "nullif": ("nullif(x, y)", "missing where both are equal, else x"),
    "power": ("power(x, y)", "x to the power of y"),
    "quarter": ("quarter(x)", "the quarter, 1 to 4"),
    "replace": ("replace(text, old, new)", "the text with every old exchanged"),
    "right": ("right(text, n)", "the last n characters"),
    "round": ("round(x), round(x, digits)", "x rounded"),
    "sign": ("sign(x)", "-1, 0 or 1"),
    "split_part": ("split_part(text, mark, n)", "the n-th part between marks, from 1"),
    "sqrt": ("sqrt(x)", "the square root"),
    "starts_with": ("starts_with(text, start)", "whether the text starts so"),
    "substr": ("substr(text, from, length)", "a piece of the text, from 1; the length is optional"),
    "trim": ("trim(text)", "without spaces at its ends"),
    "upper": ("upper(text)", "in capital letters"),
    "week": ("week(x)", "the number of the ISO week"),
    "year": ("year(x)", "the year"),
    "current_date": ("current_date", "today: the local day of `as_of`, else of the clock"),
    "current_timestamp": ("current_timestamp", "now: `as_of`, else the clock, in local time"),
}
"""How each function is called, and what comes back."""


def function_page() -> str:
    """The page of everything that an expression may hold."""
    spelled: dict[str, list[str]] = {}
    for other, name in formula.SPELLINGS.items():
        if other != name:
            spelled.setdefault(name, []).append(f"`{other}`")
    lines = [NOTE, introduction("functions"), "## Functions\n\n"]
    lines.append("| function | gives | also spelled |\n|---|---|---|\n")
    for name in formula.FUNCTIONS:
        call, gives = CALLS[name]
        calls = ", ".join(f"`{one}`" for one in re.split(r"(?<=\)), ", call))
        lines.append(f"| {calls} | {gives} | {', '.join(spelled.get(name, []))} |\n")
    names = ", ".join(f"`{name}`" for name in sorted(formula.TYPES))
    lines.append(f"\n## Types of casts\n\n{names}.\n")
    lines.append(
        f"\n## Limits\n\nAn expression nests at most {formula.DEEPEST} levels deep and has at most "
        f"{formula.LONGEST_CHAIN} operators; a number has at most {formula.MOST_DIGITS} digits.\n"
    )
    return "".join(lines)


# ── rules of the principles ──────────────────────────────────────────────────────────────────

JUDGED_ON = {
    "files": "the files alone",
    "record": "the record of figures and uses that refreshes and readers leave",
}


def rule_page() -> str:
    """The page of every rule: principle, severity, reason, example and better alternative."""
    lines = [NOTE, introduction("rules")]
    for principle, said in PRINCIPLES.items():
        lines.append(f"\n## {principle.capitalize()}\n\n{said}\n")
        lines += [rule_section(rule) for rule in RULES.values() if rule.principle == principle]
    return "".join(lines)


def rule_section(rule: Rule) -> str:
    """One rule, as `sameboat check --explain` tells it."""
    return (
        f"\n### {rule.code}\n\n{rule.title} A {rule.severity}, judged on "
        f"{JUDGED_ON[rule.needs]}.\n\n{rule.why}\n\n"
        f"Breaks it:\n\n{quoted(rule.example)}\nBetter:\n\n{quoted(rule.better)}"
    )


def quoted(text: str) -> str:
    """Lines of a file as YAML, words as a quotation."""
    if text.startswith("#") or re.match(r"[a-z_]+:", text):
        return f"```yaml\n{text}\n```\n"
    return f"> {text}\n"


def introduction(page: str) -> str:
    """What stands above the tables of a page; it is written by hand."""
    return (PROSE / f"{page}.md").read_text(encoding="utf-8") + "\n"


def template_page() -> str:
    """The page of every KPI template, with its contract and worked numbers."""
    pieces = [NOTE, "# Templates of KPIs\n\n"]
    pieces.append(
        "`sameboat add NAME` puts one over a project's tables: "
        "[how](../how-to/add-a-kpi.md). Each is computed and checked in the tests.\n"
    )
    for one in catalogue().values():
        pieces += [f"\n## {one.name}\n\n", f"**{one.label}.** {one.says}\n\n{one.definition}\n\n"]
        pieces += [f"- Source: {s.author}: *{s.title}*. {s.where}.\n" for s in one.sources]
        pieces.append(f"- Definitions differ: {one.differs}\n- Target: {one.target}\n")
        pieces += [f"- Gamed by: {way}\n" for way in one.gaming]
        pieces += [f"- Guardrail: {limit.watch}\n" for limit in one.guardrails]
        for owner in one.owners:
            lag = f", after {owner.lag}" if owner.lag else ""
            pieces.append(f"- Owner: {owner.team}, by {owner.lever} ({owner.moves}{lag})\n")
        for name, variant in one.variants.items():
            pieces.append(f"\n### {one.name}, variant {name}\n\n{variant.says}\n\n")
            pieces.append("| table | column | type | holds |\n|---|---|---|---|\n")
            for role, table in variant.tables.items():
                pieces.append(f"| `{role}` | | | {table.holds}: {table.grain}; {table.subject} |\n")
                for wanted, column in table.columns.items():
                    free = " (if there is one)" if column.optional else ""
                    kind = f"{column.type} | {column.means}{free}"
                    pieces.append(f"| | `{wanted}` | {kind} |\n")
            pieces.append(f"\nWorked: {variant.worked.reckoning}\n")
    return "".join(pieces)


PAGES = {
    "templates.md": template_page,
    "errors.md": error_page,
    "cli.md": command_page,
    "format.md": format_page,
    "functions.md": function_page,
    "rules.md": rule_page,
}


def main() -> int:
    """Write every page that changed, and name it."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
