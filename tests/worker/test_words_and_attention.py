"""What a running worker does with edited words, and with posts that a person must see: on real Kafka."""

import json
from itertools import count
from pathlib import Path

import pytest

from agents.kafka import stored
from streams.kafka import topics as kafka_topics
from tests.commands import earshot
from tests.running_worker import Bench, publish

pytestmark = pytest.mark.kafka


def listed(bench: Bench, *words: str) -> str:
    result = earshot(bench.settings, "attention", "list", *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_what_a_person_must_see_is_queued_with_id_time_hospital_and_reason_alone(bench: Bench) -> None:
    assert listed(bench) == "no posts waiting (last 24 h, all hospitals)\n"
    publish(
        bench,
        "@MayoClinic I want to kill myself tonight",
        "@MayoClinic you gave me the wrong medication",
        "@MayoClinic lovely lobby",
    )
    bench.reset(commit_interval=60.0)
    bench.start()
    bench.wait_counted(3, 3)
    bench.kill()
    bench.reset(commit_interval=0.3)
    bench.start()  # all of it is replayed
    bench.drain()
    waiting = json.loads(listed(bench, "--json"))
    # Oldest first, by the broker's clock: on two partitions either may be.
    assert sorted((one["post"], one["hospital"], one["reason"]) for one in waiting) == [
        ("1", "240010", "crisis"),
        ("2", "240010", "safety"),
    ]
    assert {name for one in waiting for name in one} == {"post", "at", "hospital", "reason"}
    assert bench.sample("pipeline_attention_total", reason="crisis") == 1
    for named in ("240010", "@MayoClinic", "Mayo Clinic Hospital Rochester"):
        assert listed(bench, "--hospital", named).count("\n") == 2
    assert (
        listed(bench, "--hospital", "350070")
        == "no posts waiting (last 24 h, Essentia Health-Fargo (formerly Innovis Health))\n"
    )
    unknown = earshot(bench.settings, "attention", "list", "--hospital", "350071")
    assert (unknown.exit_code, "did you mean 350070 Essentia" in unknown.stderr) == (1, True)
    assert any(line.endswith("crisis   1") for line in listed(bench).splitlines())
    queue = list(stored.read(bench.settings, kafka_topics.attention(bench.settings)))
    assert not any(word in (one.value or b"") for one in queue for word in (b"kill", b"Some_One", b"medication"))
    assert bench.verdict().difference == 0


def test_edited_words_are_taken_while_it_runs_and_a_wrong_edit_is_refused(bench: Bench, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("")
    bench.reset(hospital_topics_file=str(own))
    bench.start()
    ids = count(1)

    def reloads(result: str) -> float:
        """After another post."""
        publish(bench, "@MayoClinic the glorbix is out again", first=next(ids))
        return bench.sample("pipeline_taxonomy_reloads_total", result=result)

    def tagged() -> float:
        return bench.sample("conversation_topic_posts_total", hospital="240010", topic="facility_environment")

    bench.wait("a post is counted", lambda: reloads("swapped") == 0 and tagged() == 0)
    own.write_text("240010:\n  phrases:\n    facility_environment: [glorbix]\n")
    bench.wait("the edit is taken", lambda: reloads("swapped") == 1)
    bench.wait("a post is tagged by it", lambda: reloads("swapped") == 1 and tagged() > 0)
    own.write_text("240010:\n  phrases:\n    no_such_topic: [glorbix]\n")
    bench.wait("the wrong edit is refused", lambda: reloads("refused") == 1)
    before = tagged()
    bench.wait("the words before it stay", lambda: reloads("swapped") == 1 and tagged() > before)
    assert "own.yaml: line 3: hospital 240010: there is no topic no_such_topic" in bench.log()
