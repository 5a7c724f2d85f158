"""Kills refresh, load, landing and migration at thousands of points, and looks at what is left.

    python crash_program.py --points 5000 --journal points.jsonl

Half of the points are steps that write (each in turn, before it is done or half done), half are
moments that fall anywhere in the run. After each: the work is either not done or done whole, the
next run succeeds, and what it leaves (every row, every file) is what a run that was never killed
leaves. Each finished point is a line of the journal; started again, it goes on from there.

Everything is imported and has run once before the first fork: a point costs what its work does.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: fewer threads to be lost by a fork

import argparse
import hashlib
import json
import math
import random
import select
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import alembic.command  # noqa: F401  # what a dying child would import, its parent has ready
import pyarrow.parquet as pq

from sameboat.actions.load import load_file
from sameboat.project.load import load as load_project
from sameboat.project.model import Reading, Table
from sameboat.project.tables import sources_of
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.questions.opened import open_workspace
from sameboat.sources.land import prepare
from sameboat.store import files, migrate
from sameboat.store.connect import Store, open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a program
from tests.faults import write_steps
from tests.unit.questions.ferry import FILES, NOW, weeks, write_leads

State = dict[str, Any]
BOOKKEEPING = ("sameboat_schema", "sqlite_sequence")
URL = "sqlite:///.sameboat/store.db"


# ── the works ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Work:
    """One thing that may be killed: how its folder is made, what it does, what is to be seen."""

    name: str
    share: int  # of all points, out of 20
    make: Callable[[Path], object]
    run: Callable[[Path], object]
    look: Callable[[Path], State]


def table_rows(folder: Path) -> State:
    """Every row of every table of the store, read from a copy, so that the store is untouched."""
    store = folder / ".sameboat" / "store.db"
    if not store.exists():
        assert not store.with_name("store.db-wal").exists(), "a log without its store"
        return {}
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        for name in ("store.db", "store.db-wal"):
            if store.with_name(name).exists():
                shutil.copy(store.with_name(name), aside)
        with closing(sqlite3.connect(Path(aside) / "store.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert not connection.execute("PRAGMA foreign_key_check").fetchall()
            told = "SELECT name, sql FROM sqlite_master ORDER BY type, name"
            shapes = connection.execute(told).fetchall()
            tables = [name for (name, sql) in shapes if (sql or "").startswith("CREATE TABLE")]
            rows = {
                name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))
                for name in tables
            }
    filled = {name: bool(held) for name, held in rows.items() if name not in BOOKKEEPING}
    digests = {name: hashed(held) for name, held in rows.items()}
    return {"shape": hashed(shapes), "counts": filled, **digests}


def hashed(rows: Any) -> str:
    """Rows as a short text that changes with any of them."""
    return hashlib.blake2b(repr(list(rows)).encode(), digest_size=8).hexdigest()


def parquet(folder: Path) -> State:
    """Every Parquet file that a reader may take for whole, by its name, with its content."""
    found = sorted([*folder.glob(".sameboat/landed/*/[!.]*"), *folder.glob("data/[!.]*")])
    return {
        str(path.relative_to(folder)): hashed(map(str, pq.read_table(path).to_pylist()))
        for path in found
    }


def everything(folder: Path) -> State:
    """The store's rows and the readable files."""
    return {"rows": table_rows(folder), "files": parquet(folder)}


def listing(folder: Path) -> list[str]:
    """The name of every file and folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def ferry(folder: Path) -> None:
    """A project with a table that is copied at landing, before its first refresh."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_leads(folder, weeks()[:30])


def ferry_later(folder: Path) -> None:
    """The same after a refresh, with a new week in the data and an older one restated."""
    ferry(folder)
    in_child(lambda: refresh(folder))
    make_old(folder / ".sameboat" / "landed" / "leads")
    write_leads(folder, [*weeks()[:12], 31, *weeks()[13:31]])


def refresh(folder: Path) -> None:
    with closing(open_workspace(folder, clock=lambda: NOW)) as project:
        project.refresh()


def loadable(folder: Path) -> None:
    """A project, and a CSV file to bring into it."""
    (folder / "sameboat.yml").write_text(
        "format: 1\nname: quay\ntables:\n  people:\n    file: data/people.parquet\n"
        "    subject: none\n    personal: [name]\n"
    )
    write_people(folder / "people.csv", "utf-8", 400)


def loaded_before(folder: Path) -> None:
    """The same with an older load in place."""
    loadable(folder)
    in_child(lambda: load(folder))
    write_people(folder / "people.csv", "utf-8", 700)


