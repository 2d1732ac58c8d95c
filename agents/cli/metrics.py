"""`earshot metrics`: every metric as `streams/metrics` declares it."""

import click
import msgspec

from deploy.reference import pages
from streams.metrics.registry import LOADED, METRICS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/metrics.md.")
def metrics(as_json: bool, as_markdown: bool) -> None:
    """List every metric: kind, labels, meaning, what to do when it moves."""
    if as_json and as_markdown:
        raise click.UsageError("give --json or --markdown, not both")
    if as_json:
        click.echo(msgspec.json.encode(METRICS))
    elif as_markdown:
        click.echo(pages.metrics(), nl=False)
    else:
        for one in METRICS:
            labels = "; ".join(f"{label}: {', '.join(values) or LOADED[label]}" for label, values in one.labels.items())
            click.echo(f"{one.name} ({one.kind}, {one.unit}; {', '.join(one.jobs)})")
            if labels:
                click.echo(f"    {{{labels}}}")
            click.echo(f"    {one.help}\n    When it moves: {one.act}")
