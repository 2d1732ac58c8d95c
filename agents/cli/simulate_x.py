"""`earshot simulate-x`: the simulated X as a process, for the demo and for trying things out; and its scenarios.

Owns its options and signals; the work is `agents/simulated/`.
"""

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import zstandard

from agents.cli.history import History
from agents.simulated import scenario
from agents.simulated.feed import PACE
from agents.simulated.options import HEARTBEAT_SECONDS, Options
from agents.simulated.people import targets
from agents.simulated.server import SimulatedX
from streams import directory
from streams.errors import UserError
from streams.settings import Settings


@click.group("simulate-x", invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 in a container.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--rate", type=click.FloatRange(0.01, 20_000), default=200.0, show_default=True, help="Posts a second.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed writes the same posts.")
@click.option("--count", type=click.IntRange(0), help="Posts in all; after them come only heartbeats.")
@click.option(
    "--bad-lines", type=click.IntRange(0), default=0, help="Send a bad line after so many good ones; 0 sends none."
)
@click.option(
    "--token-file", type=click.Path(path_type=Path), help="Accept only the bearer token in this file; else accept any."
)
@click.option(
    "--heartbeat",
    type=click.FloatRange(0.05, 3600),
    default=HEARTBEAT_SECONDS,
    show_default=True,
    help="Seconds between heartbeats.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
    help="Time of the first post (UTC), which post ids contain; else the time of the first connection.",
)
@click.option("--scenario", "wanted", metavar="NAME|FILE", help="Play this scenario of faults; `scenarios` lists them.")
@click.option("--live", is_flag=True, help="Write posts also while nobody listens; only search finds those.")
@click.option(
    "--pace",
    type=click.FloatRange(1, 100_000),
    default=PACE,
    show_default=True,
    help="Hospitals answer so many times faster than in life.",
)
@click.option(
    "--history",
    type=History(),
    default=None,
    help="Write so much of the past (`28d`, `36h`) before listening, at pace 1; search finds it.",
)
@click.option(
    "--history-file", type=click.Path(path_type=Path), help="Write that past to this file too, for `earshot replay`."
)
@click.pass_context
def command(
    ctx: click.Context, *, host: str, port: int, rate: float, seed: int, count: int | None, bad_lines: int,
    token_file: Path | None, heartbeat: float, start: datetime | None, wanted: str | None, live: bool,
    pace: float, history: float | None, history_file: Path | None,
) -> None:  # fmt: skip
    """Stand in for X until ctrl-c.

    The first line of output is its address.
    """
    if ctx.invoked_subcommand is not None:
        return
    if history_file is not None and history is None:
        raise click.UsageError("--history-file needs --history")
    settings: Settings = ctx.obj
    options = Options(
        rate=rate,
        seed=seed,
        count=count,
        bad_every=bad_lines,
        token=_token(token_file) if token_file is not None else "",
        heartbeat=heartbeat,
        start_ms=int(start.replace(tzinfo=UTC).timestamp() * 1000) if start is not None else None,
        host=host,
        port=port,
        steps=scenario.load(wanted).steps if wanted is not None else (),
        live=live,
        pace=pace,
    )
    x = SimulatedX(targets(directory.load(settings.directory_folder)), options)
    if history is not None:
        _write_past(x, history, history_file)
    asyncio.run(_run(x))


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, with steps and expected outcome.")
def scenarios(*, as_json: bool) -> None:
    """List the scenarios and how ingest must come out of each."""
    found = {name: scenario.load(name) for name in scenario.names()}
    if as_json:
        click.echo(msgspec.json.encode([{"name": name, **msgspec.to_builtins(one)} for name, one in found.items()]))
        return
    for name, one in found.items():
        ends = ", ".join(f"{kind} x{times}" for kind, times in one.expect.ends.items()) or "no end"
        click.echo(
            f"{name}\n    {one.about}\n    {ends}; then {one.expect.state}; at most {one.expect.connects} connects"
        )


async def _run(x: SimulatedX) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with x:
        click.echo(x.url)
        await stopping.wait()


def _write_past(x: SimulatedX, seconds: float, path: Path | None) -> None:
    """Write it to the file, if any, as JSON lines in zstd; blocks for some seconds."""
    lines = x.past(seconds)
    if path is None:
        for _ in lines:
            pass
        return
    try:
        with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as out:
            for line in lines:
                out.write(line)
    except OSError as error:
        raise UserError(f"--history-file {path} cannot be written: {error.strerror}") from None


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise UserError(f"--token-file {path} cannot be read: {error.strerror}") from None
    if not token:
        raise UserError(f"--token-file {path} must hold a bearer token")
    return token
