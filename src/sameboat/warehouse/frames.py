"""What the server and its worker processes say to each other: frames of bytes over pipes.

A frame is one letter, its length, and its content: JSON for words, Arrow's stream format for
rows. Nothing in a frame is ever executed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import asdict
from typing import IO, Any

from sameboat.errors import Finding, Place
from sameboat.project.scans import Scan

CONFIG = b"C"
READY = b"V"
QUERY = b"Q"
ROWS = b"R"
ERROR = b"E"

_HEAD = struct.Struct(">cQ")
MOST_WORDS = 64 << 20


class PipeError(Exception):
    """The other side ended, or said something that is no frame."""


def write_frame(pipe: IO[bytes], kind: bytes, content: bytes | memoryview) -> None:
    """Send one frame."""
    pipe.write(_HEAD.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def read_frame(pipe: IO[bytes], *, most: int) -> tuple[bytes, bytes]:
    """The next frame's letter and content; PipeError where there is none, or one too long."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise PipeError("the other side ended")
    kind, length = _HEAD.unpack(head)
    if length > most:
        raise PipeError("the frame is too long")
    content = pipe.read(length)
    if len(content) < length:
        raise PipeError("the other side ended in the middle of a frame")
    return kind, content


def words(value: Any) -> bytes:
    """A value as JSON."""
    return json.dumps(value).encode()


def findings_from(told: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """Findings as they were before they became JSON."""
    return tuple(
        Finding(**{**one, "where": Place(**one["where"]) if one["where"] else None}) for one in told
    )


def findings_told(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as values that JSON can hold."""
    return [asdict(finding) for finding in findings]


def scans_told(scans: Iterable[Scan]) -> list[dict[str, Any]]:
    """Scans as values that JSON can hold."""
    return [asdict(scan) for scan in scans]


def scans_from(told: Iterable[dict[str, Any]]) -> tuple[Scan, ...]:
    """Scans as they were before they became JSON."""
    return tuple(
        Scan(
            name=one["name"],
            kind=one["kind"],
            text=one["text"],
            paths=tuple(one["paths"]),
            columns=tuple((name, kind) for name, kind in one["columns"]),
            personal=tuple(one["personal"]),
            pseudonymous=tuple(one["pseudonymous"]),
            landed=one["landed"],
            fingerprint=one["fingerprint"],
            findings=findings_from(one["findings"]),
        )
        for one in told
    )
