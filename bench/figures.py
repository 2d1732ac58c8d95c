"""What figures, surges and a flood of questions cost: commits, rows, looks, and the longest step of a worker's turn.

Called by `make bench`; needs no Kafka. `flood`: one hospital is asked 100,000 questions that nobody answers, 300 a
second; a commit and a look at 1,000 open ones are beside the same at 100,000. `question_bytes`: memory that an open
question takes. `busy`: a hospital with 20 posts in every hour of four weeks, whose last hour is judged in 26 series and
whose figures are made; 250 such hospitals take so many seconds an hour and so much of a worker's time. Milliseconds are
of CPU.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from bench.tables import BEGIN, BUSY, BUSY_POSTS, END, TOPICS, _in_a_process, _rows, resident
from streams.figures.about import About, Names
from streams.figures.hospital import figures
from streams.figures.judging import Judging
from streams.metrics.figures import REFRESH_SECONDS
from streams.records import Mention, OpenTopics
from streams.settings import Settings
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS

HOSPITAL = "350070"
OPEN, FEW = 100_000, 1_000
ASKED = (1, 10, 100)
"""Questions a second, to all hospitals together."""
WAITING, HOSPITALS = 60_000, 42
RATE = 300
"""Questions a second: a row of 10 seconds takes 400 a second."""
NAMES = Names(
    topics=(*TOPICS, *(f"topic_{number}" for number in range(10))),
    service_lines=("vaccination", *(f"line_{number}" for number in range(6))),
    communities=(),
    health_communities=(),
)
"""25 topics."""
ABOUT = About(id=HOSPITAL, name="", city="", state="", kind="acute", residents=200_000)


def measure(runs: int) -> dict[str, Any]:
    """The medians of `runs`."""
    waiting = {f"question_bytes_at_{rate}": _in_a_process(_bytes_of_a_question, rate) for rate in ASKED}
    return {"case": "figures", "runs": runs, **_flood(), **waiting, **_busy(runs)}


# -- a flood -----------------------------------------------------------------------------------------------------------


class _Commit(NamedTuple):
    ms: float
    rows: int
    largest_row_kb: float


def _flood() -> dict[str, float]:
    tables, every = HospitalTables(), Settings().commit_interval
    commits: dict[int, _Commit] = {}
    looks: dict[int, float] = {}
    figured: dict[int, float] = {}
    begun = float(BEGIN * HOUR_SECONDS)
    for number in range(OPEN):
        now = begun + number / RATE
        tables.apply(0, number, _question(number, int(now)))
        if (number + 1) % round(RATE * every) and number + 1 != OPEN:
            continue
        started = time.thread_time()
        written = tables.changes([0])[0]
        spent = 1000 * (time.thread_time() - started)
        commits[number + 1] = _Commit(spent, len(written), max(len(value or b"") for _, value in written) / 1000)
        looks[number + 1] = _ms(lambda now=now: tables.open(0, HOSPITAL, now))  # type: ignore[misc] # bound now
        figured[number + 1] = _ms(lambda now=now: figures(tables, 0, ABOUT, NAMES, now, {}))  # type: ignore[misc]
    assert tables.open(0, HOSPITAL, begun + OPEN / RATE)["every"].number == OPEN
    few = min(count for count in commits if count >= FEW)
    # The last but one: the very last commit has what was left of an interval.
    many = sorted(commits)[-2]
    return {
        f"flood_{name}_{kind}": round(value, 2)
        for kind, count in (("few", few), ("many", many))
        for name, value in {
            "open": count,
            "commit_ms": commits[count].ms,
            "rows": commits[count].rows,
            "largest_row_kb": commits[count].largest_row_kb,
            "look_ms": looks[count],
            "figures_ms": figured[count],
        }.items()
    } | {"flood_largest_row_kb": round(max(one.largest_row_kb for one in commits.values()), 1)}


def _question(number: int, now: int) -> Mention:
    return Mention(
        HOSPITAL, 0, number, now * 1000, now // HOUR_SECONDS, "mentioned", "local", "city", "profile", 90, 3,
        OpenTopics(("wait_times",), frozenset()), "question", True, str(1_900_000_000_000_000_000 + number), "",
        written=now, asked=now, person=-1,
    )  # fmt: skip


def _ms(function: Callable[[], object]) -> float:
    started = time.thread_time()
    function()
    return 1000 * (time.thread_time() - started)


# -- what waits -------------------------------------------------------------------------------------------------------


def _bytes_of_a_question(rate: int) -> int:
    """Resident memory that one more open question takes, in a process of its own: `WAITING` of them, put to `HOSPITALS`
    hospitals in turn, so many a second. The fewer share the 10 seconds of a row, the more each takes."""
    tables = HospitalTables()
    for number in range(WAITING):
        if number == WAITING // 2:
            before = resident()
        asked = _question(number, BEGIN * HOUR_SECONDS + number // rate)
        hospital = f"{number * 2_654_435_761 % HOSPITALS:06}"
        tables.apply(0, number, msgspec.structs.replace(asked, hospital=hospital))
        if number % 100 == 0:
            tables.changes([0])
    return round((resident() - before) / (WAITING - WAITING // 2))


# -- a busy hospital ---------------------------------------------------------------------------------------------------


def _busy(runs: int) -> dict[str, float]:
    tables = HospitalTables()
    for key, value in _rows(HOSPITAL, BUSY_POSTS, 1).items():
        tables.restore(0, key, value)
    tables.complete(0)
    now = END * HOUR_SECONDS - 1.0
    steps = [_steps(tables) for _ in range(runs)]
    whole = statistics.median(sum(one) for one in steps)
    figures(tables, 0, ABOUT, NAMES, now, {})  # windows are slid by then
    made = statistics.median(_ms(lambda: figures(tables, 0, ABOUT, NAMES, now, {})) for _ in range(10 * runs))
    return {
        "judging_ms": round(whole, 2),
        "judging_longest_step_ms": round(statistics.median(max(one) for one in steps), 2),
        f"judging_s_an_hour_{BUSY}": round(BUSY * whole / 1000, 2),
        "figures_ms": round(made, 2),
        f"figures_share_{BUSY}": round(BUSY * made / 1000 / REFRESH_SECONDS, 4),
    }


def _steps(tables: HospitalTables) -> list[float]:
    """Milliseconds of each step of judging an hour."""
    found, steps = [], Judging(tables, NAMES).steps(0, HOSPITAL, END - 1)
    while True:
        started = time.thread_time()
        done = next(steps, "done") == "done"
        found.append(1000 * (time.thread_time() - started))
        if done:
            return found
