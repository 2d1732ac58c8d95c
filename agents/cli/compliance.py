"""`earshot compliance apply|run`: withdraw here what X took back.

Owns the options and what is printed; the work is in `agents/ingest/x/compliance/`.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import msgspec
from kafka.errors import KafkaError

from agents.cli.groups import Group
from agents.ingest import publisher
from agents.ingest.library_logs import quiet
from agents.ingest.pipeline_kafka import require_kafka_topics
from agents.ingest.records import Record
from agents.ingest.replay.capture import Capture
from agents.ingest.x.compliance.check import Check
from agents.ingest.x.compliance.events import record_of, withdrawals
from agents.ingest.x.compliance.jobs import Jobs
from agents.ingest.x.compliance.stored_posts import AccountEvents
from agents.ingest.x.token import read_token
from agents.kafka.generation import located
from streams.errors import UserError
from streams.settings import Settings
from streams.vocabulary import COMPLIANCE_KINDS, ComplianceKind

DRAIN_SECONDS = 60.0
"""Most that the end waits for Kafka."""


@click.group(cls=Group)
def compliance() -> None:
    """Withdraw the posts that their author or X took back."""


@compliance.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--about",
    type=click.Choice(["posts", "accounts"]),
    help="What the ids of a job's result are; without it the file tells, except where all its accounts are new.",
)
@click.option("--json", "as_json", is_flag=True, help="The counts as one line of JSON.")
@click.pass_context
def apply(ctx: click.Context, file: Path, about: str | None, as_json: bool) -> None:
    """Put the withdrawals in FILE on `posts`.

    FILE holds lines of a compliance stream or the result of a batch compliance job, about posts or accounts: plain,
    gzip or zstd. An event about an account withdraws each post of that account that is on `posts`; the summary says how
    many. Applying a file twice changes nothing. Exit code 1 when Kafka did not take everything, or a line could not be
    read.
    """
    settings: Settings = located(ctx.obj)
    require_kafka_topics(settings)
    counts: Counter[ComplianceKind] = Counter(dict.fromkeys(COMPLIANCE_KINDS, 0))
    accounts = AccountEvents()
    already: set[int] = set()
    of_accounts = 0
    whose = None if about is None else about == "accounts"
    with _to_posts(settings, "apply the file again") as emit, Capture(file) as capture:
        for record in withdrawals(capture, counts, accounts.add, accounts=whose):
            already.add(int(record.key))
            emit(record)
        for event in accounts.withdrawals(settings, already):
            of_accounts += 1
            emit(record_of(event, time.time()))
    if as_json:
        click.echo(msgspec.json.encode({"lines": counts.total(), **counts, "posts_of_accounts": of_accounts}))
    else:
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "none"
        more = f"; {of_accounts} more posts withdrawn, of those accounts" if counts["account"] else ""
        click.echo(f"{counts.total()} lines: {told}{more}")
    ctx.exit(int(bool(counts["unreadable"])))


@compliance.command()
@click.option("--json", "as_json", is_flag=True, help="The report as one line of JSON.")
@click.pass_obj
def run(settings: Settings, as_json: bool) -> None:
    """Ask X which of our posts were taken back, and withdraw them.

    Uses a batch compliance job, which takes X minutes to hours; each step is a line on stderr. If it ends before the
    job is done (by ctrl-c or an error, exit code 1), the next run resumes the job. Ingest does this once a day if
    EARSHOT_X_COMPLIANCE is jobs.
    """
    quiet()
    settings = located(settings)
    token = read_token(settings)
    require_kafka_topics(settings)
    wait = threading.Event().wait
    with closing(Jobs(token, settings.x_base_url, wait)) as jobs:
        with _to_posts(settings, "run it again") as emit:
            check = Check(settings, jobs, emit, wait, lambda line: click.echo(line, err=True))
            report = check.run()
        check.save()
    click.echo(msgspec.json.encode(report) if as_json else str(report))


@contextmanager
def _to_posts(settings: Settings, again: str) -> Iterator[Callable[[Record], None]]:
    """What takes records for Kafka. Ends when Kafka has them all. Raises `UserError`; `again`: what to do then."""
    try:
        sink = publisher.connect(settings)
    except KafkaError as error:
        raise UserError(f"Kafka at {settings.kafka_bootstrap} refuses ({type(error).__name__}): try again") from None

    def emit(record: Record) -> None:
        sink.publish(record)
        sink.tend()

    try:
        yield emit
    finally:
        left = sink.close(DRAIN_SECONDS)
    if left:
        raise UserError(f"Kafka did not take {left} withdrawals within {DRAIN_SECONDS:.0f} s: {again}")
