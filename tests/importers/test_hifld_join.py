"""A row of HIFLD belongs to the hospital that it describes, or to none: a wrong place is worse than none."""

from typing import Any

import pytest

from agents.importers.hifld_join import join
from agents.importers.hospital_names import likeness, name_of, street, telephone
from agents.importers.table_file import Line

OURS = {
    "id": "359901", "name": "ST MARY'S REGIONAL MEDICAL CENTER", "city": "ELMTON", "state": "ND", "zip": "58901",
    "kind": "acute", "address": "400 W MAIN STREET", "telephone": "(701) 555-0100",
}  # fmt: skip
THEIRS = {
    "name": "SAINT MARYS REGIONAL MED CTR", "city": "ELMTON", "state": "ND", "zip": "58901",
    "type": "GENERAL ACUTE CARE", "status": "OPEN", "address": "400 MAIN ST W", "telephone": "(701) 555-0100",
}  # fmt: skip


def joined(ours: dict[str, str], *theirs: dict[str, str]) -> dict[str, int]:
    found = join([OURS | ours], [Line(number, THEIRS | row) for number, row in enumerate(theirs, 2)])
    return {id: line.number for id, line in found.rows.items()}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({}, {"zip": "58999"}),
        ({}, {"city": "ELMTON HEIGHTS"}),
        ({}, {"name": "ST. MARY'S REGIONAL MEDICAL CENTER, INC.", "address": "1 X ST", "telephone": "NOT AVAILABLE"}),
        ({}, {"name": "ST MARY'S REGIONAL MEDICAL CENTER - ELMTON", "address": "", "telephone": ""}),
        ({}, {"name": "ST MARYS HOSPITAL", "type": "CRITICAL ACCESS", "telephone": ""}),
        ({}, {"name": "ELMTON MEMORIAL HOSPITAL"}),
        ({"name": "CHI ST MARY'S"}, {"address": "PO BOX 5", "telephone": ""}),
        ({"address": "", "telephone": ""}, {}),
        ({"kind": "psychiatric", "name": "ELM BEHAVIORAL HEALTH"}, {"name": "ELM PSYCHIATRIC", "type": "PSYCHIATRIC"}),
        ({"kind": "veterans", "name": "ELMTON VA MEDICAL CENTER"},
         {"name": "ELMTON VETERANS AFFAIRS", "type": "MILITARY"}),
        ({}, {"status": "CLOSED"}),
    ],
    ids=[
        "saint and shortened words", "another zip", "another town", "a legal ending alone", "the town behind the name",
        "another word for hospital", "renamed, same street and telephone", "an owner before the name",
        "no street known", "psychiatric is behavioral", "veterans", "only a closed row, in the same street",
    ],
)  # fmt: skip
def test_one_hospital_in_both_files_is_joined(ours: dict[str, str], theirs: dict[str, str]) -> None:
    assert joined(ours, theirs) == {"359901": 2}


@pytest.mark.parametrize(
    "theirs",
    [
        {"name": "RED RIVER HOSPITAL", "address": "9 ELM ST", "telephone": "(701) 555-0199"},
        {"name": "RED RIVER REHABILITATION HOSPITAL", "type": "REHABILITATION"},
        {"name": "SELECT SPECIALTY HOSPITAL", "telephone": ""},
        {"name": "ST MARYS SURGICAL HOSPITAL", "address": "9 ELM ST", "telephone": ""},
        {"name": "ST MARYS REGIONAL MEDICAL CENTER", "city": "OAKTON", "zip": "58999", "telephone": ""},
        {"city": "OAKTON", "zip": "58999", "address": "9 ELM ST"},
        {"address": "9 ELM ST", "status": "CLOSED"},
        {"name": "ST MARYS NORTH CAMPUS", "address": "9 ELM ST", "telephone": "(701) 555-0199"},
    ],
    ids=[
        "the only row of its zip",
        "another type in the same house",
        "a tenant",
        "another sort of the same name",
        "the same name in another town",
        "where it stood before it moved to another town",
        "a closed house elsewhere",
        "another house of the owner",
    ],
)
def test_another_hospital_is_not(theirs: dict[str, str]) -> None:
    assert joined({}, theirs) == {}


def test_an_open_row_goes_before_a_closed_one_and_the_better_before_the_worse() -> None:
    closed, other = {"status": "CLOSED"}, {"name": "ST MARYS HOSPITAL", "address": "9 ELM ST", "telephone": ""}
    assert joined({}, closed, {}) == {"359901": 3}
    assert joined({}, other, {}) == {"359901": 3}


def test_what_stands_twice_is_called_so() -> None:
    rows = [THEIRS, THEIRS | {"name": "ELMTON MEMORIAL HOSPITAL"}, THEIRS | {"status": "CLOSED", "address": "9 ELM ST"}]
    rows.append(THEIRS | {"name": "OAK CLINIC", "zip": "58999", "city": "OAKTON", "address": "", "telephone": ""})
    found = join([OURS], [Line(number, row) for number, row in enumerate(rows, 2)])
    assert [(line.number, id) for line, id in found.copies] == [(3, "359901"), (4, "359901")]
    assert [line.number for line in found.unmatched] == [5]


def test_a_row_that_fits_two_hospitals_alike_belongs_to_neither() -> None:
    bare: dict[str, Any] = {**OURS, "address": "", "telephone": ""}
    found = join([bare, {**bare, "id": "359902"}], [Line(2, THEIRS)])
    assert found.rows == {}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("MERCY HOSPITAL", "MERCY HOSP, LLC", "same"),
        ("MERCY HOSPITAL", "MERCY MEDICAL CENTER", "close"),
        ("MERCY HOSPITAL", "CHI MERCY", "part"),
        ("MERCY HOSPITAL", "MERCY REHABILITATION HOSPITAL", "other"),
        ("COMMUNITY HOSPITAL", "REGIONAL MEDICAL CENTER", "other"),
        ("ELMTON HOSPITAL", "ELMTON COMMUNITY HOSPITAL", "other"),
    ],
)
def test_names_compare(one: str, other: str, alike: str) -> None:
    assert likeness(name_of(one, "Elmton"), name_of(other, "Elmton")) == alike


def test_streets_and_telephones_compare_however_they_are_written() -> None:
    assert street("1200 N. Second Avenue, Suite 4") == street("1200 2ND AVE N") == "1200 2nd"
    assert street("PO BOX 160") == street("Hospital Drive") == street("") == ""
    assert telephone("(701) 555-0100") == telephone("701.555.0100") == "7015550100"
    assert telephone("NOT AVAILABLE") == telephone("000-000-0000") == ""
