"""Hurts the landing of tables in one way and prints, as JSON, what was seen.

Run as a program, because it forks, dies at chosen steps, limits itself and gives its rights away.
Nothing here touches the engine before it forks: each attempt is a process of its own.
"""

from __future__ import annotations

import encodings.ascii  # noqa: F401  (a user without rights may not find Python's own files)
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from sameboat.project.model import Table
from sameboat.project.scans import Scan
from sameboat.project.tables import sources_of
from sameboat.sources import land as landing
from sameboat.sources.land import prepare

TABLE = Table(file="people.csv", personal=("name",), pseudonymous=("user",))
ROWS = 3000
WRITING = {"os.rename", "os.link", "os.remove", "os.chmod", "os.mkdir", "os.utime", "os.truncate"}
NOBODY = 65534


def people(folder: Path) -> None:
    """The source: three thousand people."""
    lines = [f"{n},person {n},user {n % 700}" for n in range(ROWS)]
    (folder / "people.csv").write_text("id,name,user\n" + "\n".join(lines) + "\n")


def landed(folder: Path) -> Scan:
    """The table made ready."""
    [scan] = prepare(sources_of({"people": TABLE}, folder=folder), folder=folder)
    return scan


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """How a process of its own ended, and what the work in it gave."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code = 1
        try:
            os.write(write, json.dumps(work()).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(said) if said else None


def dying_at(step: int) -> None:
    """From now on, be killed at the n-th step that writes."""
    left = [step]

    def one_step() -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if event in WRITING or opens:
            one_step()

    sys.addaudithook(hook)
    for name in ("write_batch", "close"):
        real = getattr(pq.ParquetWriter, name)

        def stepped(*given: Any, _real: Any = real, **named: Any) -> Any:
            one_step()
            return _real(*given, **named)

        setattr(pq.ParquetWriter, name, stepped)
    real_fsync = os.fsync

    def fsync(handle: int) -> None:
        one_step()
        real_fsync(handle)

    os.fsync = fsync


def state(folder: Path) -> dict[str, Any]:
    """What a reader finds in the folder of copies."""
    copies = sorted((folder / ".sameboat" / "landed" / "people").glob("[!.]*"))
    key = folder / ".sameboat" / "pseudonym.key"
    return {
        "copies": len(copies),
        "rows": [pq.read_metadata(path).num_rows for path in copies],
        "columns": [pq.read_schema(path).names for path in copies],
        "modes": [oct(path.stat().st_mode & 0o777) for path in copies],
        "key": len(key.read_text()) if key.exists() else None,
    }


def crash(folder: Path) -> list[dict[str, Any]]:
    """Kill the landing at every step that writes, each time in a fresh folder, then land again."""
    seen: list[dict[str, Any]] = []
    for step in range(1000):
        place = folder / str(step)
        place.mkdir()
        people(place)

        def attempt(place: Path = place, step: int = step) -> None:
            dying_at(step)
            landed(place)

        def again(place: Path = place) -> Any:
            after = state(place)
            findings = [finding.code for finding in landed(place).findings]
            return {"after": after, "findings": findings, "whole": state(place)}

        ended, _ = in_child(attempt)
        _, told = in_child(again)
        seen.append({"ended": ended, **told})
        if ended == 0:
            return seen
    raise SystemExit("the landing never ended by itself")


def race(folder: Path) -> dict[str, Any]:
    """Land the same table in eight processes at once."""
    people(folder)
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            os._exit(len(landed(folder).findings))
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    hidden = [path.name for path in (folder / ".sameboat").rglob(".*.tmp")]
    return {"ends": ends, "state": in_child(lambda: state(folder))[1], "hidden": hidden}


def full(folder: Path) -> dict[str, Any]:
    """Land where no file can grow beyond a few kilobytes, as on a full disk; then with room."""
    people(folder)
    before = (folder / "people.csv").read_bytes()

    def cramped() -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        return [finding.code for finding in landed(folder).findings]

    _, findings = in_child(cramped)
    hidden = [path.name for path in (folder / ".sameboat").rglob(".*.tmp")]
    return {
        "findings": findings,
        "hidden": hidden,
        "state": in_child(lambda: state(folder))[1],
        "source": (folder / "people.csv").read_bytes() == before,
        "again": in_child(lambda: [one.code for one in landed(folder).findings])[1],
    }


def as_nobody() -> None:
    """Give up the rights of root, where this process has them."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def read_only(folder: Path) -> dict[str, Any]:
    """Read a project whose folder may not be written: in place it works, landing is refused."""
    people(folder)
    (folder / "secret.csv").write_text("a\n1\n")
    (folder / "secret.csv").chmod(0)
    folder.chmod(0o555)
    tables = {
        "people": TABLE,
        "open": Table(file="people.csv"),
        "secret": Table(file="secret.csv"),
    }

    def attempt() -> Any:
        as_nobody()
        scans = prepare(sources_of(tables, folder=folder), folder=folder)
        return {scan.name: [finding.code for finding in scan.findings] for scan in scans}

    _, told = in_child(attempt)
    folder.chmod(0o755)
    return {"told": told, "left": sorted(path.name for path in folder.iterdir())}


def second_wall(folder: Path) -> dict[str, Any]:
    """Let the engine itself write over a landed copy that it may open, as the copy's owner."""
    people(folder)
    _, path = in_child(lambda: landed(folder).paths[0])
    copy = Path(path)
    if os.geteuid() == 0:
        os.chown(copy, NOBODY, NOBODY)
        os.chown(folder / ".sameboat", NOBODY, NOBODY)  # which nobody else may enter

    def attempt() -> Any:
        before = copy.read_bytes()
        with landing.locked_reader([copy]) as connection:
            as_nobody()
            try:
                connection.execute(
                    f"COPY (SELECT 1 AS x) TO '{copy}' (FORMAT parquet, USE_TMP_FILE false)"
                ).fetchall()
                said = "written"
            except duckdb.Error as error:
                said = type(error).__name__
        return {"said": said, "unchanged": copy.read_bytes() == before}

    _, told = in_child(attempt)
    return dict(told)


def main() -> None:
    ways: dict[str, Callable[[Path], Any]] = {
        "crash": crash, "race": race, "full": full, "read-only": read_only,
        "second-wall": second_wall,
    }  # fmt: skip
    print(json.dumps(ways[sys.argv[1]](Path(sys.argv[2]))))  # noqa: T201


if __name__ == "__main__":
    main()
