"""`earshot evaluate posts|places`: how good the reading is, measured on a labelled set.

Knows options and what is printed; `agents/evaluation/` computes the figures.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
import msgspec

from agents.cli.groups import Group
from agents.evaluation import places as located
from agents.evaluation import posts as labelled
from agents.evaluation.scores import Scores
from agents.worker import knowledge
from streams import directory
from streams.reading.places.place import Abstention
from streams.reading.places.resolver import Gazetteer
from streams.settings import Settings


@click.group(cls=Group)
def evaluate() -> None:
    """Measure the tagging on a labelled set."""


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, with all figures.")
@click.pass_context
def posts(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Measure topics, intent and addressed.

    FILE has JSON lines with text, topics, intent and addressed, or is a .csv file with text and topics. Every @handle
    counts as a hospital's. Exit code 1: FILE has a topic that the taxonomy lacks; it counts as missed.
    """
    settings: Settings = ctx.obj
    found = labelled.load(file)
    lexicon = knowledge.load_words(settings, directory.load(settings.directory_folder))
    figures = labelled.evaluate(found, lexicon)
    click.echo(msgspec.json.encode(figures) if as_json else "\n".join(_told_posts(figures)))
    if unknown := figures.get("unknown"):
        near = sorted({close for one in unknown for close in get_close_matches(one, lexicon.taxonomy.by_id, n=1)})
        hint = f"did you mean {', '.join(near)}? " if near else ""
        click.echo(f"no topic of the taxonomy: {', '.join(unknown)}; {hint}docs/topics.md lists them", err=True)
        ctx.exit(1)


def _told_posts(figures: dict[str, Any]) -> Iterator[str]:
    topics: Scores = figures["topics"]
    yield f"{figures['n']} posts; topics: macro F1 {topics.macro_f1:.3f}, micro F1 {topics.micro_f1:.3f}"
    width = max(map(len, topics.per_topic), default=0)
    for name, one in topics.per_topic.items():
        yield (
            f"  {name:{width}}  F1 {one.f1:.3f}, precision {one.precision:.3f}, recall {one.recall:.3f}; "
            f"{one.labelled} labelled, {one.answered} answered"
        )
    if "intent" in figures:
        yield f"intent: accuracy {figures['intent'].accuracy:.3f}"
        for label, answers in figures["intent"].confusion.items():
            mistaken = ", ".join(f"{count} as {answer}" for answer, count in answers.items() if answer != label)
            yield f"  {label}: {answers.get(label, 0)} of {sum(answers.values())}" + (
                f"; {mistaken}" if mistaken else ""
            )
    if "addressed" in figures:
        yield f"addressed: accuracy {figures['addressed']['accuracy']:.3f}"


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verbose", is_flag=True, help="First print each wrong or missed text as a line of JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def places(file: Path, verbose: bool, as_json: bool) -> None:
    """Measure the places of profile texts.

    Prints recall, precision and abstentions by reason. FILE is a .csv file with location, country, admin1, city, lat
    and lon; a blank label means that the text names no place that can be known.
    """
    labels = located.load(file)
    gazetteer = Gazetteer.load()
    if verbose:
        for label, answer, fate in located.judged(labels, gazetteer):
            if fate in ("wrong", "missed"):
                said = answer.reason if isinstance(answer, Abstention) else [answer.country, answer.admin1, answer.city]
                meant = [label.country, label.admin1, label.city]
                click.echo(msgspec.json.encode({fate: label.location, "meant": meant, "said": said}))
    figures = located.evaluate(labels, gazetteer)
    if as_json:
        click.echo(msgspec.json.encode(figures))
        return
    click.echo(f"{figures.n} texts; recall {figures.recall:.3f}, precision {figures.precision:.3f}")
    for reason, count in figures.abstained.items():
        click.echo(f"  {count} without an answer: {reason}")
