"""`earshot top`: all hospitals live in a terminal, by the API of any worker.

Owns the terminal: keys come in, the screen goes out, and both are as before when it ends. `top_view.py` owns what is
shown. A worker that goes away is told and tried again; what was known last stays, with its age.
"""

import contextlib
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator

import click
import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agents.cli.top_view import View, age, table
from agents.operations.api_client import ApiClient
from agents.worker.api.shapes import Hospitals
from streams.errors import UserError
from streams.settings import Settings

_AROUND = 4
"""Lines beside the rows: head, headings, what is wrong, keys."""


class _Seen:
    """What the API said last."""

    def __init__(self) -> None:
        self.hospitals: Hospitals | None = None
        self.at = 0.0
        self.wrong = ""

    def ask(self, client: ApiClient) -> None:
        """Ask once; keeps what was known if nobody answers."""
        try:
            self.hospitals = client.get("/v1/hospitals", Hospitals)
            self.at, self.wrong = time.monotonic(), ""
        except UserError as error:
            self.wrong = error.found


@click.command()
@click.option("--url", default="", help="Address of a worker's API, in place of EARSHOT_API_URL.")
@click.option("--token-file", default="", help="File of the API's token, in place of EARSHOT_API_TOKEN_FILE.")
@click.option(
    "--every", default=2.0, show_default=True, type=click.FloatRange(0.5, 3600), help="Seconds between two looks."
)
@click.option("--once", is_flag=True, help="Print the table once; also what happens without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, once.")
@click.pass_obj
def top(settings: Settings, url: str, token_file: str, every: float, once: bool, as_json: bool) -> None:
    """Watch all hospitals live: posts, local share, open questions, oldest, surge.

    Keys: p l o a s n sort, r reverses, / filters, q quits. NO_COLOR=1 shows it without colours.
    """
    with ApiClient(settings, url, token_file) as client:
        console = Console(highlight=False)
        if as_json:
            click.echo(msgspec.json.encode(client.get("/v1/hospitals", Hospitals)))
        elif once or not (console.is_terminal and sys.stdin.isatty()):
            console.print(table(client.get("/v1/hospitals", Hospitals), View(), console.width))
        else:
            _watch(client, console, every)


def _watch(client: ApiClient, console: Console, every: float) -> None:
    view, seen = View(), _Seen()
    next_look = 0.0
    with _keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while not view.quit:
            if time.monotonic() >= next_look:
                seen.ask(client)
                next_look = time.monotonic() + every
            live.update(screen(seen.hospitals, seen.wrong, time.monotonic() - seen.at, view, client.url, console))
            live.refresh()
            for key in _pressed(keys, max(0.0, next_look - time.monotonic())):
                view.press(key)


def screen(hospitals: Hospitals | None, wrong: str, old: float, view: View, url: str, console: Console) -> Group:
    """One picture. `wrong`: why nothing newer is known; `old`: seconds since `hospitals` came."""
    parts: list[object] = []
    if hospitals is None:
        parts.append(Text(f"Earshot, {url}", no_wrap=True, overflow="ellipsis"))
    else:
        waits = sum(one.open or 0 for one in hospitals.hospitals)
        posts = sum(one.posts_24h or 0 for one in hospitals.hospitals)
        head = f"Earshot: {len(hospitals.hospitals)} hospitals, {posts} posts in 24 h, {waits} questions open"
        parts.append(Text(head, no_wrap=True, overflow="ellipsis", style="bold"))
    if wrong:
        since = f" Shown: {age(int(old))} old." if hospitals is not None else ""
        parts.append(Text(f"! {wrong}.{since} Trying again.", overflow="fold"))
    if hospitals is not None:
        parts.append(table(hospitals, view, console.width, max(1, console.height - _AROUND)))
    parts.append(Text(view.keys(), no_wrap=True, overflow="ellipsis"))
    return Group(*parts)  # type: ignore[arg-type]


@contextlib.contextmanager
def _keys() -> Iterator[int]:
    """Keys one by one, without echo, as long as it lasts; the descriptor to read them from."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _pressed(descriptor: int, seconds: float) -> str:
    """What was typed, waiting so long for the first key; nothing of an arrow or function key."""
    if not select.select([descriptor], [], [], seconds)[0]:
        return ""
    typed = os.read(descriptor, 64).decode(errors="ignore")
    return "" if len(typed) > 1 and typed.startswith("\x1b") else typed
