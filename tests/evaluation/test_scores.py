from agents.evaluation.scores import Score, accuracy, over_choices, over_sets


def sets(*pairs: tuple[str, str]) -> list[tuple[frozenset[str], frozenset[str]]]:
    return [(frozenset(truth.split()), frozenset(answer.split())) for truth, answer in pairs]


def test_f1_counts_what_was_right_missed_and_invented() -> None:
    scores = over_sets(sets(("a b", "a"), ("a", "a c"), ("b", ""), ("", "")))
    assert scores.per_topic == {
        "a": Score(1.0, 1.0, 1.0, 2, 2),
        "b": Score(0.0, 0.0, 0.0, 2, 0),
        "c": Score(0.0, 0.0, 0.0, 0, 1),
    }
    assert scores.macro_f1 == round(1 / 3, 4)
    assert scores.micro_f1 == round(2 * 2 / (4 + 3), 4)


def test_nothing_labelled_and_nothing_answered_is_zero() -> None:
    assert over_sets(sets(("", ""))).macro_f1 == over_sets([]).micro_f1 == accuracy([]) == 0


def test_a_confusion_says_what_was_taken_for_what() -> None:
    choices = over_choices([("none", "none"), ("none", "question"), ("none", "none"), ("crisis", "crisis")])
    assert choices.accuracy == 0.75
    assert choices.confusion == {"crisis": {"crisis": 1}, "none": {"none": 2, "question": 1}}
    assert choices.scores() == {
        "crisis": Score(1.0, 1.0, 1.0, 1, 1),
        "none": Score(1.0, 0.6667, 0.8, 3, 2),
        "question": Score(0.0, 0.0, 0.0, 0, 1),
    }
