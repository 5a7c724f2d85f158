"""The text of each definition that a run computed by, so that an old version can be read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sameboat.store.migrations import refuse_downgrade

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

downgrade = refuse_downgrade


def upgrade() -> None:
    op.create_table(
        "definitions",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("metric", "hash", name="pk_definitions"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_definitions_run_runs"),
    )
    op.create_index("ix_definitions_metric_version", "definitions", ["metric", "version"])