def load(folder: Path) -> None:
    load_file(load_project(folder), folder / "people.csv", actor=OWNER_ACTOR)


def write_people(path: Path, encoding: str, rows: int) -> None:
    lines = [f"{n},Zoë {n},user {n % 70}" for n in range(rows)]
    path.write_text("id,name,user\n" + "\n".join(lines) + "\n", encoding=encoding)


PEOPLE = Table(file="people.csv", personal=("name",), pseudonymous=("user",))
WESTERN = PEOPLE.model_copy(update={"read": Reading(encoding="cp1250")})


def land(folder: Path, table: Table = PEOPLE) -> None:
    """Make the table ready, in a process that may not have the key yet."""
    [scan] = prepare(sources_of({"people": table}, folder=folder), folder=folder)
    assert not scan.findings, scan.findings


def landable(folder: Path) -> None:
    """A table that is copied, without its key: each run makes its own, so it is given one."""
    write_people(folder / "people.csv", "utf-8", 3000)
    key = folder / ".sameboat" / "pseudonym.key"
    key.parent.mkdir()
    key.write_text("5a" * 32 + "\n")


def landed_before(folder: Path) -> None:
    """The same with an older copy that nobody needs any more."""
    landable(folder)
    in_child(lambda: land(folder))
    make_old(folder / ".sameboat" / "landed" / "people")
    write_people(folder / "people.csv", "utf-8", 3500)


def make_old(home: Path) -> None:
    """Let the copies look as if nobody had been told of them for long: then they may go."""
    for copy in home.glob("*.parquet"):
        os.utime(copy, (1_700_000_000, 1_700_000_000))


def landable_western(folder: Path) -> None:
    """In an encoding that the engine does not read: a copy in UTF-8 is made on the way."""
    landable(folder)
    write_people(folder / "people.csv", "cp1250", 3000)


def older_store(folder: Path) -> None:
    """A store of the first revision, with runs, series, points and cards."""
    path = folder / ".sameboat" / "store.db"
    path.parent.mkdir()
    path.touch()
    store = Store(URL, files.file_engine(path, writable=True, wait=1), path)
    with store.writing() as connection:
        migrate.upgrade(connection, to="0001")
    store.close()
    day = "2026-10-25 12:00:00.000000"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for run in range(1, 4):
            connection.execute(
                "INSERT INTO runs VALUES (?,?,?,'finished','x','p','{}','{}',NULL)", (run, day, day)
            )
        for one in range(1, 61):
            connection.execute(
                "INSERT INTO series VALUES (?,?,'day','',1,1,0,1,'h',x'00',?)",
                (one, f"metric {one}", bytes(range(200)) * 3),
            )
            connection.execute(
                "INSERT INTO points VALUES (?,1,1,1,'h',?)", (one, bytes(range(200)) * 3)
            )
            connection.execute("INSERT INTO cards VALUES (?,1,NULL,'{}')", (f"kpi {one}",))
        connection.commit()


def raise_store(folder: Path) -> None:
    open_store(URL, folder=folder).close()


WORKS = (
    Work("refresh, the first", 4, ferry, refresh, everything),
    Work("refresh, a later one", 5, ferry_later, refresh, everything),
    Work("load, a new table", 1, loadable, load, everything),
    Work("load, over an older one", 2, loaded_before, load, everything),
    Work("landing, the first copy", 1, landable, land, everything),
    Work("landing, a newer copy", 2, landed_before, land, everything),
    Work(
        "landing, another encoding", 1, landable_western, lambda at: land(at, WESTERN), everything
    ),
    Work("migration", 4, older_store, raise_store, everything),
)  # fmt: skip


# ── one work, killed ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Point:
    """A kill: of which work, where, how, and what was found."""

    work: str
    number: int
    how: str  # "before", "torn" or "moment"
    step: str  # the kind of the step, or that it was a moment
    at: int  # the number of the step; 0 for a moment
    found: str  # "before", "after", or "survived" where a moment came too late
    fault: str
    seconds: float


def in_child(work: Callable[[], object]) -> None:
    """Do the work in a process of its own; it must succeed."""
    status = write_steps.forked(work)
    assert os.waitstatus_to_exitcode(os.waitpid(status, 0)[1]) == 0, "the work failed"


