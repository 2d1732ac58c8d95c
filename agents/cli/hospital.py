"""`earshot hospital`: one hospital as its people would ask: how much, who, about what, do we answer, how do we stand.

Knows options and words; the figures are `agents/operations/hospital_page.py`'s.
"""

import shutil
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import msgspec

from agents.cli.named import AmbiguousError, find
from agents.operations.api_client import ApiClient
from agents.operations.hospital_page import Page, page
from streams import directory
from streams.figures.shape import Cohort, Figures, GoalFigure, Median, Share
from streams.settings import Settings

AMBIGUOUS = 2
"""Exit code for a name that several hospitals have."""
_LABEL = 15
_MOST = 5
"""Topics in a line."""
_WIDEST = 110

Said = Iterator[tuple[str, str]]
"""(question, answer); an empty question goes on with the one before."""


@click.command()
@click.argument("named", metavar="HOSPITAL")
@click.option("--url", default="", help="Address of a worker's API, in place of EARSHOT_API_URL.")
@click.option("--token-file", default="", help="File of the API's token, in place of EARSHOT_API_TOKEN_FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def hospital(ctx: click.Context, named: str, url: str, token_file: str, as_json: bool) -> None:
    """Show one hospital: how much is said, by whom, about what, and whether it answers.

    HOSPITAL is an id, an @handle or part of a name. Asks a running worker; without one it reads the tables from Kafka,
    which takes longer. Exit code 2: several hospitals have that name.
    """
    settings: Settings = ctx.obj
    try:
        found = find(directory.load(settings.directory_folder), named)
    except AmbiguousError as error:
        click.echo(f"{named!r} is {len(error.candidates)} hospitals, name one by its id:", err=True)
        for one in error.candidates:
            click.echo(f"  {one.id:8} {one.name}", err=True)
        ctx.exit(AMBIGUOUS)
    with ApiClient(settings, url, token_file) as client:
        told = page(settings, client, found.id, time.time())
    if as_json:
        click.echo(msgspec.json.encode(told))
        return
    click.echo("\n".join(lines(told, min(_WIDEST, shutil.get_terminal_size().columns))))


def lines(told: Page, width: int) -> Iterator[str]:
    """The page as text, no line wider than `width` characters where words allow."""
    figures = told.figures
    at = datetime.fromtimestamp(figures.at, UTC)
    source = f"from {told.source}" if not told.why_tables else f"from the tables in Kafka ({told.why_tables})"
    head = f"{figures.name} ({figures.hospital}), {figures.city}, {figures.state}"
    yield from textwrap.wrap(head, width)
    yield from textwrap.wrap(f"{at:%Y-%m-%d %H:%M} UTC, {source}", width)
    yield ""
    for question, answer in said(figures):
        yield from textwrap.wrap(
            answer, width, initial_indent=f"{question:<{_LABEL}}", subsequent_indent=" " * _LABEL
        ) or [question]


def said(figures: Figures) -> Said:
    """Every question and its answer."""
    yield from _how_much(figures)
    yield from _who(figures)
    yield from _about_what(figures)
    yield from _answers(figures)
    yield from _waits(figures)
    yield from _goals(figures)
    yield from _beside(figures)
    yield from _surges(figures)


def _how_much(figures: Figures) -> Said:
    windows = figures.windows
    month = windows["28d"]
    people = f" by {month.authors.all.people} people" if month.authors else ""
    yield (
        "How much?",
        f"{month.posts} posts{people} in 28 days; {windows['7d'].posts} in 7 days, {windows['24h'].posts} in 24 hours, "
        f"{windows['1h'].posts} in the last hour. Its own: {month.own} in 28 days, {month.answers} of them answers.",
    )


def _who(figures: Figures) -> Said:
    month = figures.windows["28d"]
    tiers = ", ".join(f"{tier} {count}" for tier, count in month.tiers.items())
    yield "Who?", f"Local: {_share(month.local_share, 'with a known place')}. By nearness: {tiers}."
    if month.authors:
        yield "", f"{month.authors.local.people} local people, of {month.authors.all.people}."


def _about_what(figures: Figures) -> Said:
    month = figures.windows["28d"]
    yield "About what?", _most(month.topics) or "No topic yet."
    lines = _most(month.service_lines or {})
    held = f"{month.held_back} counts below five are held back" if month.held_back else ""
    if told := "; ".join(one for one in (lines and f"Service lines: {lines}", held) if one):
        yield "", f"{told}."
    wants = ", ".join(f"{intent} {count}" for intent, count in month.intents.items() if count)
    if wants:
        yield "", f"What they want: {wants}."


def _answers(figures: Figures) -> Said:
    found = figures.responses
    yield (
        "Do we answer?",
        f"{found.every.answered} of {found.every.asked} questions, requests, complaints and crises of 28 days.",
    )
    if not found.every.asked:
        return
    yield "", f"Within 1 h: {_cohort(found.answered_1h)}. Within 24 h: {_cohort(found.answered_24h)}."
    yield "", f"Median of all: {_median(found.median_all)}; of what was answered: {_median(found.median_answered)}."
    if found.two_way is not None:
        yield "", f"{found.two_way:.1f} answers for each post of its own."


def _waits(figures: Figures) -> Said:
    found = figures.open_questions
    if not found.every.count:
        yield "What waits?", "Nothing (last 72 h)."
        return
    urgent = f" URGENT: {found.urgent.count}, oldest {_age(found.urgent.oldest_seconds)}." if found.urgent.count else ""
    kinds = ", ".join(f"{intent} {one.count}" for intent, one in found.by_intent.items() if one.count)
    yield (
        "What waits?",
        f"{found.every.count} posts, the oldest for {_age(found.every.oldest_seconds)}: {kinds}.{urgent} "
        f"`earshot questions {figures.hospital}` lists them.",
    )


def _goals(figures: Figures) -> Said:
    own = [goal for goal in figures.goals if goal.target is not None]
    if not own:
        yield "Goals?", "It set itself none (goals.csv)."
    for number, goal in enumerate(own):
        yield ("Goals?" if not number else ""), _goal(goal)


def _beside(figures: Figures) -> Said:
    found, region = figures.service, figures.region
    asked = f"{found.parts.local_answered} of {found.parts.local} local questions answered"
    index = f"Service index {found.index:.0f} ({asked})" if found.index is not None else f"{asked}; {found.why}"
    yield "How are we?", f"{index}."
    where = f"{region.name} (HRR {region.hrr})" if region.hrr else "no referral region"
    rank = region.rank
    place = f"Rank {rank.rank} of {rank.ranked} ({rank.best} to {rank.worst})" if rank.rank else f"No rank: {rank.why}"
    voice = region.voice
    shown = (
        f"{_share(voice.everyone, 'of the region')} of what is said"
        if voice.everyone is not None
        else f"No share of voice: {voice.why}"
    )
    yield "", f"In {where}: {shown}. {place}."


def _surges(figures: Figures) -> Said:
    found = figures.surges
    if found.posts is None:
        yield "Surge?", f"Not known: {found.why}."
        return
    yield (
        "Surge?",
        f"{found.posts.state}: {found.posts.why}"
        + (f" ({found.posts.observed} posts, {found.posts.expected:.1f} expected)" if found.posts.expected else "")
        + ".",
    )
    rising = [name for name, one in (*found.topics.items(), *found.service_lines.items()) if one.state == "surge"]
    if rising:
        yield "", f"Topics in surge: {', '.join(rising)}."


def _share(found: Share, whole: str) -> str:
    if found.share is None:
        return f"{found.hits} of {found.of} {whole} ({found.why})"
    return f"{found.share:.0f} % ({found.low:.0f} to {found.high:.0f}; {found.hits} of {found.of} {whole})"


def _cohort(found: Cohort) -> str:
    pending = f", {found.pending} still pending" if found.pending else ""
    return f"{_share(found.within, 'asked')}{pending}"


def _median(found: Median) -> str:
    return f"{_age(int(60 * found.minutes))}" if found.minutes is not None else found.why


def _goal(goal: GoalFigure) -> str:
    unit = {"per cent": " %"}.get(goal.unit, f" {goal.unit}")
    actual = f"{goal.actual:.1f}".removesuffix(".0") + unit if goal.actual is not None else "not known"
    least = "at least" if goal.better == "higher" else "at most"
    state = {"met": "met", "missed": "MISSED", "too_few": "too few to say"}[goal.state]
    return f"{goal.goal}: {actual}, wanted {least} {goal.target:g}{unit}: {state} ({goal.why})."


def _most(counts: dict[str, int]) -> str:
    found = sorted(((count, name) for name, count in counts.items() if count), key=lambda pair: (-pair[0], pair[1]))
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ", ".join(f"{name} {count}" for count, name in found[:_MOST]) + more


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
