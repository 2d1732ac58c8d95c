"""`earshot deadletters list|show|retry`: the posts that could not be read.

Shows where, when and why. The bytes of a dead letter may hold a post's text: only `show --raw` prints them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec

from agents.cli.groups import Group
from agents.kafka.generation import located
from agents.operations import dead_letters
from agents.operations.dead_letters import Letter, waiting
from streams import directory
from streams.errors import UserError
from streams.reading.reader import Reader
from streams.settings import Settings
from streams.vocabulary import DEAD_REASONS, RETRY_FATES

_REASON = click.option("--reason", type=click.Choice(DEAD_REASONS), help="Only dead letters with this reason.")


@click.group(cls=Group)
def deadletters() -> None:
    """List, show and retry the posts that could not be read.

    Dead letters are kept for 24 h.
    """


@deadletters.command("list")
@_REASON
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Show so many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print all of them as one line of JSON.")
@click.pass_obj
def list_(settings: Settings, reason: str | None, limit: int, as_json: bool) -> None:
    """List the dead letters, oldest first, then a count of each reason.

    Each line has the time, the place in the pipeline, the reason, the size and the key.
    """
    found = _found(located(settings), reason)
    if as_json:
        click.echo(msgspec.json.encode([_shown(one) for one in found]))
        return
    for one in found[-limit:]:
        letter = one.letter
        click.echo(f"{_when(letter.at)}  {letter.where:6} {letter.reason:14} {letter.size:>7} bytes  {one.name}")
    counts = Counter(one.letter.reason for one in found)
    click.echo(f"{len(found)} dead letters" + "".join(f", {count} {why}" for why, count in sorted(counts.items())))


@deadletters.command()
@click.argument("key")
@click.option("--raw", is_flag=True, help="Print the line as it came; it may hold a post's text.")
@click.pass_obj
def show(settings: Settings, key: str, raw: bool) -> None:
    """Print the dead letter with this KEY, as JSON without its bytes."""
    one = next((one for one in waiting(located(settings)) if one.name == key), None)
    if one is None:
        raise UserError(f"no dead letter {key}: `earshot deadletters list` shows their keys")
    if not raw:
        click.echo(msgspec.json.encode(_shown(one)))
    elif one.letter.raw:
        click.get_binary_stream("stdout").write(one.letter.raw)
    else:
        raise UserError(f"{key} holds no bytes: it stands on `posts`, partition {one.letter.partition}, "
                        f"offset {one.letter.offset}")  # fmt: skip


@deadletters.command()
@click.argument("keys", nargs=-1)
@_REASON
@click.option("--all", "every", is_flag=True, help="Retry all of them.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one line of JSON.")
@click.pass_obj
def retry(settings: Settings, keys: tuple[str, ...], reason: str | None, every: bool, as_json: bool) -> None:
    """Read dead letters again: KEYS, all of one reason, or all.

    What can be read now goes to `posts` and is counted once. Exit code 0: everything could be read; 1: some could not.
    """
    if bool(keys) + bool(reason) + every != 1:
        raise click.UsageError("give KEYS, --reason or --all, one of the three")
    settings = located(settings)
    chosen = _found(settings, reason)
    if keys:
        chosen = [one for one in chosen if one.name in keys]
        if missing := set(keys) - {one.name for one in chosen}:
            raise UserError(f"no dead letter {', '.join(sorted(missing))}: `earshot deadletters list` shows their keys")
    reader = Reader(directory.load(settings.directory_folder), settings.max_post_bytes)
    fates: dict[str, int] = dict.fromkeys(RETRY_FATES, 0)
    for one, fate in dead_letters.retry(settings, reader, chosen):
        fates[fate] += 1
        if not as_json:
            click.echo(f"{fate:11} {one.name}")
    if as_json:
        click.echo(msgspec.json.encode(fates))
    else:
        click.echo(", ".join(f"{count} {fate}" for fate, count in fates.items() if count) or "no dead letters to retry")
    click.get_current_context().exit(int(fates["published"] < len(chosen)))


def _found(settings: Settings, reason: str | None) -> Sequence[Letter]:
    return [one for one in waiting(settings) if reason in (None, one.letter.reason)]


def _when(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _shown(one: Letter) -> dict[str, object]:
    shown = msgspec.to_builtins(one.letter)
    shown.pop("raw", None)
    return {"key": one.name, **shown, "has_bytes": bool(one.letter.raw)}
