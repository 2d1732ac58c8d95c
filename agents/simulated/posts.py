"""Writes the posts of the simulated X, one after the other, from a seed.

Owns who writes what to whom, and the v2 payload. Called by `feed.py` and `past.py`; what follows a post, `replies.py`
says. The same seed, targets and times make the same bytes. Knows no rule, no line and no connection.
"""

import random
import re
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec

from agents.simulated.people import Account, Target, brand_account, content, crowd, hospital_account
from agents.simulated.post_view import Atoms, Box, Seen
from agents.simulated.replies import Planned, Replies, Said
from agents.simulated.stream_rules import RETWEET, folded_tag
from streams.snowflake import first_id

NOISE, REPOST, ANNOUNCEMENT, FOLLOW_UP = 0.06, 0.09, 0.12, 0.20
"""Upper bounds of the shares: of no hospital, a repost, a hospital's own, a reply to it; the rest is new to one.
Answers and edits come on top."""
TWO_HOSPITALS = 0.04
GEO_TAGGED = 0.03
BUSY_SHARE = 0.55
"""Zipf-like: the k-th hospital gets posts as 1 / k ** this."""
OWN_POSTS = 200
"""Recent posts of hospitals that people may reply to."""
WANTING = ("question", "request", "complaint", "crisis")
"""Intents of posts that want an answer."""

_MENTION = re.compile(r"@(\w{1,15})")
_HASHTAG = re.compile(r"(?<!\w)#(\w+)")
_encode = msgspec.json.Encoder().encode


class Post(NamedTuple):
    """One post: what rules can see of it, and its payload."""

    id: str
    seen: Seen
    body: bytes
    """The payload's JSON object but for `matching_rules` and the closing brace."""
    first: str
    """Id of its first version; the own one unless it is an edit."""
    noise: bool = False
    """Whether it concerns no hospital."""
    overtaken: bool = False
    """Whether X delivers it after its answer."""
    answers: str = ""
    """First version's id of the post that it answers."""

    @property
    def atoms(self) -> Atoms:
        """What is true of it."""
        return self.seen.atoms


def snowflake(at_ms: int, number: int) -> str:
    """The id of the post `number` (of a run) written at `at_ms`."""
    return str(first_id(at_ms) | number & 0x3FFFFF)


