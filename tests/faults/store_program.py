"""A program that hurts a store in one way and then looks at what is left; it prints what it saw.

    python store_program.py WAY FOLDER SEED COUNT

It forks children and lets them die, so it runs apart from the tests, in one thread. What a
refresh writes follows from its number alone, so every run can be checked to the last point.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alembic.command  # noqa: F401  # what a dying child would import, its parent has ready
import numpy as np
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from sameboat.actions.propose import propose
from sameboat.errors import StoreError
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.store import audit, files, migrate
from sameboat.store.connect import Store, open_store
from sameboat.store.points import (
    PackedSeries,
    RunRecord,
    SeriesKey,
    cards,
    last_run,
    many,
    record_refresh,
    runs,
)
from sameboat.store.proposals import open_proposals

START = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)
METRICS = ("alpha", "beta", "gamma", "delta")
KEYS = [SeriesKey(metric, "day") for metric in METRICS]
URL = "sqlite:///.sameboat/store.db"
PER_FOLDER = 7  # so that the check of all runs stays short


# ── what a refresh of a number writes ────────────────────────────────────────────────────────


def told(number: int, *, days: int = 60) -> list[PackedSeries]:
    """Every series grows by a day each time, and some of its days are restated."""
    length = days + number
    day = np.arange(length)
    values = day / 7 + np.where(day % 9 == number % 9, number, 0)
    return [
        PackedSeries(
            metric=metric,
            grain="day",
            periods=np.datetime64("2026-01-01") + day,
            values=values + at,
            complete=day < length - 1,
            definition_version=1,
            definition_hash="d",
        )
        for at, metric in enumerate(METRICS)
    ]


def board(number: int) -> dict[str, dict[str, int]]:
    return {metric: {"number": number} for metric in METRICS}


def refresh(store: Store, number: int, **told_with: int) -> None:
    at = START + dt.timedelta(minutes=number)
    record = RunRecord(started_at=at, finished_at=at, who="x", project="p", note=str(number))
    record_refresh(store, run=record, series=told(number, **told_with), cards=board(number))


def opened(folder: Path, *, create: bool = True, wait: float = 20) -> Store:
    return open_store(URL, folder=folder, create=create, wait=wait)


@dataclass
class Sound:
    """Up to which run a store was found whole point by point, and what its rows were then."""

    runs: int = 0
    rows: str = ""


def rows_until(store: Store, run: int) -> str:
    """What the store holds of the runs up to one, as a short text that changes with any of it."""
    if store.engine is None or not run:
        return ""
    asked = {
        "runs": "SELECT * FROM runs WHERE id <= :run",
        "points": "SELECT * FROM points WHERE run <= :run",
        "cards": "SELECT kpi, run, card, iif(until_run <= :run, until_run, 0) FROM cards "
        "WHERE run <= :run",
    }
    digest = hashlib.blake2b(digest_size=16)
    with store.engine.connect() as connection:
        for statement in asked.values():
            rows = sorted(map(repr, connection.execute(text(statement), {"run": run})))
            digest.update(repr(rows).encode())
    return digest.hexdigest()


def check(folder: Path, *, at_least: int, sound: Sound | None = None) -> int:
    """The number of runs that the store holds, once every one of them was found whole.

    Runs that were found whole before are not unpacked again while their rows are the same to the
    last byte: what made the check slow was to read every run anew after every death.
    """
    store = opened(folder, create=False)
    numbers = [int(run.note or 0) for run in reversed(runs(store))]
    assert len(numbers) >= at_least, f"{at_least} were acknowledged, {len(numbers)} are there"
    known = sound or Sound()
    assert rows_until(store, known.runs) == known.rows, "an older run is not what it was"
    for run, number in enumerate(numbers[known.runs :], start=known.runs + 1):
        found = many(store, KEYS, as_known_at=run)
        for one in told(number):
            assert found[SeriesKey(one.metric, "day")].same_as(one), (run, one.metric)
        assert cards(store, as_known_at=run) == board(number), run
    if sound is not None:
        sound.runs, sound.rows = len(numbers), rows_until(store, len(numbers))
    if numbers:
        newest = many(store, KEYS)
        assert all(newest[SeriesKey(one.metric, "day")].same_as(one) for one in told(numbers[-1]))
        assert cards(store) == board(numbers[-1])
    assert len(audit.changes(store)) == len(open_proposals(store))
    if store.engine is not None:
        with store.engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
            assert said == "ok", said
            assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    store.close()
    return len(numbers)


# ── children ─────────────────────────────────────────────────────────────────────────────────


def child(work: Callable[[Callable[[int], None]], None]) -> tuple[int, int]:
    """How a forked child ended, and the last number that it acknowledged."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        try:
            work(lambda number: os.write(writing, b"%d\n" % number) and None)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        numbers = said.read().split()
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), int(numbers[-1]) if numbers else 0


