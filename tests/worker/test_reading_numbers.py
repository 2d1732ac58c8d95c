"""What a running worker shows of its reading, beside its tables: on real Kafka."""

from collections import Counter

import pytest

from agents.kafka import stored
from agents.proving.load import fill
from agents.worker import knowledge
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.records import Mention, decode_mention
from streams.vocabulary import CERTAINTIES, LOOK_UPS, READING_PARTS, TIERS
from tests.running_worker import Bench, publish

pytestmark = pytest.mark.kafka


def inbound(bench: Bench) -> list[Mention]:
    """The mentions that stand in Kafka, without those of hospitals' own posts."""
    every = stored.read(bench.settings, kafka_topics.mentions(bench.settings))
    found = [decode_mention(one.value or b"") for one in every]
    return [one for one in found if isinstance(one, Mention) and one.relation != "author"]


def test_what_reading_takes_and_finds_is_shown(bench: Bench) -> None:
    records = fill(bench.settings, 400, seed=7)
    publish(bench, "@MayoClinic driving down from Byron, MN", "@MayoClinic flying in from Portland, Oregon")
    bench.start()
    bench.wait_counted(records + 2, 1)
    bench.drain()
    named = Counter(one.mentioned_tier for one in inbound(bench))
    assert {"local", "national", "unknown"} <= named.keys()
    for tier in TIERS:
        assert bench.sample("pipeline_named_places_total", tier=tier) == named[tier]
    of_topics = Counter(
        (topic, "sure" if one.sure >> place & 1 else "likely")
        for one in inbound(bench)
        for place, topic in enumerate(one.topics)
    )
    assert {certainty for _, certainty in of_topics} == set(CERTAINTIES)
    for topic in knowledge.names(Reader(directory.load(), bench.settings.max_post_bytes)).topics:
        for certainty in CERTAINTIES:
            shown = bench.sample("pipeline_topics_total", topic=topic, certainty=certainty)
            assert shown == of_topics.pop((topic, certainty), 0)
    assert not of_topics, "no other topic stands on a mention"
    looked_up = {result: bench.sample("pipeline_place_look_ups_total", result=result) for result in LOOK_UPS}
    assert looked_up["hit"] > looked_up["miss"] > 0
    measured = {part: bench.sample("pipeline_reading_seconds_count", part=part) for part in READING_PARTS}
    assert set(measured.values()) == {measured["decode"]}, "each batch goes through each part"
    assert (records + 2) / 64 <= measured["decode"] <= records + 2
    assert bench.sample("pipeline_reading_seconds_sum", part="words") > 0
