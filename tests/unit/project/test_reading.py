"""YAML text becomes values with places, by the core rules of YAML 1.2."""

from __future__ import annotations

import pytest
import yaml

from sameboat.errors import ProjectError
from sameboat.project import reading
from sameboat.project.places import Places
from sameboat.project.reading import read, scalar


def one(text: str) -> object:
    """The value of a text's only document."""
    (document,) = read(text.encode(), "a.yml")
    return document.value


def said(text: str | bytes) -> tuple[str, str]:
    """Place and code of the one thing that is wrong with a text."""
    data = text.encode() if isinstance(text, str) else text
    try:
        (document,) = read(data, "a.yml")
        (finding,) = document.findings
    except ProjectError as error:
        (finding,) = error.findings
    return str(finding.where), finding.code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("NO", "NO"), ("y", "y"),
        ("9:30", "9:30"), ("010", 10), ("0o14", 12), ("0x1F", 31), ("1e6", 1e6), ("1_000", "1_000"),
        ("-.5", -0.5), ("+12", 12), ("5.", 5.0), (".inf", float("inf")), ("-.INF", float("-inf")),
        ("~", None), ("null", None), ("Null", None), ("nULL", "nULL"), ("", None),
        ("true", True), ("FALSE", False), ("tRue", "tRue"),
        ("2026-02-01", "2026-02-01"), ("0b1", "0b1"), ("0o8", "0o8"), ("-0o7", "-0o7"),
        ("<<", "<<"), ("=", "="), ("1.2.3", "1.2.3"), (".", "."), ("-", "-"), ("e5", "e5"),
    ],
)  # fmt: skip
def test_plain_text_is_read_by_the_core_rules_of_yaml_1_2(text: str, value: object) -> None:
    """Where YAML 1.1 saw booleans, base 60, octals and dates, there is text or a plain number."""
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_not_a_number_is_read_as_such() -> None:
    """`.nan` is a number of YAML; whether a key takes it is for the shape to say."""
    assert repr(scalar(".nan")) == "nan"


def test_quoted_text_stays_text() -> None:
    """Quotes of either kind and block texts keep what would be a number, null or truth."""
    assert one("a: '10'\nb: \"true\"\nc: |\n  5\nd: >-\n  ~\n") == {
        "a": "10", "b": "true", "c": "5\n", "d": "~",
    }  # fmt: skip


def test_both_parsers_of_pyyaml_give_the_same(
    monkeypatch: pytest.MonkeyPatch, example: bytes
) -> None:
    """Without the C library the Python parser reads the same values at the same places."""
    (fast,) = read(example, "a.yml")
    monkeypatch.setattr(reading, "_LOADER", yaml.SafeLoader)
    (slow,) = read(example, "a.yml")
    assert slow.value == fast.value
    assert dict(Places(slow.mark)) == dict(Places(fast.mark))


def test_every_value_and_key_has_its_place() -> None:
    """Scalars are found where they begin, what holds others at its key, items at themselves."""
    (document,) = read("a:\n  b: [x, {c: 1}]\nd: é z\n".encode(), "f.yml")
    places = Places(document.mark)
    assert {path: str(place) for path, place in places.items()} == {
        (): "f.yml:1:1",
        ("a",): "f.yml:1:1",
        ("a", "b"): "f.yml:2:3",
        ("a", "b", 0): "f.yml:2:7",
        ("a", "b", 1): "f.yml:2:10",
        ("a", "b", 1, "c"): "f.yml:2:14",
        ("d",): "f.yml:3:4",
    }
    assert str(places.key(("d",))) == "f.yml:3:1"
    assert str(places.nearest(("a", "b", 7, "z"))) == "f.yml:2:3"


def test_columns_count_characters_not_bytes() -> None:
    """A place after accents and emoji is where an editor shows it."""
    (document,) = read("{ä: 🛶🛶, b: x}".encode(), "f.yml")
    assert str(Places(document.mark).nearest(("b",))) == "f.yml:1:12"


def test_several_documents_are_all_read() -> None:
    """dbt's files hold several; what is wrong is said of the document that it is in."""
    first, second = read(b"---\na: 1\n---\na: 1\na: 2\n", "a.yml")
    assert (first.value, first.findings) == ({"a": 1}, ())
    assert [finding.code for finding in second.findings] == ["duplicate-key"]


