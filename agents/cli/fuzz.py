"""`earshot fuzz`: feeds ingest damaged lines and checks what becomes of each.

Knows options and what is printed; the work is `agents/proving/fuzz.py`'s.
"""

import json
import logging
from collections import Counter

import click
from rich.console import Console
from rich.progress import Progress

from agents.proving.fuzz import Broken, trials
from streams.settings import Settings

SHOWN = 5
"""Most broken lines that are printed; run again with the same seed to find the others."""


@click.command()
@click.option(
    "--lines", default=1_000_000, show_default=True, type=click.IntRange(1), help="How many lines, over all sources."
)
@click.option("--seed", default=7, show_default=True, help="The same seed damages the same lines.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def fuzz(ctx: click.Context, lines: int, seed: int, as_json: bool) -> None:
    """Damage lines of X and events of Bluesky in many ways and give them to ingest and the reader.

    Exit code 0: nothing raised, and every line became a post with the same bytes, a dead letter that holds them, or a
    notice. 1: some lines did not; they are printed.
    """
    settings: Settings = ctx.obj
    logging.getLogger("agents").addHandler(logging.NullHandler())  # what X's notices say is not of interest here
    broken: list[Broken] = []
    became: dict[str, Counter[str]] = {}
    refused: dict[str, Counter[str]] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for trial in trials(settings, lines, seed):
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
