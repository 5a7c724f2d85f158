"""Text files in any encoding that Python knows → UTF-8, for the engine that knows three."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sameboat.errors import WarehouseError
from sameboat.project.file_faults import writing_error
from sameboat.project.home import make_folder
from sameboat.project.unfinished import unfinished_folder

_CHUNK = 1 << 20


@contextmanager
def as_utf8(files: Sequence[Path], encoding: str, *, home: Path) -> Iterator[tuple[Path, ...]]:
    """The same files as UTF-8, for as long as the block runs; hidden, and gone afterwards.

    Raises WarehouseError `encoding` at the first byte that is not text in that encoding.
    """
    try:
        make_folder(home)
        with unfinished_folder(home) as hidden:
            made: list[Path] = []
            for at, path in enumerate(files):
                # each keeps its name, in a folder of its own, because errors speak of it
                own = hidden / str(at) / (path.stem if path.suffix == ".gz" else path.name)
                own.parent.mkdir(parents=True)
                _rewrite(path, encoding, own)
                made.append(own)
            yield tuple(made)
    except OSError as error:
        raise writing_error(error, name=f"landed/{home.name}") from error


def _rewrite(path: Path, encoding: str, own: Path) -> None:
    with _text(path, encoding) as read, own.open("x", encoding="utf-8", newline="") as write:
        own.chmod(0o600)
        while piece := _piece(read, path, encoding):
            write.write(piece)


def _piece(read: IO[str], path: Path, encoding: str) -> str:
    try:
        return read.read(_CHUNK)
    except UnicodeError as error:
        raise WarehouseError(
            "encoding", f"{path.name} is not text in {encoding}: {error}."
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise WarehouseError("file-unreadable", f"{path.name} cannot be unpacked.") from error


def _text(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")
