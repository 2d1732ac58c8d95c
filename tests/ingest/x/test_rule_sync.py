"""An edit of what is listened for changes the rules at X while ingest goes on listening."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import tweepy
from msgspec.structs import replace

from agents.ingest.rules import watch
from agents.ingest.rules.watch import RuleWatch
from agents.ingest.wal.wal import Wal, open_wal
from agents.ingest.x import rule_plan, rule_sync
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.rule_sync import RuleSync
from agents.ingest.x.source import XSource
from agents.simulated.thread import Running
from streams import directory
from streams.errors import UserError
from streams.settings import Settings, load
from tests.http_answers import response
from tests.running_ingest import TOKEN, listening, pointed_at, simulated
from tests.waiting import wait_until

NEW_HANDLE = "a_new_handle"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come often; what one look does is the same."""
    for module in (watch, rule_sync):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(rule_sync, "LEAST_WAIT", 0.05)


@pytest.fixture
def edited(tmp_path: Path) -> Settings:
    """Settings with a directory and queries of their own, to edit."""
    folder = tmp_path / "directory"
    shutil.copytree(str(directory.shipped()), folder)
    queries = tmp_path / "queries.yaml"
    queries.write_text("births: {keywords: [midwife]}\n")
    return load(directory_folder=str(folder), community_queries_file=str(queries))


def add_handle(settings: Settings, valid_from: str = "", handle: str = NEW_HANDLE) -> None:
    """To Mayo Clinic."""
    path = Path(settings.directory_folder) / "handles.csv"
    columns = path.read_text("utf-8").splitlines()[0].split(",")
    row = {"handle": handle, "id": "240010", "network": "x", "role": "brand", "valid_from": valid_from}
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join(row.get(column, "") for column in columns) + "\n")


def values(running: Running) -> str:
    return " ".join(rule["value"] for rule in running.x.rules)


def result(sync: RuleSync, name: str) -> float:
    return sync.reading()["x_rule_syncs_total"][name,]


class Listened:
    """X as a source, without Kafka."""

    def __init__(self, settings: Settings, running: Running, folder: Path) -> None:
        self.settings = pointed_at(settings, running.x.url, folder)
        self.wal: Wal = open_wal(self.settings, lambda _: None)
        self.rules = RuleSync(self.settings, TOKEN)
        self.source = XSource(self.settings, TOKEN, self.rules, self.wal)
        self.source.start()
        wait_until(lambda: self.source.stream.connected, "connected")

    def stop(self) -> None:
        self.source.stop()
        self.wal.close()
        self.source.check()


@pytest.fixture
def running() -> Iterator[Running]:
    with simulated(count=0, heartbeat=0.2) as found:
        yield found


@pytest.fixture
def listened(edited: Settings, running: Running, tmp_path: Path) -> Iterator[Listened]:
    found = Listened(edited, running, tmp_path)
    yield found
    found.stop()


@pytest.mark.kafka
def test_an_edit_of_the_directory_while_ingest_runs_changes_xs_rules_without_a_new_connection(
    pipeline_settings: Settings, edited: Settings, tmp_path: Path
) -> None:
    settings = replace(
        pipeline_settings,
        directory_folder=edited.directory_folder,
        community_queries_file=edited.community_queries_file,
    )
    with simulated(rate=200, heartbeat=0.2) as running:
        settings = pointed_at(settings, running.x.url, tmp_path)
        with listening(settings) as ingest:
            wait_until(lambda: running.x.connected and running.x.made > 10, "posts flow")
            assert NEW_HANDLE not in values(running)
            add_handle(settings)
            wait_until(lambda: f"from:{NEW_HANDLE}" in values(running), "the new handle is listened for")
            before = running.x.made
            wait_until(lambda: running.x.made > before + 20, "posts flow on")
            assert [status for _, status in running.x.attempts] == [200]
        assert ingest.code == 0


def test_an_edit_of_the_queries_is_taken_and_searched_for_from_then_on(listened: Listened, running: Running) -> None:
    assert {"value": "midwife -is:retweet", "tag": "community:births"}.items() <= running.x.rules[-1].items()
    Path(listened.settings.community_queries_file).write_text("births: {hashtags: [births]}\n")
    wait_until(lambda: "#births" in values(running) and "midwife" not in values(running), "the new query stands alone")
    assert running.x.changes == ["add", "add", "delete"]
    assert [query for query in listened.source.gaps.queries if "births" in query] == ["#births -is:retweet"]
    assert len(running.x.attempts) == 1
    wait_until(lambda: result(listened.rules, "done") == 2, "both syncs are counted")
    assert listened.rules.reading()["x_rules"][()] == len(running.x.rules)


