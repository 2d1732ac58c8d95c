from agents.evaluation import accuracy
from agents.evaluation.accuracy import TopicLine
from agents.evaluation.scores import Score


def test_regenerating_changes_nothing() -> None:
    assert accuracy.PAGE.read_text(encoding="utf-8") == accuracy.page(), "run `make accuracy`"


def test_a_weak_topic_is_named_with_its_weakness() -> None:
    strong = TopicLine("a", Score(1, 1, 1, 12, 12), 8, 8)
    few = TopicLine("b", Score(1, 1, 1, 11, 11), 8, 8)
    low = TopicLine("c", Score(0.5, 1, 0.6667, 12, 24), 12, 0)
    assert [one.weakness for one in (strong, few, low)] == ["", "only 11 cases", "F1 0.67"]
