"""A tweet of the old API (v1.1) in the form of today's: what archives and older collectors hold.

Called by `lines.py` and `collectors.py`. Takes over only what Earshot reads (text, author, place, answers, mentions); a
field of an unexpected type is left out or passes as it is, for the reader to count; what then lacks an id or a text is
no post. Field names: X's data dictionary of API v1.1.
"""

from collections.abc import Mapping
from typing import Any


def is_tweet(message: Mapping[str, Any]) -> bool:
    """Whether a message is a tweet of v1.1: these two fields stand in every one, and in nothing else."""
    return ("id_str" in message or "id" in message) and "user" in message and "data" not in message


def as_payload(tweet: Mapping[str, Any]) -> dict[str, Any]:
    """The line of API v2 that says the same."""
    user, extended = _object(tweet, "user"), _object(tweet, "extended_tweet")
    whole = extended or tweet
    text = whole.get("full_text") or tweet.get("full_text") or tweet.get("text")
    data: dict[str, Any] = {"id": _id(tweet, "id"), "text": text, "author_id": _id(user, "id")}
    if "created_at" in tweet:
        data["created_at"] = tweet["created_at"]
    references = []
    users = [{"id": data["author_id"], "username": user.get("screen_name"), "location": user.get("location")}]
    if answered := _id(tweet, "in_reply_to_status_id"):
        references.append({"type": "replied_to", "id": answered})
        if author := _id(tweet, "in_reply_to_user_id"):
            data["in_reply_to_user_id"] = author
            if author != data["author_id"]:
                users.append({"id": author, "username": tweet.get("in_reply_to_screen_name")})
    for field, kind in (("retweeted_status", "retweeted"), ("quoted_status", "quoted")):
        if inner := _id(_object(tweet, field), "id"):
            references.append({"type": kind, "id": inner})
    if references:
        data["referenced_tweets"] = references
    entities = _object(whole, "entities") or _object(tweet, "entities")
    data["entities"] = {
        "mentions": [
            {"username": one.get("screen_name"), "id": _id(one, "id")}
            for one in _list(entities, "user_mentions")
            if isinstance(one, Mapping) and isinstance(one.get("screen_name"), str)
        ],
        "urls": [
            {name: one[name] for name in ("url", "expanded_url") if isinstance(one.get(name), str)}
            for one in _list(entities, "urls")
            if isinstance(one, Mapping)
        ],
    }
    includes: dict[str, Any] = {"users": users}
    geo: dict[str, Any] = {}
    point = _object(tweet, "coordinates").get("coordinates")
    if isinstance(point, list) and len(point) == 2:
        geo["coordinates"] = {"type": "Point", "coordinates": point}
    place = _object(tweet, "place")
    if isinstance(place.get("id"), str):
        geo["place_id"] = place["id"]
        includes["places"] = [{name: place.get(name) for name in ("id", "full_name", "country_code", "place_type")}]
    if geo:
        data["geo"] = geo
    return {"data": data, "includes": includes}


def _object(message: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    found = message.get(field)
    return found if isinstance(found, Mapping) else {}


def _id(message: Mapping[str, Any], field: str) -> str:
    """The id as text: its twin `id_str` is exact where a reader of JavaScript's numbers has rounded `id`."""
    found = message.get(f"{field}_str") or message.get(field)
    return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""


def _list(message: Mapping[str, Any], field: str) -> list[Any]:
    found = message.get(field)
    return found if isinstance(found, list) else []
