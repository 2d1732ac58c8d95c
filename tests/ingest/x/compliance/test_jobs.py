"""Once a day X is asked, by a batch job, which of the posts that are kept were taken back; and each of those is."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from agents.ingest.threads import StoppedError
from agents.ingest.x.compliance import check, daily_check, jobs
from agents.ingest.x.compliance.jobs import Jobs
from agents.ingest.x.compliance.stored_posts import stored_posts
from agents.operations.attention import waiting
from agents.simulated.thread import Running
from streams.kafka import topics as kafka_topics
from streams.records import Attention, Envelope, Withdrawal, encode_json
from streams.settings import Settings
from tests.commands import earshot
from tests.payloads import a_payload
from tests.running_ingest import TOKEN, listening, pointed_at, simulated
from tests.running_worker import Bench
from tests.waiting import wait_until
from tests.x_compliance import AUTHOR, keep, put, withdrawn

THREE = "2026-11-24T03:00:00Z"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """X's jobs are looked at often: the simulated one is done at the second look."""
    monkeypatch.setattr(check, "POLL_SECONDS", 0.05)


@pytest.fixture
def x() -> Iterator[Running]:
    with simulated(count=0) as running:
        yield running


@pytest.fixture
def settings(pipeline_settings: Settings, x: Running, tmp_path: Path) -> Settings:
    return pointed_at(pipeline_settings, x.x.url, tmp_path)


def run(settings: Settings, *options: str) -> Result:
    return earshot(settings, "compliance", "run", *options)


def asker(x: Running, wait: Callable[[float], bool] = lambda _: False) -> Jobs:
    return Jobs(TOKEN, x.x.url, wait)


def test_what_is_kept_are_posts_of_x_that_were_not_withdrawn(pipeline_settings: Settings) -> None:
    keep(pipeline_settings, "5", "6", "7", "5")
    put(
        pipeline_settings,
        kafka_topics.posts(pipeline_settings),
        [
            ("6", Withdrawal("6", 1, "delete")),
            ("did:plc:a/b", Envelope("bluesky", "did:plc:a/b", 1, "stream", (), msgspec.Raw(b"{}"))),
        ],
    )
    put(
        pipeline_settings,
        kafka_topics.attention(pipeline_settings),
        [("h", Attention("9", 1, "h", "crisis")), ("h", Attention("did:plc:a/b", 1, "h", "crisis"))],
    )
    found = stored_posts(pipeline_settings)
    assert (found.ids, found.withdrawn) == ([5, 7, 9], 1)


def test_a_job_goes_its_whole_way_and_the_report_adds_up(settings: Settings, x: Running) -> None:
    keep(settings, *(str(number) for number in range(100, 120)))
    x.x.compliance.gone.update(
        {
            "101": ("delete", "deleted"),
            "102": ("delete", "suspended"),
            "103": ("delete", "protected"),
            "104": ("scrub_geo", "geo_scrubbed"),
            "105": ("rehydrate", "tweet_edited"),
            "999": ("delete", "deleted"),
        }
    )
    done = run(settings, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["kept"], told["asked"], told["untouched"], told["taken_up"]) == (20, 20, 15, False)
    assert told["asked"] == told["untouched"] + sum(told["lines"].values())
    assert told["lines"]["withdrawn"] == sum(told["why"].values()) == 4
    assert withdrawn(settings) == {"101": "delete", "102": "suspended", "103": "protected", "104": "scrub_geo"}
    (job,) = x.x.compliance.jobs.values()
    assert job.ids == [str(number) for number in range(100, 120)]
    assert job.name == f"earshot-{settings.kafka_topic_prefix}"
    again = json.loads(run(settings, "--json").stdout)
    assert (again["asked"], again["withdrawn_before"]) == (16, 4), "what was withdrawn is not asked about again"
    assert again["jobs"] != told["jobs"], "a result that was applied is done with"


