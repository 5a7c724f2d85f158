"""Runs, series with their points, and board cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sameboat.store.migrations import refuse_downgrade

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

downgrade = refuse_downgrade

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _runs()
    _series()
    _points()
    _cards()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("tables", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sqlite_autoincrement=True,
    )


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("grain", sa.String(32), nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("base", sa.Integer, nullable=False),
        sa.Column("links", sa.Integer, nullable=False),
        sa.Column("definition_version", sa.Integer, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_series_run_runs"),
        sa.ForeignKeyConstraint(["base"], ["runs.id"], name="fk_series_base_runs"),
        sa.UniqueConstraint("metric", "grain", "segment", name="uq_series_metric_grain_segment"),
    )


def _points() -> None:
    op.create_table(
        "points",
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("base", sa.Integer, nullable=False),
        sa.Column("definition_version", sa.Integer, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("series", "run", name="pk_points"),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_points_series_series"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_points_run_runs"),
        sa.ForeignKeyConstraint(["base"], ["runs.id"], name="fk_points_base_runs"),
    )
    op.create_index("ix_points_series_run_base", "points", ["series", "run", "base"])


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("kpi", sa.Text, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("until_run", sa.Integer),
        sa.Column("card", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kpi", "run", name="pk_cards"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_cards_run_runs"),
        sa.ForeignKeyConstraint(["until_run"], ["runs.id"], name="fk_cards_until_run_runs"),
    )
    op.create_index("ix_cards_until_run", "cards", ["until_run"])
