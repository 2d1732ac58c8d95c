"""What `earshot top` shows: its order, its filter, its keys, and the table for a terminal of any width.

Called by `earshot top`. Knows no API and no terminal: answers come in, a table goes out. Nothing is said by colour
alone.
"""

from collections.abc import Callable
from enum import Enum

import msgspec
from rich.table import Table
from rich.text import Text

from agents.worker.api.shapes import Hospitals, Summary

ESCAPE, ENTER, BACKSPACES = "\x1b", ("\r", "\n"), ("\x7f", "\b")


class Order(Enum):
    """By what hospitals are sorted: the key to press, and the heading of its column."""

    POSTS = ("p", "24 h")
    LOCAL = ("l", "local")
    OPEN = ("o", "open")
    OLDEST = ("a", "oldest")
    SURGE = ("s", "surge")
    NAME = ("n", "hospital")

    @property
    def key(self) -> str:
        """To press."""
        return self.value[0]

    @property
    def heading(self) -> str:
        """Of its column."""
        return self.value[1]


_SURGES = {None: 0, "learning": 1, "normal": 2, "surge": 3}

_VALUE: dict[Order, Callable[[Summary], float | None]] = {
    Order.POSTS: lambda one: one.posts_24h,
    Order.LOCAL: lambda one: one.local_share_24h.share if one.local_share_24h is not None else None,
    Order.OPEN: lambda one: one.open,
    Order.OLDEST: lambda one: one.oldest_seconds,
    Order.SURGE: lambda one: _SURGES[one.surge],
}


class View:
    """What a person chose."""

    def __init__(self) -> None:
        self.order = Order.POSTS
        self.reverse = False
        self.filter = ""
        self.typing = False
        """Whether keys go to the filter."""
        self.quit = False

    def press(self, key: str) -> None:
        """Take one key."""
        if self.typing:
            self._type(key)
        elif key == "q":
            self.quit = True
        elif key == "/":
            self.typing = True
        elif key == "r":
            self.reverse = not self.reverse
        elif key == ESCAPE:
            self.filter = ""
        elif (order := next((one for one in Order if one.key == key), None)) is not None:
            self.order, self.reverse = order, False

    def _type(self, key: str) -> None:
        if key in ENTER:
            self.typing = False
        elif key == ESCAPE:
            self.typing, self.filter = False, ""
        elif key in BACKSPACES:
            self.filter = self.filter[:-1]
        elif key.isprintable():
            self.filter += key

    def chosen(self, hospitals: Hospitals) -> list[Summary]:
        """Those that fit the filter, in order; what is not known stands last."""
        word = self.filter.casefold()
        every = [one for one in hospitals.hospitals if word in _words(one)]
        every.sort(key=lambda one: one.name.casefold())
        if self.order is Order.NAME:
            return every[::-1] if self.reverse else every
        value = _VALUE[self.order]
        known = [(number, one) for one in every if (number := value(one)) is not None]
        known.sort(key=lambda pair: pair[0], reverse=not self.reverse)
        return [one for _, one in known] + [one for one in every if value(one) is None]

    def keys(self) -> str:
        """What the keys do, in one line."""
        if self.typing:
            return f"filter: {self.filter}_  (Enter: done, Esc: all)"
        shown = f"  filter: {self.filter} (Esc: all)" if self.filter else ""
        keys = " ".join(f"{one.key}:{one.heading.replace(' ', '')}" for one in Order)
        return f"sort {keys}  r:reverse /:filter q:quit{shown}"


def _words(one: Summary) -> str:
    return f"{one.hospital} {one.name} {one.city} {one.state} {one.hrr_name}".casefold()


def _number(count: int | None) -> str:
    return "?" if count is None else str(count)


def _local(one: Summary) -> str:
    found = one.local_share_24h
    if found is None:
        return "?"
    if found.share is not None:
        return f"{found.share:.0f}%"
    return f"{found.hits}/{found.of}" if found.of else "-"


def _surge(one: Summary) -> str:
    return {"surge": "SURGE", None: "-"}.get(one.surge, str(one.surge))


def age(seconds: int | None) -> str:
    """A length of time, short."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds}s"
    return f"{seconds // 60}m" if seconds < 7200 else f"{seconds // 3600}h"


class _Column(msgspec.Struct, frozen=True):
    heading: str
    width: int
    cell: Callable[[Summary], str]
    from_width: int
    """Terminals narrower than this do without it."""


_COLUMNS = (
    _Column("24 h", 6, lambda one: _number(one.posts_24h), 0),
    _Column("28 d", 7, lambda one: _number(one.posts_28d), 90),
    _Column("local", 6, _local, 60),
    _Column("open", 5, lambda one: _number(one.open), 0),
    _Column("urgent", 6, lambda one: _number(one.urgent), 75),
    _Column("oldest", 6, lambda one: age(one.oldest_seconds), 50),
    _Column("surge", 8, _surge, 0),
    _Column("region", 18, lambda one: one.hrr_name or "-", 110),
)
_LEAST_NAME = 12


def table(hospitals: Hospitals, view: View, width: int, rows: int | None = None) -> Table:
    """The hospitals that the person chose. `rows`: at most so many; None: all."""
    columns = [one for one in _COLUMNS if width >= one.from_width]
    room = width - sum(one.width + 2 for one in columns) - 2
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    found.add_column(_heading("hospital", view), no_wrap=True, width=max(_LEAST_NAME, min(48, room)))
    for one in columns:
        left = one.heading in ("surge", "region")
        found.add_column(
            _heading(one.heading, view), justify="left" if left else "right", no_wrap=True, width=one.width
        )
    for each in view.chosen(hospitals)[:rows]:
        style = "bold" if each.surge == "surge" or each.urgent else ""
        found.add_row(Text(each.name), *(one.cell(each) for one in columns), style=style)
    return found


def _heading(heading: str, view: View) -> str:
    if heading != view.order.heading:
        return heading
    return f"{heading}{'^' if view.reverse else 'v'}"
