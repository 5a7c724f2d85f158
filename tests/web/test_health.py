"""The health page says in words which principles are kept, what measuring costs, how data are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.board import Board
from sameboat.questions.health import Burden, Unused
from sameboat.web.pages.health import burden_words, unused_words
from sameboat.web.uses import Uses, counted_board, counted_kpi
from tests.web import answers
from tests.web.conftest import Client, Clock, House, page
from tests.web.test_every_page import HOSTILE, assert_nothing_inline


def test_the_matrix_says_in_words_what_each_principle_says_of_each_kpi(inside: Client) -> None:
    tree = page(inside, "/health")
    [matrix] = tree.all("table", "matrix")
    heads = [head.text for head in matrix.all("th") if head.get("scope") == "col"]
    assert heads == ["KPI", "Aligned", "Cross-functional", "Outcomes", "Balanced", "Trust"]
    cells = [cell.text for cell in matrix.all("td")]
    assert len(cells) == 10
    assert sum("looked at again by now" in cell for cell in cells) == 1


def test_breaches_come_with_what_is_better_and_the_allowed_with_their_reason(
    inside: Client,
) -> None:
    text = page(inside, "/health").one("main").text
    assert "The effect of 'posts' was to be reviewed by 2026-09-30." in text
    assert "Look again." in text
    assert "past-review · kpis.yml:44" in text
    assert "Allowed until" in text
    assert "the team is new" in text


def test_the_index_is_shown_with_all_its_parts(inside: Client) -> None:
    """(7/9 + 5/8 + 29.3/60 + (9/78)/.5) / 4 = .53"""
    text = page(inside, "/health").one("main").text
    assert "The hypergranularity index is 0.53: within what can be steered" in text
    for load in ("78%", "62%", "49%", "23%"):
        assert load in text, load
    assert "Shared KPIs 7 9 78%" in text
    assert "11.5% 50.0% 23%" in text


def test_a_late_table_is_said_in_words_with_its_shape(inside: Client) -> None:
    text = page(inside, "/health").one("main").text
    assert "Late: last loaded on 23 Oct 2026" in text
    assert "Fresh, and passed its checks" in text
    assert "152,034" in text


def test_what_was_not_looked_at_is_said_to_be_unknown(inside: Client, house: House) -> None:
    """Nothing computed, nothing counted, no monitor: no blank and no zero stands for it."""
    house.health = replace(
        house.health, rows=(), breaches=(), allowed=(), granularity=None, tables=(),
        refreshed_at=None, unused=Unused(90, None, None),
    )  # fmt: skip
    text = page(inside, "/health").one("main").text
    assert "Every rule is kept." in text
    assert "No refresh has looked at the tables yet." in text
    assert "Nobody has looked yet whether levers still move with their KPIs." in text
    assert "Uses are counted per metric and day, never per person" in text


def test_names_and_words_of_others_never_become_markup(inside: Client, house: House) -> None:
    found = house.health
    house.health = replace(
        found, company=HOSTILE, headline=HOSTILE,
        rows=tuple(replace(r, label=HOSTILE, cells=tuple(replace(c, words=HOSTILE)
                                                         for c in r.cells)) for r in found.rows),
        breaches=tuple(replace(b, message=HOSTILE, hint=HOSTILE, where=HOSTILE)
                       for b in found.breaches),
        allowed=tuple(replace(b, reason=HOSTILE) for b in found.allowed),
        unused=replace(found.unused, metrics=((HOSTILE, HOSTILE),)),
        tables=tuple(replace(t, label=HOSTILE, words=HOSTILE) for t in found.tables),
    )  # fmt: skip
    tree = page(inside, "/health")
    assert_nothing_inline(tree)
    assert not tree.all("img")


def test_it_is_asked_with_the_sessions_viewer_and_linked_from_every_page(
    inside: Client, house: House
) -> None:
    tree = page(inside, "/health")
    assert house.asked[-1] == ("health", OWNER, None)
    current = [link.text for link in tree.all("a") if link.get("aria-current") == "page"]
    assert set(current) == {"Health"}


def test_it_is_closed_to_those_who_did_not_sign_in(outside: Client) -> None:
    assert outside.get("/health").status_code in (401, 403)


def test_the_burden_in_words() -> None:
    said = " ".join(burden_words(Burden(30, 60, 35, 5), "en-GB"))
    assert "2 minutes for each figure" in said
    assert "7 metrics per decision" in said
    none = " ".join(burden_words(Burden(30, None, 35, 0), "en-GB"))
    assert "no decision was taken" in none
    assert "minutes" not in none


def test_what_is_unused_is_said_only_when_it_is_known() -> None:
    since = dt.date(2026, 10, 1)
    assert "never per person" in unused_words(Unused(90, None, None), "en-GB")
    assert "after 90 days" in unused_words(Unused(90, since, None), "en-GB")
    assert unused_words(Unused(90, since, ()), "en-GB").startswith("Every metric was asked for")
    assert unused_words(Unused(90, since, (("a", "A"),)), "en-GB").startswith("1 metric was not")


def test_shown_pages_are_counted_at_most_once_a_minute() -> None:
    """Readers write nothing themselves; what they saw is added up and kept without them."""
    clock, written = Clock(), []
    uses = Uses(
        lambda: "w", clock, lambda workspace, shown: written.append((workspace, dict(shown)))
    )

    def board(workspace: object, **_: object) -> Board:
        return answers.board()

    asks = counted_board(board, uses)
    opens = counted_kpi(lambda workspace, name, **_: answers.kpi(), uses)
    for _ in range(3):
        asks(None, viewer=OWNER)
    opens(None, "conversion", viewer=OWNER)
    assert len(written) == 1
    clock.at += dt.timedelta(seconds=61)
    opens(None, "conversion", viewer=OWNER)
    [(_, first), (workspace, second)] = written
    assert workspace == "w"
    assert first["conversion", "board"] == 1
    assert second["conversion", "board"] == 2
    assert second["conversion", "page"] == 2


def test_what_is_to_be_mended_and_what_is_only_to_be_known_are_told_apart_in_words(
    inside: Client,
) -> None:
    """A notice is no warning: neither in words, nor in shape and colour."""
    cells = page(inside, "/health").one("table", "matrix").all("td")
    said = {cell.all(css="v")[0].text: cell.all(css="v")[0].get("class") for cell in cells}
    assert said["Notice: A target in the noise"] == "v routine"
    assert said["Warning: An edge that was to be looked at again by now"] == "v short"
    assert said["Keeps aligned"] == "v routine"
    first, second = page(inside, "/health").all(css="verdictlist")[0].all("li")
    assert first.text.startswith("Warning: The effect of")
    assert second.text.startswith("Notice: The target lies")


@pytest.mark.parametrize("path", ["/health", "/teams", "/teams/sales"])
def test_a_page_without_a_past_says_so_when_it_is_asked_for(inside: Client, path: str) -> None:
    assert "tells what is so now" not in inside.get(path).text
    said = page(inside, f"{path}?as_known_at=2026-05-04T09:30").all(css="notice")
    assert ["tells what is so now" in one.text for one in said] == [True]
