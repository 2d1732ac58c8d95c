"""What the table says: ratios of pairs, what has no figure by name, what is wrong."""

import msgspec
import pytest

from bench.peers import report
from bench.peers.measures import Steady, Worked
from bench.peers.report import Contender


def worked(cpu_us: float, rate: float, difference: int = 0) -> Worked:
    return Worked(1000, rate, rate, cpu_us, 100.0, difference)


def contender(name: str = "loop") -> Contender:
    return Contender(name, "what it is")


def test_a_ratio_is_of_the_runs_beside_it() -> None:
    one = contender()
    one.worked["own"] = [worked(60, 2000), worked(80, 1000)]
    one.pair("own", one.worked["own"][0], [worked(100, 1000), worked(140, 1000)])
    one.pair("own", one.worked["own"][1], [worked(160, 500)])
    assert one.cpu_ratios["own"] == pytest.approx([0.5, 0.5])
    assert one.rate_ratios["own"] == pytest.approx([2.0, 2.0])
    assert "| loop | 70.0 | 0.50 (0.50-0.50) | 1,500 | 2.00 (2.00-2.00) |" in report.table([one])


def test_what_cannot_be_measured_is_said_by_name_beside_the_others() -> None:
    there, missing = contender(), contender("bytewax")
    there.worked["own"] = [worked(60, 2000)]
    missing.missing = "uv cannot install it: no wheel"
    said = report.table([there, missing])
    assert "| loop | 60.0 |" in said
    assert said.endswith("cannot be measured: bytewax: uv cannot install it: no wheel")
    assert (there.complete, missing.complete) == (True, False)
    assert msgspec.json.decode(report.lines([missing]))["cannot_be_measured"] == ["uv cannot install it: no wheel"]


def test_a_difference_without_kills_is_no_success_one_after_kills_is_a_finding() -> None:
    wrong, killed = contender(), contender()
    wrong.worked["own"] = [worked(60, 2000), worked(60, 2000, difference=3)]
    killed.steady = [Steady(500, 10, 90, 0.25, [1.5], 7, 12, "oracle: ...")]
    assert (wrong.complete, killed.complete) == (False, True)
    assert "| loop | 500 | 10 | 90 | 0.25 | 1.5 | 7 | 12 |" in report.table([killed])


def test_earshots_own_figures_are_of_the_most_posts_alone() -> None:
    one = contender("earshot")
    few = Worked(100, 10.0, 10.0, 900.0, 1.0, 0)
    one.worked["own"] = [worked(60, 2000), few, few]
    assert "| earshot | 60.0 | 1 | 2,000 | 1 | 2,000 | 100 | 0 | 1 x 1,000 |" in report.table([one])