def refreshing(folder: Path, first: int, last: int, *, proposing: bool = False) -> Any:
    """Work that opens the store and records one refresh after the other."""

    def work(acknowledge: Callable[[int], None]) -> None:
        store = opened(folder)
        for number in range(first, last + 1):
            refresh(store, number)
            acknowledge(number)
            if proposing:
                propose(store, actor=OWNER_ACTOR, proposal=proposal(), now=START)

    return work


def proposal() -> dict[str, Any]:
    return {
        "title": "More boats",
        "kpi": "alpha",
        "predicts": {"effect": 2, "low": 1, "high": 3, "by": "2027-01-31"},
        "cost": {"money": 9000},
        "teams": ["sales"],
        "guardrails": [{"metric": "beta", "min": 4}],
        "stop_by": "2027-02-28",
    }


def killed_at_statement(work: Any, at: int) -> Any:
    """The same work, killed by SIGKILL just before or just after its n-th statement."""

    def dying(acknowledge: Callable[[int], None]) -> None:
        left = [at]

        def step(*_: object) -> None:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(Engine, moment, step)
        work(acknowledge)

    return dying


def killed_after(work: Any, seconds: float) -> Any:
    """The same work, ended by the kernel at a moment of its own: in a system call, if so it falls.

    The alarm has no handler, so nothing of the child runs any more, as with SIGKILL.
    """

    def dying(acknowledge: Callable[[int], None]) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        work(acknowledge)

    return dying


# ── the ways to hurt it ──────────────────────────────────────────────────────────────────────


