"""Writes the posts of the simulated X, one after the other, from a seed.

Owns who writes what to whom, and the v2 payload. Called by `feed.py`. The same seed, targets and times make the same
bytes. Knows no rule, no line and no connection.
"""

import random
import re
from collections import deque
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec

from agents.simulated.people import Account, Target, content, crowd, hospital_account
from agents.simulated.post_view import Atoms, Box, Seen
from agents.simulated.stream_rules import RETWEET, folded_tag
from streams.snowflake import first_id

NOISE, REPOST, ANNOUNCEMENT, ANSWER, FOLLOW_UP = 0.06, 0.09, 0.12, 0.20, 0.28
"""Upper bounds of the shares: of no hospital, a repost, a hospital's own, its answer, a reply to it; the rest new."""
TWO_HOSPITALS = 0.04
GEO_TAGGED = 0.03
BUSY_SHARE = 0.55
"""Zipf-like: the k-th hospital gets posts as 1 / k ** this."""
OPEN_POSTS = 200
"""Recent posts that a hospital may still answer."""

_MENTION = re.compile(r"@(\w{1,15})")
_HASHTAG = re.compile(r"(?<!\w)#(\w+)")
_encode = msgspec.json.Encoder().encode


class Post(NamedTuple):
    """One post: what rules can see of it, and its payload."""

    id: str
    seen: Seen
    body: bytes
    """The payload's JSON object but for `matching_rules` and the closing brace."""

    @property
    def atoms(self) -> Atoms:
        """What is true of it."""
        return self.seen.atoms


class _Said(NamedTuple):
    """A post that can be replied to."""

    id: str
    conversation: str
    author: Account
    target: int
    text: str
    created_at: str


def snowflake(at_ms: int, number: int) -> str:
    """The id of the post `number` (of a run) written at `at_ms`."""
    return str(first_id(at_ms) | number & 0x3FFFFF)


class Writer:
    """Writes posts. Not shared between threads."""

    def __init__(self, seed: int, targets: tuple[Target, ...]) -> None:
        """`targets`: at least one; the order decides who is written to more often, mixed by the seed."""
        self._rng = rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._words = words = content()
        self._targets = targets
        self._hospitals = [hospital_account(number, target) for number, target in enumerate(targets)]
        self._people = crowd(rng, words, targets)
        self._numbers = {account.username.lower(): account.id for account in (*self._hospitals, *self._people)}
        order = list(range(len(targets)))
        rng.shuffle(order)
        self._drawn = order
        self._weights = list(accumulate(1 / (rank + 1) ** BUSY_SHARE for rank in range(len(targets))))
        self._templates, self._template_weights = _templates(words)
        self._places = [_place(number, *row) for number, row in enumerate(words["places"])]
        self._context = [_context(number, target.name) for number, target in enumerate(targets)]
        self._open: deque[_Said] = deque(maxlen=OPEN_POSTS)
        self._own: deque[_Said] = deque(maxlen=OPEN_POSTS)

    def write(self, number: int, at_ms: int) -> Post:
        """The post `number` of the run, written at `at_ms` (since the epoch)."""
        rng, when = self._rng, (number, at_ms)
        draw = rng.random()
        if draw < NOISE:
            return self._post(when, rng.choice(self._people), rng.choice(self._words["noise"]), None)
        if draw < REPOST:
            target = self._target()
            text = f"RT @{self._targets[target].handle}: {self._announcement(target)}"
            original = snowflake(at_ms - rng.randrange(60_000, 86_400_000), number)
            return self._post(when, rng.choice(self._people), text, target, reposted=original)
        if draw < ANNOUNCEMENT:
            target = self._target()
            return self._post(when, self._hospitals[target], self._announcement(target), target)
        if draw < ANSWER and self._open:
            said = self._open[rng.randrange(len(self._open))]
            text = rng.choice(self._words["answers"]).format(u=f"@{said.author.username}")
            return self._post(when, self._hospitals[said.target], text, said.target, answered=said)
        if draw < FOLLOW_UP and self._own:
            said = self._own[rng.randrange(len(self._own))]
            return self._post(when, rng.choice(self._people), self._said_to(said.target), said.target, answered=said)
        target = self._target()
        return self._post(when, rng.choice(self._people), self._said_to(target), target)

    def _target(self) -> int:
        return self._rng.choices(self._drawn, cum_weights=self._weights)[0]

    def _announcement(self, target: int) -> str:
        text: str = self._rng.choice(self._words["announcements"])
        return text.format(city=self._targets[target].city)

    def _said_to(self, number: int) -> str:
        rng, target = self._rng, self._targets[number]
        template: str = rng.choices(self._templates, cum_weights=self._template_weights)[0]
        other = self._targets[self._target()]
        text = template.format(
            h=f"@{target.handle}",
            name=target.name,
            city=target.city,
            n=rng.choice((5, 10, 15, 20, 30, 45, 60, 90, 120)),
            other=f"@{other.handle}",
        )
        return f"{text} cc @{other.handle}" if rng.random() < TWO_HOSPITALS else text

    def _post(
        self, when: tuple[int, int], author: Account, text: str, target: int | None,
        *, answered: _Said | None = None, reposted: str = "",
    ) -> Post:  # fmt: skip
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
            "conversation_id": answered.conversation if answered else post_id,
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
        if target is not None:
            data["context_annotations"] = self._context[target]
            if self._hospitals[target] is not author:
                includes["users"].append(self._hospitals[target].json)
        if answered:
            data["in_reply_to_user_id"] = answered.author.id
            data["referenced_tweets"] = [{"type": "replied_to", "id": answered.id}]
            includes["tweets"] = [_original(answered)]
            if self._hospitals[answered.target] is not answered.author:
                includes["users"].append(answered.author.json)
            atoms.add(f"to:{answered.author.username.lower()}")
        if reposted:
            data["referenced_tweets"] = [{"type": "retweeted", "id": reposted}]
            atoms.add(RETWEET)
        if self._rng.random() < GEO_TAGGED:
            place_id, place, names, box = self._rng.choice(self._places)
            atoms |= {f"place:{one}" for one in names}
            data["geo"] = {"place_id": place_id}
            includes["places"] = [place]
        if target is not None and not reposted:
            by_hospital = author is self._hospitals[target]
            said = _Said(post_id, data["conversation_id"], author, target, text, created_at)
            (self._own if by_hospital else self._open).append(said)
        seen = Seen(frozenset(atoms), text, box)
        return Post(post_id, seen, _encode({"data": data, "includes": includes})[:-1])

    def _mention(self, username: str, start: int, end: int) -> dict[str, Any]:
        """X counts code points, as Python does. A name that nobody has gets an id nevertheless."""
        return {"start": start, "end": end, "username": username, "id": self._numbers.get(username.lower(), "42")}


_METRICS = msgspec.Raw(
    b'{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0,"bookmark_count":0,"impression_count":0}'
)
"""As the stream has them: a snapshot at delivery."""


def _timestamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _original(said: _Said) -> dict[str, Any]:
    return {
        "id": said.id,
        "edit_history_tweet_ids": [said.id],
        "text": said.text,
        "author_id": said.author.id,
        "created_at": said.created_at,
        "conversation_id": said.conversation,
    }


def _templates(words: dict[str, Any]) -> tuple[list[str], list[float]]:
    """Every template with its share of the posts: topic's weight x intent's weight, shared by the templates of both."""
    templates, weights = [], []
    for topic, intents in words["say"].items():
        total = sum(words["intents"][intent] for intent in intents)
        for intent, said in intents.items():
            templates += said
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
