"""`earshot compliance apply`: what X took back is taken back here.

Knows options and what is printed; the work is `agents/compliance.py`.
"""

from collections import Counter
from pathlib import Path

import click
import msgspec
from kafka.errors import KafkaError

from agents.compliance import withdrawals
from agents.ingest import publisher
from agents.ingest.service import require_kafka_topics
from agents.replay.capture import Capture
from deploy.local_kafka import bootstrap
from streams.errors import UserError
from streams.settings import Settings
from streams.vocabulary import COMPLIANCE_KINDS, ComplianceKind

DRAIN_SECONDS = 60.0
"""Most that the end waits for Kafka."""


@click.group()
def compliance() -> None:
    """Posts that their author or X took back."""


@compliance.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The counts as one line of JSON.")
@click.pass_obj
def apply(settings: Settings, file: Path, as_json: bool) -> None:
    """Put the withdrawals in FILE on `posts`: lines of a compliance stream, or the result of a batch compliance job.

    Plain, gzip or zstd. Applying a file twice changes nothing. Exit code 1 when Kafka did not take everything.
    """
    settings = msgspec.structs.replace(settings, kafka_bootstrap=bootstrap(settings))
    require_kafka_topics(settings)
    counts: Counter[ComplianceKind] = Counter(dict.fromkeys(COMPLIANCE_KINDS, 0))
    try:
        sink = publisher.connect(settings)
    except KafkaError as error:
        raise UserError(f"Kafka at {settings.kafka_bootstrap} refuses ({type(error).__name__}): try again") from None
    try:
        with Capture(file) as capture:
            for record in withdrawals(capture, counts):
                sink.publish(record)
                sink.tend()
    finally:
        left = sink.close(DRAIN_SECONDS)
    if as_json:
        click.echo(msgspec.json.encode({"lines": counts.total(), **counts}))
    else:
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "none"
        click.echo(f"{counts.total()} lines: {told}")
    if left:
        raise UserError(f"Kafka did not take {left} withdrawals within {DRAIN_SECONDS:.0f} s: apply the file again")