def test_aliases_are_read_where_they_cannot_explode() -> None:
    """An alias stands for its anchor's value, and its parts are placed at the anchor."""
    (document,) = read(b"a: &x {k: 1}\nb: *x\n", "a.yml")
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert str(Places(document.mark).nearest(("b", "k"))) == "a.yml:1:11"


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yml:3:1", "duplicate-key"),
        ("{a: 1, 'a': 2}", "a.yml:1:8", "duplicate-key"),
        ("1: x\n", "a.yml:1:1", "non-string-key"),
        ("true: x\n", "a.yml:1:1", "non-string-key"),
        ("~: x\n", "a.yml:1:1", "non-string-key"),
        ("? [a, b]\n: x\n", "a.yml:1:3", "non-string-key"),
        ("b: {<<: {a: 1}}\n", "a.yml:1:5", "yaml-merge"),
        ("a: !!str 1\n", "a.yml:1:4", "yaml-tag"),
        ("a: !!python/object/apply:os.system [x]\n", "a.yml:1:4", "yaml-tag"),
        ("a: !secret x\n", "a.yml:1:4", "yaml-tag"),
        ("a: *x\n", "a.yml:1:4", "yaml-alias"),
        ("a: &x [*x]\n", "a.yml:1:8", "yaml-alias"),
        (BOMB, "a.yml:5:8", "yaml-alias"),
        ("[" * 100_000, "a.yml:1:61", "yaml-too-deep"),
        ("".join(f"{' ' * at}a:\n" for at in range(2000)), "a.yml:61:61", "yaml-too-deep"),
        ("- " * 100_000, "a.yml:1:121", "yaml-too-deep"),
        ("{a: " * 100_000, "a.yml:1:241", "yaml-too-deep"),
        ("a:\n\tb: 1\n", "a.yml:2:1", "yaml-syntax"),
        ("a:\n  b: 1\n \tc: 1\n", "a.yml:3:2", "yaml-syntax"),
        ("a: b: c\n", "a.yml:1:5", "yaml-syntax"),
        ("a: {b: 1\n", "a.yml:2:1", "yaml-syntax"),
        ("a: [1, 2\nb: 3\n", "a.yml:2:2", "yaml-syntax"),
        ("a: 'x\n", "a.yml:2:1", "yaml-syntax"),
        ('a: "\\q"\n', "a.yml:1:5", "yaml-syntax"),
        ("a: @x\n", "a.yml:1:4", "yaml-syntax"),
        ("a:\n   b: 1\n  c: 2\n", "a.yml:3:3", "yaml-syntax"),
        ("a: 1\nb\n", "a.yml:3:1", "yaml-syntax"),
        (f"a: {'9' * 5000}\n", "a.yml:1:4", "wrong-type"),
        (b"a: caf\xe9\n", "a.yml:1:7", "yaml-encoding"),
        ("a: 1\n".encode("utf-16"), "a.yml:1:1", "yaml-encoding"),
        (b"a: 1\nb: x\x00y\n", "a.yml:2:5", "yaml-encoding"),
        (b"a: 1\nb: \xed\xa0\x80\n", "a.yml:2:4", "yaml-encoding"),
        (b"#" * 10_000_001, "a.yml:1:1", "file-too-large"),
    ],
    ids=lambda value: str(value)[:16],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(
    text: str | bytes, place: str, code: str
) -> None:
    """Each trap of YAML gives one error with its own code, exactly where it stands."""
    assert said(text) == (place, code)


def test_a_tab_is_named_as_what_is_wrong() -> None:
    """A tab can't be seen, so the message names it."""
    with pytest.raises(ProjectError, match="a tab stands where YAML wants spaces"):
        read(b"a:\n\tb: 1\n", "a.yml")


def test_what_is_not_closed_is_named_where_it_opens() -> None:
    """The parser notices at the end of the file; the mistake is where the text began."""
    with pytest.raises(ProjectError, match="not closed; it opens in line 1, column 4"):
        read(b"a: 'x\nb: y\nc: z\n", "a.yml")


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    """Editors of Windows write one."""
    assert one("\ufeffname: x\n") == {"name": "x"}


def test_line_ends_of_windows_are_read() -> None:
    """CRLF gives the same values and lines as LF."""
    (document,) = read(b"a: 1\r\nb:\r\n  c: x\r\n", "a.yml")
    assert document.value == {"a": 1, "b": {"c": "x"}}
    assert str(Places(document.mark).nearest(("b", "c"))) == "a.yml:3:6"
