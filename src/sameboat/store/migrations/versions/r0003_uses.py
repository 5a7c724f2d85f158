"""How often a metric was asked for on a day; nothing about who asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sameboat.store.migrations import refuse_downgrade

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

downgrade = refuse_downgrade


def upgrade() -> None:
    op.create_table(
        "uses",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("metric", "day", "way", name="pk_uses"),
    )