def test_progress_and_the_report_say_nothing_of_an_author_nor_the_token(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    keep(settings, "100")
    caplog.set_level(logging.DEBUG)  # from here on: what the test itself sends is no leak
    done = run(settings)
    assert done.exit_code == 0
    assert "X was asked about 1 posts in 1 jobs: nothing, 1 untouched" in done.stdout
    assert "1 posts are here" in done.stderr
    said = caplog.text + done.output
    assert not [word for word in (AUTHOR, TOKEN, "secret") if word in said]


def test_nothing_that_is_kept_is_nothing_to_ask_about(settings: Settings, x: Running) -> None:
    done = run(settings, "--json")
    assert (done.exit_code, json.loads(done.stdout)["asked"]) == (0, 0)
    assert x.x.compliance.jobs == {}
    assert check.load_state(settings).checked_at > 0


def test_a_job_that_x_fails_is_said_in_one_line_and_the_next_run_makes_another(settings: Settings, x: Running) -> None:
    keep(settings, "100")
    x.x.compliance.gone["100"] = "delete", "deactivated"
    x.x.compliance.failing = 1
    failed = run(settings)
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1].startswith("Error: X's compliance job 1800000000000000000 is failed: run it")
    assert (check.load_state(settings).checked_at, withdrawn(settings)) == (0, {})
    assert run(settings).exit_code == 0
    assert withdrawn(settings) == {"100": "deactivated"}
    assert len(x.x.compliance.jobs) == 2


