"""What a broker's outage writes into the logs: a line for each change of state, and nothing is miscounted."""

import pytest

from agents.proving.pipeline import Pipeline
from streams.settings import load

pytestmark = pytest.mark.faults

MOST_LINES = 10
"""Of each process, over a whole outage."""


def test_an_outage_is_a_line_for_each_change_of_state(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled(), Pipeline(load(kafka_bootstrap="", session_timeout=6.0), lambda _: None) as pipeline:
        assert pipeline.own_kafka is not None
        pipeline.start_simulated("x", 50, 7)
        worker = pipeline.start_worker("worker-1")
        pipeline.start_ingest()
        assert pipeline.ingest is not None
        processes = (pipeline.ingest, worker)
        taken = ("pipeline_records_total", frozenset({("stage", "tagger")}))
        pipeline.wait_until(lambda: pipeline.scrape("worker-1", taken[0]).get(taken, 0) > 100, "posts are counted")
        before = [len(one.log.read_text().splitlines()) for one in processes]
        pipeline.own_kafka.down()
        for one in processes:
            one.wait_for_text("unreachable since", 30)
        # A worker with posts in hand ends when its session does; it is started again, as compose does.
        worker.wait(60)
        worker.start()
        worker.wait_for_text("unreachable since", 30, times=2)
        lines = [one.log.read_text().splitlines() for one in processes]
        pipeline.own_kafka.up()
        for one in processes:
            one.wait_for_text("is back after", 60)
        for number, one in enumerate(processes):
            assert len(lines[number]) - before[number] <= MOST_LINES, one.log.read_text()
            assert "Traceback" not in one.log.read_text()
        pipeline.stop_posts()
        assert pipeline.drain() == 0
        pipeline.stop_workers()
        assert pipeline.judge().difference == 0
