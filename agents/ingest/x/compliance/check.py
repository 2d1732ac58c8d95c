"""One check by batch jobs: X is asked about every post that is here, and what it took back is handed on.

Called by `daily_check.py` and `agents/cli/compliance.py`. Owns the order of the steps, the report, which adds up, and a
small file in the wal's folder: when the last check was, and which of X's jobs is done with. A check that was
interrupted is resumed by the next: its job is found at X by its name, and applying a result twice changes nothing. Does
not know where records go; whoever runs a check says when they are safe (`save`).
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agents.ingest.records import Record
from agents.ingest.threads import StoppedError
from agents.ingest.x.compliance.events import event_of, record_of
from agents.ingest.x.compliance.jobs import MOST_IDS, MOST_NAME, Job, Jobs
from agents.ingest.x.compliance.stored_posts import stored_posts
from streams.atomic_file import replace_file
from streams.errors import UserError
from streams.settings import Settings
from streams.vocabulary import COMPLIANCE_KINDS, WITHDRAWN, ComplianceKind, Withdrawn

POLL_SECONDS = 30.0
"""Between two looks at a job: X recommends 30 to 60."""
PATIENCE_SECONDS = 12 * 3600.0
"""A job that is not done by then is left to the next check."""
DAY_SECONDS = 86_400.0
"""An older result is of no use: what it speaks of has expired."""
UPLOAD_SECONDS = 60.0
"""An upload is begun no later than so long before X ends the time for it."""


class CheckState(msgspec.Struct):
    """What the next check must know of the last one, whoever ran it."""

    checked_at: float = 0.0
    """Up to when X was asked what was taken back, seconds since the epoch; 0: never."""
    applied: str = ""
    """X's job whose result was applied last."""
    job: str = ""
    """X's job that was made last."""
    ids: int = 0
    """How many posts it asks about."""
    whole: bool = False
    """Whether it asks about all posts that were here when it was made."""


def load_state(settings: Settings) -> CheckState:
    """The state file's content; a file that cannot be read counts as none."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(_state_file(settings).read_bytes(), type=CheckState)
    return CheckState()


def _save_state(settings: Settings, state: CheckState) -> None:
    """Replace the state file. Raises `UserError`."""
    file = _state_file(settings)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not synced: without it the next check asks X again, which changes nothing.
        replace_file(file, msgspec.json.encode(state), sync=False)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from None


def _state_file(settings: Settings) -> Path:
    return settings.wal_path / "compliance.json"


class Report(msgspec.Struct):
    """What a check did. `asked` = `untouched` + the sum of `lines`, unless `asked` is not known (-1)."""

    kept: int = 0
    """Posts that are here and were not withdrawn, when ids were collected; 0 when a job was resumed."""
    withdrawn_before: int = 0
    asked: int = 0
    """Posts that X was asked about; -1 when a job was resumed that the state file does not know."""
    untouched: int = 0
    """Asked about, and X says nothing of them: they stay."""
    lines: dict[ComplianceKind, int] = msgspec.field(default_factory=lambda: dict.fromkeys(COMPLIANCE_KINDS, 0))
    """X's results by kind."""
    why: dict[Withdrawn, int] = msgspec.field(default_factory=lambda: dict.fromkeys(WITHDRAWN, 0))
    """The withdrawn ones by reason."""
    jobs: tuple[str, ...] = ()
    """X's ids of the jobs, in their order."""
    taken_up: bool = False
    """Whether the first of them was there already, and was resumed."""
    checked_at: float = 0.0
    """Up to when X was asked, seconds since the epoch."""

    def __str__(self) -> str:
        found = ", ".join(f"{count} {kind}" for kind, count in self.lines.items() if count) or "nothing"
        why = ", ".join(f"{count} {why}" for why, count in self.why.items() if count)
        asked = "an unknown number of" if self.asked < 0 else str(self.asked)
        return (
            f"X was asked about {asked} posts in {len(self.jobs)} jobs{' (resumed)' if self.taken_up else ''}: "
            f"{found}{f' ({why})' if why else ''}, {self.untouched} untouched; {self.withdrawn_before} were withdrawn "
            "before and not asked about"
        )


