"""What the tests of the project's files say about findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from sameboat.errors import Finding

Write = Callable[..., Path]
Errors = Callable[..., list[str]]
Findings = Callable[..., list[Finding]]


def short(findings: Iterable[Finding]) -> list[str]:
    """Each finding as `file:line:column code`, in order."""
    return [f"{found.where or '-'} {found.code}" for found in findings]
