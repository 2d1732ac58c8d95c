"""What the tests of Bluesky share: a directory with accounts there, a scripted Jetstream, and its source on a wal."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from agents.ingest.bluesky.source import BlueskySource
from agents.ingest.rules.watch import RuleWatch
from agents.ingest.wal.wal import Wal, open_wal
from agents.simulated.jetstream import SimulatedJetstream
from agents.simulated.thread import in_loop
from streams.settings import Settings, load

FARGO = "did:plc:essentiafargo"
FARGO_HANDLE = "essentia.example.org"
MAYO_HANDLE = "mayo.example.org"
"""In the directory without its DID."""
MAYO = "did:plc:mayoclinic"
"""Mayo's DID, which the directory does not have."""
SOMEONE = "did:plc:someone"
OTHER = "did:plc:other"


def directory_folder(folder: Path, *handles: str) -> str:
    """Two hospitals: Fargo by DID and X handle, Mayo by a handle; further rows of `handles.csv`."""
    folder.mkdir(exist_ok=True)
    (folder / "hospitals.csv").write_text(
        "id,name,city,state,zip,kind,latitude,longitude\n"
        "350070,Essentia Health,Fargo,ND,58104,acute,46.8,-96.8\n"
        "240010,Mayo Clinic,Rochester,MN,55905,acute,44.0,-92.5\n"
    )
    rows = [f"350070,bluesky,{FARGO},official,,", f"240010,bluesky,{MAYO_HANDLE},official,,", *handles]
    (folder / "handles.csv").write_text("\n".join(["id,network,handle,role,valid_from,valid_to", *rows]) + "\n")
    return str(folder)


class Scripted:
    """A Jetstream that runs in a thread."""

    def __init__(self, server: SimulatedJetstream, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.loop = loop

    def do(self, action: Coroutine[Any, Any, int | None]) -> int:
        """Have one of its coroutines run in its loop."""
        return asyncio.run_coroutine_threadsafe(action, self.loop).result(10) or 0

    def write(self, *events: Mapping[str, Any], at_us: int = 0) -> int:
        return self.do(self.server.write(*events, at_us=at_us))


@contextmanager
def jetstream(make: Callable[[], SimulatedJetstream] = SimulatedJetstream) -> Iterator[Scripted]:
    with in_loop(make) as (server, loop):
        yield Scripted(server, loop)


def pointed_at(settings: Settings, url: str, folder: Path) -> Settings:
    """Settings of an ingest that listens to the Jetstream at `url` alone, with all it needs in `folder`."""
    return msgspec.structs.replace(
        settings, sources="bluesky", bluesky_url=url, wal_dir=str(folder / "wal"),
        directory_folder=directory_folder(folder / "directory"),
    )  # fmt: skip


class Taken:
    """What a source put into its wal, in order."""

    def __init__(self, wal: Wal) -> None:
        self.wal = wal
        self._ids: list[tuple[str, str]] = []

    def ids(self) -> list[tuple[str, str]]:
        """(source, id) of every record for `posts`."""
        while taken := self.wal.take(0):
            for entry in taken:
                if entry.record.topic == "posts":
                    value = msgspec.json.decode(entry.record.value)
                    self._ids.append((value["source"], value["id"]))
        return self._ids

    def holds(self, kind: str, identity: str) -> bool:
        """Whether this one is among them."""
        return (kind, identity) in self.ids()


@contextmanager
def source(
    url: str, folder: Path, environ: Mapping[str, str] | None = None, **options: Any
) -> Iterator[tuple[BlueskySource, Taken]]:
    """The source alone, on a wal of its own."""
    settings = pointed_at(load(environ or {}), url, folder)
    wal = open_wal(settings, lambda _: None)
    try:
        made = BlueskySource(settings, RuleWatch(settings), wal, **options)
        made.start()
        try:
            yield made, Taken(wal)
        finally:
            made.stop()
    finally:
        wal.close()
