"""Makes the raw tables of Harbourline, as its systems would export them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

from sameboat.demo import accounts as account_list
from sameboat.demo import (
    advocacy,
    delivery,
    export,
    late,
    marketing,
    sales,
    subscriptions,
    support,
    surveys,
    swap,
    usage,
    work,
)
from sameboat.demo.company import Columns, Company
from sameboat.demo.truths import UNTIL
from sameboat.errors import SameboatError

SEED = 20261026
STAMP = "generated.txt"


def generate(folder: Path, *, seed: int = SEED, until: date = UNTIL) -> None:
    """Write every raw table into `folder` as Parquet, as exported at the end of `until`.

    The same seed gives the same files, byte for byte; a later `until` gives the same past but
    for what came late or was put right meanwhile (`late`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    company = Company(seed, until)
    for name, columns in tables(company):
        export.write(folder, company, name, late.as_known(company, name, columns))


def tables(company: Company) -> Iterator[tuple[str, Columns]]:
    """Every table with its name, department by department."""
    outreach = advocacy.outreach(company)
    leads = marketing.leads(company, outreach)
    deals = sales.deals(company, leads)
    won, customers = account_list.customers(leads)
    book = subscriptions.book(company, customers)
    accounts = account_list.accounts(company, leads, deals, book, won)
    activity = usage.activity(company, book)
    used = support.used_share(company)
    tickets = support.tickets(company, book, activity, used)
    projects = delivery.projects(company)
    releases = delivery.releases(company)

    yield "leads", marketing.lead_table(company, leads, accounts.of_lead)
    yield "touches", marketing.touch_table(company, leads)
    yield "posts", advocacy.post_table(company, outreach)
    yield "opportunities", sales.opportunity_table(company, leads, deals, book, accounts.of_lead)
    yield "accounts", account_list.account_table(company, accounts)
    yield "account_history", account_list.history_table(company, book)
    yield "subscription_months", subscriptions.month_table(company, book)
    yield "invoices", subscriptions.invoice_table(company, book)
    yield "account_weeks", usage.week_table(company, book, activity)
    yield "product_events", usage.event_table(company, book, activity)
    yield from usage.onboarding_tables(company, book).items()
    yield "tickets", support.ticket_table(company, tickets)
    yield "ticket_events", support.ticket_event_table(company, tickets)
    yield "sync_days", support.sync_table(company)
    yield "survey_responses", surveys.response_table(company, book, tickets)
    yield "pulse_answers", surveys.pulse_table(company)
    yield from advocacy.advocate_tables(company, outreach, book.account[: book.own]).items()
    yield from delivery.project_tables(company, projects).items()
    yield "releases", delivery.release_table(company, releases)
    yield "ideas", delivery.idea_table(company, releases)
    yield "environment_requests", delivery.environment_table(company)
    yield "work_logs", work.log_table(company, projects)
    yield "team_weeks", work.load_table(company, tickets, used)
    yield "headcount", work.headcount_table(company, tickets, used)
    yield "spend_weeks", work.spend_table(company)


def ensure(folder: Path, *, seed: int = SEED, until: date = UNTIL) -> Path:
    """The folder with the raw tables in it; they are made only where they are missing.

    The tables are made beside the folder and take its place when they are complete (`swap`): a
    reader meets the old ones or the new ones, and a process that is killed leaves the old ones.
    """
    stamp = f"harbourline {recipe()} seed {seed} until {until}\n"
    if _stamp(folder) == stamp:
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        swap.completed(folder, last=STAMP)
        _make(folder, stamp, seed, until)
    except _Overtaken:
        return folder
    except OSError as error:
        if _stamp(folder) == stamp:  # put there just before our own came to their place
            return folder
        raise not_written(folder, error) from error
    return folder


def stands_at(folder: Path) -> date | None:
    """The last day of the exports that lie in `folder`; None where there are none.

    A move that was interrupted while the tables were exchanged is completed first.
    """
    if folder.parent.is_dir():
        swap.completed(folder, last=STAMP)
    stamp = _stamp(folder)
    if stamp is None or not stamp.startswith("harbourline "):
        return None
    try:
        return date.fromisoformat(stamp.rpartition(" until ")[2].strip())
    except ValueError:  # a stamp of an older recipe
        return None


@cache
def recipe() -> str:
    """A short hash of the modules that make the tables: tables of another recipe are made anew."""
    modules = resources.files("sameboat.demo").iterdir()
    texts = sorted(each.read_bytes() for each in modules if each.name.endswith(".py"))
    return hashlib.sha256(b"".join(texts)).hexdigest()[:12]


def not_written(folder: Path, error: OSError) -> SameboatError:
    """The error of a demo that found no room: what was there before is as it was."""
    return SameboatError(
        "demo-not-written",
        f"Harbourline could not be written to {folder}: {error.strerror or error}.",
        hint="Choose a folder that you may write to, with 30 MB free.",
    )


class _Overtaken(Exception):
    """Another start has put the same tables there meanwhile."""


def _make(folder: Path, stamp: str, seed: int, until: date) -> None:
    def fill(fresh: Path) -> None:
        generate(fresh, seed=seed, until=until)
        (fresh / STAMP).write_text(stamp, encoding="utf-8")
        if _stamp(folder) == stamp:
            raise _Overtaken

    try:
        swap.replaced(folder, fill)
    except OSError:
        if _stamp(folder) != stamp:  # else another process made the same tables meanwhile
            raise


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / STAMP).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
