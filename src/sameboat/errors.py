"""Every error that Sameboat raises, as one tree.

    SameboatError            anything a user can mend; carries one or more findings
    ├─ ProjectError          the project's files are wrong (all findings together)
    ├─ RequestError          a question cannot be asked like this
    ├─ Undefined             a figure has no value here; `.why` says so in words
    ├─ WarehouseError        the data could not be read or the query could not run
    ├─ StoreError            the record of runs and people could not be read or written
    ├─ AccessError           the viewer or actor may not do this
    └─ UsageError            wrong use of the command line or of a function

A finding says where, what and what next, under a stable code. `CODES` lists every code
with its meaning; a code that is not listed cannot be raised, and the docs are made from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth saying, about a project, a request or the data."""

    code: str
    message: str
    where: Place | None = None
    hint: str | None = None
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"unlisted error code {self.code!r}: add it to errors.CODES")

    def __str__(self) -> str:
        parts = [str(self.where)] if self.where else []
        stop = "" if self.message.endswith((".", "?", "!")) or not self.hint else "."
        parts += [self.code, self.message + stop]
        return "  ".join(parts) + (f" {self.hint}" if self.hint else "")

    def at(self, where: Place | None) -> Finding:
        """The same finding at another place."""
        return replace(self, where=where)


class SameboatError(Exception):
    """An error that its reader can mend; `findings` holds every one that was met."""

    exit_code = 1

    def __init__(
        self,
        code: str,
        message: str,
        *,
        where: Place | None = None,
        hint: str | None = None,
        findings: Iterable[Finding] = (),
    ) -> None:
        own = tuple(findings) or (Finding(code, message, where, hint),)
        super().__init__("\n".join(str(finding) for finding in own))
        self.findings: tuple[Finding, ...] = own

    @property
    def code(self) -> str:
        """The stable code of the first finding."""
        return self.findings[0].code

    @property
    def why(self) -> str:
        """The first finding in words, without its code."""
        return self.findings[0].message

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> SameboatError:
        """One error that carries all these findings together."""
        first, *rest = findings
        return cls(first.code, first.message, findings=(first, *rest))


class ProjectError(SameboatError):
    """The project's files are wrong."""


class RequestError(SameboatError):
    """The question cannot be asked like this."""

    exit_code = 2


class Undefined(SameboatError):
    """A figure has no value here, for a named reason."""


class WarehouseError(SameboatError):
    """The data could not be read, or the query could not run."""


class StoreError(SameboatError):
    """The record of runs and people could not be read or written."""


class AccessError(SameboatError):
    """The viewer or the actor may not do this."""


class UsageError(SameboatError):
    """Wrong use of the command line or of a function."""

    exit_code = 2


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A question that offers the nearest known name, or None when nothing is near.

    >>> did_you_mean("net_revenu", ["net_revenue", "leads"])
    "Did you mean 'net_revenue'?"
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else None


def near_or_known(name: str, known: Iterable[str], *, most: int = 8) -> str:
    """What to write instead: the nearest known name, else all of them where they are few.

    A name that holds a word of the one asked for is near, too.

    >>> near_or_known("conversoin", ["lead_conversion", "net_revenue"])
    "Did you mean 'lead_conversion'?"
    >>> near_or_known("x", ["leads", "wins"])
    'Known are leads, wins.'
    """
    names = list(known)
    by_word = {word: full for full in reversed(names) for word in full.split("_")}
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    words = [] if near else difflib.get_close_matches(name, by_word, n=1, cutoff=0.75)
    if near or words:
        return f"Did you mean '{near[0] if near else by_word[words[0]]}'?"
    if not names:
        return "None is declared yet."
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Known are {', '.join(names[:most])}{more}."


