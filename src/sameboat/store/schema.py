"""The tables of the store, as the newest revision has them.

Two ways lead to these tables: a fresh store is made from this metadata and stamped with `HEAD`,
an older one is brought here by the scripts in `migrations`. A test compares the two.

Times are held in UTC and always come back aware; a naive time is refused.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

VERSION_TABLE = "sameboat_schema"
"""Where Alembic notes the revision; named so that it never meets another program's table."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision that this program knows, oldest first."""

HEAD = REVISIONS[-1]

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[dt.datetime]):
    """A moment: aware in Python, UTC in the store."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(dt.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


metadata = MetaData(naming_convention=NAMES)

version_table = Table(
    VERSION_TABLE,
    MetaData(),  # Alembic's own; apart, so that no comparison takes it for ours
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("who", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("tables", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("note", Text),
    sqlite_autoincrement=True,  # a run's number is never given twice
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("grain", String(32), nullable=False),
    Column("segment", Text, nullable=False),
    Column("run", Integer, ForeignKey("runs.id"), nullable=False),
    Column("base", Integer, ForeignKey("runs.id"), nullable=False),
    Column("links", Integer, nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("definition_hash", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
    UniqueConstraint("metric", "grain", "segment"),
)
"""One row per (metric, grain, segment): its arrays as the newest run left them, ready to read."""

points = Table(
    "points",
    metadata,
    Column("series", Integer, ForeignKey("series.id"), primary_key=True),
    Column("run", Integer, ForeignKey("runs.id"), primary_key=True),
    Column("base", Integer, ForeignKey("runs.id"), nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("definition_hash", Text, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
    Index(None, "series", "run", "base"),
)
"""What each run changed, never rewritten: the whole series where `base` = `run`, else a patch."""

definitions = Table(
    "definitions",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("run", Integer, ForeignKey("runs.id"), nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "metric", "version"),
)
"""What a metric was by each hash that its points bear; `run` is the first that computed by it."""

cards = Table(
    "cards",
    metadata,
    Column("kpi", Text, primary_key=True),
    Column("run", Integer, ForeignKey("runs.id"), primary_key=True),
    Column("until_run", Integer, ForeignKey("runs.id")),
    Column("card", Text, nullable=False),
    Index(None, "until_run"),
)
"""Ready board cards; `until_run` is the run that replaced the card or took it off the board."""

proposals = Table(
    "proposals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("kpi", Text, nullable=False),
    Column("closes_on", Date),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Column("prediction", Text),
    Index(None, "status", "closes_on"),
)
"""`record` is the shape of the format; `prediction` is its frozen copy once it is decided."""

signals = Table(
    "signals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kpi", Text, nullable=False),
    Column("standing", Text, unique=True),
    Column("version", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "kpi"),
    sqlite_autoincrement=True,
)
"""Raised signals; `standing` is the KPI until the signal is closed, so one stands per KPI."""

disputes = Table(
    "disputes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "metric", "status"),
)
"""Objections to definitions; `record` holds the words, the lines asked for and the answer."""

uses = Table(
    "uses",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("way", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How often a metric was asked for on a day, and where; nothing about who asked."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("record", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index(None, "kind", "record", "id"),
    sqlite_autoincrement=True,
)
"""Who changed which record, when, from what to what; rows are only ever added."""