def killed_after(work: Callable[[], object], seconds: float) -> int:
    """How the work ended in a child that got SIGKILL after so many seconds, if it still ran."""
    child = write_steps.forked(work)
    handle = os.pidfd_open(child)
    try:
        select.select([handle], [], [], seconds)
        os.kill(child, signal.SIGKILL)  # not reaped yet, so the number is still its own
    finally:
        os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Bench:
    """A work with its template and what it leaves when it is never killed, once and twice."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.folder = work, folder
        self.template = folder / "template"
        self.template.mkdir(parents=True)
        work.make(self.template)
        self.states = {"before": work.look(self.template)}
        whole = self.fresh()
        begun = time.perf_counter()
        in_child(lambda: work.run(whole))
        self.usual = time.perf_counter() - begun
        self.states["after"] = work.look(whole)
        self.left = {"before": (self.states["after"], listing(whole))}
        in_child(lambda: work.run(whole))
        self.left["after"] = (work.look(whole), listing(whole))
        self.steps = 0
        if write_steps.available():
            whole = self.fresh()
            self.steps = len(write_steps.watched(lambda: work.run(whole), whole).steps)

    @property
    def stride(self) -> int:
        """How far one step killed is from the next, so that few of them are spread over all."""
        near = max(1, round(0.618 * self.steps))
        return next(n for n in range(near, 2 * self.steps + 2) if math.gcd(n, self.steps) == 1)

    def fresh(self) -> Path:
        place = self.folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.template, place)
        return place

    def killed(self, number: int, seed: int) -> Point:
        """The point of this number: even ones at a step, odd ones at a moment."""
        rng = random.Random(f"{seed} {self.work.name} {number}")
        begun = time.perf_counter()
        place = self.fresh()
        how, step, at = "moment", MOMENT, 0
        if self.steps and number % 2 == 0:
            turn = number // 2
            how = ("before", "torn")[turn // self.steps % 2] if turn >= self.steps else "before"
            at = 1 + turn * self.stride % self.steps
            ended = write_steps.watched(
                lambda: self.work.run(place), place, end_at=at, mode=how, cut=rng.random()
            )
            status = ended.status
            step = kind_of(ended.steps[-1])
        else:
            status = killed_after(lambda: self.work.run(place), rng.uniform(0, self.usual))
        fault = found = ""
        try:
            assert status in (-signal.SIGKILL, 0), f"it failed by itself: {status}"
            found = self.judged(place)
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"[:400]
        if status == 0:
            found = "survived"
        took = round(time.perf_counter() - begun, 3)
        return Point(self.work.name, number, how, step, at, found, fault, took)

    def judged(self, place: Path) -> str:
        """Which whole state the killed work left, once the next run has mended everything."""
        seen = self.work.look(place)
        found = standing(seen, self.states["before"], self.states["after"])
        in_child(lambda: self.work.run(place))
        state, left = self.left[found]
        again = self.work.look(place)
        assert again == state, f"the next run differs: {differing(again, state)}"
        assert listing(place) == left, f"left behind: {sorted(set(listing(place)) ^ set(left))}"
        return found


def standing(seen: State, before: State, after: State) -> str:
    """Whether a killed work left everything as before or is done; anything else is a fault.

    The store tells, where there is one: its rows are the old ones or the new ones. An empty
    store may have been made. Of the files each is the old one or the new one, whole; a new copy
    may be there before the store speaks of it, and an old one goes only when the new one is there.
    """
    files = seen["files"]
    wrong = [
        name for name, content in files.items()
        if content not in (before["files"].get(name), after["files"].get(name))
    ]  # fmt: skip
    assert not wrong, f"files that are neither old nor new: {wrong}"
    arrived = all(files.get(name) == content for name, content in after["files"].items())
    lost = [name for name in before["files"] if name not in files]
    assert arrived or not lost, f"files are lost: {lost}"
    if before["rows"] == after["rows"]:
        assert seen["rows"] == before["rows"]
        return "after" if arrived else "before"
    if seen["rows"] == after["rows"]:
        assert arrived, "the run is recorded, its files are not there"
        return "after"
    made = not before["rows"] and not any(seen["rows"].get("counts", {}).values())
    assert seen["rows"] == before["rows"] or made, (
        f"half a run: {differing(seen['rows'], before['rows'])}"
    )
    return "before"


def differing(seen: State, wanted: State) -> list[str]:
    """Where two states differ."""
    return [key for key in {**seen, **wanted} if seen.get(key) != wanted.get(key)]


def kind_of(step: write_steps.Step) -> str:
    """A step as the table names it."""
    return next(kind for kind, calls in KINDS.items() if step.call in calls)


KINDS = {
    "something written": ("write", "pwrite64", "writev", "pwritev", "copy_file_range", "sendfile"),
    "a flush to the disk": ("fsync", "fdatasync"),
    "a file or folder made": (
        "open", "openat", "creat", "mkdir", "mkdirat", "symlink", "symlinkat"
    ),
    "a name given": ("rename", "renameat", "renameat2", "link", "linkat"),
    "a name removed": ("unlink", "unlinkat", "rmdir"),
    "a size, mode or time set": (
        "truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "utimensat"
    ),
}  # fmt: skip
MOMENT = "a random moment"


# ── all points, the journal and the table ────────────────────────────────────────────────────


def quota(points: int) -> Iterator[tuple[Work, int]]:
    """Every point to be made, work after work in small turns, so that any stop is a fair sample."""
    shares = [work for work in WORKS for _ in range(work.share)]
    counts: Counter[str] = Counter()
    for at in range(points):
        work = shares[at * 7 % len(shares)]  # 7 and 20 have no common divisor: all in turn
        yield work, counts[work.name]
        counts[work.name] += 1


def digest_of_sources() -> str:
    """What changes with the product or this program; an older journal is then of no use."""
    import sameboat

    digest = hashlib.blake2b(digest_size=8)
    places = [*Path(sameboat.__file__).parent.rglob("*.py"), *Path(__file__).parent.glob("*.py")]
    for path in sorted(places):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def journalled(journal: Path | None, mark: str) -> dict[tuple[str, int], Point]:
    """The points that a stopped run of the same sources has made already."""
    if journal is None or not journal.exists():
        return {}
    first, *rest = journal.read_text().splitlines() or [""]
    if first != mark:
        journal.unlink()
        return {}
    points = [Point(**json.loads(line)) for line in rest if line.endswith("}")]
    return {(point.work, point.number): point for point in points}


def run(points: int, *, seed: int, journal: Path | None, folder: Path) -> list[Point]:
    """Every point, made now or found in the journal."""
    mark = f"{digest_of_sources()} {seed}"
    known = journalled(journal, mark)
    if journal is not None and not journal.exists():
        journal.write_text(mark + "\n")
    wanted = list(quota(points))
    if any((work.name, number) not in known for work, number in wanted):
        warm(folder / "warm")
    benches: dict[str, Bench] = {}
    done = []
    for work, number in wanted:
        point = known.get((work.name, number))
        if point is None:
            if work.name not in benches:
                benches[work.name] = Bench(work, folder / str(len(benches)))
            point = benches[work.name].killed(number, seed)
            if journal is not None:
                with journal.open("a") as file:
                    file.write(json.dumps(asdict(point)) + "\n")
        done.append(point)
    return done


def warm(folder: Path) -> None:
    """Do every work once in this process, so that its children find all imported and computed."""
    for at, work in enumerate(WORKS):
        place = folder / str(at)
        place.mkdir(parents=True)
        work.make(place)
        work.run(place)
    shutil.rmtree(folder)


def table(points: list[Point]) -> str:
    """Points killed and losses for each work and each kind of step, as Markdown."""
    lines = [
        "| work | killed before or within | points | found undone | found done | losses |",
        "|---|---|---:|---:|---:|---:|",
    ]
    killed = [point for point in points if point.found != "survived" or point.fault]
    for work in WORKS:
        for kind in (*KINDS, MOMENT):
            found = [one for one in killed if one.work == work.name and one.step == kind]
            if found:
                lines.append(row(work.name, kind, found))
    lines.append(row("**all**", "", killed))
    return "\n".join(lines)


def reached(points: list[Point]) -> dict[str, int]:
    """At how many different steps each work was killed."""
    steps = {work.name: {one.at for one in points if one.work == work.name} for work in WORKS}
    return {name: len(found - {0}) for name, found in steps.items()}


def row(work: str, where: str, found: list[Point]) -> str:
    """One line of the table."""
    states = Counter(point.found for point in found)
    losses = sum(bool(point.fault) for point in found)
    return (
        f"| {work} | {where} | {len(found):,} | {states['before']:,} | {states['after']:,} |"
        f" {losses} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--journal", type=Path, help="where finished points are kept")
    parser.add_argument("--folder", type=Path, help="where the work is done; else a temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        points = run(asked.points, seed=asked.seed, journal=asked.journal, folder=Path(folder))
    say = sys.stdout.write
    say(table(points) + "\n\n")
    for name, steps in reached(points).items():
        say(f"{name}: {steps} different steps\n")
    survived = sum(point.found == "survived" for point in points)
    faults = [point for point in points if point.fault]
    seconds = sum(point.seconds for point in points)
    say(
        f"{len(points) - survived} killed, {survived} ended before their moment, "
        f"{len(faults)} losses, {seconds:.0f} s.\n"
    )
    for point in faults[:20]:
        say(f"{point.work} #{point.number} {point.how} {point.step}: {point.fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
