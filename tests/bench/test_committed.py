"""`make bench` says which stage costs another multiple of raw's CPU than the committed one."""

from pathlib import Path

import pytest

from bench import committed


def moved(**now: float) -> list[str]:
    before = {"transport": 1.0, "full": 10.0, "full/tagger": 6.0, "full/hospitals": 2.0}
    return [str(one) for one in committed.moved({stage.replace("_", "/"): cost for stage, cost in now.items()}, before)]


def test_a_busy_machine_is_no_slowdown() -> None:
    quiet = committed.ratios({"raw": 5.0, "transport": 5.5, "full": 50.0})
    assert (
        committed.ratios({"raw": 10.0, "transport": 11.0, "full": 100.0}) == quiet == {"transport": 1.1, "full": 10.0}
    )


@pytest.mark.parametrize("cpu_us", [{"full": 50.0}, {"raw": 0.0, "full": 50.0}, {}])
def test_without_raw_nothing_is_compared(cpu_us: dict[str, float]) -> None:
    assert committed.ratios(cpu_us) == {}


def test_the_stage_that_moved_is_named_the_most_moved_first() -> None:
    assert moved(transport=1.3, full=20.0) == [
        "full: 100 % slower than committed (20.0 times raw's CPU, then 10.0)",
        "transport: 30 % slower than committed (1.3 times raw's CPU, then 1.0)",
    ]
    assert moved(full=5.0) == ["full: 50 % faster than committed (5.0 times raw's CPU, then 10.0)"]


def test_a_tenth_is_noise_and_an_unknown_stage_has_nothing_to_move_from() -> None:
    assert moved(full=11.0, table=3.0) == []


def test_a_part_is_told_with_its_whole_only() -> None:
    assert moved(full=10.0, full_tagger=9.0) == []
    assert [one.partition(":")[0] for one in moved(full=13.0, full_tagger=9.0)] == ["full/tagger", "full"]


def test_ratios_of_other_stages_stay(tmp_path: Path) -> None:
    file = tmp_path / "committed.json"
    assert committed.load(file) == {}
    committed.save({"full": 10.0, "transport": 1.0}, file)
    committed.save({"full": 8.0}, file)
    assert committed.load(file) == {"full": 8.0, "transport": 1.0}
