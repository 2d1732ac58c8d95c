"""The simulated X reads a rule as X does, or refuses it."""

import pytest

from agents.simulated.stream_rules import RuleError, parse


@pytest.mark.parametrize(
    ("rule", "atoms", "matches"),
    [
        ("@a", "@a", True),
        ("@a", "to:a", False),
        ("@A", "@a", True),
        ("(@a OR to:a OR from:a) -is:retweet", "from:a", True),
        ("(@a OR to:a OR from:a) -is:retweet", "from:a is:retweet", False),
        ("(@a OR to:a) from:b", "@a", False),
        ("(@a OR to:a) from:b", "@a from:b", True),
        ("@a OR @b from:c", "@a", True),
        ("@a OR @b from:c", "@b", False),
        ("@a OR @b from:c", "@b from:c", True),
        ("((@a) OR (@b -is:retweet))", "@b", True),
        ("@a @b @c", "@a @b", False),
    ],
)
def test_and_binds_before_or_and_case_does_not_matter(rule: str, atoms: str, matches: bool) -> None:
    assert parse(rule)(frozenset(atoms.split())) is matches


@pytest.mark.parametrize(
    "rule",
    ["", "   ", "(@a", "@a)", "()", "@a OR", "OR @a", "hospital", "lang:en", "-@a", "-is:retweet", "@a OR -is:retweet",
     "@a_handle_too_long", "@" + "a" * 1024, "@a " * 400],
)  # fmt: skip
def test_what_x_would_refuse_is_refused(rule: str) -> None:
    with pytest.raises(RuleError):
        parse(rule)
