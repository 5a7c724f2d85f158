"""One more entry in a mapping of a file: everything else stays as it was."""

from __future__ import annotations

import pytest

from sameboat.errors import RequestError
from sameboat.project.edits import with_entry


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "events:\n  a: {b: 1}\n"),
        ("name: x", "name: x\n\nevents:\n  a: {b: 1}\n"),
        ("events:\n", "events:\n  a: {b: 1}\n"),
        ("events: {}\nname: x\n", "events: {a: {b: 1}}\nname: x\n"),
        ("events: {c: {d: 2}}\n", "events: {c: {d: 2}, a: {b: 1}}\n"),
        ("events:\n    c:\n        d: 2", "events:\n    c:\n        d: 2\n    a: {b: 1}\n"),
        ("events:\r\n  c: {d: 2}\r\nname: x\r\n",
         "events:\r\n  c: {d: 2}\r\n  a: {b: 1}\r\nname: x\r\n"),
        ("events:\n  c: {d: 2}  # why\n\n# next\nname: x\n",
         "events:\n  c: {d: 2}  # why\n  a: {b: 1}\n\n# next\nname: x\n"),
    ],
)  # fmt: skip
def test_an_entry_joins_a_mapping_and_leaves_all_else(text: str, after: str) -> None:
    assert with_entry(text, "events", "a: {b: 1}") == after


@pytest.mark.parametrize(
    "text", ["- a\n", "{events: {}}\n", "events: 3\n", "events: [\n", "a: 1\n--- \nb: 2\n"]
)
def test_where_there_is_no_such_mapping_an_entry_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as refused:
        with_entry(text, "events", "a: {b: 1}")
    assert refused.value.code == "edit-not-possible"
