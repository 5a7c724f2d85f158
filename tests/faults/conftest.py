"""Tests that fork run in a process of their own: a fork of one with other threads may crash."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ALONE = "SAMEBOAT_TEST_ALONE"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Hand a test marked `alone` to a fresh pytest, and fail with what that one says."""
    if pyfuncitem.get_closest_marker("alone") is None or ALONE in os.environ:
        return None
    plain = ["-q", "-p", "no:xdist", "-p", "no:randomly", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, "-m", "alone", pyfuncitem.nodeid],
        cwd=pyfuncitem.config.rootpath, env={**os.environ, ALONE: "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return True
