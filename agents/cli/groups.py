"""How every group of commands behaves: whole help lines, a suggestion for a mistyped name.

Called by `agents/cli/__init__.py` and by each module with a group of its own. Knows no command.
"""

import difflib

import click

WHOLE = 1000
"""Characters of a command's line in its group's help: click cuts it at the terminal's width, we wrap it."""


class Group(click.Group):
    """A group of commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a name that is none is answered with the ones that look like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if near := difflib.get_close_matches(args[0].lower(), self.list_commands(ctx), n=3, cutoff=0.5):
                raise click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List each command with its whole first sentence."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(WHOLE)) for name, one in commands if one is not None])
