"""What an engine or the system says of a file, in our words."""

from __future__ import annotations

import errno

import pytest

from sameboat.project.file_faults import fault_of, reading_fault, writing_error


def test_line_and_column_are_kept_from_the_engines_words() -> None:
    text = (
        "Conversion Error: CSV Error on Line: 12\nOriginal Line: 1,z\n"
        'Error when converting column "n". Could not convert string "z" to \'BIGINT\'\n'
    )
    found = fault_of(text, name="a.csv")
    assert found is not None
    assert found.code == "value-type"
    told = "a.csv, line 12, column 'n': could not convert string \"z\" to 'BIGINT'."
    assert found.message == told


def test_words_that_blame_no_file_give_nothing() -> None:
    assert fault_of("Binder Error: no such function", name="a.csv") is None


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, "file-missing"),
        (errno.EACCES, "file-permission"),
        (errno.EISDIR, "file-unreadable"),
        (errno.EIO, "file-unreadable"),
    ],
)
def test_reading_errors_have_codes(number: int, code: str) -> None:
    assert reading_fault(OSError(number, "x"), name="a.csv").code == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EROFS, "folder-read-only"),
        (errno.EACCES, "folder-read-only"),
        (errno.EIO, "disk-fault"),
        (None, "disk-fault"),
    ],
)
def test_writing_errors_have_codes_and_say_that_nothing_changed(
    number: int | None, code: str
) -> None:
    error = writing_error(OSError(number, "x") if number else OSError("x"), name="a.parquet")
    assert error.code == code
    assert "nothing was changed" in error.why
