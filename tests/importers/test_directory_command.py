"""`earshot directory`: what a person sees of the directory, and what can be taken elsewhere."""

import json
from pathlib import Path

from streams.directory import load, shipped
from tests.directory_folders import FILES, HOSPITALS, everything, folder, run

HANDLES = "id,network,handle,role,valid_from,valid_to\n350070,x,EssentiaHealth,brand,,2020-01-01\n"


def test_the_shipped_directory_can_be_used_and_says_what_is_worth_a_look() -> None:
    done = run("check", "--json")
    told = json.loads(done.output)
    assert done.exit_code == 0
    assert told["hospitals"] == len(load().hospitals)
    government = [one["hospital"] for one in told["warnings"] if "Enterprise" in one["what"]]
    assert "240004" in government
    assert {"hospital": "380014", "what": "no handle: nothing is heard of it; import handles"} in told["warnings"]


def test_a_wrong_directory_is_a_line_for_each_wrong_row_and_exit_code_1(tmp_path: Path) -> None:
    folder(tmp_path, hospitals=HOSPITALS + "x\n", goals="id,goal,target\n350070,fame,1\n")
    done = run("check", tmp_path)
    assert done.exit_code == 1
    assert [line.split(":")[1] for line in done.output.splitlines()] == [
        " hospitals.csv, line 4", " goals.csv, line 2",
    ]  # fmt: skip
    told = run("check", tmp_path, "--json")
    assert (told.exit_code, len(json.loads(told.output)["errors"])) == (1, 2)
    missing = run("check", tmp_path / "none")
    assert (missing.exit_code, "has no hospitals.csv" in missing.output) == (1, True)


def test_where_hospitals_are_wrong_what_follows_from_it_is_not_told(tmp_path: Path) -> None:
    folder(tmp_path, hospitals=HOSPITALS.replace("id,", "ident,", 1), handles=HANDLES)
    told = json.loads(run("check", tmp_path, "--json").output)
    assert len(told["errors"]) == 1
    assert "hospitals.csv: the header has no column id" in told["errors"][0]


def test_a_file_of_the_folder_means_the_folder(tmp_path: Path) -> None:
    folder(tmp_path, hospitals=HOSPITALS)
    assert run("check", tmp_path / "hospitals.csv").exit_code == 0
    (tmp_path / "other.csv").write_text("a\n")
    other = run("check", tmp_path / "other.csv")
    assert (other.exit_code, "is a file, and none of a directory: name the folder" in other.output) == (1, True)


def test_an_import_that_takes_nothing_fails(tmp_path: Path) -> None:
    file = FILES / "cms_current.csv"
    some = run("import", file, "--to", tmp_path / "some", "--dry-run")
    assert " 0 added" not in some.output
    none = run("import", file, "--to", tmp_path / "none", "--state", "XX")
    assert none.exit_code == 1
    assert "was taken: no hospital in XX" in none.stderr


def test_a_government_owner_is_marked_wherever_the_hospital_is_seen() -> None:
    assert "government-owned" in run("show", "240004").output
    assert "Enterprise plan" in run("show", "240004").output
    assert "government-owned" not in run("show", "350070").output


def test_warnings_name_the_hospital(tmp_path: Path) -> None:
    twin = "351300,Essentia Health Fargo,Fargo,ND,00000,acute,46.8,-96.8\n"
    goals = "id,goal,target\n240010,local_share,20\n"
    done = run("check", folder(tmp_path, hospitals=HOSPITALS + twin, goals=goals))
    assert "warning: 240010: goals without a handle" in done.output
    assert "warning: 351300: ZIP 00000 is in no service area" in done.output
    assert "warning: 350070: has the name and town of 351300" in done.output
    assert done.output.endswith("3 hospitals, 0 handles on X, 6 warnings\n")


