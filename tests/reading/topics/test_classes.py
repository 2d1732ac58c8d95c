"""A service line cannot get onto a record that carries a post id: the type forbids it, and the wire."""

import msgspec
import pytest
from mypy import api

from streams.reading.topics.communities import Communities
from streams.reading.topics.taxonomy import Taxonomy
from streams.records import Mention, OpenCommunities, OpenTopics, Tally, decode_mention, encode_mention
from streams.tables.rows import Day, Head
from tests.payloads import a_mention

TAXONOMY = Taxonomy.load()
ATTEMPT = """
from streams.reading.topics.taxonomy import Taxonomy
from streams.records import Mention

open_topics, service_lines = Taxonomy.load().split(("vaccination", "wait_times"))
Mention("240010", 0, 1, 2, 3, "mentioned", "local", "city", "profile", 90, 5, {topics}, "none", True, "1", "")
"""


def test_a_mention_takes_no_service_line_at_run_time() -> None:
    _, service_lines = TAXONOMY.split(("vaccination", "wait_times"))
    with pytest.raises(TypeError, match="a Mention takes OpenTopics, not tuple"):
        a_mention(topics=service_lines)
    with pytest.raises(ValueError, match="it travels in a Tally"):
        OpenTopics(service_lines, TAXONOMY.service_line)
    with pytest.raises(TypeError):
        msgspec.structs.replace(a_mention(), topics=("vaccination",))


def test_a_mention_takes_no_community_of_a_disease() -> None:
    communities = Communities.load()
    open_ones, health = communities.split("for my sister #bcsm #NurseTwitter")
    assert (open_ones, health) == (("nurses",), ("breast_cancer",))
    assert a_mention(communities=open_ones).communities == open_ones
    with pytest.raises(TypeError, match="a Mention takes OpenCommunities, not tuple"):
        a_mention(communities=health)
    with pytest.raises(ValueError, match="must not stand beside a post id"):
        OpenCommunities(health, communities.about_health)
    again = decode_mention(encode_mention(a_mention(communities=open_ones)))
    assert type(again.communities) is OpenCommunities


def test_a_mention_takes_no_service_line_for_mypy() -> None:
    mypy = ["--config-file=", "--strict", "--follow-imports=silent", "-c"]
    assert api.run([*mypy, ATTEMPT.format(topics="open_topics")])[2] == 0
    for wrong in ("service_lines", "('vaccination',)"):
        told, _, status = api.run([*mypy, ATTEMPT.format(topics=wrong)])
        assert status == 1
        assert 'Argument 12 to "Mention" has incompatible type "tuple[str' in told
        assert 'expected "OpenTopics"' in told


def test_what_may_stay_with_a_post_comes_back_as_it_was() -> None:
    open_topics, service_lines = TAXONOMY.split(("safety_event", "vaccination", "wait_times"))
    mention = a_mention(topics=open_topics)
    assert decode_mention(encode_mention(mention)) == mention
    assert type(decode_mention(encode_mention(mention)).topics) is OpenTopics
    assert service_lines == ("vaccination",)


def test_topics_of_a_wrong_form_are_no_record() -> None:
    wire = msgspec.msgpack.decode(encode_mention(a_mention(topics=TAXONOMY.split(("wait_times",))[0])))
    place = wire.index(["wait_times"])
    wrongs: list[object] = ["wait_times", [1], None, {}]
    for wrong in wrongs:
        with pytest.raises(msgspec.ValidationError):
            decode_mention(msgspec.msgpack.encode([*wire[:place], wrong, *wire[place + 1 :]]))


def test_a_tally_has_no_field_that_could_name_a_post_or_a_person() -> None:
    fields = {"hospital", "partition", "offset", "at", "hour", "tier", "topics", "communities"}
    assert set(Tally.__struct_fields__) == fields
    assert not {"author", "author_id", "text"} & {*Mention.__struct_fields__, *dir(Head()), *dir(Day())}
