"""Print how many conformance cases pass, by category: `python tests/conformance/report.py`."""

from __future__ import annotations

import collections
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import duckdb  # noqa: E402

from sameboat.errors import SameboatError  # noqa: E402
from sameboat.questions.opened import Opened  # noqa: E402
from tests.conformance.cases import Case, ask, cases, database, difference, opened  # noqa: E402


def main() -> int:
    """Ask every case, print the table; the exit code is 1 where one fails, 2 without cases."""
    shared = Path(os.environ.get("SAMEBOAT_SHARED", ROOT.parent / "shared"))
    folder = shared / "conformance"
    if not (folder / "cases.jsonl").is_file():
        sys.stderr.write(f"no conformance cases in {folder}: set SAMEBOAT_SHARED\n")
        return 2
    began = time.perf_counter()
    found = cases(folder)
    with tempfile.TemporaryDirectory() as temporary:
        failures = failing(found, folder, database(folder, Path(temporary)))
    sys.stdout.write(table(found, failures))
    for name, why in failures.items():
        sys.stdout.write(f"{name}: {why}\n")
    sys.stdout.write(f"{time.perf_counter() - began:.1f} s\n")
    return 1 if failures else 0


def failing(found: tuple[Case, ...], folder: Path, file: Path) -> dict[str, str]:
    """The ids of the cases that fail, each with the reason."""
    failures: dict[str, str] = {}
    models: dict[str, Opened] = {}
    with duckdb.connect(str(file), read_only=True) as checker:
        for case in found:
            if case.model not in models:
                models[case.model] = opened(folder, case.model, file)
            try:
                answer = ask(models[case.model], case)
                wanted = checker.sql(case.check).to_arrow_table()
                why = difference(case, answer, wanted)
            except SameboatError as error:
                why = str(error.findings[0])
            if why is not None:
                failures[case.id] = why
        for workspace in models.values():
            workspace.close()
    return failures


def table(found: tuple[Case, ...], failures: dict[str, str]) -> str:
    """Cases and passes by category; a case counts in each of its categories."""
    asked = collections.Counter(name for case in found for name in case.categories)
    passed = collections.Counter(
        name for case in found if case.id not in failures for name in case.categories
    )
    rows = [(name, passed[name], asked[name]) for name in sorted(asked)]
    rows.append(("all", len(found) - len(failures), len(found)))
    width = max(len(name) for name, _, _ in rows)
    lines = [f"{'category':<{width}}  passed  cases"]
    lines += [f"{name:<{width}}  {good:>6}  {of:>5}" for name, good, of in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