class Check:
    """One check."""

    def __init__(
        self, settings: Settings, jobs: Jobs, emit: Callable[[Record], None], wait: Callable[[float], bool],
        say: Callable[[str], None], clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """`emit` gets each withdrawal. `wait` sleeps so many seconds, may wake early, and says whether to stop. `say`
        gets a line at each step. `clock`: seconds since the epoch."""
        self._settings = settings
        self._jobs = jobs
        self._emit = emit
        self._wait = wait
        self._say = say
        self._clock = clock
        self._name = f"earshot-{settings.kafka_topic_prefix}"[:MOST_NAME]
        self._state = load_state(settings)
        self.report = Report()

    def run(self) -> Report:
        """From the beginning to the end: blocks for minutes to hours, as X pleases.

        Raises `UserError` when X or Kafka does not do its part, `StoppedError` when `wait` says to stop.
        """
        waiting = self._standing()
        if waiting is not None and waiting.status != "created":
            self._resume(waiting)
            if self._state.whole and self._state.job == waiting.id:
                return self.report
            waiting = None  # it may not have asked about everything
        self._ask_about_all(waiting)
        return self.report

    def save(self) -> None:
        """Write down that this check was made. To be called when every withdrawal is where it must be. Raises
        `UserError`."""
        if self.report.jobs:
            self._state.applied = self.report.jobs[-1]
        self._state.checked_at = self.report.checked_at
        _save_state(self._settings, self._state)

    def _standing(self) -> Job | None:
        """The job of ours that is to be resumed, if there is one."""
        ours = self._jobs.of_name(self._name)
        for one in ours:
            left = moment_of(one.upload_expires_at) - self._clock() if one.upload_url else 0.0
            if one.status == "created" and left < UPLOAD_SECONDS:
                self._say(f"X's job {one.id} never got its ids; it is cancelled")
                self._jobs.cancel(one.id)
            elif one.active:
                return one
        newest = next((one for one in reversed(ours) if one.status == "complete"), None)
        if newest is None or newest.id == self._state.applied:
            return None
        return newest if self._clock() - moment_of(newest.created_at) < DAY_SECONDS else None

    def _resume(self, job: Job) -> None:
        self.report.taken_up = True
        self._say(f"X's job {job.id} of {job.created_at} is resumed")
        self._finish(job, self._state.ids if self._state.job == job.id else -1)
        self.report.checked_at = moment_of(job.created_at)

    def _ask_about_all(self, waiting: Job | None) -> None:
        """A job for all posts that are here, or several; the first may be there already, `waiting` for its ids."""
        checked_at = self._clock()
        found = stored_posts(self._settings, stopping=lambda: self._wait(0))
        self.report.kept, self.report.withdrawn_before = len(found.ids), found.withdrawn
        self._say(f"{len(found.ids)} posts are here, {found.withdrawn} more were withdrawn before")
        for start in range(0, len(found.ids), MOST_IDS):
            ids = found.ids[start : start + MOST_IDS]
            job = waiting or self._jobs.make(self._name)
            self.report.taken_up |= waiting is not None
            waiting = None
            self._state.job, self._state.ids, self._state.whole = job.id, len(ids), len(ids) == len(found.ids)
            _save_state(self._settings, self._state)
            self._jobs.upload(job, ids)
            self._say(f"X's job {job.id} has {len(ids)} ids")
            self._finish(job, len(ids))
        self.report.checked_at = checked_at

    def _finish(self, job: Job, asked: int) -> None:
        """Wait for it and hand on what it says."""
        began = self._clock()
        while job.active:
            if self._wait(POLL_SECONDS):
                raise StoppedError
            passed = self._clock() - began
            if passed > PATIENCE_SECONDS:
                raise UserError(f"X's compliance job {job.id} is not done after {passed / 3600:.0f} h: run it again")
            job = self._jobs.look(job.id)
            self._say(f"X's job {job.id}: {job.status}, {passed:.0f} s")
        if job.status != "complete":
            raise UserError(f"X's compliance job {job.id} is {job.status}: run it again, that makes a new one")
        lines: Counter[ComplianceKind] = Counter()
        why: Counter[Withdrawn] = Counter()
        for line in self._jobs.lines(job):
            event = event_of(line)
            if event.kind == "empty":
                continue
            lines[event.kind] += 1
            if event.kind == "withdrawn":
                why[event.why] += 1
                self._emit(record_of(event, self._clock()))
        self._count(job, asked, lines, why)

    def _count(self, job: Job, asked: int, lines: Counter[ComplianceKind], why: Counter[Withdrawn]) -> None:
        report = self.report
        report.jobs = (*report.jobs, job.id)
        report.lines = {kind: count + lines[kind] for kind, count in report.lines.items()}
        report.why = {reason: count + why[reason] for reason, count in report.why.items()}
        if asked < 0 or report.asked < 0:
            report.asked, report.untouched = -1, 0
        else:
            report.asked += asked
            report.untouched += max(0, asked - lines.total())


def moment_of(written: str) -> float:
    """Seconds since the epoch; 0 for what is no time."""
    try:
        return datetime.fromisoformat(written).astimezone(UTC).timestamp()
    except ValueError:
        return 0.0
