"""What may stand in a directory's files: every wrong row is named with its file, line and reason, and all at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.directory import DirectoryError, load, parse, texts_of
from streams.directory.files import COLUMNS
from streams.reading.places.names import fold
from streams.reading.places.names import load as load_names
from streams.reading.places.place import km
from tests.directory_folders import HOSPITALS, folder

HANDLES = "id,network,handle,role,valid_from,valid_to\n"


def refusal(**texts: str) -> str:
    with pytest.raises(ValueError, match=r".") as refused:
        parse({"hospitals.csv": HOSPITALS, **{f"{name}.csv": text for name, text in texts.items()}})
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_the_shipped_directory_holds_the_hospitals_it_is_known_for() -> None:
    directory = load()
    assert len(directory.hospitals) >= 30
    assert directory.accounts["x"]["mayoclinic"] == (directory.by_id["240010"],)
    on_x = directory.accounts["x"]
    assert on_x["innovishealth"] == on_x["essentiahealth"] == (directory.by_id["350070"],)
    assert on_x["corvallishealth"][0].kind == "community"
    assert directory.by_id["380014"].accounts["x"] == ()
    assert directory.by_id["010033"].zip == "35233", "leading zeros are kept"
    assert directory.by_id["240004"].government
    assert not directory.by_id["350070"].government


def test_every_shipped_hospital_stands_in_its_town_and_in_a_market() -> None:
    names = load_names()
    for one in load().hospitals:
        town = names.city(fold(one.city), "US", one.state)
        assert town is not None, one.id
        assert km(town.latitude, town.longitude, one.latitude, one.longitude) < 25, one.id
        assert names.zips[one.zip].hsa, one.id


def test_columns_are_matched_by_name_and_others_left_alone(tmp_path: Path) -> None:
    text = (
        "\ufeffnote,longitude,latitude,kind,zip,state,city,name,id,beds\r\n"
        'x,-96.79,46.877,critical_access,01234,ND,Fargo,"Hospital, A",351300,25\r\n\r\n'
    )
    (one,) = load(str(folder(tmp_path, hospitals=text))).hospitals
    assert (one.id, one.name, one.zip, one.beds, one.ownership) == ("351300", "Hospital, A", "01234", 25, "unknown")


def test_what_belongs_to_a_hospital_is_found_with_it(tmp_path: Path) -> None:
    found = load(
        str(
            folder(
                tmp_path,
                handles=HANDLES
                + "350070,x,@EssentiaHealth,brand,,\n350070,x,InnovisHealth,former,2008-01-01,2012-06-30\n"
                + "350070,bluesky,essentia.example.org,official,,\n240010,bluesky,did:plc:abc123,official,,\n",
                goals="id,goal,target\n240010,local_share,25\n240010,answered_24h_share,90\n",
                service_areas="id,zip,area\n350070,58102,psa\n350070,56560,ssa\n",
                markets="zip,hsa,hrr\n58104,35014,322\n",
            )
        )
    )
    fargo, mayo = found.hospitals
    assert [(one.handle, one.role) for one in fargo.accounts["x"]] == [
        ("essentiahealth", "brand"),
        ("innovishealth", "former"),
    ]
    former = fargo.accounts["x"][1]
    assert [former.valid_on(day) for day in ("2007-12-31", "2008-01-01", "2012-06-30", "2012-07-01")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert [one.handle for one in fargo.accounts["x"] if one.valid_on("2026-11-24")] == ["essentiahealth"]
    assert found.accounts["x"]["innovishealth"] == (fargo,), "a former account's posts are still its own"
    assert found.accounts["bluesky"]["essentia.example.org"] == (fargo,)
    assert found.accounts["bluesky"]["did:plc:abc123"] == (mayo,)
    assert (fargo.psa, fargo.ssa) == (frozenset({"58102"}), frozenset({"56560"}))
    assert mayo.goals == (("local_share", 25.0), ("answered_24h_share", 90.0))
    assert found.crosswalk == {"58104": ("35014", "322")}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("10033,A,Fargo,ND,58102,acute,46,-96", "a leading zero was lost"),
        ("٣٥٠٠٧١,A,Fargo,ND,58102,acute,46,-96", "not a CCN"),
        ("fargo,A,Fargo,ND,58102,acute,46,-96", "not a CCN"),
        ("350070,A,Fargo,ND,58102,acute,46,-96", "stands twice"),
        ("351300,,Fargo,ND,58102,acute,46,-96", "name is empty"),
        ("351300,A,Fargo,N.D.,58102,acute,46,-96", "state 'N.D.'"),
        ("351300,A,Fargo,ND,1234,acute,46,-96", "leading zeros were lost"),
        ("351300,A,Fargo,ND,58102,spa,46,-96", "kind 'spa' is none of acute"),
        ("351300,A,Fargo,ND,58102,acute,96,-96", "latitude '96'"),
        ("351300,A,Fargo,ND,58102,acute,46,nan", "longitude 'nan'"),
    ],
)
def test_a_wrong_hospital_is_refused_with_its_line(row: str, reason: str) -> None:
    said = refusal(hospitals=HOSPITALS + row + "\n")
    assert said.startswith("hospitals.csv, line 4: ")
    assert reason in said


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("handles", HANDLES + "350070,x,too_long_a_handle,official,,\n", "1 to 15 letters"),
        ("handles", HANDLES + "350070,bluesky,nodots,official,,\n", "a domain name"),
        ("handles", HANDLES + "350070,myspace,a,official,,\n", "network 'myspace' is none of x, bluesky"),
        ("handles", HANDLES + "350070,x,a,owner,,\n", "role 'owner'"),
        ("handles", HANDLES + "350070,x,a,official,1.1.2020,\n", "not a day"),
        ("handles", HANDLES + "350070,x,a,official,2020-02-01,2020-01-01\n", "valid_from is after"),
        ("handles", HANDLES + "351300,x,a,official,,\n", "351300 is not in hospitals.csv"),
        ("handles", HANDLES + "350070,x,a,official,,\n240010,x,A,brand,,\n", "only a brand may be shared"),
        ("handles", HANDLES + "350070,x,a,brand,,\n350070,x,A,brand,,\n", "stands twice for 350070"),
        ("goals", "id,goal,target\n350070,fame,1\n", "goal 'fame' is none of local_share"),
        ("goals", "id,goal,target\n350070,local_share,101\n", "from 0 to 100 (per cent)"),
        ("service_areas", "id,zip,area\n350070,58102,psa\n350070,58102,ssa\n", "in both areas"),
        ("service_areas", "id,zip,area\n350070,58102,tsa\n", "area 'tsa'"),
        ("markets", "zip,hsa,hrr\n58102,x,1\n", "hsa 'x' is not a market's number"),
        ("goals", "id;goal;target\n", "separated by ;"),
        ("goals", "id,target\n", "the header has no column goal"),
        ("goals", 'id,goal,target\n350070,"local_share,1\n', "unexpected end of data"),
    ],
)
def test_a_wrong_row_elsewhere_is_refused_with_its_file(name: str, text: str, reason: str) -> None:
    said = refusal(**{name: text})
    assert said.startswith(f"{name}.csv")
    assert reason in said


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refusal(hospitals=HOSPITALS + "x\n", goals="id,goal,target\n350070,fame,1\n350070,local_share,-1\n")
    assert [part.split(":")[0] for part in said.split("; ")] == [
        "hospitals.csv, line 4", "goals.csv, line 2", "goals.csv, line 3",
    ]  # fmt: skip


def test_only_line_ends_end_a_row() -> None:
    (one, *_) = parse({"hospitals.csv": HOSPITALS.replace("Essentia Health-Fargo", "Essentia\x0bHealth")}).hospitals
    assert one.name == "Essentia\x0bHealth"


def test_a_folder_without_hospitals_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match=r"has no hospitals.csv; EARSHOT_DIRECTORY_FOLDER .* import"):
        load(str(tmp_path))


def test_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "goals.csv").write_bytes(b"id,goal,target\n\xff\xfe\n")
    with pytest.raises(DirectoryError, match=r"goals.csv is not UTF-8"):
        texts_of(tmp_path)


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.text(max_size=80), max_size=3))
def test_no_text_raises_anything_else(texts: dict[str, str]) -> None:
    try:
        parse({"hospitals.csv": HOSPITALS, **texts})
    except ValueError as refused:
        assert str(refused)  # noqa: PT017 - any other error fails the test
