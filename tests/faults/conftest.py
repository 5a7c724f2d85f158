"""Tests that fork run in a process of their own: a fork of one with other threads may crash."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

ALONE = "SAMEBOAT_TEST_ALONE"
FAULTS = pytest.StashKey[dict[Path, Mapping[str, str]]]()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Hand a test marked `alone` to a fresh pytest, and fail with what that one says."""
    if pyfuncitem.get_closest_marker("alone") is None or ALONE in os.environ:
        return None
    session, file = pyfuncitem.session, pyfuncitem.path
    known = session.stash.setdefault(FAULTS, {})
    if file not in known:
        known[file] = faults(
            [one for one in session.items if one.path == file and one.get_closest_marker("alone")]
        )
    fault = known[file][pyfuncitem.name]
    assert not fault, fault
    return True


def faults(tests: list[pytest.Item]) -> Mapping[str, str]:
    """What went wrong in each test by its name, empty where nothing did: one process for all."""
    plain = ["-q", "-p", "no:xdist", "-p", "no:randomly", "-p", "no:cacheprovider", "-m", "alone"]
    with tempfile.TemporaryDirectory(prefix="sameboat-") as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *plain, f"--junitxml={report}",
             *(one.nodeid for one in tests)],
            cwd=tests[0].config.rootpath, env={**os.environ, ALONE: "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = {one.name: done.stdout + done.stderr for one in tests}
        if report.exists():
            for case in ElementTree.parse(report).iter("testcase"):
                wrong = [*case.iter("failure"), *case.iter("error")]
                found[case.attrib["name"]] = "\n".join(one.text or "" for one in wrong)
    return found
