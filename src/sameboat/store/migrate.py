"""The store's version: read cheaply, raised when it is behind, refused when it is ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sqlalchemy import insert, inspect, select
from sqlalchemy.engine import Connection

from sameboat.errors import StoreError
from sameboat.store import schema
from sameboat.store.refusals import refused

Standing = Literal["empty", "behind", "current"]

SCRIPTS = Path(__file__).parent / "migrations"


def standing(connection: Connection, *, at: str) -> Standing:
    """How a database stands to this program's schema.

    Raises `store-newer` for a version that this program does not know, `store-foreign` for a
    database that holds tables and is no store, `store-corrupt` where the version is lost.
    """
    found = inspect(connection)
    if not found.has_table(schema.VERSION_TABLE):
        if not found.get_table_names():
            return "empty"
        raise StoreError(
            "store-foreign",
            f"{at} holds the tables of another program. It was left as it is.",
            hint="Give Sameboat a file or a database of its own in `store:`.",
        )
    version = connection.scalar(select(schema.version_table.c.version_num))
    if version is None:
        raise refused("store-corrupt", at=at, detail="its version is lost")
    if version == schema.HEAD:
        return "current"
    if version in schema.REVISIONS:
        return "behind"
    raise StoreError(
        "store-newer",
        f"{at} was written by a newer Sameboat: its version is {version}, and this program "
        f"knows versions up to {schema.HEAD}. It was left as it is.",
        hint="Install the newer Sameboat, or restore a backup that this version made.",
    )


def bring_up(connection: Connection, *, at: str) -> None:
    """Make or raise the tables to the newest schema, within the connection's transaction.

    It looks again first: another process may have done it while this one waited for the lock.
    """
    found = standing(connection, at=at)
    if found == "empty":
        create(connection)
    elif found == "behind":
        upgrade(connection)


def create(connection: Connection) -> None:
    """Make every table of the newest schema in an empty database, and note the version."""
    schema.metadata.create_all(connection)
    schema.version_table.create(connection)
    connection.execute(insert(schema.version_table).values(version_num=schema.HEAD))


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the scripts from the database's revision to a later one."""
    from alembic import command  # 0.8 s with its own imports: only for a store that is behind
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
