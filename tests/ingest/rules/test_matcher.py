"""One model, three readings of it: the stream rules, the search queries and the local matcher hear the same posts."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.rules.matcher import LocalRules, Said
from agents.ingest.rules.model import Accounts, Community, Place, RuleSet, communities_of, hospitals_of
from agents.ingest.x.rule_text import MAX_QUERY_CHARS, queries, stream_rules
from agents.simulated.post_view import Seen
from agents.simulated.stream_rules import folded_tag, parse

HANDLES = ("mayoclinic", "ynhh", "unc_health", "essentia", "h1")
WORDS = (
    *("er", "ER", "or", "nurse", "médico", "medico", "me\u0301dico", "Straße", "STRASSE", "coca-cola", "cola"),
    *("st.", "mary's", "labor", "and", "delivery", "हिन्दी", "2026", "İstanbul", "ﬁne", "Ὀδυσσεύς"),
)  # fmt: skip
LANGUAGES = ("en", "es", "fr")
word = st.sampled_from(WORDS)
language = st.sampled_from(LANGUAGES)
hashtag = st.sampled_from(("er", "ER", "Médico", "medico", "FluShot", "straße", "n_95"))
keyword = st.lists(word, min_size=1, max_size=3).map(" ".join)
community = st.builds(
    lambda keywords, hashtags, languages: (tuple(keywords), tuple(hashtags), tuple(languages)),
    st.lists(keyword, max_size=4), st.lists(hashtag, max_size=2), st.lists(language, max_size=2, unique=True),
).filter(lambda one: bool(one[0] or one[1]))  # fmt: skip
ids = st.lists(st.sampled_from(("000001", "000002", "00003F")), min_size=1, max_size=2, unique=True).map(tuple)
accounts = st.dictionaries(st.sampled_from(HANDLES), ids, max_size=5).map(lambda x: {"x": x})
text = st.lists(
    st.one_of(word, st.sampled_from(("#", "_", " ", "-", "’", "😀", "\n", "!", "https://t.co/er"))), max_size=12
).flatmap(lambda parts: st.sampled_from(("", " ")).map(lambda blank: blank.join(parts)))
handle = st.sampled_from((*HANDLES, "somebody", "er"))
said = st.builds(
    lambda author, mentions, reply, text, hashtags, language: Said(
        author, "", tuple(mentions), reply, text, tuple(hashtags), (language,)
    ),
    handle, st.lists(handle, max_size=3), st.one_of(st.just(""), handle), text, st.lists(hashtag, max_size=2), language,
)  # fmt: skip


def wanted_of(accounts: Accounts, made: Sequence[tuple[tuple[str, ...], ...]]) -> RuleSet:
    communities = tuple(
        Community(f"c{number}", keywords, hashtags, languages)
        for number, (keywords, hashtags, languages) in enumerate(made)
    )
    return RuleSet(accounts, accounts, communities)


def seen(post: Said) -> Seen:
    """The same post as X sees it."""
    atoms = {f"from:{post.author}", *(f"@{one}" for one in post.mentions), *(f"lang:{one}" for one in post.languages)}
    atoms |= {f"#{folded_tag(one)}" for one in post.hashtags}
    if post.reply_to_author:
        atoms.add(f"to:{post.reply_to_author}")
    return Seen(frozenset(atoms), post.text)


@given(accounts, st.lists(community, max_size=3), st.lists(said, min_size=1, max_size=8))
def test_a_post_is_heard_alike_by_stream_by_search_and_locally(
    accounts: Accounts, made: list[tuple[tuple[str, ...], ...]], posts: list[Said]
) -> None:
    wanted = wanted_of(accounts, made)
    # With one account or term in each, the tags say exactly whose a post is.
    rules = [(parse(rule.value), rule.tag) for rule in stream_rules(wanted, 1)]
    searches = [parse(query, MAX_QUERY_CHARS) for query in queries(wanted)]
    local = LocalRules(wanted.accounts["x"], wanted.communities)
    for post in posts:
        view = seen(post)
        matched = [tag for matches, tag in rules if matches(view)]
        tags = local.tags(post)
        assert {one for tag in tags for one in communities_of(tag)} == {
            one for tag in matched for one in communities_of(tag)
        }
        assert {one for tag in tags for one in hospitals_of(tag)} == {
            one for tag in matched for one in hospitals_of(tag)
        }
        assert bool(tags) == any(matches(view) for matches in searches)


@given(accounts, st.lists(community, max_size=5), st.integers(512, 1024))
def test_rules_fit_lead_back_to_all_that_is_wanted_and_are_no_value_twice(
    accounts: Accounts, made: list[tuple[tuple[str, ...], ...]], most: int
) -> None:
    wanted = wanted_of(accounts, made)
    rules = stream_rules(wanted, most)
    assert all(len(rule.value) <= most for rule in rules)
    assert all(len(query) <= MAX_QUERY_CHARS for query in queries(wanted))
    assert len({rule.value for rule in rules}) == len(rules)
    assert all(bool(communities_of(rule.tag)) != bool(hospitals_of(rule.tag)) for rule in rules)
    assert {one for rule in rules for one in communities_of(rule.tag)} == {one.name for one in wanted.communities}
    assert {one for rule in rules for one in hospitals_of(rule.tag)} == {
        one for owners in accounts["x"].values() for one in owners
    }
    assert stream_rules(wanted, most) == rules, "and the same again"


def a_post(text: str = "", *hashtags: str, mentions: tuple[str, ...] = (), languages: tuple[str, ...] = ()) -> Said:
    return Said("did:plc:somebody", "somebody.example", mentions, "", text, hashtags, languages)


def test_accounts_are_known_by_any_of_their_names() -> None:
    local = LocalRules({"mayoclinic": ("240010",), "did:plc:mayo": ("240010",), "unc.example": ("340061", "240010")})
    assert local.tags(a_post(mentions=("mayoclinic",))) == ("hospitals:240010",)
    assert local.tags(a_post(mentions=("did:plc:mayo", "mayoclinic"))) == ("hospitals:240010",)
    assert local.tags(Said("did:plc:x", "unc.example", (), "", "", ())) == ("hospitals:340061,240010",)
    assert local.tags(Said("did:plc:x", "", (), "did:plc:mayo", "", ())) == ("hospitals:240010",)
    assert local.tags(a_post("mayoclinic @mayoclinic")) == (), "a name in the text is no mention"


def test_tags_come_in_the_rules_order_and_once_each() -> None:
    births = Community("births", ("midwife", "labor and delivery"), ("births",))
    flu = Community("flu", ("flu shot",), languages=("en",))
    local = LocalRules({"a": ("1",), "b": ("2",)}, (births, flu))
    post = a_post("flu-shot? Midwife, midwife!", "BIRTHS", mentions=("b", "a"), languages=("en-US",))
    assert local.tags(post) == ("hospitals:1", "hospitals:2", "community:births", "community:flu")
    assert local.tags(post._replace(languages=("es",))) == ("hospitals:1", "hospitals:2", "community:births")
    assert local.tags(post._replace(languages=())) == ("hospitals:1", "hospitals:2", "community:births")
    assert local.tags(a_post("nothing of ours")) == ()


def test_accents_may_be_missing_from_a_text_and_not_from_the_query() -> None:
    local = LocalRules({}, (Community("c", ("médico",)), Community("d", ("clinica",))))
    assert local.tags(a_post("MEDICO")) == local.tags(a_post("me\u0301dico")) == ("community:c",)
    assert local.tags(a_post("clínica")) == ()


def test_what_is_wanted_near_a_place_is_not_matched_locally() -> None:
    local = LocalRules({}, (Community("c", ("er",), near=Place("Fargo, ND")), Community("d", ("er",))))
    assert local.tags(a_post("the ER in Fargo, ND")) == ("community:d",)
