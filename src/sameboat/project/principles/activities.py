"""Which metrics measure how busy people are, by their names and by what they compute."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sameboat.project.declared import Project
from sameboat.project.model import Cumulative, Input, Metric, Ratio, Simple


@dataclass(frozen=True)
class Activity:
    """Things that are done and the words for doing them; without words the thing alone tells."""

    things: tuple[str, ...]
    deeds: frozenset[str]
    instead: str


def _deeds(words: str) -> frozenset[str]:
    return frozenset(words.split())


ACTIVITIES = (
    Activity(
        ("ticket", "case", "issue", "incident", "bug", "complaint", "defect"),
        _deeds("resolved closed handled solved answered processed fixed"),
        "the time to resolution beside the share reopened, or how many customers needed a ticket",
    ),
    Activity(
        ("lines of code", "line of code", "code lines", "loc", "sloc", "kloc"), frozenset(),
        "the time to market, or the share of changes that fail",
    ),
    Activity(
        ("commit", "pull request", "merge request"), frozenset(),
        "the time to market, or the share of changes that fail",
    ),
    Activity(
        ("story point", "sprint velocity"), frozenset(),
        "the time to market, or how many customers use what was released",
    ),
    Activity(
        ("hour", "minute", "overtime hour", "overtime"), _deeds("worked logged clocked booked"),
        "what came of the hours: the cost per outcome, or the time until customers have it",
    ),
    Activity(
        ("post", "blog", "article", "newsletter", "whitepaper", "press release"),
        _deeds("written published"),
        "the conversion of those who came by it, or referrals",
    ),
    Activity(
        ("call", "dial", "cold call", "phone call"), _deeds("made placed dialled dialed attempted"),
        "the win rate, or the conversion of those who were called",
    ),
    Activity(("email", "letter", "mailing"), _deeds("sent"), "the conversion of those who got it"),
    Activity(
        ("meeting", "demo", "workshop", "training", "one on one"),
        _deeds("held attended booked scheduled conducted"),
        "what was decided and worked, or the success of projects across teams",
    ),
    Activity(
        ("task", "todo", "work item", "action item"), _deeds("completed closed done finished"),
        "the time to market, or the share of projects that met their goal",
    ),
    Activity(
        ("quote", "offer", "sales proposal"), _deeds("sent written"),
        "the win rate, or the value of what was won",
    ),
)  # fmt: skip
"""What is often counted for lack of an outcome, and the outcome to use."""

NEUTRAL = frozenset(
    "total number count num nr no of all the by our new overall gross sum daily weekly monthly "
    "quarterly yearly annual cumulative running rolling support sale marketing service customer "
    "team dev development engineering it product success blog git github social outbound inbound "
    "phone sprint helpdesk desk per".split()
)
"""Words that change nothing about what is counted; any other word makes it another thing."""

DONE = _deeds("merged opened reviewed closed created completed delivered done written added pushed")
"""What may stand beside a thing that tells an activity on its own."""

HEADS = frozenset(
    "head fte person people employee agent rep developer engineer seller marketer team day week "
    "month quarter year sprint capita".split()
)
"""What a volume may be divided by and still be a volume of work."""

VOLUMES = ("count", "count_distinct", "sum", "sum_boolean")


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters and the singular.

    >>> words("TicketsResolved"), words("story_points"), words("replies_within_1h")
    (('ticket', 'resolved'), ('story', 'point'), ('reply', 'within', '1h'))
    """
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return tuple(_singular(word) for word in re.split(r"[^a-z0-9]+", parts) if word)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


_THINGS = [(tuple(map(words, one.things)), one) for one in ACTIVITIES]


def activity_in(name: str, neutral: frozenset[str] = NEUTRAL) -> Activity | None:
    """The activity that a name counts and nothing else, or None.

    Every word of the name must belong to the activity or say nothing more about it: what is
    qualified ("resolved within an hour", "revenue per call") is another thing.

    >>> activity_in("support_tickets_resolved") is not None
    True
    >>> activity_in("tickets_resolved_within_sla"), activity_in("revenue_per_call")
    (None, None)
    """
    found = words(name)
    if "per" in found:
        at = found.index("per")
        if not found[at + 1 :] or not set(found[at + 1 :]) <= HEADS:
            return None
        found = found[:at]
    for things, activity in _THINGS:
        for thing in things:
            rest = _without(found, thing)
            if rest is None:
                continue
            deeds = activity.deeds or DONE
            others = [word for word in rest if word not in deeds]
            if (len(others) < len(rest) or not activity.deeds) and set(others) <= neutral:
                return activity
    return None


def _without(found: tuple[str, ...], thing: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words beside those of a thing that stand together; None where it does not occur."""
    size = len(thing)
    for at in range(len(found) - size + 1):
        if found[at : at + size] == thing:
            return (*found[:at], *found[at + size :])
    return None


def activity_of(project: Project, metric: Metric) -> Activity | None:
    """The activity that a metric measures, by its name or label and by what it computes.

    Only plain volumes are looked at, and ratios named `… per head` or per period over one. A unit
    of money or percent is no volume of work.
    """
    if not _is_volume(project, metric, set()):
        return None
    teams = (word for name in project.teams for word in words(name))
    neutral = NEUTRAL.union(teams)
    texts: Iterable[str | None] = (metric.name, metric.label)
    found = (activity_in(text, neutral) for text in texts if text)
    return next((one for one in found if one is not None), None)


def _is_volume(project: Project, metric: Metric, seen: set[str]) -> bool:
    unit = metric.unit or ""
    if unit == "percent" or re.match(r"[A-Z]{3}\b", unit) or metric.name in seen:
        return False
    seen.add(metric.name)
    part: Input
    match metric:
        case Simple():
            return metric.agg in VOLUMES
        case Cumulative():
            part = metric.metric
        case Ratio() if "per" in words(metric.name):
            part = metric.numerator
        case _:
            return False
    below = project.metrics.get(part.metric)
    return below is not None and _is_volume(project, below, seen)
