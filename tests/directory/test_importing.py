"""Public files come into a folder row by row, by the names of their columns; what is wrong is left out and told, and
nothing is ever half there."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.directory.importing import KINDS, kind_of
from agents.directory.service_area import areas_of
from streams.directory import load
from streams.reading.places.names import known
from tests.directory.making import FILES, HOSPITALS, everything, folder, run


def imported(kind: str, file: str | Path, to: Path, *options: str) -> dict[str, Any]:
    done = run("import", kind, FILES / file, "--to", to, "--json", *options)
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    parts = ("added", "changed", "unchanged", "left_out")
    if report["kind"] != "service-area":
        assert report["read"] == sum(report[part] for part in parts) + len(report["rejected"])
    return report


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("cms_current.csv", "cms"),
        ("cms_2020.csv", "cms"),
        ("cms_2016.csv", "cms"),
        ("hifld.csv", "hifld"),
        ("ZipHsaHrr19.csv", "dartmouth"),
        ("service_area.csv", "service-area"),
    ],
)
def test_a_file_is_known_by_its_header(file: str, kind: str) -> None:
    assert kind_of(FILES / file) == kind


def test_cms_makes_a_directory_from_nothing(tmp_path: Path) -> None:
    report = imported("auto", "cms_current.csv", tmp_path / "new")
    assert (report["read"], report["added"]) == (8, 4)
    assert {one["line"]: one["reason"].split(" (")[0].split(":")[0] for one in report["rejected"]} == {
        6: "id '10033' is not a CCN",
        7: "zip '5810' is not five digits",
        8: "Hospital Type 'Space Hospital' is not known",
        9: "351300 stands on line 5 already",
    }
    assert report["government"] == ["010001", "35002F"]
    found = load(str(tmp_path / "new"))
    assert [one.id for one in found.hospitals] == ["010001", "350070", "35002F", "351300"]
    veterans = found.by_id["35002F"]
    assert (veterans.kind, veterans.ownership, veterans.government) == ("veterans", "government_federal", True)
    assert found.by_id["351300"].name == "Chi St. Alexius at the Lakes"
    assert abs(found.by_id["350070"].latitude - 46.8) < 0.2, "at its ZIP code's centre"


@pytest.mark.parametrize("file", ["cms_2016.csv", "cms_2020.csv"])
def test_older_layouts_are_read_too(file: str, tmp_path: Path) -> None:
    assert imported("cms", file, tmp_path / "new")["added"] == 1


def test_only_the_states_asked_for_are_taken(tmp_path: Path) -> None:
    report = imported("cms", "cms_current.csv", tmp_path / "new", "--state", "al")
    assert (report["added"], report["left_out"]) == (1, 6)


def test_what_is_known_better_is_kept_and_a_second_import_changes_nothing(tmp_path: Path) -> None:
    folder(
        tmp_path, hospitals=HOSPITALS.replace("longitude\n", "longitude,note\n").replace("-96.829\n", "-96.829,ours\n")
    )
    assert imported("cms", "cms_current.csv", tmp_path)["changed"] == 1
    fargo = load(str(tmp_path)).by_id["350070"]
    assert (fargo.name, fargo.latitude, fargo.county, fargo.ownership) == (
        "Essentia Health-Fargo", 46.833, "Cass", "nonprofit",
    )  # fmt: skip
    before = everything(tmp_path)
    assert "ours" in before["hospitals.csv"], "columns that Earshot does not know stay"
    again = imported("cms", "cms_current.csv", tmp_path)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 4)
    assert everything(tmp_path) == before


def test_hifld_brings_places_and_beds_to_those_it_can_be_joined_to(tmp_path: Path) -> None:
    report = imported("auto", "hifld.csv", folder(tmp_path))
    assert (report["changed"], report["left_out"]) == (2, 2)
    found = load(str(tmp_path))
    assert (found.by_id["350070"].latitude, found.by_id["350070"].beds) == (46.8334, 133)
    assert (found.by_id["240010"].longitude, found.by_id["240010"].beds) == (-92.4825, None), "by its ZIP alone"
    assert "http://www.example.org" in everything(tmp_path)["hospitals.csv"]


def test_dartmouths_crosswalk_moves_towns_to_its_markets(tmp_path: Path) -> None:
    report = imported("auto", "ZipHsaHrr19.csv", folder(tmp_path))
    assert (report["added"], len(report["rejected"])) == (4, 1)
    names = known(load(str(tmp_path)).crosswalk)
    fargo, moorhead = names.city("fargo", "US", "ND"), names.city("moorhead", "US", "MN")
    assert fargo is not None
    assert moorhead is not None
    assert (fargo.hsa, fargo.hrr, moorhead.hsa, names.zips["58104"].hrr) == ("99001", "901", "99001", "901")
    assert names.zips["55905"].hsa == "24101", "what it says nothing of keeps what it has"


def test_a_service_area_is_the_fewest_zips_with_three_quarters_of_the_cases(tmp_path: Path) -> None:
    report = imported("auto", "service_area.csv", folder(tmp_path))
    assert (report["added"], report["left_out"], len(report["rejected"])) == (4, 2, 1)
    fargo = load(str(tmp_path)).by_id["350070"]
    assert (fargo.psa, fargo.ssa) == (frozenset({"58102", "58103", "56560"}), frozenset({"58078"}))


@given(st.dictionaries(st.integers(10_000, 99_999).map(str), st.integers(0, 500), min_size=1, max_size=30))
def test_no_smaller_set_of_zips_would_do(cases: dict[str, int]) -> None:
    areas = areas_of(cases)
    total = sum(cases.values())
    primary = [cases[code] for code, area in areas.items() if area == "psa"]
    if not total:
        assert areas == {}
        return
    assert sum(primary) >= 0.75 * total
    assert sum(primary) - min(primary) < 0.75 * total
    assert sum(cases[code] for code in areas) >= 0.85 * total or len(areas) == sum(map(bool, cases.values()))


def test_handles_and_goals_come_from_a_spreadsheet(tmp_path: Path) -> None:
    folder(tmp_path / "to")
    handles = tmp_path / "handles.csv"
    handles.write_bytes(
        b"\xef\xbb\xbfID,Network,Handle,Role\r\n350070,x,@EssentiaHealth,brand\r\n350070,x,way_too_long_handle,brand\r\n"
        b"999999,x,nobody,official\r\n\r\n350070,x,EssentiaHealth,brand\r\n"
    )
    report = imported("auto", handles, tmp_path / "to")
    assert (report["added"], [one["line"] for one in report["rejected"]]) == (1, [3, 4, 6])
    goals = tmp_path / "goals.csv"
    goals.write_text("id,goal,target\n350070,local_share,60\n240010,local_share,20\n", encoding="utf-8")
    assert imported("auto", goals, tmp_path / "to")["added"] == 2
    goals.write_text("id,goal,target\n350070,local_share,65\n", encoding="utf-8")
    assert imported("goals", goals, tmp_path / "to")["changed"] == 1
    found = load(str(tmp_path / "to"))
    assert found.by_id["350070"].goals == (("local_share", 65.0),)
    assert found.by_handle["essentiahealth"][0].id == "350070"


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = run("import", "cms", FILES / "cms_current.csv", "--to", tmp_path / "new", "--dry-run")
    assert "4 added" in done.output
    assert "nothing written" in done.output
    assert everything(tmp_path / "new") == {}


def test_rows_that_disagree_with_each_other_change_nothing(tmp_path: Path) -> None:
    folder(tmp_path / "to")
    before = everything(tmp_path / "to")
    shared = tmp_path / "handles.csv"
    shared.write_text(
        "id,network,handle,role,valid_from,valid_to\n350070,x,same,official,,\n240010,x,same,official,,\n",
        encoding="utf-8",
    )
    done = run("import", "handles", shared, "--to", tmp_path / "to")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "nothing is written" in done.output
    assert everything(tmp_path / "to") == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "its header is none of"),
        (b"Facility ID;Hospital Type;Hospital Ownership\n", "its header is none of"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_file_that_is_none_of_ours_is_one_line(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(text)
    done = run("import", "auto", tmp_path / "file.csv", "--to", tmp_path / "to")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert said in done.output


def test_semicolons_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("Facility ID;Facility Name\n", encoding="utf-8")
    done = run("import", "cms", tmp_path / "file.csv", "--to", tmp_path / "to")
    assert "separated by ;" in done.output


@given(
    st.sampled_from(KINDS),
    st.binary(max_size=200) | st.text("id,zipnetworkhandlegoaltarget\n350070x", max_size=120).map(str.encode),
)
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_half_applies(tmp_path: Path, kind: str, content: bytes) -> None:
    to = folder(tmp_path / "to")
    before = everything(to)
    (tmp_path / "any.csv").write_bytes(content)
    done = run("import", kind, tmp_path / "any.csv", "--to", to)
    assert done.exit_code in (0, 1)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    load(str(to))
    if done.exit_code == 1 and "rejected" not in done.output:
        assert everything(to) == before
