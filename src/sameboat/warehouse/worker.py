"""The process in which a server runs its queries: the embedded engine under the system's limits.

It is told once which tables there are, then answers one query after the other until its input
ends. It writes nothing anywhere, opens only the declared files, and whatever happens to it
happens to nobody else.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

import duckdb
import pyarrow as pa

from sameboat.errors import SameboatError
from sameboat.warehouse.base import Limits
from sameboat.warehouse.duckdb import Embedded
from sameboat.warehouse.faults import too_large
from sameboat.warehouse.frames import (
    CONFIG,
    ERROR,
    MOST_WORDS,
    QUERY,
    READY,
    ROWS,
    PipeError,
    findings_told,
    read_frame,
    scans_from,
    words,
    write_frame,
)
from sameboat.warehouse.landlock import forbid_writing

ENGINE_ROOM = 1_300_000_000
"""Address space beside the engine's memory limit: code, stacks, Python, Arrow, the allocator."""


def main() -> None:
    """Serve the pipes that this process was started with, until they end."""
    requests, answers = _own_pipes()
    try:
        kind, content = read_frame(requests, most=MOST_WORDS)
    except PipeError:
        return
    if kind != CONFIG:
        return
    told = json.loads(content)
    limits = Limits(**told["limits"])
    scans = scans_from(told["scans"])
    guard(limits, files=sum(len(scan.paths) for scan in scans))
    try:
        engine = Embedded(
            scans,
            database=Path(told["database"]) if told["database"] else None,
            zone=told["zone"],
            limits=limits,
        )
    except SameboatError as error:
        write_frame(answers, ERROR, words(findings_told(error.findings)))
        return
    write_frame(answers, READY, words(_described(engine)))
    _serve(engine, requests, answers, limits)


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the server, moved to where no stray print or read can reach them."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, answers


def _described(engine: Embedded) -> dict[str, Any]:
    return {
        "name": engine.name,
        "views": {
            name: {
                "columns": dict(view.columns),
                "pseudonymous": sorted(view.pseudonymous),
                "reads": sorted(view.reads),
            }
            for name, view in engine.views.items()
        },
        "broken": {name: findings_told(found) for name, found in engine.broken.items()},
    }


def _serve(engine: Embedded, requests: IO[bytes], answers: IO[bytes], limits: Limits) -> None:
    while True:
        try:
            kind, content = read_frame(requests, most=MOST_WORDS)
        except PipeError:
            return
        if kind != QUERY:
            return
        told = json.loads(content)
        more_processor(limits)
        try:
            rows = engine.run(told["sql"], rows=told["rows"])
            write_frame(answers, ROWS, memoryview(_stream(rows)))
        except SameboatError as error:
            write_frame(answers, ERROR, words(findings_told(error.findings)))
            if isinstance(error.__cause__, (duckdb.FatalException, duckdb.InternalException)):
                return  # the engine may be hurt: the server starts a fresh one
        except MemoryError:
            found = too_large("more memory than it may use").findings
            write_frame(answers, ERROR, words(findings_told(found)))
            return


def _stream(rows: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue()


# ── the system's limits ──────────────────────────────────────────────────────────────────────


def guard(limits: Limits, *, files: int) -> None:
    """Put this process under the system's limits for the rest of its life.

    No file can be changed, unless queries may spill to disk; no core is dumped; memory beyond the
    engine's own limit is refused by the system, so that a query which the engine does not
    bound (`repeat('a', 4e9)`) fails in itself.
    """
    sys.dont_write_bytecode = True
    if sys.platform == "win32":
        return
    import resource

    def lower(which: int, wanted: int) -> None:
        _, hard = resource.getrlimit(which)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (most, most))

    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, 128 + 4 * files)
    if not limits.spill:
        lower(resource.RLIMIT_FSIZE, 0)
        forbid_writing()
    if limits.memory is not None and sys.platform != "darwin":  # macOS does not heed it
        lower(resource.RLIMIT_AS, limits.memory + ENGINE_ROOM)


def more_processor(limits: Limits) -> None:
    """Allow the next query its processor time: the system counts over the process's whole life."""
    if sys.platform == "win32" or limits.processor is None:
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(used.ru_utime + used.ru_stime) + 1 + limits.processor
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
