"""What posts are read by, loaded from the settings' files: the directory, and the words.

Called by `directory_watch.py` at start and after an edit, and by whatever reads posts as a worker does. Watches
nothing. A `Known` never changes: an edit makes another.
"""

from collections.abc import Callable, Mapping

import msgspec

from streams.directory import Directory
from streams.reading.reader import Reader
from streams.reading.topics.lexicon import Lexicon
from streams.settings import Settings

PartitionsOf = Callable[[Directory], Mapping[str, int]]
"""A directory's hospitals -> the partition of `mentions` of each."""


class Known(msgspec.Struct, frozen=True):
    """All that a worker knows of hospitals and words at one moment; ids are those of one directory."""

    reader: Reader
    partition_of: Mapping[str, int]
    """Hospital id -> its partition of `mentions`."""
    keys: Mapping[str, bytes]
    """Hospital id -> its key there."""
    residents: Mapping[str, int]
    """Hospital id -> people in its service area (HSA), by the gazetteer; only hospitals whose HSA is known."""


def load_words(settings: Settings, directory: Directory) -> Lexicon:
    """The words that the settings name. Raises `UserError`."""
    return Lexicon.load(settings.taxonomy_file, settings.hospital_topics_file, directory.by_id)


def known(reader: Reader, partitions: PartitionsOf) -> Known:
    """What follows from a reader's directory."""
    hospitals = reader.directory.hospitals
    residents = {one.id: reader.residents(one) for one in hospitals}
    return Known(
        reader=reader,
        partition_of=partitions(reader.directory),
        keys={one.id: one.id.encode() for one in hospitals},
        residents={hospital: people for hospital, people in residents.items() if people},
    )
