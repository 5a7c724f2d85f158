"""What is wrong with a data file, from the words of the engine or system that met it.

Both the landing of files and the warehouse read files, and both must say the same thing of the
same fault; neither may import the other, so the reading of their words lives here.
"""

from __future__ import annotations

import errno
import re

from sameboat.errors import Finding, WarehouseError

_LINE = re.compile(r"CSV Error on Line: (\d+)(?:\nOriginal Line: (.{0,60}))?")
_FILE = re.compile(r"file(?: = |: | )\"?([^\n\"]+)\"?")
_COLUMN = re.compile(
    r"Error when converting column \"([^\"]+)\"\. (Could not convert string \"[^\"]*\" to '\w+')"
)

_QUOTED_PATH = re.compile(r"(['\"])/[^'\"]*/([^/'\"]+)\1")
_PATH = re.compile(r"(?:/[^\s/'\"]+)+/([^\s/'\"]+)")

ENCODING_HINT = "Say how it is written, such as `read: {encoding: cp1252}`."

_WORDS: tuple[tuple[str, str, str], ...] = (
    # what the engine says, our code, what we say
    ("invalid unicode", "encoding", "is not UTF-8 text"),
    ("not utf-8 encoded", "encoding", "is not UTF-8 text"),
    ("could not set lock", "file-locked", "is being written by another process"),
    ("permission denied", "file-permission", "may not be read by this user"),
    ("no magic bytes", "file-unreadable", "is not a whole Parquet file"),
    ("too small to be a parquet", "file-unreadable", "is not a whole Parquet file"),
    ("not a valid duckdb", "file-unreadable", "is not a DuckDB file"),
    ("malformed json", "file-unreadable", "is not valid JSON"),
    ("no files found that match", "file-missing", "is not there"),
    ("no such file", "file-missing", "is not there"),
    ("cannot open file", "file-missing", "cannot be opened"),
    ("database does not exist", "file-missing", "is not there"),
    ("expected number of columns", "file-unreadable", "has rows of different lengths"),
    ("error when sniffing", "file-unreadable", "cannot be read as CSV"),
    ("rfc 4180", "file-unreadable", "is not regular CSV"),
    ("unterminated quote", "file-unreadable", "holds a quoted value without its end"),
    ("maximum line size", "file-unreadable", "holds a line that is too long"),
)


def fault_of(text: str, *, name: str) -> Finding | None:
    """What the engine's message means for the table `name`, or None where files are not to blame.

    >>> str(fault_of("No magic bytes found at end of file 'x.parquet'", name="x.parquet"))
    'file-unreadable  x.parquet is not a whole Parquet file.'
    """
    line = _LINE.search(text)
    place = f", line {line[1]}" if line else ""
    column = _COLUMN.search(text)
    if column:
        told = column[2][0].lower() + column[2][1:]
        return Finding("value-type", f"{name}{place}, column {column[1]!r}: {told}.")
    lower = text.lower()
    for words, code, said in _WORDS:
        if words in lower:
            hint = ENCODING_HINT if code == "encoding" else None
            return Finding(code, f"{name}{place} {said}.", hint=hint)
    if "parquet" in lower and ("corrupt" in lower or "invalid" in lower or "thrift" in lower):
        return Finding("file-unreadable", f"{name} is not a whole Parquet file.")
    if line:
        return Finding("file-unreadable", f"{name}{place} cannot be read as CSV.")
    return None


def first_line(text: str) -> str:
    """The first line of an engine's message, with file names in place of paths.

    >>> first_line("IO Error: no stream: /home/ann/data/x.gz\\nat some place")
    'IO Error: no stream: x.gz'
    """
    lines = text.strip().splitlines()
    if not lines:
        return "no reason was given"
    return _PATH.sub(r"\1", _QUOTED_PATH.sub(r"\1\2\1", lines[0]))


_READING = {
    errno.ENOENT: ("file-missing", "is not there"),
    errno.ENOTDIR: ("file-missing", "is not there"),
    errno.EACCES: ("file-permission", "may not be read by this user"),
    errno.EPERM: ("file-permission", "may not be read by this user"),
    errno.EISDIR: ("file-unreadable", "is a folder"),
}
_WRITING = {
    errno.ENOSPC: ("disk-full", "The disk is full"),
    errno.EDQUOT: ("disk-full", "The disk quota is used up"),
    errno.EFBIG: ("disk-full", "The file would be larger than this process may write"),
    errno.EROFS: ("folder-read-only", "The disk is read-only"),
    errno.EACCES: ("folder-read-only", "The folder may not be written by this user"),
    errno.EPERM: ("folder-read-only", "The folder may not be written by this user"),
}


def reading_fault(error: OSError, *, name: str) -> Finding:
    """What a failed read of the file `name` means."""
    code, said = _READING.get(error.errno or 0, ("file-unreadable", "cannot be read"))
    return Finding(code, f"{name} {said}.")


def writing_error(error: OSError, *, name: str) -> WarehouseError:
    """What a failed write of `name` means; whatever stood there before still stands."""
    code, said = _WRITING.get(error.errno or 0, ("disk-fault", f"The disk failed ({error})"))
    return WarehouseError(code, f"{said}: {name} was not written; nothing was changed.")
