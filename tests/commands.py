"""How the tests run a command of `earshot` in their own process."""

from click.testing import CliRunner, Result

from agents.cli import main
from streams.settings import Settings


def earshot(settings: Settings, *words: str) -> Result:
    """What the command says and its exit code. It leaves the environment alone: threads of this process read it."""
    return CliRunner().invoke(main, words, obj=settings)
