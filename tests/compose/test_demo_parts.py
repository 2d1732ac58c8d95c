"""What compose needs of the `earshot` command beside health: a verdict on a pipeline as it stands, an X for others."""

import asyncio
import json

import pytest
from click.testing import Result

from agents.kafka import clients
from agents.proving import load
from agents.simulated.options import Options
from agents.simulated.people import targets
from agents.simulated.server import SimulatedX
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from streams.tables.hospitals import HospitalTables
from tests.commands import earshot
from tests.payloads import a_mention


def verify(settings: Settings, *words: str) -> Result:
    return earshot(settings, "verify", *words)


@pytest.mark.kafka
def test_verify_agrees_when_there_is_nothing_to_count(pipeline_settings: Settings) -> None:
    assert verify(pipeline_settings).stdout.startswith("oracle: 0 posts, 0 mentions, difference 0 in lifetime, hours")
    found = verify(pipeline_settings, "--json")
    assert json.loads(found.stdout) == {
        "posts": 0, "mentions": 0, "difference": 0, "parts": {}, "since": "", "beforehand": False,
    }  # fmt: skip
    assert found.exit_code == 0


@pytest.mark.kafka
def test_verify_finds_a_row_that_no_post_accounts_for(pipeline_settings: Settings) -> None:
    tables = HospitalTables()
    for offset in range(2):
        tables.apply(0, offset, a_mention(hospital="050454", offset=offset))
    producer = clients.producer(pipeline_settings)
    changelog = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)
    for key, value in tables.changes([0])[0]:
        producer.send(changelog, value, key=key)
    producer.close()
    found = verify(pipeline_settings)
    assert found.stdout == "oracle: 0 posts, 0 mentions, difference 12 (lifetime 6, hours 6)\n"
    assert found.exit_code == 1


@pytest.mark.kafka
def test_verify_says_so_when_posts_are_not_committed(pipeline_settings: Settings) -> None:
    number = load.fill(pipeline_settings, 50, seed=7)
    found = verify(pipeline_settings, "--within", "0")
    assert found.exit_code == 1
    assert found.stderr == (
        f"Error: {number} records are not committed after 0 s: stop ingest, and check that a worker runs\n"
    )


def test_a_simulated_x_listens_where_it_is_told() -> None:
    async def url() -> str:
        async with SimulatedX(targets(directory.load("")), Options(host="127.0.0.2")) as x:
            return x.url

    assert asyncio.run(url()).startswith("http://127.0.0.2:")
