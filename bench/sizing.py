"""How much machine a load needs: memory, cores and disk, computed from what was measured.

`python -m bench.sizing` prints the table of docs/sizing.md; with `--rate` and `--hospitals` it prints one line of your
own. Owns the measured figures; docs/sizing.md says which command gave each. Measures nothing.
"""

from math import exp
from typing import NamedTuple

import click

RATES, DIRECTORIES = (1, 10, 50, 250, 1000), (42, 250, 5000)
ASKING = 10.0
"""Percent of posts that are put to a hospital and want an answer. Yours: `conversation_window_wants_answer_posts`."""

GB = 1e9
HOUR, DAY = 3600, 86_400

WORKER_MB = 160
"""A worker that holds every partition of the shipped directory and has counted nothing; 100 of it know words and
places."""
HOSPITAL_BYTES = 210_000
"""Four weeks of one hospital's counts at 20 posts an hour, without people."""
PERSON_BYTES, AUTHORS, REGISTERS, HOURS = 1, 0.9, 16_384, 672
"""An author of an hour, of one hospital; at most so many, kept for four weeks."""
PRESENT_BYTES = 3 * 80 + 36 * 3
"""The same in the three hours that are open, and in the day and a half that are not over."""
REMEMBERED_BYTES, REMEMBERED_HOURS, MOST_REMEMBERED = 30, 25, 10_000_000
"""A post id that is remembered for a day and an hour."""
QUESTION_BYTES, ROW_BYTES, ROW_SECONDS, OPEN_HOURS = 31, 125, 10, 72
"""A question with its answer, and the row of 10 seconds that it shares with others put to its hospital."""
ENDED_BYTES, ENDED_DAYS = 7.5, 30
"""Such a row in its day, once it waited its time."""
MARGIN = 1.4
"""A worker that read back what four weeks at 50 posts/s leave held 742 MB, 582 of it beside an empty worker's, where
`python -m bench --case steady` measures 444: the rest is what reading took, and what lies between."""
WORKER_CORES, WORKER_US = 0.16, 75
INGEST_CORES, INGEST_US = 0.06, 350
KAFKA_CORES, KAFKA_US = 0.05, 375
"""Cores without posts, and microseconds of one a post."""
LOOK_US = 176
"""Of each hospital with new posts at each scrape, every 15 s."""
POST_BYTES, MENTION_BYTES = 950, 234
"""A post's bytes on Kafka's disk: on `posts` for 25 hours, on `mentions` for a week."""


class Need(NamedTuple):
    """What a load needs. Memory and disk in GB."""

    memory: float
    """Of all workers together, after four weeks."""
    cores: float
    """Of workers, ingest and Kafka together."""
    posts: float
    mentions: float
    """On Kafka's disk."""


def need(rate: float, hospitals: int, asking: float = ASKING) -> Need:
    """For so many posts a second about so many hospitals; `asking` in percent."""
    questions = rate * asking / 100
    in_a_row = questions * ROW_SECONDS / hospitals
    shared = in_a_row / (1 - exp(-in_a_row))
    waiting = questions * OPEN_HOURS * HOUR * (QUESTION_BYTES + ROW_BYTES / shared)
    ended = questions / shared * ENDED_DAYS * DAY * ENDED_BYTES
    authors = REGISTERS * (1 - exp(-AUTHORS * rate * HOUR / hospitals / REGISTERS))
    people = hospitals * authors * (HOURS * PERSON_BYTES + PRESENT_BYTES)
    remembered = min(rate * REMEMBERED_HOURS * HOUR, MOST_REMEMBERED) * REMEMBERED_BYTES
    growing = hospitals * HOSPITAL_BYTES + people + remembered + waiting + ended
    memory = WORKER_MB * 1e6 + MARGIN * growing
    a_post = (WORKER_US + INGEST_US + KAFKA_US) / 1e6
    cores = WORKER_CORES + INGEST_CORES + KAFKA_CORES + rate * a_post + hospitals * LOOK_US / 1e6 / 15
    return Need(memory / GB, cores, rate * 25 * HOUR * POST_BYTES / GB, rate * 7 * DAY * MENTION_BYTES / GB)


def line(rate: float, hospitals: int, asking: float) -> str:
    """A line of the table."""
    cells = (f"{one:.1f}" for one in need(rate, hospitals, asking))
    return f"| {rate:g} | {hospitals} | {' | '.join(cells)} |"


HEAD = (
    "| posts/s | hospitals | memory of workers, GB | cores | `posts`, GB | `mentions`, GB |",
    "|---|---|---|---|---|---|",
)


def table() -> list[str]:
    """The table of docs/sizing.md."""
    return [*HEAD, *(line(rate, hospitals, ASKING) for rate in RATES for hospitals in DIRECTORIES)]


@click.command()
@click.option("--rate", type=click.FloatRange(0.001, 100_000), help="Posts a second.")
@click.option("--hospitals", default=42, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--asking",
    default=ASKING,
    show_default=True,
    type=click.FloatRange(0.001, 100),
    help="Percent that want an answer.",
)
def main(rate: float | None, hospitals: int, asking: float) -> None:
    """Print what a load needs; without --rate, the table of docs/sizing.md."""
    for row in table() if rate is None else (*HEAD, line(rate, hospitals, asking)):
        click.echo(row)


if __name__ == "__main__":
    main()
