"""The `earshot` command: its groups, and how an error is shown to the person who typed it.

One module per group of commands, imported when it is called, so that `earshot --help` is quick. Settings are loaded
once, here, and handed on as click's context object. Knows no Kafka, X or Faust.
"""

import importlib
import sys
from typing import Any

import click

from agents.cli.groups import Group
from streams.errors import UserError

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module:attribute, its line in `earshot --help`). To register a new command, add its line here.
    "attention": ("agents.cli.attention:attention", "List the posts that a person must look at now."),
    "chaos": ("agents.cli.chaos:chaos", "Run the pipeline under faults and check every count."),
    "compliance": ("agents.cli.compliance:compliance", "Withdraw the posts that their author or X took back."),
    "deadletters": ("agents.cli.deadletters:deadletters", "List, show and retry the posts that could not be read."),
    "demo": ("agents.cli.demo:demo", "Run all of Earshot on this machine for some seconds."),
    "directory": ("agents.cli.directory:command", "Import, check, show and export the hospitals."),
    "doctor": ("agents.cli.doctor:doctor", "Find what is wrong around Earshot and say what to do."),
    "evaluate": ("agents.cli.evaluate:evaluate", "Measure the tagging on a labelled set."),
    "fuzz": ("agents.cli.fuzz:fuzz", "Feed ingest a million damaged lines and check each."),
    "gazetteer": ("agents.cli.gazetteer:gazetteer", "Build and show the file of known places."),
    "health": ("agents.cli.health:health", "Check by its health file that a process makes progress."),
    "hospital": ("agents.cli.hospital:hospital", "Show one hospital: how much, who, about what, does it answer."),
    "ingest": ("agents.cli.ingest:command", "Listen to the sources and put every post on Kafka."),
    "kafka": ("agents.cli.kafka:kafka", "Start, stop and look at the local Kafka."),
    "locate": ("agents.cli.locate:locate", "Show how near a place is to a hospital, and why."),
    "metrics": ("agents.cli.metrics:metrics", "List every metric: labels, meaning, what to do."),
    "migrate": ("agents.cli.migrate:migrate", "Move a stopped pipeline to another number of partitions."),
    "questions": ("agents.cli.questions:questions", "List the questions that wait for an answer."),
    "replay": ("agents.cli.replay:replay", "Play a file of posts, to Kafka or only to count them."),
    "rules": ("agents.cli.rules:rules", "Show and apply the stream rules at X."),
    "settings": ("agents.cli.settings:settings", "List every setting: variable, value, allowed values."),
    "simulate-bluesky": ("agents.cli.simulate_bluesky:command", "Run a simulated Bluesky: its stream, with replay."),
    "simulate-x": ("agents.cli.simulate_x:command", "Run a simulated X: rules, stream, search, faults."),
    "soak": ("agents.cli.soak:soak", "Run everything for an hour: what grows, which alerts fire."),
    "tag": ("agents.cli.tag:tag", "Show the topics and intent of a text, and why."),
    "top": ("agents.cli.top:top", "Watch all hospitals live: posts, local share, open questions, surges."),
    "topics": ("agents.cli.topics:topics", "Create and describe the Kafka topics."),
    "verify": ("agents.cli.verify:verify", "Compare the tables with the posts, by the oracle."),
    "worker": ("agents.cli.worker:worker", "Tag posts and keep the hospital tables."),
}

INTERRUPTED = 130
"""Exit code after ctrl-c, as the shell counts it."""


_LIBRARIES = ("kafka.errors", "aiokafka.errors")
"""Modules with a `KafkaError`; a command that did not import one cannot raise it."""


class LazyGroup(Group):
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
        """Run the command: `UserError` is one line and exit code 1, as is whatever Kafka refuses; ctrl-c is exit code
        130; a bug keeps its traceback."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except Exception as error:
            if not isinstance(error, _kafka_errors()):
                raise
            said = " ".join(str(error).split())[:300]
            raise click.ClickException(
                f"Kafka refuses or went away ({said or type(error).__name__}): run it again; `earshot doctor` says more"
            ) from error


def _kafka_errors() -> tuple[type[Exception], ...]:
    return tuple(sys.modules[name].KafkaError for name in _LIBRARIES if name in sys.modules)


def _show_version(ctx: click.Context, option: click.Parameter, asked: bool) -> None:  # noqa: ARG001 - click's signature
    if not asked:
        return
    from importlib.metadata import version  # noqa: PLC0415 - only for --version

    from streams import compiled  # noqa: PLC0415 - only for --version

    why = compiled.available()
    click.echo(f"earshot {version('earshot')}, workers run {f'in pure Python: {why}' if why else 'compiled'}")
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version, and whether workers run compiled.",
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Count exactly what people say to and about hospitals, near and far.

    Settings come from environment variables; `earshot settings` lists them.
    """
    from streams import settings  # noqa: PLC0415 - not needed for --help

    if ctx.obj is None:  # else the caller in this process gives the settings
        ctx.obj = settings.load()
