"""Directory and words are swapped whole, refused whole, and looked at only where a setting names a file."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.worker import directory_watch
from agents.worker.directory_watch import DirectoryWatch
from agents.worker.knowledge import Known
from agents.worker.process import partitions
from streams.metrics import Metrics
from streams.settings import Settings
from tests.directory_folders import HOSPITALS, folder

TAXONOMY = """
version: {version}
context: []
elsewhere: []
topics:
  - {{id: waits, definition: d, class: {kind}, phrases: [{phrase}]}}
  - {{id: staff_conduct, definition: d, class: O, phrases: [rude nurse]}}
  - {{id: rumor_misinfo_watch, definition: d, class: O, phrases: [a rumour]}}
"""
CORVALLIS = "380014,Good Samaritan,Corvallis,OR,97330,acute,44.6,-123.25\n"
HANDLES = "id,network,handle,role,valid_from,valid_to\n350070,x,{handle},official,,\n"
AREAS = "id,zip,area\n350070,58102,psa\n"
MARKETS = "zip,hsa,hrr\n58104,{hsa},{hsa}\n"


class Watched:
    """A watch on files of its own, and what it counted."""

    def __init__(self, path: Path) -> None:
        self.folder = folder(path / "directory", handles=HANDLES.format(handle="essentia"))
        self.taxonomy = path / "taxonomy.yaml"
        self.own = path / "own.yaml"
        self.write()
        self.own.write_text("")
        self.metrics = Metrics()
        settings = Settings(
            directory_folder=str(self.folder),
            taxonomy_file=str(self.taxonomy),
            hospital_topics_file=str(self.own),
        )
        self.watch = DirectoryWatch(settings, b"", self.metrics, lambda one: partitions(one, 12))

    @property
    def known(self) -> Known:
        return self.watch.known

    def write(self, version: int = 1, kind: str = "O", phrase: str = "waited") -> None:
        self.taxonomy.write_text(TAXONOMY.format(version=version, kind=kind, phrase=phrase))

    def directory(self, **texts: str) -> None:
        folder(self.folder, **texts)

    def _counts(self, of: str) -> tuple[float | None, float | None]:
        value = self.metrics.registry.get_sample_value
        return (
            value(f"pipeline_{of}_reloads_total", {"result": "swapped"}),
            value(f"pipeline_{of}_reloads_total", {"result": "refused"}),
        )

    def look(self, of: str = "taxonomy") -> tuple[float | None, float | None]:
        """Look until files that changed are at rest; (swapped, refused) so far."""
        for _ in range(2):
            asyncio.run(self.watch.look())
        return self._counts(of)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(directory_watch, "LOOK_SECONDS", 0.0)
    return Watched(tmp_path)


# -- words ------------------------------------------------------------------------------------------------------------


def test_an_edit_of_words_is_taken_once(watched: Watched) -> None:
    assert watched.look() == (0, 0)
    watched.write(version=2, phrase="queued up")
    assert watched.look() == (1, 0)
    assert watched.look() == (1, 0)
    assert watched.known.reader.lexicon.topics_of("queued up") == ("waits",)
    assert watched.known.reader.lexicon.topics_of("waited") == ()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda one: one.write(phrase="'!'"), "line 6: topic waits: the phrase '!' has no letter"),
        (lambda one: one.write(kind="S"), "topic waits: added, gone or of another class: that needs a restart"),
        (lambda one: one.taxonomy.unlink(), "cannot be read"),
    ],
)
def test_a_wrong_edit_of_words_is_refused_once_and_the_words_before_it_stay(
    watched: Watched, caplog: pytest.LogCaptureFixture, edit: Callable[[Watched], None], said: str
) -> None:
    before = watched.known
    edit(watched)
    assert watched.look() == (0, 1)
    assert watched.look() == (0, 1)
    assert watched.known is before
    assert [said in one.message for one in caplog.records] == [True]
    watched.write(version=3)
    assert watched.look() == (1, 1)


# -- the directory ----------------------------------------------------------------------------------------------------


def test_a_new_hospital_is_known_with_partition_and_residents(watched: Watched) -> None:
    before = watched.known
    watched.directory(hospitals=HOSPITALS + CORVALLIS)
    assert watched.look("directory") == (1, 0)
    known = watched.known
    assert known.reader.directory.by_id.keys() == known.keys.keys() == {"350070", "240010", "380014"}
    assert known.partition_of == {**before.partition_of, "380014": partitions(known.reader.directory, 12)["380014"]}
    assert 50_000 < known.residents["380014"] < 200_000
    assert before.reader.directory.by_id.keys() == {"350070", "240010"}, "a chunk in hand is read by what it began with"
    assert watched.look("taxonomy") == (0, 0)


def test_office_hours_follow_the_zip_code_and_the_hospital_s_own_hours(watched: Watched) -> None:
    noon_in_fargo = 1_795_629_600_000  # Wednesday, 2026-11-25 18:00 UTC
    hour = (noon_in_fargo, noon_in_fargo + 3_600_000)
    assert watched.known.offices["350070"](*hour) == 3_600_000
    assert watched.known.about["350070"].time_zone == "America/Chicago"
    first, fargo, mayo = HOSPITALS.splitlines()
    watched.directory(hospitals=f"{first},hours\n{fargo},Mon 8-9\n{mayo.replace('55902', '09012')},\n")
    assert watched.look("directory") == (1, 0)
    assert watched.known.offices["350070"](*hour) == 0
    assert watched.known.about["350070"].business_hours == "Mon 8-9"
    assert "240010" not in watched.known.offices, "a ZIP code of the forces has no zone: none is guessed"
    assert watched.known.about["240010"].time_zone is None


def test_hospitals_of_a_referral_region_know_each_other(watched: Watched) -> None:
    watched.directory(hospitals=HOSPITALS + "350011,Sanford,Fargo,ND,58122,acute,46.9,-96.8\n" + CORVALLIS)
    assert watched.look("directory") == (1, 0)
    about = watched.known.about["350070"]
    assert about.region == ("350070", "350011")
    assert about.hrr_name.startswith("Fargo")


def test_a_handle_an_area_and_a_market_are_taken(watched: Watched) -> None:
    watched.directory(handles=HANDLES.format(handle="fargo"), service_areas=AREAS, markets=MARKETS.format(hsa="9999"))
    assert watched.look("directory") == (1, 0)
    reader = watched.known.reader
    assert reader.directory.accounts["x"].keys() == {"fargo"}
    fargo = reader.directory.by_id["350070"]
    assert fargo.psa == {"58102"}
    assert 0 < reader.residents(fargo) < 60_000, "one ZIP is the whole of its new service area"


def test_half_an_edit_is_not_taken(watched: Watched) -> None:
    watched.directory(hospitals=HOSPITALS + CORVALLIS)
    asyncio.run(watched.watch.look())
    watched.directory(hospitals=HOSPITALS)
    asyncio.run(watched.watch.look())
    assert watched.known.reader.directory.by_id.keys() == {"350070", "240010"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HOSPITALS + CORVALLIS.replace("97330", "9733"), "hospitals.csv, line 4: zip '9733' is not five digits"),
        (HOSPITALS.replace("350070,", "350071,"), "handles.csv, line 2: 350070 is not in hospitals.csv"),
    ],
)
def test_a_wrong_edit_of_the_directory_is_refused_in_one_line_and_the_old_stays(
    watched: Watched, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    before = watched.known
    watched.directory(hospitals=text)
    assert watched.look("directory") == (0, 1)
    assert watched.look("directory") == (0, 1)
    assert watched.known is before
    assert [said in one.message and "\n" not in one.message for one in caplog.records] == [True]
    watched.directory(hospitals=HOSPITALS + CORVALLIS)
    assert watched.look("directory") == (1, 1)


def test_own_topics_and_their_hospital_may_come_and_go_in_any_order(watched: Watched) -> None:
    own = "380014:\n  phrases:\n    waits: [glorbix]\n"
    watched.own.write_text(own)
    assert watched.look("taxonomy") == (0, 1), "there is no such hospital yet"
    watched.directory(hospitals=HOSPITALS + CORVALLIS)
    assert watched.look("directory") == (1, 0)
    assert watched.look("taxonomy") == (1, 1)
    assert watched.known.reader.lexicon.overlays.keys() == {"380014"}
    watched.directory(hospitals=HOSPITALS)
    assert watched.look("directory") == (1, 1), "its topics would be nobody's"
    watched.own.write_text("")
    assert watched.look("taxonomy") == (2, 1)
    assert watched.look("directory") == (2, 1)
    assert watched.known.reader.directory.by_id.keys() == {"350070", "240010"}


def test_files_are_not_looked_at_more_than_once_in_a_while(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.look()
    watched.write(version=2)
    assert watched.look() == (0, 0)
