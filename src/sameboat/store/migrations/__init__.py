"""Alembic's scripts: from the first revision to the newest one, never back."""

from __future__ import annotations

from sameboat.errors import StoreError


def refuse_downgrade() -> None:
    """What every revision's `downgrade` is: recorded decisions are not thrown away."""
    raise StoreError(
        "store-no-downgrade",
        "A store is never taken back to an older version.",
        hint="Restore a backup that the older version made.",
    )
