"""Signals that were raised: once each, until they are acknowledged or routine again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sameboat.store.migrations import refuse_downgrade

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

downgrade = refuse_downgrade


def upgrade() -> None:
    op.create_table(
        "signals",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kpi", sa.Text, nullable=False),
        sa.Column("standing", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signals"),
        sa.UniqueConstraint("standing", name="uq_signals_standing"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signals_kpi", "signals", ["kpi"])