@pytest.mark.parametrize("looks", [0, 3], ids=["done meanwhile", "still worked on"])
def test_a_run_that_was_interrupted_is_taken_up_without_a_second_job(
    settings: Settings, x: Running, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(settings, "100", "101")
    x.x.compliance.gone["100"] = "delete", "deleted"
    x.x.compliance.looks = looks

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(Jobs, "look", interrupted)
        assert run(settings).exit_code == 130
    if not looks:
        asker(x).look(next(iter(x.x.compliance.jobs)))
    done = run(settings, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["taken_up"], told["asked"], told["untouched"], len(told["jobs"])) == (True, 2, 1, 1)
    assert len(x.x.compliance.jobs) == 1
    assert withdrawn(settings) == {"100": "delete"}


def test_a_job_that_nobody_remembers_is_applied_and_then_all_is_asked(settings: Settings, x: Running) -> None:
    keep(settings, "100", "101")
    x.x.compliance.gone.update({"100": ("delete", "deleted"), "101": ("delete", "deleted")})
    other = asker(x)
    other.upload(other.make(f"earshot-{settings.kafka_topic_prefix}"), [100])
    told = json.loads(run(settings, "--json").stdout)
    assert (told["taken_up"], told["asked"], len(told["jobs"])) == (True, -1, 2)
    assert withdrawn(settings) == {"100": "delete", "101": "delete"}
    other.close()


def test_a_job_without_its_ids_gets_them_or_is_given_up(settings: Settings, x: Running) -> None:
    keep(settings, "100")
    other = asker(x)
    name = f"earshot-{settings.kafka_topic_prefix}"
    made = other.make(name)
    told = json.loads(run(settings, "--json").stdout)
    assert (told["jobs"], told["asked"]) == ([made.id], 1)
    lapsed = other.make(name)
    x.x.compliance.jobs[lapsed.id].created -= 1000
    told = json.loads(run(settings, "--json").stdout)
    assert (lapsed.id in told["jobs"], told["asked"]) == (False, 1)
    assert f"DELETE {lapsed.id}" in x.x.compliance.requests
    other.close()


def test_ids_beyond_a_jobs_cap_go_into_more_jobs(
    settings: Settings, x: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert jobs.MOST_IDS * jobs.ID_BYTES <= jobs.MOST_BYTES
    monkeypatch.setattr(check, "MOST_IDS", 3)
    keep(settings, *(str(number) for number in range(7)))
    x.x.compliance.gone["6"] = "delete", "deleted"
    told = json.loads(run(settings, "--json").stdout)
    assert (told["asked"], told["untouched"], len(told["jobs"])) == (7, 6, 3)
    assert [len(job.ids) for job in x.x.compliance.jobs.values()] == [3, 3, 1]


def test_xs_window_is_waited_for(x: Running) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    asking = asker(x, wait)
    x.x.compliance.refusals.extend([("rate_limited", 300), ("unavailable", None)])
    assert asking.make("a").status == "created"
    assert 295 < waits[0] <= 302
    assert waits[1] == 5
    x.x.compliance.refusals.append(("rate_limited", 300))
    with pytest.raises(StoppedError):
        asker(x, lambda _: True).of_name("a")
    asking.close()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["forbidden"], "HTTP 403). This token may not; see its plan at X, or set EARSHOT_X_COMPLIANCE to off"),
        (["unauthorised"], "HTTP 401). Put a bearer token that X knows into the file that EARSHOT_X_TOKEN_FILE"),
        (["no_rules"], "HTTP 409). Another compliance job of this token is active"),
        (["unavailable"] * 6, "HTTP 503). Run it again later"),
    ],
)
def test_a_refusal_is_one_line_with_what_to_do(
    settings: Settings, x: Running, answers: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.ingest.x.supervisor.Policy.after", lambda *_: 0.0)
    x.x.compliance.refusals.extend((answer, None) for answer in answers)  # type: ignore[misc] # names of refusals
    done = run(settings)
    assert done.exit_code == 1
    assert said in done.stderr.splitlines()[-1]


def test_the_token_goes_to_x_and_nowhere_else() -> None:
    asking = Jobs(TOKEN, "https://api.x.com", lambda _: False)
    mine = {"Authorization": f"Bearer {TOKEN}"}
    for url, headers in {
        "https://api.x.com/2/compliance/jobs/1/upload?token=a": mine,
        "https://api.twitter.com/2/compliance/jobs/1/upload": mine,
        "https://storage.googleapis.com/a?X-Goog-Signature=b": {},
        "https://api.x.com.example.org/": {},
        "http://api.x.com/": {},
    }.items():
        assert asking.credentials_for(url) == headers, url
    asking.close()


@pytest.mark.parametrize(
    ("checked", "now", "due"),
    [
        ("1970-01-01T00:00:00Z", "2026-11-24T00:00:00Z", True),
        ("2026-11-24T02:00:00Z", "2026-11-24T02:59:00Z", False),
        ("2026-11-24T02:00:00Z", THREE, True),
        (THREE, "2026-11-25T02:59:59Z", False),
        (THREE, "2026-11-25T03:00:00Z", True),
    ],
)
def test_a_check_is_due_once_a_day(checked: str, now: str, due: bool) -> None:
    assert daily_check.is_due(check.moment_of(checked), check.moment_of(now)) == due


def test_ingest_asks_by_itself_and_tries_again_after_a_failure(
    settings: Settings, x: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(daily_check, "RETRY_SECONDS", 0.1)
    keep(settings, "100", "101")
    x.x.compliance.gone["100"] = "delete", "deleted"
    x.x.compliance.failing = 1
    settings = msgspec.structs.replace(settings, x_compliance="jobs")
    before = time.time()
    with listening(settings) as ingest:
        wait_until(lambda: bool(withdrawn(settings)) or not ingest.running, "the withdrawal is on posts")
        wait_until(lambda: check.load_state(settings).checked_at >= before or not ingest.running, "it is remembered")
        assert ingest.running
    assert withdrawn(settings) == {"100": "delete"}
    ours = [one for one in caplog.records if one.name.startswith("agents.")]  # kafka-python says errors of its own
    errors = [one.getMessage() for one in ours if one.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].startswith("compliance: X's compliance job 1800000000000000000 is failed")
    asked = len(x.x.compliance.requests)
    with listening(settings) as ingest:
        wait_until(lambda: x.x.connected, "it listens")
    assert len(x.x.compliance.requests) == asked, "a check that was made is not made again the same day"
    assert not [word for word in (AUTHOR, TOKEN) if word in caplog.text]


def test_a_deleted_post_waits_for_nobody_any_more(bench: Bench, x: Running, tmp_path: Path) -> None:
    settings = pointed_at(bench.settings, x.x.url, tmp_path)
    texts = {
        "100": "@MayoClinic you gave me the wrong medication",
        "101": "@MayoClinic I want to kill myself tonight",
    }
    lines = [
        (
            post,
            Envelope("x", post, 1, "stream", (), msgspec.Raw(encode_json(a_payload({"id": post, "text": text})))),
        )
        for post, text in texts.items()
    ]
    put(settings, kafka_topics.posts(settings), lines)
    bench.start()
    bench.wait("both wait for a person", lambda: {one.post for one in waiting(settings)} == {"100", "101"})
    x.x.compliance.gone["100"] = "delete", "deleted"
    assert run(settings).exit_code == 0
    bench.wait("one waits on", lambda: [one.post for one in waiting(settings)] == ["101"])
    bench.drain()
    assert bench.verdict().difference == 0, "its counts stay"