def statements(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """Killed at every statement (or at each `count`-th) of making a store and recording into it."""
    kills, held = 0, []
    warm(folder / "warm")
    for at in range(1 + seed % count, 10_000, count):
        place = folder / f"s{at}"
        work = refreshing(place, 1, 2, proposing=True)
        ended, acknowledged = child(killed_at_statement(work, at))
        held.append(check(place, at_least=acknowledged))
        if ended == 0:
            break
        assert ended == -signal.SIGKILL, ended
        kills += 1
        refresh_again(place, held[-1])
        shutil.rmtree(place)
    return {"kills": kills, "held": sorted(set(held))}


def refresh_again(place: Path, held: int) -> None:
    """After a death the next refresh works as if nothing had been."""
    store = opened(place)
    refresh(store, held + 1)
    store.close()
    assert check(place, at_least=held + 1) == held + 1
    left = [one.name for one in (place / ".sameboat").iterdir()]
    assert sorted(left) == [".gitignore", "store.db"], left


def warm(folder: Path) -> None:
    """Do the work once here: the children find its statements compiled, and die in their own."""
    refreshing(folder, 1, 2, proposing=True)(lambda _: None)
    check(folder, at_least=2)


def moments(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """Killed at random moments, over and over in one folder, each time going on after it.

    The moments lie within the time that making the store and some refreshes take here and now.
    """
    warm(folder / "warm")
    took = []
    for at in range(3):
        begun = time.perf_counter()
        assert child(refreshing(folder / f"tried{at}", 1, 4)) == (0, 4)
        took.append(time.perf_counter() - begun)
    usual = min(took)
    rng = random.Random(seed)
    kills, reached, held, sound = 0, 0, 0, Sound()
    for at in range(count):
        place = folder / f"m{at // PER_FOLDER}"
        if at % PER_FOLDER == 0:
            held, sound = 0, Sound()
        work = refreshing(place, held + 1, held + 40)
        ended, acknowledged = child(killed_after(work, rng.uniform(0.001, usual)))
        assert ended in (0, -signal.SIGALRM), ended
        kills += ended != 0
        held = check(place, at_least=acknowledged, sound=sound)
        reached = max(reached, held)
    return {"kills": kills, "reached": reached}


def migrations(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """Killed at every statement (or at each `count`-th) of raising an older store."""
    old = folder / "old" / ".sameboat"
    old.mkdir(parents=True)
    path = old / "store.db"
    path.touch()
    store = Store(URL, files.file_engine(path, writable=True, wait=1), path)
    with store.writing() as connection:
        migrate.upgrade(connection, to="0001")
    refresh(store, 1)
    store.close()
    kills = 0
    for at in range(1 + seed % count, 10_000, count):
        place = folder / f"g{at}"
        shutil.copytree(folder / "old", place)
        ended, _ = child(killed_at_statement(refreshing(place, 2, 2), at))
        held = check(place, at_least=1)
        if ended == 0:
            assert held == 2
            break
        assert ended == -signal.SIGKILL, ended
        kills += 1
        shutil.rmtree(place)
    return {"kills": kills}


def together(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """Several processes make the store and refresh it at once; each waits for its turn."""
    children = []
    for writer in range(4):
        process = os.fork()
        if process == 0:
            try:
                refreshing(folder, writer * count + 1, (writer + 1) * count)(lambda _: None)
            except BaseException:
                traceback.print_exc()
                os._exit(70)
            os._exit(0)
        children.append(process)
    ended = [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children]
    return {"ended": ended, "runs": check(folder, at_least=4 * count)}


def backups(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """Copies that SQLite makes while another process refreshes: each is the store at one moment."""
    assert child(refreshing(folder, 1, 1)) == (0, 1)  # nothing of SQLite may be open at a fork
    process = os.fork()
    if process == 0:
        try:
            refreshing(folder, 2, count)(lambda _: None)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
        os._exit(0)
    held = []
    for number in range(count):
        place = folder / f"copy{number}" / ".sameboat"
        place.mkdir(parents=True)
        with (
            closing(sqlite3.connect(folder / ".sameboat" / "store.db")) as store,
            closing(sqlite3.connect(place / "store.db")) as copy,
        ):
            store.backup(copy)
        held.append(check(place.parent, at_least=1))
    ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return {"ended": ended, "growing": held == sorted(held), "runs": check(folder, at_least=count)}


def code_of(work: Callable[[], object]) -> str:
    try:
        work()
    except StoreError as error:
        return error.code
    return "fine"


def file_limit(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """No file may grow further (as by a quota): the refresh is refused, what was there stays."""
    store = opened(folder)
    refresh(store, 1)
    size = max(one.stat().st_size for one in (folder / ".sameboat").iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    seen = code_of(lambda: refresh(store, 2, days=100_000))
    reads = last_run(store)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    refresh(store, 2)
    store.close()
    return {"code": seen, "read": reads is not None, "runs": check(folder, at_least=2)}


def full_disk(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """The disk (a small one, mounted on the folder) fills up; later there is room again."""
    ballast = folder / "ballast"
    room = shutil.disk_usage(folder).free
    ballast.write_bytes(b"\0" * (room - 8192))
    at_making = code_of(lambda: opened(folder))
    left = [one.name for one in folder.glob(".sameboat/store.db*")]
    ballast.write_bytes(b"\0" * (room // 2))
    store = opened(folder)
    refresh(store, 1)
    at_refreshing = code_of(lambda: refresh(store, 2, days=300_000))
    held = last_run(store)
    store.close()
    again = opened(folder)
    ballast.unlink()
    refresh(again, 2)
    again.close()
    return {
        "making": at_making,
        "left": left,
        "refreshing": at_refreshing,
        "held": held is not None and held.note,
        "runs": check(folder, at_least=2),
    }


def read_only(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """A folder that may not be written: reads work, also after a crash; writes say why not."""
    kept, empty, crashed = folder / "kept", folder / "empty", folder / "crashed"
    for place in (kept, crashed):
        store = opened(place)
        refresh(store, 1)
        store.close()
    child(killed_at_statement(refreshing(crashed, 2, 9), 60))
    assert (crashed / ".sameboat" / "store.db-wal").stat().st_size > 0
    empty.mkdir()
    shut(folder)
    seen = {
        "making": code_of(lambda: opened(empty)),
        "opening": code_of(lambda: opened(kept)),
        "reading nothing": code_of(lambda: opened(empty, create=False)),
    }
    for place in (kept, crashed):
        reader = opened(place, create=False)
        found = last_run(reader)
        assert found is not None
        number = int(found.note or 0)
        newest = many(reader, KEYS)
        assert all(newest[SeriesKey(one.metric, "day")].same_as(one) for one in told(number))
        seen[f"read {place.name}"] = number
        seen[f"write {place.name}"] = code_of(lambda reader=reader: refresh(reader, 9))
        reader.close()
    return seen


def shut(folder: Path) -> None:
    """Take the right to write away from this process, whoever it runs as."""
    places = [folder, *folder.rglob("*")]
    for place in reversed(places):
        rights = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
        enter = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH if place.is_dir() else 0
        place.chmod(rights | enter)
    if os.geteuid() == 0:  # whom no rights hold back
        os.setegid(65534)
        os.seteuid(65534)


def no_rights(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """A store, and a folder, that may not even be looked at."""
    shut_file, shut_folder = folder / "file", folder / "folder"
    for place in (shut_file, shut_folder):
        opened(place).close()
        (place / ".sameboat").chmod(0o777)
    (shut_file / ".sameboat" / "store.db").chmod(0)
    (shut_folder / ".sameboat").chmod(0)
    if os.geteuid() == 0:
        os.setegid(65534)
        os.seteuid(65534)
    return {
        place.name: [code_of(lambda p=place, c=create: opened(p, create=c)) for create in (1, 0)]
        for place in (shut_file, shut_folder)
    }


def replaced(folder: Path, seed: int, count: int) -> dict[str, Any]:
    """A backup is put in the store's place, then the file taken away, while it is open."""
    store = opened(folder)
    refresh(store, 1)
    store.close()
    path = folder / ".sameboat" / "store.db"
    shutil.copy(path, folder / "backup.db")
    refresh(store, 2)
    store.close()  # gives back the connections; the store goes on with new ones
    (folder / "backup.db").replace(path)
    seen = [code_of(lambda: refresh(store, 3)), code_of(lambda: last_run(store))]
    held = check(folder, at_least=1)
    path.unlink()
    seen += [code_of(lambda: refresh(store, 3)), code_of(lambda: last_run(store))]
    return {"codes": seen, "held": held, "made anew": path.exists()}


WAYS: dict[str, Callable[[Path, int, int], dict[str, Any]]] = {
    way.__name__: way
    for way in (
        statements, moments, migrations, together, file_limit, full_disk, read_only, no_rights,
        replaced, backups,
    )
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("count", type=int, nargs="?", default=20)
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(WAYS[asked.way](asked.folder, asked.seed, asked.count)))


if __name__ == "__main__":
    main()
