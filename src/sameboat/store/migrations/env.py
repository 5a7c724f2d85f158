"""Runs the scripts on a connection that the caller has opened and begun.

Everything happens in the caller's transaction: a migration that is cut short leaves the store
as it was, on SQLite too (its driver is told not to commit before DDL, see `store.connect`).
"""

from __future__ import annotations

from alembic import context

from sameboat.store import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
