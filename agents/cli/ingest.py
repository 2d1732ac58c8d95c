"""`earshot ingest`: listen to X and publish, until SIGTERM or SIGINT.

Owns signals; the work is `agents/ingest/service.py`.
"""

import os
import signal
import threading
from types import FrameType

import click

from agents.cli import logs
from agents.ingest import service
from agents.ingest.pace import set_pace
from streams.settings import Settings


@click.command("ingest")
@click.pass_context
def command(context: click.Context) -> None:
    """Listen to X and put every post on Kafka, until ctrl-c.

    Without a broker it listens and keeps what comes in the write-ahead log, and hands it over when Kafka is there.
    """
    settings: Settings = context.obj
    logs.begin(settings)
    set_pace()
    stop = threading.Event()

    asked = False

    def on_signal(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)  # asked twice: at once, flushed or not
        asked = True
        # Not from here: the handler interrupts this very thread, which may be holding the event's lock.
        threading.Thread(target=stop.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    context.exit(service.run(settings, stop))
