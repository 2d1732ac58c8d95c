import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.words import READ_CHARS, Words, shortened

WORDS = Words("🚑")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Wait!", "wait"),
        ("a WAÏT.", "a wait"),
        ("can’t can't can`t", "cant cant cant"),
        ("this &amp; that", "this that"),
        ("ﬁne, ｆｉｎｅ, 𝗳𝗶𝗻𝗲", "fine fine fine"),
        ("wa\u200bit w\u0336a\u0336i\u0336t", "wait wait"),
        ("niño año", "nino ano"),
        ("#job", "# job"),
        ("#WaitTimes #wait_times", "# waittimes wait times # wait_times wait times"),
        ("#ERWait #COVID19", "# erwait er wait # covid19"),
        ("@WaitTimes_MC", "@waittimes_mc"),
        ("call 🚑now👏please", "call 🚑 now please"),
        ("❤️🙏🏽", ""),
        ("Больница ΝΟΣΟΚΟΜΕΙΟ", "больница νοσοκομειο"),
        ("急诊", "急 诊"),
        ("a\ud800b", "a b"),
        ("x" + " " * 9 + "y" + " " * 40, "x y"),
        ("", ""),
    ],
)
def test_a_text_becomes_plain_words(text: str, plain: str) -> None:
    assert WORDS.plain(text).decode().split() == plain.split()


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_has_one_space_around_each_word(text: str) -> None:
    words = WORDS.plain(text).decode()
    assert words == " ".join(["", *words.split(), ""]) or words == " "


@given(st.text(st.characters(categories=["Cs", "Cf", "Mn", "So", "Po", "Sk", "Lo"]), max_size=300))
@settings(deadline=None)
def test_any_odd_text_has_as_many_words_as_its_clauses(text: str) -> None:
    assert WORDS.clause_ends(text)[-1] == len(WORDS.plain(text).split())


def test_what_is_beyond_the_cap_is_not_read() -> None:
    assert WORDS.plain("a" * READ_CHARS + " late") == b" " + b"a" * READ_CHARS + b" "


@pytest.mark.parametrize(
    ("stretched", "short"),
    [(b"sooo goooood", b"so good"), (b"heeelp", b"help"), (b"phase iii", b"phase iii"), (b"aaargh", b"aaargh")],
)
def test_stretched_words_are_shortened_to_known_ones(stretched: bytes, short: bytes) -> None:
    assert shortened(stretched, frozenset({b"so", b"good", b"help"})) == short
