"""Three files as people really get them, to practise `sameboat init` on.

An export in an old encoding with titles above its header and decimal commas; a list with a mark
of its encoding; a log with two header lines and tabs. What is in them is told by `UNTIDY`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from sameboat.demo.generate import not_written
from sameboat.errors import UsageError

SEED = 1912
TOWNS = ("Århus", "Göteborg", "Ærøskøbing", "Tórshavn", "Kiel", "Brændø", "Ålesund", "Hull")
STATUSES = ("Won", "Lost", "Open")
PRIORITIES = ("high", "normal", "low")


@dataclass(frozen=True)
class Untidy:
    """What the files hold, so that an answer can be checked."""

    customers: int = 64
    deals: int = 420
    tickets: int = 510
    first_day: date = date(2025, 1, 6)
    days: int = 540


UNTIDY = Untidy()
NAMES = ("customers.csv", "deals export.csv", "tickets (2).csv")


def write_messy(folder: Path) -> tuple[Path, ...]:
    """The paths of the untidy files, written into `folder`; the same bytes each time.

    Raises UsageError where a file of that name is there already, SameboatError
    demo-not-written where nothing can be written.
    """
    taken = [folder / name for name in NAMES if (folder / name).exists()]
    if taken:
        raise UsageError("folder-taken", f"{taken[0]} is there already.", hint="Name a new folder.")
    rng = np.random.default_rng(SEED)
    written = (_customers(rng), _deals(rng), _tickets(rng))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in zip(NAMES, written, strict=True):
            (folder / name).write_bytes(content)
    except OSError as error:
        raise not_written(folder, error) from error
    return tuple(folder / name for name in NAMES)


def _customers(rng: np.random.Generator) -> bytes:
    """UTF-8 with a byte order mark, commas."""
    lines = ["customer_id,company,town,fleet_size,contact_email"]
    for number in range(1, UNTIDY.customers + 1):
        town = TOWNS[int(rng.integers(len(TOWNS)))]
        fleet = int(rng.integers(1, 40))
        lines.append(
            f'{number},"{town} Ferries, No. {number}",{town},{fleet},k{number}@example.org'
        )
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def _deals(rng: np.random.Generator) -> bytes:
    """Windows-1252, semicolons, decimal commas, two lines of titles above the header."""
    lines = ["Deals – all regions", "Created by the sales office;;;;;"]
    lines.append("deal_id;customer_id;created_on;status;amount;town")
    for number in range(1, UNTIDY.deals + 1):
        day = UNTIDY.first_day + timedelta(days=int(rng.integers(UNTIDY.days)))
        status = STATUSES[int(rng.choice(3, p=(0.38, 0.5, 0.12)))]
        pence = int(rng.integers(20_000, 900_000))
        town = TOWNS[int(rng.integers(len(TOWNS)))]
        customer = int(rng.integers(1, UNTIDY.customers + 1))
        amount = f"{pence // 100},{pence % 100:02d}"
        lines.append(f"{number};{customer};{day};{status};{amount};{town}")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def _tickets(rng: np.random.Generator) -> bytes:
    """Latin-1, tabs, two header lines of which the lower one counts."""
    lines = [
        "Ticket\t\tTimes\t\tHandling\t",
        "ticket_id\tcustomer_id\topened_at\tsolved_at\tpriority\ttown",
    ]
    for number in range(1, UNTIDY.tickets + 1):
        opened = datetime.combine(UNTIDY.first_day, datetime.min.time())
        opened += timedelta(minutes=int(rng.integers(UNTIDY.days * 24 * 60)))
        hours = float(np.round(rng.gamma(2.0, 9.0), 2))
        solved = opened + timedelta(hours=hours) if rng.random() < 0.94 else None
        customer = int(rng.integers(1, UNTIDY.customers + 1))
        priority = PRIORITIES[int(rng.choice(3, p=(0.15, 0.6, 0.25)))]
        town = TOWNS[int(rng.integers(len(TOWNS)))]
        shut = f"{solved:%Y-%m-%d %H:%M}" if solved else ""
        lines.append(f"{number}\t{customer}\t{opened:%Y-%m-%d %H:%M}\t{shut}\t{priority}\t{town}")
    return ("\n".join(lines) + "\n").encode("latin-1")
