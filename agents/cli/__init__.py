"""The `earshot` command: its groups, and what an error looks like to the person who typed it.

One module per group of commands, imported when it is called, so that `earshot --help` is quick. Settings are loaded
once, here, and handed on as click's context object. Knows no Kafka, X or Faust.
"""

import importlib
from typing import Any

import click

from streams.errors import UserError

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module:attribute, its line in `earshot --help`). A new command is registered by its line here.
    "attention": ("agents.cli.attention:attention", "List posts that a person must see now."),
    "chaos": ("agents.cli.chaos:chaos", "Run the pipeline under faults and check every count."),
    "compliance": ("agents.cli.compliance:compliance", "Withdraw posts that X took back: ask X, apply a file."),
    "deadletters": ("agents.cli.deadletters:deadletters", "Lines and posts that could not be read: list, show, retry."),
    "demo": ("agents.cli.demo:demo", "Run the whole pipeline on this machine for some seconds."),
    "directory": ("agents.cli.directory:command", "Hospitals to listen for: import, check, show, export."),
    "doctor": ("agents.cli.doctor:doctor", "Say what is wrong and what to do about it."),
    "evaluate": ("agents.cli.evaluate:evaluate", "Measure how accurate topics, intents and places are."),
    "fuzz": ("agents.cli.fuzz:fuzz", "Check that broken lines are recognised as what they are."),
    "gazetteer": ("agents.cli.gazetteer:gazetteer", "The file of known places: build, show."),
    "health": ("agents.cli.health:health", "Say whether a process makes progress, by its health file."),
    "ingest": ("agents.cli.ingest:command", "Listen to X and Bluesky, and write posts to Kafka."),
    "kafka": ("agents.cli.kafka:kafka", "Run a local Kafka: up, down, status."),
    "locate": ("agents.cli.locate:locate", "Say how near a place is to a hospital, and why."),
    "metrics": ("agents.cli.metrics:metrics", "List every metric: name, labels, what to do when it moves."),
    "replay": ("agents.cli.replay:replay", "Play a file of posts, to Kafka or to nowhere."),
    "rules": ("agents.cli.rules:rules", "Stream rules at X: plan, apply."),
    "settings": ("agents.cli.settings:settings", "List every setting: variable, value, what is allowed."),
    "simulate-bluesky": ("agents.cli.simulate_bluesky:command", "Run a simulated Bluesky: its stream, with replay."),
    "simulate-x": ("agents.cli.simulate_x:command", "Run a simulated X: rules, filtered stream, search, faults."),
    "tag": ("agents.cli.tag:tag", "Say what a text is about, what it wants, and why."),
    "topics": ("agents.cli.topics:topics", "Kafka topics: apply, describe."),
    "verify": ("agents.cli.verify:verify", "Compare the tables with the posts, by the oracle."),
    "worker": ("agents.cli.worker:worker", "Run a worker: read posts and keep the hospital tables."),
}

INTERRUPTED = 130
"""Exit code after ctrl-c, as the shell counts it."""


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and turns expected errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return the command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command: `UserError` is one line and exit code 1, ctrl-c exit code 130; a bug keeps its traceback."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


@click.group(cls=LazyGroup)
@click.version_option(package_name="earshot", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Earshot: what people say to and about hospitals, near and far, counted exactly.

    Settings come from the environment; `earshot settings` lists them.
    """
    from streams import settings  # noqa: PLC0415 - not needed for --help

    ctx.obj = settings.load()
