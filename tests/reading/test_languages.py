"""The words of a language are data: one that nobody speaks is read as soon as it stands in the file."""

import subprocess
import sys
from importlib import resources

import pytest

from streams.reading import languages
from streams.reading.addressed import AddressWords, addresses, is_about
from streams.reading.languages import FunctionWords, LanguagesError, any_of
from streams.reading.places import profile_text
from streams.reading.places.profile_text import Wording
from streams.reading.topics.groups import Group
from streams.reading.topics.intent import Intents
from streams.reading.topics.intent_words import IntentWords
from streams.reading.topics.phrases import Phrases

SHIPPED = (resources.files(languages) / "languages.yaml").read_bytes()
MADE_UP = """
zz:
  openers: [zalu]
  called: [zank]
  given: [zank]
  given_to: [zu]
  leading_to: [zin]
  located: [znear]
  negators: [zno]
  barriers: [zbut]
  fillers: [zalu]
  letters: [ø]
  care: [zhospital]
  pronouns: [ze]
  pronouns_after: [zem]
  living: [zlive]
  living_in: [zin]
  going_to: [zto]
  joined: [zand]
  by_way_of: [zvia]
  past_last: [zborn]
  not_there: [znot]
"""


@pytest.fixture(scope="module")
def words() -> FunctionWords:
    return languages.parse(SHIPPED + MADE_UP.encode())


def test_a_further_language_shows_whom_a_post_speaks_to(words: FunctionWords) -> None:
    more = AddressWords(words)
    for text in ("zalu @sandside abc def", "abc zank @sandside def", "zank zu abc @sandside def"):
        assert (addresses(text, "sandside"), addresses(text, "sandside", more)) == (False, True)
    assert (addresses("abc zin @sandside", "sandside"), addresses("abc zin @sandside", "sandside", more)) == (
        True,
        False,
    )
    text = "abc znear @sandside def"
    assert (is_about(text, "sandside", ()), is_about(text, "sandside", (), more)) == (True, False)


def test_a_further_language_turns_praise_round(words: FunctionWords) -> None:
    groups = [Group("blame", ("rude",), negatable=True, opposite="praise"), Group("praise", ("kind",))]
    shipped, more = Phrases(groups), Phrases(groups, words)

    def found(phrases: Phrases, text: str) -> set[str]:
        bits = phrases.found(text).bits
        return {group.name for group in groups if bits & phrases.bit(group.name)}

    assert (found(shipped, "zno rude"), found(more, "zno rude")) == ({"blame"}, {"praise"})
    assert found(more, "zno zbut rude") == {"blame"}


def test_a_further_language_says_what_a_post_wants(words: FunctionWords) -> None:
    shipped, more = Intents.load(), Intents(IntentWords.load(), function_words=words)
    asked = "@sandside zalu fix the door"
    assert (shipped.intent_of(asked, True, ()), more.intent_of(asked, True, ())) == ("none", "request")
    # The first word has a letter of that language, so it is not "fix".
    cut = "@sandside fixø the door"
    assert (shipped.intent_of(cut, True, ()), more.intent_of(cut, True, ())) == ("request", "none")
    rude = "the Sandside zhospital was rude"
    assert more.intent_of(rude, False, ("staff_conduct",)) == "complaint"


def test_a_further_language_takes_a_profile_apart(words: FunctionWords) -> None:
    more = Wording(words)
    assert profile_text.whole("ze/zem Ohio", more) == "  Ohio"
    assert profile_text.whole("zlive zin Austin", more) == "Austin"
    assert profile_text.whole("Dilworth zvia Fargo", more) == "Dilworth"
    assert profile_text.parts("Boston zand Denver zto Fargo", more) == ["Boston", "Denver", "Fargo"]
    assert profile_text.parts("Texas zborn / Ohio", more) == [" Ohio"]
    assert profile_text.travelling("Denver zto Fargo", more)
    assert profile_text.inside("abc zin Kansas", more) == "Kansas"
    assert profile_text.inside("znot zin Kansas", more) == ""


def test_every_list_has_words_in_some_language() -> None:
    """A list without words matches nothing, so a rule would be silently off."""
    assert [name for name in FunctionWords.__struct_fields__ if not getattr(languages.load(), name)] == []
    assert any_of(()) == "(?!)"


def test_languages_add_up_in_the_files_order() -> None:
    words = languages.parse(b"en: {you: [you, u]}\nes: {you: [tu, u]}")
    assert (words.you, words.openers) == (("you", "u", "tu"), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("en: {you: [You]}", "line 1: en: 'You' in `you` is not a word in lower case"),
        ("en:\n  you: ['']", "line 2: en: '' in `you` is not a word in lower case"),
        ("en:\n  letters: [ab]", "line 2: en: 'ab' in `letters` is not one letter"),
        ("English: {}", "line 1: 'English' is not a language's code such as en"),
        ("en: {}\nes:\n  yuo: [you]", "line 3: Object contains unknown field `yuo`"),
        ("en: {}\nen: {}", "line 2: `en` stands twice"),
        ("en: [", "line "),
    ],
)
def test_a_wrong_entry_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(LanguagesError) as refused:
        languages.parse(text.encode())
    assert str(refused.value).startswith(f"languages.yaml: {said}")
    assert "\n" not in str(refused.value)


def test_a_wrong_file_is_one_line_of_the_command_that_reads_it() -> None:
    wrong = """
from streams.reading import languages
from streams.reading.languages import LanguagesError
def load():
    raise LanguagesError("languages.yaml: line 1: wrong")
languages.load = load
from agents.cli import main
main(["tag", "hello"])
"""
    done = subprocess.run([sys.executable, "-c", wrong], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: languages.yaml: line 1: wrong\n")
