"""`earshot tag`: the topics and intent of a text, and why.

Knows what is printed; the tagging is `streams/reading/`. The text is the command's own argument, so it may be shown.
"""

from collections.abc import Iterable, Iterator

import click
import msgspec

from agents.cli import named as hospital_names
from agents.evaluation.posts import handles_in, speaks_to
from agents.worker import knowledge
from streams import directory
from streams.directory import Hospital
from streams.reading.addressed import is_about
from streams.reading.topics.intent_words import IntentFind
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.taxonomy import Class
from streams.reading.topics.topic_matcher import TOLD
from streams.settings import Settings
from streams.vocabulary import Intent

_CLASSES: dict[Class, str] = {
    "O": "operational",
    "S": "a service line: only counted, never beside a post",
    "X": "safety: put before a person",
}


class Match(msgspec.Struct, frozen=True):
    """A phrase found in the text."""

    what: str
    """The topic's id, or `intent` and the kind of words that it is one of."""
    phrase: str
    counts: bool
    why: str
    """Why it does not count; empty if it does."""
    weight: int = 0
    """How much it speaks for the topic or intent, in hundredths of the log of the odds; a topic counts from a sum of 0,
    of the intents the one with the largest."""


class Read(msgspec.Struct, frozen=True):
    """What Earshot reads in a text."""

    topics: tuple[str, ...]
    sure: tuple[str, ...]
    """Those of the topics that the evidence is sure of; the others are likely."""
    classes: dict[str, Class]
    """Of the topics."""
    intent: Intent
    addressed: bool
    """It speaks to the hospital."""
    about: bool
    """It is about the hospital, not merely located there."""
    attention: bool
    """A person must look at it."""
    rule: str
    """How the intent was found: the rule that decided, or that it was outweighed."""
    sums: dict[Intent, int]
    """What the post has for each intent, added up: the largest decides. Empty if somebody is in danger: a rule alone
    says so."""
    matches: list[Match]


@click.command()
@click.argument("text")
@click.option(
    "--hospital",
    "named",
    default="",
    help="Tag it for this hospital: its id, one of its @handles, or part of its name.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def tag(settings: Settings, text: str, named: str, as_json: bool) -> None:
    """Show the topics and intent of TEXT, and the phrases that decided.

    Without --hospital, every @handle in it counts as a hospital's.
    """
    hospitals = directory.load(settings.directory_folder)
    lexicon = knowledge.load_words(settings, hospitals)
    read = _read(text, lexicon, hospital_names.find(hospitals, named) if named else None)
    if as_json:
        click.echo(msgspec.json.encode(read))
        return
    click.echo(f"topics     {', '.join(read.topics) or 'none'}")
    for topic, kind in read.classes.items():
        click.echo(f"           {topic} is {'sure' if topic in read.sure else 'likely'}; {_CLASSES[kind]}")
    click.echo(f"intent     {read.intent}{'; a person must look at it' * read.attention}")
    click.echo(f"           {read.rule}")
    if read.sums:
        click.echo(f"           {', '.join(f'{intent} {total:+d}' for intent, total in read.sums.items())}")
    click.echo(f"addressed  {'yes' if read.addressed else 'no'}")
    click.echo(f"about      {'yes' if read.about else 'no'}")
    for match in read.matches:
        weight = f" {match.weight:+d}" if match.weight else ""
        why = "" if match.counts else f" - {match.why}" if match.weight else f" - not counted: {match.why}"
        click.echo(f"found      {match.phrase!r}: {match.what}{weight}{why}")


def _read(text: str, lexicon: Lexicon, hospital: Hospital | None) -> Read:
    topics = lexicon.topics_of(text)
    handles = handles_in(text)
    if hospital is not None:
        topics = lexicon.topics_for(hospital.id, text, topics)
        handles &= {one.handle for one in hospital.accounts["x"]}
    addressed = speaks_to(text, handles)
    intent, sums, evidence = lexicon.weigh_intent(text, addressed, topics)
    return Read(
        topics=topics,
        sure=lexicon.sure_of(text, topics),
        classes={topic: lexicon.taxonomy.by_id[topic].kind for topic in topics},
        intent=intent.intent,
        addressed=addressed,
        about=any(is_about(text, handle, topics) for handle in handles),
        attention=intent.intent == "crisis" or not lexicon.taxonomy.safety.isdisjoint(topics),
        rule=intent.why,
        sums=sums,
        matches=[
            *_matches(text, lexicon, hospital.id if hospital else ""),
            *_weighed(sums, evidence),
        ],
    )


def _matches(text: str, lexicon: Lexicon, hospital: str) -> Iterator[Match]:
    for found in lexicon.explain_topics(text, hospital):
        yield Match(found.topic, found.phrase, not found.why, found.why, found.weight)
    for find in lexicon.explain_intent(text):
        why = f"part of {find.struck_by!r}" if find.struck_by else ""
        why = f"negated by {find.negated_by!r}" if find.negated_by and not why else why
        yield Match(find.group, find.phrase, not why, why)


def _weighed(sums: dict[Intent, int], evidence: Iterable[IntentFind]) -> Iterator[Match]:
    """What speaks most for or against the two intents with the largest sums."""
    nearest = sorted(sums, key=lambda intent: -sums[intent])[:2]
    for intent in nearest:
        for find in evidence:
            if find.intent == intent and abs(find.weight) >= TOLD:
                yield Match(intent, find.evidence, True, "", find.weight)
