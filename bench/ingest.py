"""Ingest at its fastest: tweepy -> intake -> wal -> pump -> Kafka, posts as fast as they are read.

Called by `make bench`. Two processes of its own: `X`, which only writes lines that were made before, each in a chunk as
X does, and ingest's parts without its rules and its supervisor. Prints nothing but JSON.
"""

import resource
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import click
import msgspec

from agents.ingest import publisher
from agents.ingest.pace import set_pace
from agents.ingest.pump import Pump
from agents.ingest.wal.wal import Sync, open_wal
from agents.ingest.x.intake import Intake
from agents.ingest.x.stream import XStream
from agents.proving.load import lines
from agents.proving.pipeline import Pipeline
from streams.settings import environment, load

POSTS = 20_000
TURN_SECONDS = 0.05
WRITE_LINES = 32
"""Lines in one write to the socket."""


def measure(sync: Sync, runs: int) -> dict[str, Any]:
    """The medians of `runs`."""
    with Pipeline(load(), lambda line: click.echo(line, err=True)) as pipeline:
        settings = msgspec.structs.replace(pipeline.settings, wal_sync=sync)
        results = []
        for number in range(runs):
            environ = environment(msgspec.structs.replace(settings, wal_dir=str(pipeline.folder / f"wal-{number}")))
            done = subprocess.run([sys.executable, "-m", "bench.ingest"], env=environ, capture_output=True, check=True)
            results.append(msgspec.json.decode(done.stdout, type=dict[str, float]))
    rates = [result["posts"] / result["seconds"] for result in results]
    return {
        "case": f"accept-{sync}",
        "posts_per_s": round(statistics.median(rates)),
        "cpu_us_per_post": round(statistics.median(result["cpu_us"] for result in results), 1),
        "min_posts_per_s": round(min(rates)),
        "max_posts_per_s": round(max(rates)),
        "p99_accept_ms": round(statistics.median(result["p99_ms"] for result in results), 2),
        "posts": int(results[0]["posts"]),
        "runs": runs,
    }


def serve() -> None:
    """Be X: write all lines to the one who comes; print the address first."""
    made = list(lines(load(), POSTS, seed=1))
    chunks = [b"%x\r\n%b\r\n\r\n" % (len(line) + 2, line) for line in made]
    writes = [b"".join(chunks[at : at + WRITE_LINES]) for at in range(0, len(chunks), WRITE_LINES)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for one in writes:
                self.wfile.write(one)
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        print(len(made), server.server_port, flush=True)
        server.handle_request()


def run() -> dict[str, float]:
    """Be ingest: read all lines, and be done when Kafka has them."""
    set_pace()
    settings = load()
    with subprocess.Popen([sys.executable, "-m", "bench.ingest", "X"], stdout=subprocess.PIPE) as x:
        assert x.stdout is not None
        posts, port = map(int, x.stdout.readline().split())
        syncs: list[float] = []
        wal = open_wal(settings, syncs.append)
        intake = Intake(settings.max_post_bytes)

        def emit(line: bytes) -> None:
            record = intake.take(line)
            assert record is not None
            wal.append(record)

        stream = XStream("token", f"http://127.0.0.1:{port}", emit)
        pump = Pump(wal, publisher.connect(settings))
        pump.start()
        started, cpu = time.perf_counter(), _cpu()
        reader = threading.Thread(target=stream.listen)
        reader.start()
        while reader.is_alive() or wal.waiting:
            pump.tend()
            reader.join(TURN_SECONDS)
        seconds, used = time.perf_counter() - started, _cpu() - cpu
        left = pump.stop(10)
        wal.close()
    assert (left, intake.posts) == (0, posts), "every post that was read is on Kafka"
    p99 = statistics.quantiles(syncs, n=100)[-1] * 1000
    return {"posts": posts, "seconds": seconds, "cpu_us": used / posts * 1e6, "p99_ms": p99}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    if sys.argv[1:] == ["X"]:
        serve()
    else:
        print(msgspec.json.encode(run()).decode())
