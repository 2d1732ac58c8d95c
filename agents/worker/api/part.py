"""The API as a part of the worker: its parts connected, and what the worker calls.

Called by `agents/worker/process.py`: `start`, then `turn` between other work, then `stop`. Owns no answer and no
record.
"""

import asyncio
import time
from collections.abc import Callable

from agents.worker.api.announcer import Announcer
from agents.worker.api.answers import Answers, Standing
from agents.worker.api.beside import Beside
from agents.worker.api.budget import Budget
from agents.worker.api.holdings import Directory, Holdings
from agents.worker.api.lines import Lines
from agents.worker.api.listener import Listener
from agents.worker.api.outbox import Outbox
from agents.worker.api.peers import Peers
from agents.worker.knowledge import Known
from streams.directory.search import Named
from streams.faustkit.state import State
from streams.figures.about import Names
from streams.figures.surges import Judged
from streams.health_file import Beat
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from streams.tables.hospitals import HospitalTables

LINES_SHARE, ANSWERS_SHARE = 0.01, 0.015
"""Of the worker's time: so that counting is at most 5 % slower, whatever is asked (`make bench`)."""
SAVED_SECONDS = 1.0
"""Saved up: some 300 answers at once."""


class Api:
    """One worker's."""

    def __init__(
        self,
        settings: Settings,
        state: State,
        tables: HospitalTables,
        names: Names,
        known: Callable[[], Known],
        judged: Callable[[str], Judged | None],
        beat: Beat,
    ) -> None:
        """`known`: what is known now; `judged`: of a hospital id, its surges. Raises `UserError`."""
        self._settings = settings
        self._state = state
        self._known = known
        self._beat = beat
        self._directory: tuple[Known, Directory] | None = None
        mentions = kafka_topics.mentions(settings)
        holdings = Holdings(tables, names, self._directory_now, lambda: state.held(mentions), judged)
        self._lines = Lines(holdings, Budget(LINES_SHARE, SAVED_SECONDS, time.monotonic), time.time)
        peers = Peers(settings.worker_name, settings.generation)
        self._listener = Listener(settings, peers, time.monotonic)
        self._outbox = Outbox(settings, state.lease, kafka_topics.workers(settings))
        self._announcer = Announcer(settings, state, self._outbox, holdings, self._lines, time.monotonic)
        answers = Answers(
            settings.worker_name,
            holdings,
            self._lines,
            peers,
            self._standing,
            Budget(ANSWERS_SHARE, SAVED_SECONDS, time.monotonic),
            time.time,
        )
        self._beside = Beside(settings, answers.answer)
        self.peers_of = answers.peers_of
        """Hospital ids -> counts of those that are known, whoever holds them."""
        self._listening: asyncio.Task[None] | None = None

    def _directory_now(self) -> Directory:
        known = self._known()
        if self._directory is None or self._directory[0] is not known:
            named = tuple(
                Named(one.id, one.name, tuple(dict.fromkeys(handle.handle for handle in one.accounts.every)))
                for one in known.reader.directory.hospitals
            )
            self._directory = known, Directory(known.about, known.partition_of, named)
        return self._directory[1]

    def _standing(self) -> Standing:
        why = ""
        if not self._state.lease.valid:
            why = "not a member of its group"
        elif not self._state.complete:
            why = "its tables are read from Kafka"
        elif not self._listener.caught_up:
            why = "what the other workers announce is read from Kafka"
        return Standing(self._beat.silent(), self._settings.health_age, why)

    async def start(self) -> str:
        """Listen and announce; the address that is announced. Raises `UserError` if the port cannot be had."""
        self._announcer.address = await self._beside.start()
        self._outbox.start()
        self._listening = asyncio.create_task(self._listener.run(), name="listener")
        return self._announcer.address

    def turn(self) -> None:
        """Keep lines fresh and tell others what changed, a little at a time; to be called again and again. Raises what
        ended a part that should run."""
        if self._listening is not None and self._listening.done():
            self._listening.result()
        self._lines.refresh()
        self._announcer.turn()

    def leave(self) -> None:
        """Say that this worker is gone; `stop` waits until Kafka has it."""
        self._announcer.stop()

    async def stop(self) -> None:
        """Say the last words, and stop listening. Within some 4 s."""
        await self._outbox.stop()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._beside.stop()
