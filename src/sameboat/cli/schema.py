"""`sameboat schema`: the JSON Schema of the project files."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the project files.

    \b
    sameboat schema > sameboat.schema.json
    """
    from sameboat.project.schema import schema  # heavy: the model of the whole format

    click.echo(json.dumps(schema(), indent=1, ensure_ascii=False))
