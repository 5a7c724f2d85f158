"""Read and run the examples of a Markdown page.

    ```console            commands after `$ `, lines of a long one after `> `, then their output;
                          `...` stands for any text; `console exit=1` for a command that fails
    ```yaml file=a.yml    a file that the reader writes, with its content
    ```sh                 shown and not run, such as a command that does not return

All examples of a page run in order in one new folder, as the reader would follow them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command, the output that the page promises (None: none shown) and its exit code."""

    line: int
    text: str
    expected: str | None
    exit_code: int


@dataclass(frozen=True)
class NewFile:
    """A file that the reader writes."""

    line: int
    name: str
    content: str


def examples(page: str) -> Iterator[Command | NewFile]:
    """Everything that a page asks its reader to do, in order."""
    for block in FENCE.finditer(page):
        line = page.count("\n", 0, block.start()) + 2
        language, *options = block["info"].split() or [""]
        given = dict(option.split("=", 1) for option in options if "=" in option)
        if "file" in given:
            yield NewFile(line, given["file"], block["body"])
        elif language == "console":
            yield from commands(block["body"], line, int(given.get("exit", "0")))


def commands(body: str, line: int, exit_code: int) -> Iterator[Command]:
    """The commands of one console block; only the last one may fail with `exit_code`."""
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    for index, part in enumerate(parts):
        text, *rest = part.splitlines()
        while rest and rest[0].startswith("> "):
            text += "\n" + rest.pop(0).removeprefix("> ")
        expected = "\n".join(rest) if any(rest) else None
        yield Command(line, text, expected, exit_code if index == len(parts) - 1 else 0)
        line += part.count("\n")


def follow(page: str, folder: Path, programs: Path | None = None) -> list[str]:
    """What went otherwise than the page says, in words; empty when all is as promised.

    Commands are looked for in `programs` first, then beside the Python that runs this.
    """
    wrong: list[str] = []
    where = folder
    for example in examples(page):
        if isinstance(example, NewFile):
            path = where / example.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(example.content, encoding="utf-8")
            continue
        said, code, where = run(example.text, where, programs)
        if code != example.exit_code:
            wrong.append(f"line {example.line}: $ {example.text}\nexit code {code}:\n{said}")
        elif example.expected is not None and not matches(example.expected, said):
            wrong.append(
                f"line {example.line}: $ {example.text}\npage:\n{example.expected}\nsaid:\n{said}"
            )
    return wrong


def run(text: str, folder: Path, programs: Path | None) -> tuple[str, int, Path]:
    """What a command printed, its exit code, and the folder it left the reader in."""
    marker = folder / ".left-in"
    script = f"{text}\ncode=$?\npwd > {marker}\nexit $code"
    found_in = [str(programs)] if programs else []
    found_in += [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(found_in),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    left_in = Path(marker.read_text(encoding="utf-8").strip()) if marker.exists() else folder
    marker.unlink(missing_ok=True)
    return done.stdout, done.returncode, left_in


def matches(expected: str, said: str) -> bool:
    """Whether the output is what the page shows, `...` standing for any text.

    >>> matches("win_rate ... 0.5\\n...", "win_rate  metric 0.5  \\nmore\\nlines\\n")
    True
    >>> matches("win_rate 0.5", "win_rate 0.4")
    False
    """
    wanted, got = (
        "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
        for text in (expected, said)
    )
    pattern = ".*?".join(re.escape(piece) for piece in wanted.split("..."))
    return re.fullmatch(pattern, got, flags=re.DOTALL) is not None