def test_a_hospital_is_shown_by_id_handle_or_name(tmp_path: Path) -> None:
    bluesky = "350070,bluesky,essentia.example.org,official,,\n"
    goals = "id,goal,target\n350070,first_response_minutes,90\n"
    environ = {"EARSHOT_DIRECTORY_FOLDER": str(folder(tmp_path, handles=HANDLES + bluesky, goals=goals))}
    for named in ("350070", "@essentiahealth", "essentia", "@Essentia.example.org"):
        (one,) = json.loads(run("show", named, "--json", **environ).output)
        assert (one["id"], one["accounts"]["x"][0]["handle"], one["government"]) == ("350070", "essentiahealth", False)
    assert "@essentiahealth on x, brand ... to 2020-01-01" in run("show", "350070", **environ).output
    assert "goal: first_response_minutes at most 90 minutes" in run("show", "350070", **environ).output
    assert len(run("show", **environ).output.splitlines()) == 2
    assert run("show", "nobody", **environ).exit_code == 1


def test_an_export_of_the_shipped_directory_is_the_shipped_directory(tmp_path: Path) -> None:
    assert run("export", tmp_path / "out").exit_code == 0
    source = {name: (shipped() / name).read_text(encoding="utf-8") for name in ("hospitals.csv", "handles.csv")}
    assert everything(tmp_path / "out") == dict(sorted(source.items()))
    assert load(str(tmp_path / "out")).hospitals == load().hospitals


def test_what_was_exported_can_be_imported_and_changes_nothing(tmp_path: Path) -> None:
    run("export", tmp_path / "out")
    before = everything(tmp_path / "out")
    done = run("import", tmp_path / "out" / "handles.csv", "--to", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    assert (told["read"], told["unchanged"]) == (42, 42)
    assert everything(tmp_path / "out") == before


def test_an_export_can_be_of_some_states_and_never_overwrites(tmp_path: Path) -> None:
    assert run("export", tmp_path / "out", "--state", "nd, zz").output.endswith("2 hospitals\n")
    assert {one.state for one in load(str(tmp_path / "out")).hospitals} == {"ND"}
    again = run("export", tmp_path / "out")
    assert (again.exit_code, "name another folder" in again.output) == (1, True)
    assert run("export", tmp_path / "none", "--state", "ZZ").exit_code == 1


def test_an_account_of_bluesky_without_a_did_is_worth_a_look(tmp_path: Path) -> None:
    named = "id,network,handle,role,valid_from,valid_to\n350070,bluesky,essentia.example.org,official,,\n"
    said = "warning: 350070: on Bluesky without a did"
    assert said in run("check", folder(tmp_path, handles=named)).output
    both = f"{named}350070,bluesky,did:plc:essentia,official,,\n"
    assert said not in run("check", folder(tmp_path, handles=both)).output


def test_warnings_of_many_hospitals_are_one_line_for_each_sort(tmp_path: Path) -> None:
    many = "".join(f"{number:06},Clinic {number},Fargo,ND,58104,acute,46.8,-96.8\n" for number in range(350100, 350108))
    handles = "id,network,handle,role,valid_from,valid_to\n350107,x,clinic,brand,,\n"
    path = folder(tmp_path, hospitals=HOSPITALS + many, handles=handles)
    found = run("check", path, EARSHOT_METRICS_HOSPITALS="4")
    lines = found.output.splitlines()
    assert found.exit_code == 0
    assert lines[0].startswith(
        "warning: 10 hospitals, 1 with a handle: /metrics and the boards show 4 (EARSHOT_METRICS"
    )
    assert "the other 6 are counted" in lines[0]
    assert (
        "warning: 9 hospitals (350070, 240010, 350100, ...): no handle: nothing is heard of it; import handles" in lines
    )
    assert lines[-2:] == ["10 hospitals, 1 handles on X, 10 warnings", "--all lists every warning"]
    assert run("check", path, "--all").output.count("no handle: nothing is heard of it") == 9
    told = json.loads(run("check", path, "--json").output)
    assert [(one["sort"], one["count"], one["examples"]) for one in told["sorts"]] == [
        ("no_handle", 9, ["350070", "240010", "350100"])
    ]
    assert len(told["warnings"]) == 9


def test_hospitals_with_an_account_get_series_first() -> None:
    found = load()
    heard = [one.id for one in found.hospitals if one.accounts.every]
    assert found.shown(3) == set(heard[:3])
    assert "380014" not in found.shown(len(found.hospitals) - 1), "the only one without"
    assert found.shown(1000) == set(found.by_id)