class Writer:
    """Writes posts. Not shared between threads."""

    def __init__(self, seed: int, targets: tuple[Target, ...], pace: float = 1.0, *, edits: bool = True) -> None:
        """`targets`: at least one; the order decides who is written to more often, mixed by the seed. `pace`: how many
        times faster than in life hospitals answer. `edits`: whether authors change posts."""
        self._rng = rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._words = words = content()
        self._targets = targets
        self._edits = edits
        accounts: dict[str, Account] = {}  # several hospitals may share one
        for number, target in enumerate(targets):
            accounts.setdefault(target.handle, hospital_account(number, target))
        for number, target in enumerate(targets):
            if target.brand:
                accounts.setdefault(target.brand, brand_account(number, target.brand))
        self._hospitals = [accounts[target.handle] for target in targets]
        self._brands = [accounts[target.brand or target.handle] for target in targets]
        self._people = crowd(rng, words, targets)
        self._numbers = {account.username.lower(): account.id for account in (*accounts.values(), *self._people)}
        order = list(range(len(targets)))
        rng.shuffle(order)
        self.busiest = order
        """Numbers of the targets, those that are written to most first."""
        self._weights = list(accumulate(1 / (rank + 1) ** BUSY_SHARE for rank in range(len(targets))))
        self.shares = [0.0] * len(targets)
        """Of the posts, by number of the target."""
        for rank, target_number in enumerate(order):
            self.shares[target_number] = 1 / (rank + 1) ** BUSY_SHARE / self._weights[-1]
        self._any = _templates(words, words["topics"])
        self._of_topic = {topic: _templates(words, (topic,)) for topic in words["topics"]}
        self._places = [_place(number, *row) for number, row in enumerate(words["places"])]
        self._context = [_context(number, target.name) for number, target in enumerate(targets)]
        self._replies = Replies(seed, words, targets, pace)
        self._own: deque[Said] = deque(maxlen=OWN_POSTS)

    @property
    def pace(self) -> float:
        """How many times faster than in life hospitals answer what is said from now on."""
        return self._replies.pace

    @pace.setter
    def pace(self, pace: float) -> None:
        self._replies.pace = pace

    @property
    def due_ms(self) -> int | None:
        """When the next answer or edit is due, ms since the epoch; None while there is none."""
        return self._replies.due_ms

    def write(self, number: int, at_ms: int) -> Post:
        """The post `number` of the run, written at `at_ms` (since the epoch): what is due, else something new."""
        planned = self._replies.due(at_ms)
        return self._follow(planned, (number, at_ms)) if planned is not None else self.say(number, at_ms)

    def say(self, number: int, at_ms: int, target: int | None = None, topic: str = "") -> Post:
        """The post `number`, something new. `target`: for or of that hospital (by its number), a reply to one excepted;
        None: any. `topic`: a post of that topic to it."""
        rng, when = self._rng, (number, at_ms)
        draw = rng.random() if not topic else 1.0
        if draw < NOISE:
            return self._post(when, rng.choice(self._people), rng.choice(self._words["noise"]), None)
        if ANNOUNCEMENT <= draw < FOLLOW_UP and self._own:
            said = self._own[rng.randrange(len(self._own))]
            text, wants = self._said_to(said.target)
            return self._post(when, rng.choice(self._people), text, said.target, answered=said, wants=wants)
        if target is None:
            target = self._target()
        if draw < REPOST:
            text = f"RT @{self._targets[target].handle}: {self._announcement(target)}"
            original = snowflake(at_ms - rng.randrange(60_000, 86_400_000), number)
            return self._post(when, rng.choice(self._people), text, target, reposted=original)
        if draw < ANNOUNCEMENT:
            return self._post(when, self._hospitals[target], self._announcement(target), target)
        text, wants = self._said_to(target, topic)
        return self._post(when, rng.choice(self._people), text, target, wants=wants)

    def _follow(self, planned: Planned, when: tuple[int, int]) -> Post:
        said = planned.said
        if planned.kind == "edit":
            text = self._words["edit"].format(text=said.text)
            return self._post(when, said.author, text, said.target, edited=said)
        text = self._rng.choice(self._words["answers"]).format(u=f"@{said.author.username}")
        author = (self._brands if planned.by_brand else self._hospitals)[said.target]
        return self._post(when, author, text, said.target, answered=said, quotes=planned.kind == "quote")

    def _target(self) -> int:
        return self._rng.choices(self.busiest, cum_weights=self._weights)[0]

    def _announcement(self, target: int) -> str:
        text: str = self._rng.choice(self._words["announcements"])
        return text.format(city=self._targets[target].city)

    def _said_to(self, number: int, topic: str = "") -> tuple[str, bool]:
        """A text to a hospital, and whether it wants an answer."""
        rng, target = self._rng, self._targets[number]
        templates, weights = self._of_topic[topic] if topic else self._any
        template, wants = rng.choices(templates, cum_weights=weights)[0]
        other = self._targets[self._target()]
        text = template.format(
            h=f"@{target.handle}",
            name=target.name,
            city=target.city,
            n=rng.choice((5, 10, 15, 20, 30, 45, 60, 90, 120)),
            other=f"@{other.handle}",
        )
        return f"{text} cc @{other.handle}" if rng.random() < TWO_HOSPITALS else text, wants

    def _post(
        self, when: tuple[int, int], author: Account, text: str, target: int | None,
        *, answered: Said | None = None, quotes: bool = False, edited: Said | None = None, reposted: str = "",
        wants: bool = False,
    ) -> Post:  # fmt: skip
        """`answered`: it replies to that, or `quotes` it. `edited`: it is the next version of that."""
        number, at_ms = when
        post_id = snowflake(at_ms, number)
        created_at = _timestamp(at_ms)
        found = [(match[1], match.start(), match.end()) for match in _MENTION.finditer(text)]
        hashtags = [{"start": one.start(), "end": one.end(), "tag": one[1]} for one in _HASHTAG.finditer(text)]
        language = "es" if "¿" in text or "Gracias" in text or " por " in text else "en"
        data: dict[str, Any] = {
            "id": post_id,
            "edit_history_tweet_ids": [post_id],
            "text": text,
            "author_id": author.id,
            "created_at": created_at,
            "conversation_id": answered.conversation if answered and not quotes else post_id,
            "lang": language,
            "entities": {"mentions": [self._mention(*one) for one in found], "hashtags": hashtags},
            "public_metrics": _METRICS,
            "edit_controls": {
                "edits_remaining": 5,
                "is_edit_eligible": not answered,
                "editable_until": _timestamp(at_ms + 3_600_000),
            },
            "possibly_sensitive": False,
            "reply_settings": "everyone",
        }
        includes: dict[str, Any] = {"users": [author.json]}
        atoms = {f"from:{author.username.lower()}", *(f"@{name.lower()}" for name, _, _ in found)}
        atoms |= {f"lang:{language}", *(f"#{folded_tag(str(one['tag']))}" for one in hashtags)}
        box: Box | None = None
        versions = [post_id]
        if edited:
            edited.versions.append(post_id)
            versions = edited.versions
            data["edit_history_tweet_ids"] = versions
            data["conversation_id"] = edited.conversation
            data["edit_controls"]["edits_remaining"] = 6 - len(versions)
        if target is not None:
            data["context_annotations"] = self._context[target]
            if self._hospitals[target] is not author:
                includes["users"].append(self._hospitals[target].json)
        if answered:
            kind = "quoted" if quotes else "replied_to"
            data["referenced_tweets"] = [{"type": kind, "id": answered.versions[-1]}]
            includes["tweets"] = [_original(answered)]
            if self._hospitals[answered.target] is not answered.author:
                includes["users"].append(answered.author.json)
            if not quotes:
                data["in_reply_to_user_id"] = answered.author.id
                atoms.add(f"to:{answered.author.username.lower()}")
        if reposted:
            data["referenced_tweets"] = [{"type": "retweeted", "id": reposted}]
            atoms.add(RETWEET)
        if self._rng.random() < GEO_TAGGED:
            place_id, place, names, box = self._rng.choice(self._places)
            atoms |= {f"place:{one}" for one in names}
            data["geo"] = {"place_id": place_id}
            includes["places"] = [place]
        overtaken = False
        if target is not None and not reposted and not edited:
            said = Said(versions, data["conversation_id"], author, target, text, created_at)
            if author is self._hospitals[target] or author is self._brands[target]:
                self._own.append(said)
            else:
                may_edit = self._edits and not answered
                overtaken = self._replies.hear(said, at_ms, wants=wants, may_edit=may_edit)
        body = _encode({"data": data, "includes": includes})[:-1]
        return Post(
            post_id, Seen(frozenset(atoms), text, box), body, versions[0],
            noise=target is None, overtaken=overtaken, answers=answered.versions[0] if answered else "",
        )  # fmt: skip

    def _mention(self, username: str, start: int, end: int) -> dict[str, Any]:
        """X counts code points, as Python does. A name that nobody has gets an id nevertheless."""
        return {"start": start, "end": end, "username": username, "id": self._numbers.get(username.lower(), "42")}


