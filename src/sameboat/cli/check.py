"""`sameboat check`: everything that is wrong with a project, or worth saying about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

import sameboat
from sameboat.cli import options, tell


def _explain(context: click.Context, _parameter: click.Parameter, code: str | None) -> None:
    """Print what a code means and end: no project is needed for that."""
    if code is None or context.resilient_parsing:
        return
    from sameboat.project.principles.catalogue import explained

    click.echo(explained(code))
    context.exit()


@click.command("check")
@options.output_format("text", "json", "sarif")
@click.option(
    "--files-only",
    is_flag=True,
    help="Leave the data alone: structure, references and privacy only.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="warning",
    show_default=True,
    help="The mildest finding that makes the exit code 1; a notice never does.",
)
@click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Say what a code means, with its reason, an example and a better alternative.",
)
@options.project
def command(project: Path, output_format: str, files_only: bool, fail_on: str) -> None:
    """Check a project's files, its principles, its data, and the arithmetic of its tree.

    Of the principles: objectives, shared owners, levers, activities posing as outcomes, balance,
    and what the record shows of targets and uses. Of the data: keys, declared checks, teams,
    freshness, and rows against their own history.

    A breach may be allowed above its line: '# allow: CODE until 2027-01-31: reason'.
    """
    from sameboat.project import report  # with the model of the whole format
    from sameboat.project.check import check_folder
    from sameboat.project.viewer import OWNER

    if files_only:
        findings = check_folder(project, today=dt.date.today())
    else:
        from sameboat.questions.checking import check_with_data  # with the engine

        findings = check_with_data(project, viewer=OWNER)
    if output_format == "json":
        click.echo(report.as_json(findings))
    elif output_format == "sarif":
        click.echo(report.as_sarif(findings, version=sameboat.__version__))
    else:
        for line in report.as_text(findings).splitlines()[: len(findings)]:
            click.echo(line)
        tell(report.summary(findings) if findings else report.as_text(findings))
    failing = {"error"} if fail_on == "error" else {"error", "warning"}
    if any(finding.severity in failing for finding in findings):
        click.get_current_context().exit(1)
