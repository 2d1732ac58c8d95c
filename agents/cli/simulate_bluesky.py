"""`earshot simulate-bluesky`: the simulated Bluesky as a process, for the demo and for trying things out.

Owns its options and signals; the work is `agents/simulated/bluesky.py` and `jetstream.py`.
"""

import asyncio
import signal
from pathlib import Path

import click

from agents.simulated.bluesky import BlueskyWriter, copy_with_accounts, keep_writing
from agents.simulated.jetstream import SimulatedJetstream
from streams import directory
from streams.settings import Settings

KEEP_SECONDS = 600.0
"""Bluesky keeps 36 h; here each second is memory."""


@click.group("simulate-bluesky", invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--rate", type=click.FloatRange(0.01, 2_000), default=20.0, show_default=True, help="Posts a second.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed writes the same posts.")
@click.option("--count", type=click.IntRange(0), help="Posts in all; after them come only events that are no posts.")
@click.option(
    "--keep",
    type=click.FloatRange(1, 129_600),
    default=KEEP_SECONDS,
    show_default=True,
    help="Seconds of events to keep for listeners that come back with a cursor.",
)
@click.pass_context
def command(
    ctx: click.Context, *, host: str, port: int, rate: float, seed: int, count: int | None, keep: float
) -> None:
    """Stand in for Bluesky's Jetstream until ctrl-c.

    The first line of output is its address. Posts begin with the first listener. Most are to or about the hospitals
    with a Bluesky account. A few are deleted, and a few accounts go. It sends everything, as Jetstream does, and
    refuses no connection.
    """
    if ctx.invoked_subcommand is not None:
        return
    settings: Settings = ctx.obj
    writer = BlueskyWriter(seed, directory.load(settings.directory_folder))
    asyncio.run(_run(SimulatedJetstream(int(keep * 1e6), host, port), writer, rate, count))


@command.command("directory")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def directory_copy(ctx: click.Context, folder: Path) -> None:
    """Write to FOLDER a directory with made-up Bluesky accounts.

    It is a copy of the directory in which every hospital has an account. Set EARSHOT_DIRECTORY_FOLDER to it for
    simulate-bluesky, ingest and workers. Do not use it with the real Bluesky.
    """
    settings: Settings = ctx.obj
    click.echo(f"{folder}: {copy_with_accounts(settings.directory_folder, folder)} hospitals with a made-up account")


async def _run(bluesky: SimulatedJetstream, writer: BlueskyWriter, rate: float, count: int | None) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with bluesky:
        click.echo(bluesky.url)
        tasks = [asyncio.create_task(work) for work in (keep_writing(bluesky, writer, rate, count), stopping.wait())]
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for task in done:
            task.result()
