"""The warehouse of a workspace, opened: in this process, or in a worker for a server."""

from __future__ import annotations

from sameboat.questions.workspace import Workspace
from sameboat.warehouse.base import Warehouse


def open_warehouse(workspace: Workspace) -> Warehouse:
    """The warehouse that a workspace names, its tables made ready."""
    from sameboat.warehouse.connect import connect

    project = workspace.project
    return connect(
        workspace.warehouse_url,
        project.tables,
        folder=project.folder,
        schema=workspace.schema,
    )
