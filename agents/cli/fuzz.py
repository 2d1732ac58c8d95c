"""`earshot fuzz`: spoilt lines by the million, and whether each is taken for what it is."""

import json
import logging
from collections import Counter

import click
from rich.console import Console
from rich.progress import Progress

from agents.proving import fuzz as proving
from streams.settings import Settings

SHOWN = 5
"""Broken lines that are printed; the seed brings back the others."""


@click.command()
@click.option(
    "--lines", default=1_000_000, show_default=True, type=click.IntRange(1), help="How many, over all sources."
)
@click.option("--seed", default=7, show_default=True, help="The same seed spoils the same lines.")
@click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")
@click.pass_context
def fuzz(ctx: click.Context, lines: int, seed: int, as_json: bool) -> None:
    """Spoil lines of X and events of Bluesky in every way that comes to mind and give them to ingest and the reader.

    Exit code 0: nothing raised, and every line became a post with its very bytes, a dead letter that gives it back, or
    a notice. 1: some did not; they are printed.
    """
    settings: Settings = ctx.obj
    logging.getLogger("agents").addHandler(logging.NullHandler())  # what X's notices say is not of interest here
    broken: list[proving.Broken] = []
    became: dict[str, Counter[str]] = {}
    refused: dict[str, Counter[str]] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for trial in proving.trials(settings, lines, seed):
            task = progress.add_task(trial.source, total=trial.length)
            for line in trial.lines:
                found = trial.judge.take(line)
                if found is not None:
                    broken.append(found)
                progress.advance(task)
            became[trial.source], refused[trial.source] = trial.judge.seen, Counter(trial.judge.refused)
    if as_json:
        click.echo(
            json.dumps({"lines": lines, "seed": seed, "broken": len(broken), "became": became, "refused": refused})
        )
    else:
        for source, seen in became.items():
            said = ", ".join(f"{count} {name}" for name, count in sorted(seen.items()))
            click.echo(
                f"{source}: {sum(seen.values())} lines: {said}; refused by the tagger: {refused[source].total()}"
            )
        for one in broken[:SHOWN]:
            click.echo(f"broken: {one.what}: {one.line[:300]!r}")
        click.echo(f"broken: {len(broken)} of {lines}")
    ctx.exit(1 if broken else 0)
