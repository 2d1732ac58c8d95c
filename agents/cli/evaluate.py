"""`earshot evaluate posts|places`: how good the reading is, measured on a labelled set.

Knows options and what is printed; `agents/evaluation/` computes the figures.
"""

from pathlib import Path

import click
import msgspec

from agents.evaluation import places as located
from agents.evaluation import posts as labelled
from agents.worker import knowledge
from streams import directory
from streams.reading.places.place import Abstention
from streams.reading.places.resolver import Gazetteer
from streams.settings import Settings


@click.group()
def evaluate() -> None:
    """Measure the tagging on a labelled set."""


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def posts(settings: Settings, file: Path) -> None:
    """Measure topics, intent and addressed, as one line of JSON.

    FILE has JSON lines with text, topics, intent and addressed, or is a .csv file with text and topics. Every @handle
    counts as a hospital's.
    """
    found = labelled.load(file)
    lexicon = knowledge.load_words(settings, directory.load(settings.directory_folder))
    click.echo(msgspec.json.encode(labelled.evaluate(found, lexicon)))


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verbose", is_flag=True, help="First print each wrong or missed text as a line of JSON.")
def places(file: Path, verbose: bool) -> None:
    """Measure the places of profile texts, as one line of JSON.

    It has n, recall, precision and abstentions by reason. FILE is a .csv file with location, country, admin1, city, lat
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
    click.echo(msgspec.json.encode(located.evaluate(labels, gazetteer)))
