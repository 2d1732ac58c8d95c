"""Where a Prometheus comes from, and what is said when there is none to be had."""

import fcntl
from pathlib import Path

import pytest

from deploy.prometheus_tool import promtool
from streams.errors import UserError


def program(folder: Path, version: str) -> Path:
    """A promtool on PATH that says what it is and does nothing."""
    path = folder / "promtool"
    path.write_text(f"#!/bin/sh\necho 'promtool, version {version} (branch: x)'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH; the cache is empty."""
    monkeypatch.setenv("EARSHOT_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_one_on_path_is_used(only: Path) -> None:
    for version in ("2.42.0+ds", "3.13.2"):
        made = program(only, version)
        assert promtool() == made


def test_without_any_the_error_says_what_was_tried_and_what_to_do(only: Path) -> None:
    program(only, "2.33.5")
    with pytest.raises(UserError) as raised:
        promtool()
    assert str(raised.value) == "no promtool (no apt here; no Go here): put promtool 2.42 or later on PATH"


def test_one_in_the_cache_is_kept(only: Path, tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "prometheus" / "promtool-2.42"
    kept.parent.mkdir(parents=True)
    program(only, "2.42.0").replace(kept)
    assert promtool() == kept


def test_one_in_the_cache_does_not_wait_for_a_build_of_another(only: Path, tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "prometheus" / "promtool-2.42"
    kept.parent.mkdir(parents=True)
    program(only, "2.42.0").replace(kept)
    with (kept.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert promtool() == kept
