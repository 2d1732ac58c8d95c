"""Pictures and tables of the points that were measured."""

from pathlib import Path

import msgspec
from click.testing import CliRunner

from bench.plots import main

POINTS = [
    {"case": "growth", "of": "workers", "workers": 1, "posts_per_s": 15000, "cpu_us_per_post": 60.5, "of_one": 1.0},
    {"case": "growth", "of": "workers", "workers": 2, "posts_per_s": 24000, "cpu_us_per_post": 61.0, "of_one": 1.6},
    {"case": "growth", "of": "pace", "posts_per_s": 10, "cpu_us_per_post": 900.0, "most_lag": 2, "lag_at_end": 0},
    {"case": "latency", "posts_per_s": 100, "p50_ms": 20.0, "p99_ms": 90.0, "p99.9_ms": None},
    {"case": "gap", "event": "kill", "gap_s": 4.2},
    {"case": "raw", "posts_per_s": 100000},
]


def drawn(folder: Path) -> str:
    lines = b"starting Kafka\n" + b"\n".join(map(msgspec.json.encode, POINTS))
    (folder / "points").write_bytes(lines)
    done = CliRunner().invoke(main, [str(folder / "points"), "--folder", str(folder)])
    assert done.exit_code == 0, done.output
    return done.output


def test_each_kind_of_point_is_drawn_and_told(tmp_path: Path) -> None:
    told = drawn(tmp_path)
    assert {file.name for file in tmp_path.glob("*.svg")} == {"growth-workers.svg", "growth-pace.svg", "latency.svg"}
    assert "![growth-workers](growth-workers.svg)" in told
    assert "| 2 | 24,000 | 61.0 | - | 1.6 | - |" in told
    assert "| kill | 4.2 | - |" in told


def test_the_same_points_make_the_same_files(tmp_path: Path) -> None:
    drawn(tmp_path)
    before = (tmp_path / "growth-workers.svg").read_bytes()
    drawn(tmp_path)
    assert (tmp_path / "growth-workers.svg").read_bytes() == before
