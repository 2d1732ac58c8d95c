"""Public files come into a folder row by row, by the names of their columns; what is wrong is left out and told, and
nothing is ever half there."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.importers.import_run import KINDS, kind_of
from agents.importers.service_area import areas_of
from streams.directory import load
from streams.reading.places.names import known
from tests.directory_folders import FILES, HOSPITALS, everything, folder, run


def imported(kind: str, file: str | Path, to: Path, *options: str) -> dict[str, Any]:
    done = run("import", *filter(None, [kind]), FILES / file, "--to", to, "--json", *options)
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    parts = ("added", "changed", "unchanged", "left_out")
    if report["kind"] != "service-area":
        assert report["read"] == sum(report[part] for part in parts) + len(report["unmatched"] + report["rejected"])
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
    report = imported("", "cms_current.csv", tmp_path / "new")
    assert (report["read"], report["added"]) == (8, 4)
    assert {one["line"]: one["reason"].split(" (")[0].split(":")[0] for one in report["rejected"]} == {
        6: "id '10033' is not a CCN",
        7: "zip '5810' is not five digits",
        8: "Hospital Type 'Space Hospital' is not known",
        9: "351300 stands on line 5 already",
    }
    assert report["government"] == ["010001", "35002F"], "a quarter of all hospitals: they are named at once"
    found = load(str(tmp_path / "new"))
    assert [one.id for one in found.hospitals] == ["010001", "350070", "35002F", "351300"]
    veterans = found.by_id["35002F"]
    assert (veterans.kind, veterans.ownership, veterans.government) == ("veterans", "government_federal", True)
    assert found.by_id["351300"].name == "CHI St. Alexius at the Lakes"
    assert abs(found.by_id["350070"].latitude - 46.8) < 0.2, "at its ZIP code's centre"


def test_only_what_stood_at_its_zips_centre_moves_with_the_zip(tmp_path: Path) -> None:
    text = (FILES / "cms_2020.csv").read_text(encoding="utf-8")
    (tmp_path / "moved.csv").write_text(text.replace("58104", "58501"), encoding="utf-8")
    imported("cms", "cms_2020.csv", tmp_path / "new")
    imported("cms", tmp_path / "moved.csv", tmp_path / "new")
    (moved,) = load(str(tmp_path / "new")).hospitals
    assert abs(moved.latitude - 46.81) < 0.1
    assert abs(moved.longitude + 100.78) < 0.2, "Bismarck's"
    assert "stands at its ZIP code's centre" in run("check", tmp_path / "new").output

    imported("cms", tmp_path / "moved.csv", folder(tmp_path / "placed"))
    placed = load(str(tmp_path / "placed")).by_id["350070"]
    assert (placed.zip, placed.latitude, placed.longitude) == ("58501", 46.833, -96.829)


@pytest.mark.parametrize(
    ("capitals", "plain"),
    [("ST MARY'S HOSPITAL OF O'NEILL", "St Mary's Hospital of O'Neill"), ("UAB AND UCLA", "UAB and UCLA")],
)
def test_names_in_capitals_are_written_plainly(capitals: str, plain: str, tmp_path: Path) -> None:
    text = (FILES / "cms_2020.csv").read_text(encoding="utf-8").replace("ESSENTIA HEALTH", capitals)
    (tmp_path / "file.csv").write_text(text, encoding="utf-8")
    imported("cms", tmp_path / "file.csv", tmp_path / "new")
    assert load(str(tmp_path / "new")).by_id["350070"].name == plain


@pytest.mark.parametrize("file", ["cms_2016.csv", "cms_2020.csv"])
def test_older_layouts_are_read_too(file: str, tmp_path: Path) -> None:
    assert imported("cms", file, tmp_path / "new")["added"] == 1


def test_only_the_states_asked_for_are_taken(tmp_path: Path) -> None:
    report = imported("cms", "cms_current.csv", tmp_path / "new", "--state", "al,mn")
    assert (report["added"], report["left_out"]) == (1, 6)
    refused = run("import", "hifld", FILES / "hifld.csv", "--to", tmp_path / "new", "--state", "AL")
    assert (refused.exit_code, "--state works with kind cms only" in refused.output) == (1, True)


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
    report = imported("", "hifld.csv", folder(tmp_path))
    assert (report["changed"], report["left_out"]) == (1, 2), "what is closed, and what stands twice, is left out"
    assert report["unmatched"] == [
        {"line": 3, "reason": "SAINT MARYS CAMPUS, ZIP 55902"}, {"line": 5, "reason": "SOMEWHERE ELSE, ZIP 58701"},
    ]  # fmt: skip
    assert report["duplicates"] == [
        {"line": 8, "reason": "ESSENTIA HEALTH FARGO (open) is 350070, as line 2 ESSENTIA HEALTH-FARGO"}
    ]
    assert {one["line"]: one["reason"].split(" (")[0] for one in report["rejected"]} == {
        6: "zip '5810' is not five digits",
        7: "latitude '' is not a number of degrees from -90 to 90",
    }
    found = load(str(tmp_path))
    assert (found.by_id["350070"].latitude, found.by_id["350070"].beds) == (46.8334, 133)
    assert found.by_id["240010"].longitude == -92.48, "a ZIP code alone joins nothing"
    assert "http://www.example.org" in everything(tmp_path)["hospitals.csv"]


def test_streets_and_telephones_of_cms_join_what_was_renamed(tmp_path: Path) -> None:
    imported("cms", "cms_2020.csv", tmp_path)
    text = (
        (FILES / "hifld.csv")
        .read_text(encoding="utf-8-sig")
        .replace("ESSENTIA HEALTH-FARGO,2 B ST", "DAKOTA,2 B STREET")
    )
    (tmp_path / "hifld.csv").write_text(text.replace("58104,NOT AVAILABLE", "58104,(701) 555-0100"), encoding="utf-8")
    assert imported("hifld", tmp_path / "hifld.csv", tmp_path)["changed"] == 1


def test_a_list_over_an_older_one_says_which_hospitals_vanished(tmp_path: Path) -> None:
    rows = "350088,Gone Hospital,Fargo,ND,58104,acute,46.8,-96.8\n"
    rows += "community-fargo,Ours,Fargo,ND,58104,community,46.8,-96.8\n"
    rows += "060001,Elsewhere,Greeley,CO,80631,acute,40.4,-104.7\n"
    folder(tmp_path, hospitals=HOSPITALS + rows)
    report = imported("cms", "cms_current.csv", tmp_path)
    assert report["vanished"] == ["350088 Gone Hospital, Fargo, ND"], "the file says nothing of Colorado"
    assert "350088" in load(str(tmp_path)).by_id, "it stays until somebody deletes it"
    told = run("import", "cms", FILES / "cms_current.csv", "--to", tmp_path).output
    assert "vanished: 350088 Gone Hospital, Fargo, ND" in told
    assert "not in the file any more, of the hospitals in its states: 1 (" in told


def test_dartmouths_crosswalk_moves_towns_to_its_markets(tmp_path: Path) -> None:
    report = imported("", "ZipHsaHrr19.csv", folder(tmp_path))
    assert (report["added"], len(report["rejected"])) == (4, 1)
    names = known(load(str(tmp_path)).crosswalk)
    fargo, moorhead = names.city("fargo", "US", "ND"), names.city("moorhead", "US", "MN")
    assert fargo is not None
    assert moorhead is not None
    assert (fargo.hsa, fargo.hrr, moorhead.hsa, names.zips["58104"].hrr) == ("99001", "901", "99001", "901")
    assert names.zips["55905"].hsa == "24101", "what it says nothing of keeps what it has"


def test_a_service_area_is_the_fewest_zips_with_three_quarters_of_the_cases(tmp_path: Path) -> None:
    report = imported("", "service_area.csv", folder(tmp_path))
    assert (report["added"], report["left_out"], len(report["rejected"])) == (4, 2, 1)
    fargo = load(str(tmp_path)).by_id["350070"]
    assert (fargo.psa, fargo.ssa) == (frozenset({"58102", "58103", "56560"}), frozenset({"58078"}))


def test_another_years_file_replaces_the_lists_of_its_hospitals_only(tmp_path: Path) -> None:
    lists = "id,zip,area\n350070,58601,psa\n240010,55901,psa\n"
    report = imported("service-area", "service_area.csv", folder(tmp_path, service_areas=lists))
    assert (report["added"], report["removed"]) == (4, 1)
    found = load(str(tmp_path)).by_id
    assert "58601" not in found["350070"].psa
    assert found["240010"].psa == {"55901"}


def test_equal_zips_are_taken_in_their_own_order_and_headers_may_have_spaces(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(
        "Medicare Provider Number,ZIP Code of Residence,Total Cases\n350070,58104,10\n350070,58102,10\n"
        "350070,58103,10\n350070,58105,10\n",
        encoding="utf-8",
    )
    imported("", tmp_path / "file.csv", folder(tmp_path / "to"))
    fargo = load(str(tmp_path / "to")).by_id["350070"]
    assert (sorted(fargo.psa), sorted(fargo.ssa)) == (["58102", "58103", "58104"], ["58105"])


def test_a_planners_own_lists_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "ours.csv").write_text("id,zip,area\n350070,58102,psa\n350070,5810,psa\n", encoding="utf-8")
    report = imported("", tmp_path / "ours.csv", folder(tmp_path / "to"))
    assert (report["kind"], report["added"], [one["line"] for one in report["rejected"]]) == ("service-area", 1, [3])
    assert load(str(tmp_path / "to")).by_id["350070"].psa == {"58102"}


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
    report = imported("", handles, tmp_path / "to")
    assert (report["added"], [one["line"] for one in report["rejected"]]) == (1, [3, 4, 6])
    goals = tmp_path / "goals.csv"
    goals.write_text("id,goal,target\n350070,local_share,60\n240010,local_share,20\n", encoding="utf-8")
    assert imported("", goals, tmp_path / "to")["added"] == 2
    goals.write_text("id,goal,target\n350070,local_share,65\n", encoding="utf-8")
    assert imported("goals", goals, tmp_path / "to")["changed"] == 1
    found = load(str(tmp_path / "to"))
    assert found.by_id["350070"].goals == (("local_share", 65.0),)
    assert found.accounts["x"]["essentiahealth"][0].id == "350070"


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
        (b"Facility ID;Hospital Type;Hospital Ownership\n", "separated by ;"),
        (b"network\thandle\n", "separated by tabs"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_file_that_is_none_of_ours_is_one_line(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(text)
    done = run("import", tmp_path / "file.csv", "--to", tmp_path / "to")
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
