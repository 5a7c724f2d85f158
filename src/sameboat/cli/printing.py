"""Print an Arrow table or a list of answers for people, as JSON or as CSV.

Data go to standard output. What must be said beside them, such as why a figure is undefined,
goes to standard error: a metric's reasons are read from the table's schema metadata, where
`ABOUT` holds what `questions.about` says of the figures.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from sameboat.cli import tell
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    import pyarrow as pa

ABOUT = b"sameboat"
PERIODS = ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
QUOTE = '"'
SPECIAL = re.compile('[",\r\n]')
GAP = "  "
NARROWEST = 30  # columns under which no line is broken further
Answer = TypeVar("Answer")


def print_table(table: pa.Table, output_format: str) -> None:
    """Write the table to standard output as `table`, `json` or `csv`; periods are dates."""
    table = with_dates(table)
    if output_format == "json":
        for piece in as_json(table.column_names, _rows(table)):
            sys.stdout.write(piece)
    elif output_format == "csv":
        write_csv(table.column_names, _rows(table), sys.stdout)
    else:
        _print_for_people(table)
    sys.stdout.flush()  # a log of both streams has the data first
    for column, reason in _reasons(table).items():
        tell(f"{column}: undefined where empty: {reason}")


def print_answers(
    answers: Sequence[Answer], output_format: str, *, heads: Sequence[str], joined: str,
    lines: Callable[[Answer], Iterable[str]], none: str, gap: str = "",
) -> None:  # fmt: skip
    """Write answers to standard output as `table` (lines for people), `json` or `csv`.

    The cells of CSV are the fields `heads`; a field of several texts is one cell, `joined` by a
    sign. People read `none` where there is no answer, and `gap` between two of them.
    """
    if output_format == "json":
        click.echo(json_text(answers))
    elif output_format == "csv":
        rows = ([_cell(getattr(one, head), joined) for head in heads] for one in answers)
        write_csv(heads, rows, sys.stdout)
    else:
        click.echo(f"\n{gap}".join("\n".join(lines(one)) for one in answers) or none)


def with_dates(table: pa.Table) -> pa.Table:
    """The same table with the starts of days and longer periods as dates: engines add a clock."""
    for number, field in enumerate(table.schema):
        whole = field.name.rpartition("__")[2] in PERIODS
        if whole and str(field.type).startswith("timestamp"):
            table = table.set_column(number, field.name, table.column(number).cast("date32"))
    return table


def as_json(names: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    """The text of a JSON list of objects, piece by piece; what is not a number becomes null.

    >>> "".join(as_json(["month", "rate"], iter([(dt.date(2026, 5, 1), float("nan"))])))
    '[\\n {"month": "2026-05-01", "rate": null}\\n]\\n'
    """
    keys = [json.dumps(name, ensure_ascii=False) for name in names]
    before = "[\n "
    for row in rows:
        cells = ", ".join(f"{key}: {json_text(cell)}" for key, cell in zip(keys, row, strict=True))
        yield f"{before}{{{cells}}}"
        before = ",\n "
    yield "[]\n" if before.startswith("[") else "\n]\n"


def write_csv(names: Sequence[str], rows: Iterator[Sequence[Any]], out: TextIO) -> None:
    """Write CSV that a spreadsheet reads as data: text that looks like a formula is escaped.

    >>> write_csv(["name", "change"], iter([("=1+1", -2.5), ("plain", None)]), sys.stdout)
    name,change
    '=1+1,-2.5
    plain,
    """
    for row in chain([names], rows):
        line = ",".join(_quoted(_csv(cell)) for cell in row)
        out.write((line or '""') + "\n")


def screen() -> int | None:
    """The columns of the terminal that listens; None where output goes into a file or a pipe."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return max(NARROWEST, shutil.get_terminal_size().columns)
    return None


def folded(text: str, width: int | None) -> str:
    """The text with its long lines broken between words, each under its own indent.

    Rows of tables, whose cells stand apart by more than one space, stay as they are; so does
    everything where nobody looks at a screen, with a width of None.

    >>> print(folded("  Marketing: right-fit share of leads", 24))
      Marketing: right-fit
        share of leads
    """
    if width is None:
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        words = line.lstrip(" ")
        if len(line) <= width or GAP in words:
            lines.append(line)
            continue
        indent = " " * (len(line) - len(words))
        lines += textwrap.wrap(
            words, width, initial_indent=indent, subsequent_indent=f"{indent}  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines)


def aligned(names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Columns of equal width as plain text, numbers to the right, without trailing spaces.

    >>> print(aligned(["team", "n"], [["sales", "7"], ["it", "12"]], [False, True]))
    team    n
    sales   7
    it     12
    """
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = []
    for row in (names, *rows):
        cells = (
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        )
        lines.append(GAP.join(cells).rstrip())
    return "\n".join(lines)


def plain(value: Any) -> str:
    """A cell as a person reads it; control characters are shown, never sent to the terminal.

    >>> plain(1234567.891), plain(0.25), plain(None), plain("red\\x1b[31m")
    ('1,234,567.89', '0.25', '', 'red\\\\x1b[31m')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ") if value.time() != dt.time() else value.date().isoformat()
    return "".join(char if char.isprintable() else _shown(char) for char in str(value))


def _print_for_people(table: pa.Table) -> None:
    import pyarrow as pa  # at hand already: the table is one of its own

    right = [
        pa.types.is_integer(field.type)
        or pa.types.is_floating(field.type)
        or pa.types.is_decimal(field.type)
        for field in table.schema
    ]
    names = [plain(name) for name in table.column_names]
    rows = [[plain(cell) for cell in row] for row in _rows(table)]
    if sys.stdout.isatty():
        _print_rich(names, rows, right)
    else:
        sys.stdout.write(aligned(names, rows, right) + "\n")


def _print_rich(names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    # Only a terminal pays for importing rich; a pipe and `--help` never do.
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, flush in zip(names, right, strict=True):
        drawn.add_column(Text(name), justify="right" if flush else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def _cell(value: Any, joined: str) -> Any:
    return joined.join(value) if isinstance(value, tuple) else value


def _rows(table: pa.Table) -> Iterator[Sequence[Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        yield from zip(*columns, strict=True)


def _reasons(table: pa.Table) -> dict[str, str]:
    told = (table.schema.metadata or {}).get(ABOUT)
    metrics = json.loads(told).get("metrics", {}) if told else {}
    return {
        name: ", ".join(f"{reason} ({count})" for reason, count in about["undefined"].items())
        for name, about in metrics.items()
        if about.get("undefined")
    }


def _csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        return json_text(value)
    return str(value)


def _quoted(cell: str) -> str:
    # The csv module leaves a lone carriage return bare, and a reader then sees a new row.
    return f'"{cell.replace(QUOTE, QUOTE * 2)}"' if SPECIAL.search(cell) else cell


def _number(value: float | Decimal) -> str:
    if not math.isfinite(value):
        return ""
    return f"{value:,.2f}" if abs(float(value)) >= 1000 else f"{value:.6g}"


def _shown(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
