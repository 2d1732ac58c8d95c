"""Against the plain way, which looks at every point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.places.bands import Bands
from streams.reading.places.place import km

WITHIN_KM = 50.0
Point = tuple[float, float]

points = st.tuples(st.floats(-89, 89), st.floats(-180, 180))
near_fargo = st.tuples(st.floats(46, 48), st.floats(-98, -95))
near_the_date_line = st.tuples(st.floats(-18, -16), st.sampled_from([-179.99, -179.7, 179.7, 179.99]))


@given(st.lists(near_fargo, max_size=40) | st.lists(points, max_size=40), near_fargo | points)
def test_the_nearest_is_no_farther_than_any_other(many: list[Point], asked: Point) -> None:
    least = min((km(*asked, *point) for point in many), default=float("inf"))
    found = Bands(many).nearest(*asked, WITHIN_KM)
    if found is None:
        assert least > WITHIN_KM * 0.99
    else:
        number, distance = found
        assert distance == km(*asked, *many[number]) <= WITHIN_KM
        assert distance <= least * 1.01 + 0.01, "as a flat map has it"


@given(st.lists(near_the_date_line, min_size=1, max_size=5), near_the_date_line)
def test_the_date_line_is_no_border(many: list[Point], asked: Point) -> None:
    least = min(km(*asked, *point) for point in many)
    found = Bands(many).nearest(*asked, WITHIN_KM)
    assert (found is not None) == (least <= WITHIN_KM)
    assert found is None or found[1] <= least * 1.01 + 0.01


@pytest.mark.parametrize("asked", [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0)])
def test_the_ends_of_the_world_have_no_neighbours(asked: Point) -> None:
    assert Bands([(46.8772, -96.7898)]).nearest(*asked, WITHIN_KM) is None


def test_no_points_no_answer() -> None:
    assert Bands([]).nearest(46.8772, -96.7898, WITHIN_KM) is None
