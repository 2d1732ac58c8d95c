"""`earshot rules plan|apply`: the stream rules at X against those that directory and community queries want today.

Knows options and what is printed; `agents/ingest/x/rule_text.py` words the rules, `rule_plan.py` beside it plans
and syncs them.
"""

import time

import click
import msgspec
import requests
import tweepy

from agents.cli.groups import Group
from agents.ingest.library_logs import quiet
from agents.ingest.rules import files
from agents.ingest.rules.model import communities_of, hospitals_of
from agents.ingest.x import rule_plan as stream_rules
from agents.ingest.x.problems import of_refusal
from agents.ingest.x.rule_plan import Plan
from agents.ingest.x.rule_text import Rule
from agents.ingest.x.stream import XStream
from agents.ingest.x.token import read_token
from streams.errors import UserError
from streams.settings import Settings


@click.group(cls=Group)
def rules() -> None:
    """Show and apply the stream rules: which posts X sends."""


@rules.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def plan(settings: Settings, as_json: bool) -> None:
    """Show what `apply` would change at X, and change nothing.

    Prints the rules to add, keep and delete, and their share of X's cap.
    """
    client, wanted = _client(settings)
    try:
        planned = stream_rules.plan(stream_rules.current(client), wanted)
    except (tweepy.HTTPException, requests.RequestException) as error:
        raise _refused(error) from error
    _tell(planned, settings.x_max_rules, as_json)


@rules.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def apply(settings: Settings, as_json: bool) -> None:
    """Make the rules at X the wanted ones.

    Adds before it deletes. Ingest does this by itself when it connects and after an edit. After an error, run it again:
    nothing is done twice. Exit code 1: X refused a rule.
    """
    client, wanted = _client(settings)
    try:
        done = stream_rules.sync(client, wanted, settings.x_max_rules)
    except (tweepy.HTTPException, requests.RequestException) as error:
        raise _refused(error) from error
    _tell(done, settings.x_max_rules, as_json)
    click.get_current_context().exit(int(bool(done.refused)))


def _client(settings: Settings) -> tuple[XStream, tuple[Rule, ...]]:
    quiet()
    today = time.strftime("%Y-%m-%d", time.gmtime())
    wanted = stream_rules.wanted(files.load(settings, today), settings)
    return XStream(read_token(settings), settings.x_base_url, lambda _: None), wanted


def _refused(error: Exception) -> UserError:
    if isinstance(error, tweepy.HTTPException):
        return UserError(f"X refuses: {of_refusal(error.response)}")
    return UserError(f"X cannot be reached ({type(error).__name__}): try again")


def _tell(planned: Plan, cap: int, as_json: bool) -> None:
    standing = len(planned.add) + len(planned.keep) - planned.refused
    if as_json:
        click.echo(msgspec.json.encode({**msgspec.to_builtins(planned), "cap": cap, "used": standing}))
        return
    for rule in planned.add:
        click.echo(f"add     {len(rule.value):4} characters, {_led_back(rule)}")
    for rule_id in planned.delete:
        click.echo(f"delete  {rule_id}")
    click.echo(
        f"{len(planned.add)} to add, {len(planned.keep)} to keep, {len(planned.delete)} to delete; then {standing} of "
        f"{cap} rules ({standing / cap:.1%} of the cap)"
    )


def _led_back(rule: Rule) -> str:
    communities = communities_of(rule.tag)
    if communities:
        return f"community {', '.join(communities)}"
    hospitals = hospitals_of(rule.tag)
    return f"{len(hospitals)} hospitals: {', '.join(hospitals)}"