def test_a_wrong_edit_is_refused_and_what_was_listened_for_stays(
    listened: Listened, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    before = values(running)
    path = Path(listened.settings.community_queries_file)
    path.write_text("births: {keywords: ['#midwife']}\n")
    wait_until(lambda: result(listened.rules, "edit_refused") == 1, "refused")
    assert values(running) == before
    ours = [record for record in caplog.records if record.name.startswith("agents.")]  # a test before may leave others'
    (line,) = [record.message for record in ours if record.levelno == logging.ERROR]
    assert line.startswith("edit refused, what was listened for before stays: ")
    assert "line 1: query births" in line
    path.write_text("births: {keywords: [doula]}\n")
    wait_until(lambda: "doula" in values(running), "the mended edit is taken")


def test_an_edit_that_x_cannot_be_told_of_is_told_later(
    listened: Listened, running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[Exception] = [
        requests.ConnectionError(),
        tweepy.HTTPException(response(503), response_json={}),
    ]
    sync = rule_plan.sync

    def fail_twice(*arguments: object) -> rule_plan.Plan:
        if failures:
            raise failures.pop()
        return sync(*arguments)  # type: ignore[arg-type] # whatever they are

    monkeypatch.setattr(rule_plan, "sync", fail_twice)
    monkeypatch.setattr(rule_sync, "MOST_WAIT", 0.05)
    add_handle(listened.settings)
    wait_until(lambda: f"@{NEW_HANDLE}" in values(running), "told at last")
    assert result(listened.rules, "failed") == 2
    assert sum("rules are not synced" in record.message for record in caplog.records) == 2
    assert len(running.x.attempts) == 1


def test_waits_after_a_failure_are_xs_own_or_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_sync, "LEAST_WAIT", 5.0)

    def wait(failed: Outcome, failures: int = 1) -> float:
        return rule_sync.wait_after(failed, failures, now=1000.0)

    assert wait(Outcome("rate_limited", 429, reset_at=1060)) == 61
    assert wait(Outcome("server_error", 503, retry_after=30)) == 30
    assert wait(Outcome("rate_limited", 429, reset_at=900)) == 5
    assert wait(Outcome("rate_limited", 429, reset_at=99_999)) == rule_sync.MOST_WAIT
    assert wait(Outcome("unauthorised", 401)) == rule_sync.MOST_WAIT, "no use before somebody does something"
    assert [wait(Outcome("server_error", 503), failures) for failures in (1, 2, 3, 4)] == [5, 10, 20, 40]


def test_a_handles_day_turns_by_itself(edited: Settings) -> None:
    now = 1_794_000_000.0  # 2026-11-06T21:20:00Z
    add_handle(edited, valid_from="2026-11-07")
    one = RuleWatch(edited, clock=lambda: now)
    assert NEW_HANDLE not in one.wanted.accounts["x"]
    assert NEW_HANDLE in one.wanted.ever["x"]
    assert not one.look()
    now += 3 * 3600
    assert one.look()
    assert one.wanted.accounts["x"][NEW_HANDLE] == ("240010",)
    now += 86_400
    assert not one.look(), "another day, and nothing else for it"


def test_an_edit_is_taken_when_the_files_have_come_to_rest(edited: Settings) -> None:
    one = RuleWatch(edited)
    add_handle(edited)
    assert not one.look()
    add_handle(edited, handle="another_one")
    assert not one.look(), "it was edited again"
    assert one.look()
    assert {NEW_HANDLE, "another_one"} <= one.wanted.accounts["x"].keys()
    assert not one.look()
    os.utime(Path(edited.directory_folder) / "handles.csv")
    assert (one.look(), one.look(), one.look()) == (False, False, False), "touched, and the same"


def test_an_edit_that_needs_more_rules_than_the_plan_has_is_refused(edited: Settings) -> None:
    settings = replace(edited, x_max_rules=len(rule_plan.wanted(RuleWatch(edited).wanted, edited)))
    one = RuleWatch(settings, lambda wanted: rule_plan.wanted(wanted, settings))
    before = one.wanted
    Path(edited.community_queries_file).write_text("a: {keywords: [er]}\nb: {keywords: [icu]}\n")
    assert (one.look(), one.look(), one.refused) == (False, False, 1)
    assert one.wanted == before
    with pytest.raises(UserError, match="EARSHOT_X_MAX_RULES"):
        RuleWatch(settings, lambda wanted: rule_plan.wanted(wanted, settings))


def test_a_directory_that_is_taken_away_is_a_refused_edit(edited: Settings) -> None:
    one = RuleWatch(edited)
    shutil.rmtree(edited.directory_folder)
    assert (one.look(), one.look(), one.look(), one.refused) == (False, False, False, 1)
    assert one.wanted.accounts["x"]
