from streams.reading.attention import attention_of
from streams.reading.topics.taxonomy import Taxonomy
from streams.records import Attention, Tally
from tests.payloads import a_mention

TAXONOMY = Taxonomy.load()
SAFETY, _ = TAXONOMY.split(("safety_event", "wait_times"))


def test_a_crisis_and_a_safety_event_wait_for_a_person() -> None:
    crisis = a_mention(intent="crisis", topics=SAFETY)
    assert attention_of(crisis, TAXONOMY.safety) == Attention("1", crisis.at, "240010", "crisis")
    unsafe = a_mention(intent="complaint", topics=SAFETY)
    assert attention_of(unsafe, TAXONOMY.safety) == Attention("1", unsafe.at, "240010", "safety")


def test_nothing_else_does() -> None:
    assert attention_of(a_mention(intent="complaint"), TAXONOMY.safety) is None
    assert attention_of(a_mention(relation="author", topics=SAFETY), TAXONOMY.safety) is None
    assert attention_of(Tally("240010", 0, 1, 2, 3, "local", ("cancer_care",)), TAXONOMY.safety) is None


def test_it_has_the_posts_own_time_and_never_a_later_one_than_kafkas() -> None:
    crisis = a_mention(intent="crisis", topics=SAFETY)
    for written, at in ((1_335_000_000, 1_335_000_000_000), (-1, crisis.at), (crisis.at, crisis.at)):
        found = attention_of(crisis, TAXONOMY.safety, written)
        assert found is not None
        assert found.at == at