CODES: dict[str, str] = {
    # project files
    "yaml-syntax": "The file is not valid YAML 1.2.",
    "duplicate-key": "A mapping holds the same key twice.",
    "unknown-key": "A key that the format does not know.",
    "missing-key": "A key that must be there is missing.",
    "wrong-type": "A value is not of the type that the key takes.",
    "duplicate-name": "Two files declare the same object.",
    "not-built-yet": "The key is read, and its feature comes with a later version.",
    # project files (reading them)
    "no-project": "The folder holds no project.",
    "file-unreadable": "A file of the project cannot be read.",
    "file-too-large": "A file of the project is too large to be read.",
    "file-skipped": "A file declares nothing that Sameboat knows, or lies outside the folder.",
    "object-skipped": "An object of another format uses what is not supported; it is left out.",
    "not-ossie": "A file that was to be an Apache Ossie document and is none.",
    "not-cube": "A file that was to be a Cube model and is none.",
    "format-version": "A file in a version of its format that is not known.",
    "format-unknown": "A file or folder in a format that is not read.",
    "root-missing": "The folder has no sameboat.yml; its settings are the defaults.",
    "root-elsewhere": "A key of sameboat.yml stands in another file.",
    "several-documents": "A file holds several YAML documents.",
    "yaml-encoding": "The file holds bytes or characters that are not UTF-8 text.",
    "yaml-alias": "An alias without its anchor, or aliases that repeat too much.",
    "yaml-merge": "A merge key, which YAML 1.2 does not know.",
    "yaml-tag": "A YAML tag, which is not allowed.",
    "yaml-too-deep": "Lists and mappings nest too deeply.",
    "non-string-key": "A key of a mapping that is not text.",
    "illegal-name": "A name that cannot be used in requests.",
    "privacy-floor": "A privacy floor under the least that Sameboat allows.",
    # starting a project
    "project-exists": "A project is there already; starting one never overwrites it.",
    # templates of KPIs
    "unknown-template": "A template that the catalogue does not have.",
    "unknown-template-part": "A variant, table or column that the template does not ask for.",
    "template-needs-data": "The project's tables lack what a template needs, or hold it twice.",
    "template-name-taken": "A file or name that a template would write is there already.",
    # references
    "unknown-kpi": "A KPI that the project does not declare.",
    "unknown-dispute": "A dispute that the store does not hold.",
    "unknown-team": "A team that the project does not declare.",
    "unknown-objective": "An objective that the project does not declare.",
    "unknown-event": "An event that the project does not declare.",
    "unknown-pool": "A pool that the project does not declare.",
    "unknown-study": "A source of evidence that is no experiment or initiative of the project.",
    "unknown-role": "A role that the staffing plan does not declare.",
    "unknown-entity": "An entity that the table does not have.",
    "unknown-grain": "A grain of time that neither the standard nor the calendar has.",
    "unknown-order": "A query is ordered by something that is not in its results.",
    "undeclared-input": "A name in a derived metric that is none of its declared inputs.",
    "unused-input": "A declared input that the expression does not use.",
    "team-overlap": "A spelling that two teams have at the same time.",
    "team-times": "A team's `until` or `from` does not fit to the team that it became.",
    "not-a-team": "A view of teams is asked of a dimension that does not hold teams.",
    "team-cycle": "Teams that are each other's parents, or became each other.",
    "driver-cycle": "Metrics that drive each other without any delay.",
    # checks of one object
    "conflicting-keys": "Keys of one object that exclude each other.",
    "unused-key": "A key that has no effect where it stands.",
    "percentile-range": "A percentile outside 0 to 1.",
    "range-empty": "A range or window that holds nothing.",
    "dates-reversed": "Something ends before it begins.",
    "index-weights": "The weights of an index do not add up to 1.",
    "metric-retired": "A retired metric is still used.",
    "signal-rolls": "A KPI is watched on a series whose values overlap.",
    "kpi-incomplete": "A KPI lacks a part that makes it worth sharing.",
    # principles of a shared KPI
    "no-objective": "A KPI serves no objective.",
    "orphan-objective": "No KPI serves an objective.",
    "unused-metric": "A metric that nobody has looked at for a quarter.",
    "one-owner": "Fewer than two teams own a KPI.",
    "owner-without-lever": "A team owns a KPI and names no lever that it moves.",
    "lever-not-input": "A lever that no team moves directly.",
    "opposed-goals": "Goals of two teams that get better at each other's cost.",
    "activity-as-outcome": "What is steered by counts how much is done, not what comes of it.",
    "target-incomplete": "A target does not say from where and when on it counts.",
    "target-never-met": "A target that no period of a year's worth has met.",
    "target-always-met": "A target that every period of a year's worth has met.",
    "decoupled-metric": "A lever or local metric that no longer moves what it is for.",
    "target-inside-noise": "A target that routine variation meets by chance.",
    "no-guardrail": "A KPI without a guardrail.",
    "one-horizon": "All KPIs are short-term, or all are long-term.",
    "too-many-kpis": "More KPIs than can be steered.",
    "hypergranular": "More metrics and figures than the decisions need.",
    "duplicate-metric": "Two metrics with one definition.",
    "same-values": "Two metrics that move alike in every period.",
    "person-dimension": "A dimension that would show figures by person.",
    "no-gaming-note": "A KPI does not say how it could be gamed.",
    "past-review": "An edge or a metric that was to be looked at again by now.",
    "sample-too-small": "Too few cases per period to judge a KPI at its grain.",
    "allow-incomplete": "A comment allows a breach without rule, day or reason.",
    "allow-expired": "A breach was allowed until a day that has passed.",
    "allow-unused": "A comment allows a breach that does not occur.",
    # checks of one object: persons and columns
    "subject-undeclared": "A table looks personal and does not say whose data it holds.",
    "personal-undeclared": "Columns look personal and are not declared so.",
    "column-type": "A column holds values of another type than its use needs.",
    "unknown-metric": "A metric that the project does not declare.",
    "unknown-table": "A table that the project does not declare.",
    "unknown-dimension": "A dimension or column that cannot be reached.",
    "ambiguous-name": "A name that could mean several things.",
    "metric-cycle": "Metrics that are defined by each other.",
    # the tree against the data
    "arithmetic-broken": "A formula of the tree that does not hold in the data.",
    # expressions and requests
    "expression-syntax": "An expression that cannot be read.",
    "expression-not-allowed": "An expression uses something outside the allow-list.",
    "request-invalid": "A request whose parts do not fit together.",
    "no-join-path": "No chain of entities leads from one table to the other.",
    "window-misfit": "A look back that is no whole number of the periods of the data.",
    "window-needs-period-agg": "A window was asked at a coarser grain than it runs at.",
    "too-fine-grain": "A grain finer than the data hold.",
    "metric-type-later": "A metric of a type that cannot be computed yet.",
    "pseudonymous-column": "A pseudonymous column is used where it would be shown.",
    "no-time-dimension": "A table without a time dimension was asked by time.",
    "scenario-open": "A figure would add up actual and budget, or other scenarios.",
    "no-exchange-rates": "Money is to be exchanged and the project declares no rates.",
    "currency-unknown": "A text is no currency, or nothing says in which one money is.",
    "currency-mixed": "A cohort follows amounts of several currencies.",
    "rate-missing": "Rows hold money in a currency for which no exchange rate is known.",
    "rate-gap": "Exchange rates of a pair stop for longer than a rate holds.",
    "rate-duplicate": "A pair of currencies has several exchange rates on one day.",
    "rate-not-positive": "An exchange rate is nothing, negative or missing.",
    "no-time-spine": "Times were asked for without a metric and without a table of days.",
    "window-needs-time": "A metric that looks back in time was asked without a time.",
    "unknown-saved-query": "A saved query that the project does not declare.",
    "arithmetic-unchecked": "An arithmetic edge that could not be checked on the data.",
    "person-level": "A figure about one person was asked for.",
    "definition-changed": "A definition gives other figures and still bears the same version.",
    "unknown-version": "A version of a metric that no refresh has recorded.",
    "nothing-known": "Nothing was recorded by the moment of which the past is asked.",
    "not-recorded": "The past is asked for something that no refresh has recorded.",
    "merge-faulty": "Accounts that became several others, or in a circle became themselves.",
    "spine-too-short": "A table of days does not reach the range that was asked for.",
    "unknown-dialect": "An SQL dialect that is not written.",
    # store
    "store-url": "An address in `store:` at which no store can be.",
    "store-missing": "There is no store yet, and this needs one.",
    "store-newer": "The store was written by a newer version of Sameboat.",
    "store-no-downgrade": "A store is never taken back to an older version.",
    "store-foreign": "The database in `store:` holds the tables of another program.",
    "store-corrupt": "The store is damaged or incomplete; it is left as it is.",
    "store-locked": "Another process is writing the store.",
    "store-moved": "The store was moved or deleted while it was open.",
    "store-permission": "The store may not be opened by this user.",
    "store-unreachable": "The database that holds the store does not answer.",
    "store-driver-missing": "The driver that the store's address needs is not installed.",
    "store-failed": "The store could not be used, for a reason that has no code of its own.",
    "folder-read-only": "A folder or file that must be written is read-only.",
    "disk-full": "The disk takes no more: full, over its quota or at a size limit.",
    "disk-fault": "The disk failed while reading or writing.",
    "unknown-run": "A run that the store does not hold.",
    "series-invalid": "Points that cannot be one series.",
    "run-invalid": "A record of a run that cannot be kept as it is.",
    # people's changes
    "not-allowed": "The actor has no right to do this.",
    "record-invalid": "A record whose parts are missing or do not fit together.",
    "record-exists": "Another record already has this id.",
    "no-signal-stands": "A signal of a KPI is acknowledged, and none stands.",
    "unknown-signal": "An id that no raised signal has.",
    "edit-not-possible": "A change to a declared thing that cannot be put into its file.",
    "record-changed": "A record was changed by someone else in the meantime.",
    # data: files, landing, warehouse
    "file-missing": "A file that holds a table's rows is not there.",
    "file-format": "A data file of a kind that is not read.",
    "file-permission": "A data file may not be read by this user.",
    "file-locked": "Another process writes to the data file.",
    "file-shapes-differ": "The files of one table do not fit together.",
    "encoding": "Bytes of a data file are not text in the encoding that it is read with.",
    "colliding-headers": "Two columns of a data file have the same name.",
    "column-missing": "A column that a table names is not in its data.",
    "value-type": "A value in the data does not fit its column.",
    "ambiguous-date": "Dates that could be day first or month first.",
    "date-is-text": "A time dimension whose column holds text.",
    "cell-error": "A spreadsheet cell holds an error instead of a value.",
    "table-empty": "A table without rows.",
    "relation-missing": "A relation that the warehouse does not hold.",
    "personal-column": "A personal column is used where it may not be seen.",
    "pseudonym-key": "The key that makes pseudonyms cannot be read or made.",
    "pseudonym-late": "A column of a derived table that must be hashed where it comes from.",
    "sql-not-one-select": "The SQL of a table is not one SELECT over declared tables.",
    "jinja-not-allowed": "A template expression that the SQL of a table may not hold.",
    "table-cycle": "Tables that are made from each other.",
    "lineage-failed": "It cannot be told which columns a derived column comes from.",
    "warehouse-url": "An address in `warehouse:` that cannot be read.",
    "warehouse-not-built-yet": "A warehouse whose connection comes with a later version.",
    "warehouse-busy": "All workers of the warehouse stayed busy.",
    "warehouse-closed": "The connection to the warehouse has been closed.",
    "query-failed": "The warehouse could not run a query.",
    "query-not-allowed": "A query does more than read the declared tables.",
    "query-too-large": "A query needs more memory, or gives more rows, than is allowed.",
    "query-timeout": "A query ran longer than is allowed.",
    "worker-lost": "The process that ran a query ended before it answered.",
    # checks of the data
    "check-unique": "Rows of a table repeat what its check says is unique.",
    "check-not-null": "Rows of a table lack what its check says is there.",
    "check-accepted": "Rows of a table have a value that its check does not accept.",
    "check-matches": "Fewer keys lead to their entity than the table's check asks for.",
    "entity-duplicated": "A primary or unique entity stands in several rows: joins would multiply.",
    "versions-overlap": "Two versions of one entity hold at one time: joins would multiply.",
    "several-segments": "Rows of one entity and period fall into several segments.",
    "key-unmatched": "Keys that lead to no row of the table that they name.",
    "team-unmapped": "Values of teams that no team of the project is spelled like.",
    "duration-negative": "Rows that end before they start.",
    "data-late": "A table was loaded longer ago than its `freshness` allows.",
    "data-ended": "A table's rows end earlier than its own rhythm lets expect.",
    "period-missing": "Periods without any row in a table that otherwise has rows in each.",
    "period-incomplete": "Periods in which a table has rows on far fewer days than usual.",
    "volume-drift": "The latest period has far more or fewer rows than those before it.",
    "data-unchecked": "A check of the data that could not be made.",
    # statistics
    "no-variation": "Points that never vary set no limits for those after them.",
    "figure-not-finite": "A value is endless or too large to compare.",
    "forecast-too-short": "Fewer known values than a forecast needs.",
    "unknown-driver": "A change of something that a KPI cannot be moved by.",
    "outside-limits": "A driver moved further than its own history says anything about.",
    "nothing-to-move": "A what-if of a KPI that has no forecast.",
    "scenario-undefined": "A what-if at which the KPI's formula has no value.",
    "forecast-constant": "A series that never varied: how far it may move is not known.",
    # periods and units
    "unknown-period": "A text that names no period or moment of the calendar.",
    "period-out-of-range": "A date outside the years 1 to 9999.",
    "unknown-zone": "A time zone that the time zone database does not hold.",
    "unknown-locale": "A language and country that the locale data do not hold.",
    "unit-syntax": "A unit that cannot be read.",
    "unit-mismatch": "Figures of different units were put together.",
    # undefined figures
    "undefined": "A figure that has no value here.",
    # analysis
    "tree-syntax": "The arithmetic of a tree that cannot be read.",
    "unknown-leaf": "A leaf of a tree that has no figure.",
    # pages
    "sign-in-needed": "A page was asked for without an open session.",
    "token-not-valid": "A sign-in token that is wrong, used up or too old.",
    "host-not-allowed": "A request under a host name that is not this server's.",
    "foreign-origin": "A change that was not asked for by one of our own pages.",
    "page-not-found": "An address that no page has.",
    "method-not-allowed": "An address that is not asked in this way.",
    "port-taken": "The port that the server should listen on cannot be used.",
    "assets-missing": "The pages' stylesheet and script are not built.",
    "internal-error": "Something failed that should not; the server's log says more.",
    # the demo company
    "demo-period": "A day that the demo company has not lived through.",
    "demo-not-written": "The demo company found no room, or may not be written there.",
    # command line
    "unknown-code": "A code that no finding has.",
    "folder-taken": "A folder that holds something else, which would be overwritten.",
}
