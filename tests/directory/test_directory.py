import csv
from importlib import resources
from pathlib import Path

import pytest

from streams.directory import DirectoryError, load
from streams.reading.places.place import Place, km
from streams.reading.places.resolver import Gazetteer

HEADER = "id,name,city,state,zip,kind,latitude,longitude,handles\n"
ROW = "010033,A Hospital,Fargo,ND,58102,acute,46.877,-96.790,@AHospital:official|@old_one:former\n"


def write(folder: Path, text: str) -> str:
    path = folder / "own.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(DirectoryError) as refused:
        load(write(folder, text))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_the_shipped_directory_holds_the_hospitals_it_is_known_for() -> None:
    directory = load()
    assert len(directory.hospitals) >= 30
    assert directory.by_handle["mayoclinic"] == (directory.by_id["240010"],)
    assert directory.by_handle["innovishealth"] == directory.by_handle["essentiahealth"] == (directory.by_id["350070"],)
    assert directory.by_handle["corvallishealth"][0].kind == "community"
    assert directory.by_id["380014"].handles == ()
    assert directory.by_id["010033"].zip == "35233", "leading zeros are kept"


def test_every_shipped_hospital_stands_where_its_town_is() -> None:
    gazetteer = Gazetteer.load()
    for hospital in load().hospitals:
        town = gazetteer.resolve(f"{hospital.city}, {hospital.state}")
        assert isinstance(town, Place), hospital.id
        assert town.latitude is not None
        assert town.longitude is not None
        assert km(town.latitude, town.longitude, hospital.latitude, hospital.longitude) < 25, hospital.id


def test_every_shipped_row_says_how_it_was_checked() -> None:
    lines = (resources.files("streams.directory") / "hospitals.csv").read_text(encoding="utf-8").splitlines()
    assert {row["checked"] for row in csv.DictReader(lines)} == {"cms", "known"}


def test_columns_are_matched_by_name_and_others_left_alone(tmp_path: Path) -> None:
    text = (
        "\ufeffbeds,handles,longitude,latitude,kind,zip,state,city,name,id\r\n"
        '25,,-96.79,46.877,critical_access,01234,ND,Fargo,"Hospital, A",351300\r\n'
    )
    (hospital,) = load(write(tmp_path, text)).hospitals
    assert (hospital.id, hospital.name, hospital.zip, hospital.handles) == ("351300", "Hospital, A", "01234", ())


def test_handles_are_kept_in_lower_case_without_at(tmp_path: Path) -> None:
    (hospital,) = load(write(tmp_path, HEADER + ROW)).hospitals
    assert [(one.handle, one.role) for one in hospital.handles] == [("ahospital", "official"), ("old_one", "former")]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("010033", "10033", "line 2: id '10033' is not a CCN"),
        ("010033", "fargo", "line 2: id 'fargo' is not a CCN"),
        ("A Hospital", "", "line 2: name is empty"),
        (",ND,", ",North Dakota,", "line 2: state 'North Dakota' is not a postal code"),
        ("58102", "5810", "line 2: zip '5810' is not five digits"),
        ("acute", "cute", "line 2: kind 'cute' is none of acute, "),
        ("46.877", "north", "line 2: latitude 'north' is not a number of degrees from -90 to 90"),
        ("-96.790", "-196.790", "line 2: longitude '-196.790' is not"),
        ("46.877", "nan", "line 2: latitude 'nan' is not"),
        ("@AHospital", "AHospital", "line 2: handle 'AHospital' is not @ and 1 to 15"),
        ("@AHospital", "@AHospitalWithALongName", "line 2: handle '@AHospitalWithALongName' is not"),
        (":official", ":boss", "line 2: role 'boss' of @AHospital is none of official, "),
        (":official", "", "line 2: role '' of @AHospital is none of"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_reason(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert reason in refusal(tmp_path, HEADER + ROW.replace(old, new))


def test_all_bad_rows_are_named_at_once_and_nothing_is_loaded(tmp_path: Path) -> None:
    text = HEADER + ROW + ROW.replace("010033", "x") + ROW.replace("58102", "y")
    message = refusal(tmp_path, text)
    assert "line 3: id" in message
    assert "line 4: zip" in message
    assert "line 2" not in message


def test_a_short_row_is_a_bad_row(tmp_path: Path) -> None:
    assert "line 2: state '' is not" in refusal(tmp_path, HEADER + "010033,A Hospital,Fargo\n")


def test_an_id_may_stand_once(tmp_path: Path) -> None:
    assert "the id 010033 stands twice" in refusal(tmp_path, HEADER + ROW + ROW)


def test_only_a_brand_may_stand_in_several_rows(tmp_path: Path) -> None:
    other = ROW.replace("010033", "010034").replace("|@old_one:former", "")
    assert "@ahospital stands twice (010033, 010034); only a brand" in refusal(tmp_path, HEADER + ROW + other)
    both = (HEADER + ROW + other).replace("official", "brand")
    assert [one.id for one in load(write(tmp_path, both)).by_handle["ahospital"]] == ["010033", "010034"]


def test_a_handle_may_stand_once_in_a_row(tmp_path: Path) -> None:
    assert "@old_one stands twice" in refusal(tmp_path, HEADER + ROW.replace("@AHospital:official", "@Old_One:brand"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    assert "the header has no column zip, kind" in refusal(tmp_path, HEADER.replace("zip,kind,", "") + ROW)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "has no column id" in refusal(tmp_path, "")
    assert "it has no rows" in refusal(tmp_path, HEADER)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match=r"none\.csv: cannot be read \(No such file or directory\)"):
        load(str(tmp_path / "none.csv"))


def test_a_file_that_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(HEADER.encode() + ROW.replace("A Hospital", "H\xf4pital").encode("latin-1"))
    with pytest.raises(DirectoryError, match="is not UTF-8"):
        load(str(path))
