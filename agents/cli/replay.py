"""`earshot replay`: a file of posts, as if they came now.

Owns options, the progress bar and what is printed; the work is in `agents/ingest/replay/`.
"""

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from kafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from agents.ingest import publisher
from agents.ingest.pipeline_kafka import require_kafka_topics
from agents.ingest.replay.capture import Capture
from agents.ingest.replay.player import Nowhere, Pace, Summary, play
from agents.ingest.x.intake import Intake
from agents.kafka.generation import located
from streams import directory
from streams.errors import UserError
from streams.reading.reader import Reader
from streams.settings import Settings

DRAIN_SECONDS = 60.0
"""Most that the end waits for Kafka to take what was read."""


class _Speed(click.ParamType):
    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if value == "max":
            return 0.0
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail("must be `max`, or a number above 0 (1: as recorded)", param, ctx)
        return speed


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Choice(["kafka", "nowhere"]), default="kafka", show_default=True)
@click.option("--speed", type=_Speed(), default="max", show_default=True, help="Times the recorded speed, or `max`.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@click.pass_obj
def replay(settings: Settings, file: Path, target: str, speed: float, as_json: bool) -> None:
    """Play FILE: JSON lines of X (v2 posts, pages, v1.1 tweets), plain, gzip or zstd.

    To `kafka` each post goes the way of a live one; copies of posts that came before are counted once. To `nowhere`
    posts are read and only counted. Posts older than 28 days count for the lifetime of a hospital, in no hour.
    Exit code 1 when Kafka did not take everything, or FILE holds no post that can be read.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    intake = Intake(settings.max_post_bytes, origin="replay")
    pace = Pace(speed, stop.wait)
    with Capture(file) as capture:
        if target == "nowhere":
            nowhere = Nowhere(Reader(directory.load(settings.directory_folder), settings.max_post_bytes))
            summary = play(_shown(capture), intake, nowhere, pace, stop.is_set)
            more: dict[str, Any] = {"tied": nowhere.tied, "hospitals": dict(sorted(nowhere.hospitals.items()))}
            left = 0
        else:
            settings = located(settings)
            summary, left = _to_kafka(settings, capture, intake, pace, stop)
            more = {"not_taken": left}
        summary.cut_off = capture.cut_off
    if as_json:
        click.echo(json.dumps({**msgspec.to_builtins(summary), **more, "stopped": stop.is_set()}))
    else:
        click.echo(_told(summary, more))
    if left:
        raise UserError(f"Kafka did not take {left} records within {DRAIN_SECONDS:.0f} s: replay the file again")
    if not summary.posts and not stop.is_set():
        raise UserError(f"{file}: nothing in it could be read as a post", "`earshot replay --help` lists the forms")


def _to_kafka(
    settings: Settings, capture: Capture, intake: Intake, pace: Pace, stop: threading.Event
) -> tuple[Summary, int]:
    require_kafka_topics(settings)
    try:
        sink = publisher.connect(settings)
    except KafkaError as error:
        raise UserError(f"Kafka at {settings.kafka_bootstrap} refuses ({type(error).__name__}): try again") from None
    ended = threading.Event()

    def tend() -> None:
        while not ended.wait(0.25):
            sink.tend()

    # The reading thread waits inside `publish` when Kafka is slow, so another one has to replace a stalled producer.
    tending = threading.Thread(target=tend, name="earshot-tend", daemon=True)
    tending.start()
    try:
        summary = play(_shown(capture), intake, sink, pace, stop.is_set)
    finally:
        ended.set()
        tending.join()
        left = sink.close(DRAIN_SECONDS)
    return summary, left


def _shown(capture: Capture) -> Iterator[bytes]:
    """The lines, with a bar on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from capture
        return
    with Progress(
        BarColumn(), TaskProgressColumn(), DownloadColumn(), TimeRemainingColumn(), console=console
    ) as progress:
        task = progress.add_task("replaying", total=capture.size)
        shown_at = 0.0
        for line in capture:
            yield line
            if time.monotonic() - shown_at > 0.1:
                shown_at = time.monotonic()
                progress.update(task, completed=capture.position)
        progress.update(task, completed=capture.size)


def _told(summary: Summary, more: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary.kinds.items() if count) or "none"
    dead = ", ".join(f"{count} {reason}" for reason, count in sorted(summary.dead_letters.items())) or "none"
    lines = [f"{summary.lines} lines: {kinds}", f"{summary.posts} posts; dead letters: {dead}"]
    if summary.in_pages:
        lines[0] += f" ({summary.in_pages} posts in pages)"
    if "tied" in more:
        lines.append(f"{more['tied']} posts tied to {len(more['hospitals'])} hospitals of the directory")
    if summary.cut_off:
        lines.append("the file is cut off within a compressed block")
    return "\n".join(lines)
