"""`sameboat export`: the project in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sameboat.cli import options, tell
from sameboat.errors import UsageError

if TYPE_CHECKING:
    from sameboat.actions.hand_over import Target


@click.command("export")
@click.argument("format", type=click.Choice(["dbt", "ossie"]))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it.")
@click.option(
    "--version",
    type=click.Choice(["0.1.1", "0.2.0.dev0"]),
    help="The version of Ossie; else the newest.",
)
@click.option("--json", "as_json", is_flag=True, help="Ossie as JSON instead of YAML.")
@options.project
def command(
    project: Path, format: str, out: Path | None, version: str | None, as_json: bool
) -> None:
    """Write the project's tables, metrics and saved queries for dbt or as Apache Ossie.

    What the other format has no word for travels in extensions (Ossie), or is left out and told
    (dbt). Without --out it goes to standard output.

    \b
    sameboat export ossie --out company.ossie.yml
    sameboat export dbt > models/semantic.yml
    """
    if format == "dbt" and (version or as_json):
        raise UsageError("request-invalid", "--version and --json are for Ossie only.")
    from sameboat.actions.hand_over import hand_over  # with the writers of all formats

    target: Target = "dbt" if format == "dbt" else "ossie"
    handed = hand_over(project, target, out=out, version=version, as_json=as_json)
    for finding in handed.notices:
        tell(str(finding))
    if out is None:
        click.echo(handed.text, nl=False)
    else:
        tell(f"{out} was written.")
