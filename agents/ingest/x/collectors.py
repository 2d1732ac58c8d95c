"""Posts as other programs store them, in the form of X's API v2.

Called by `lines.py` with each line of a file. Owns which programs' files are known, by the names of their fields:
scrapers (`rawContent` and `user`), command-line collectors (`tweet` beside `username`), the browser's own answers
(`legacy` or `rest_id`) and X's archive of one's own account (`{"tweet": {...}}`). Takes over only what Earshot reads;
a field of an unexpected type passes as it is, and the reader then counts it as unknown.
"""

from collections.abc import Mapping
from typing import Any

from agents.ingest.x.tweets import as_payload, is_tweet


def payload_of(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """The line of API v2 that says the same; None for a form that is not known."""
    if "rawContent" in found or ("content" in found and _is_scraped(found)):
        return _scraped(found)
    if isinstance(found.get("tweet"), str) and "username" in found and "id" in found:
        return _collected(found)
    if isinstance(found.get("legacy"), Mapping) and "rest_id" in found:
        return _browsed(found)
    inner = found.get("tweet")
    if isinstance(inner, Mapping) and len(found) == 1 and "id_str" in inner:
        return as_payload(inner)
    return None


def _is_scraped(found: Mapping[str, Any]) -> bool:
    user = found.get("user")
    return isinstance(user, Mapping) and "username" in user and "text" not in found


def _scraped(found: Mapping[str, Any]) -> dict[str, Any]:
    user = _object(found, "user")
    text = found.get("rawContent") or found.get("content")
    data: dict[str, Any] = {
        "id": _id(found), "text": text, "author_id": _id(user), "created_at": found.get("date"),
    }  # fmt: skip
    users = [{"id": data["author_id"], "username": user.get("username"), "location": user.get("location")}]
    references = []
    if answered := found.get("inReplyToTweetIdStr") or found.get("inReplyToTweetId"):
        references.append({"type": "replied_to", "id": answered})
        whom = _object(found, "inReplyToUser")
        if author := _id(whom):
            data["in_reply_to_user_id"] = author
            if author != data["author_id"]:
                users.append({"id": author, "username": whom.get("username")})
    for field, kind in (("retweetedTweet", "retweeted"), ("quotedTweet", "quoted")):
        if inner := _id(_object(found, field)):
            references.append({"type": kind, "id": inner})
    if references:
        data["referenced_tweets"] = references
    entities: dict[str, Any] = {}
    named = found.get("mentionedUsers")
    if isinstance(named, list):
        entities["mentions"] = [
            {"username": one.get("username"), "id": _id(one)} for one in named if isinstance(one, Mapping)
        ]
    links = found.get("links")
    if isinstance(links, list):
        entities["urls"] = [
            {"url": one.get("tcourl"), "expanded_url": one.get("url")} for one in links if isinstance(one, Mapping)
        ]
    if entities:
        data["entities"] = entities
    includes: dict[str, Any] = {"users": users}
    geo: dict[str, Any] = {}
    point = _object(found, "coordinates")
    if "longitude" in point and "latitude" in point:
        geo["coordinates"] = {"type": "Point", "coordinates": [point["longitude"], point["latitude"]]}
    place = _object(found, "place")
    if name := place.get("fullName"):
        geo["place_id"] = "0"
        includes["places"] = [
            {"id": "0", "full_name": name, "country_code": place.get("countryCode"), "place_type": place.get("type")}
        ]
    if geo:
        data["geo"] = geo
    return {"data": data, "includes": includes}


def _collected(found: Mapping[str, Any]) -> dict[str, Any]:
    """`created_at` is left out: it names its zone by letters. The id has the time."""
    data: dict[str, Any] = {"id": _id(found), "text": found["tweet"]}
    author = found.get("user_id_str") or found.get("user_id")
    if isinstance(author, (int, str)):
        data["author_id"] = str(author)
    user = {"id": data.get("author_id"), "username": found["username"]}
    references = []
    if found.get("retweet") is True:
        references.append({"type": "retweeted", "id": found.get("retweet_id") or ""})
    if isinstance(quoted := found.get("quote_url"), str) and quoted:
        references.append({"type": "quoted", "id": quoted.rstrip("/").rpartition("/")[2]})
    answered = found.get("reply_to")
    thread = found.get("conversation_id")
    first = next((one for one in answered if isinstance(one, Mapping)), None) if isinstance(answered, list) else None
    if first is not None and thread and str(thread) != data["id"]:
        # It says which thread, and whom; that the thread's first post is meant is likely, and no more.
        data["in_reply_to_user_id"] = _id(first)
        references.append({"type": "replied_to", "id": str(thread)})
    if references:
        data["referenced_tweets"] = references
    return {"data": data, "includes": {"users": [user]}}


def _browsed(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """The browser's form of a tweet holds one of API v1.1 and, apart from it, its author and its long text."""
    user = _object(_object(_object(found, "core"), "user_results"), "result")
    profile = {**_object(user, "legacy"), "id_str": user.get("rest_id")}
    for part in ("core", "location"):  # newer answers have the handle and the place beside it
        profile.update(_object(user, part))
    if isinstance(place := profile.get("location"), Mapping):
        profile["location"] = place.get("location")
    tweet = {"id_str": found["rest_id"], **found["legacy"], "user": profile}
    if "retweeted_status_result" in tweet:
        whose = _object(_object(tweet, "retweeted_status_result"), "result")
        tweet["retweeted_status"] = {"id_str": whose.get("rest_id") or found["rest_id"]}
    long = _object(_object(_object(found, "note_tweet"), "note_tweet_results"), "result").get("text")
    if isinstance(long, str):
        tweet["full_text"] = long
    return as_payload(tweet) if is_tweet(tweet) and "full_text" in tweet else None


def _object(found: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    inner = found.get(field)
    return inner if isinstance(inner, Mapping) else {}


def _id(found: Mapping[str, Any]) -> str:
    id = found.get("id_str") or found.get("id")
    return str(id) if isinstance(id, (str, int)) and not isinstance(id, bool) else ""