_METRICS = msgspec.Raw(
    b'{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0,"bookmark_count":0,"impression_count":0}'
)
"""As the stream has them: a snapshot at delivery."""


def _timestamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _original(said: Said) -> dict[str, Any]:
    return {
        "id": said.versions[-1],
        "edit_history_tweet_ids": said.versions,
        "text": said.text,
        "author_id": said.author.id,
        "created_at": said.created_at,
        "conversation_id": said.conversation,
    }


_Templates = tuple[list[tuple[str, bool]], list[float]]
"""(text, whether it wants an answer), and their weights, added up."""


def _templates(words: dict[str, Any], topics: Iterable[str]) -> _Templates:
    """Every template with its share of the posts: topic's weight x intent's weight, shared by the templates of both."""
    templates, weights = [], []
    for topic in topics:
        intents = words["say"][topic]
        total = sum(words["intents"][intent] for intent in intents)
        for intent, said in intents.items():
            templates += [(text, intent in WANTING) for text in said]
            weights += [words["topics"][topic] * words["intents"][intent] / total / len(said)] * len(said)
    return templates, list(accumulate(weights))


def _context(number: int, name: str) -> msgspec.Raw:
    """Annotations as X adds them: bulk that nobody here reads, and that a reader must be able to skip."""
    subject = {"id": str(1_000_000 + number), "name": name}
    domains = {"46": "Business Taxonomy", "30": "Entities [Entity Service]", "47": "Brand"}
    return msgspec.Raw(
        _encode(
            [
                {
                    "domain": {"id": key, "name": text, "description": f"{text}, categories and entities"},
                    "entity": subject,
                }
                for key, text in domains.items()
            ]
        )
    )


def _place(number: int, full_name: str, *box: float) -> tuple[str, msgspec.Raw, tuple[str, ...], Box]:
    """(id, the place as X sends it, what `place:` finds it by, its box)."""
    place_id = f"{0x01A9A39529B27F36 + number * 7919:016x}"
    place = {
        "id": place_id,
        "full_name": full_name,
        "name": full_name.split(",", maxsplit=1)[0],
        "country": "United States",
        "country_code": "US",
        "place_type": "city",
        "geo": {"type": "Feature", "bbox": list(box), "properties": {}},
    }
    names = (place_id, full_name.lower(), str(place["name"]).lower())
    return place_id, msgspec.Raw(_encode(place)), names, Box(*box)
