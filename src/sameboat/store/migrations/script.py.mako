"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sameboat.store.migrations import refuse_downgrade

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

downgrade = refuse_downgrade


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
