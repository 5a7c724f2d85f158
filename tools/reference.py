"""Write the generated pages of docs/reference from the code: error codes and the command line."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import click

from sameboat import errors
from sameboat.cli import COMMANDS, commands

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
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
    return f"```text\n{command.get_help(context)}\n```\n"


PAGES = {"errors.md": error_page, "cli.md": command_page}


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
