"""`make pin` puts a digest behind each public tag, again and again, and nothing anywhere else."""

from pathlib import Path

import pytest

from deploy.compose import pin

ROOT = Path(__file__).parents[2]


def digest(image: str, first: str = "a") -> str:
    return f"sha256:{first}{len(image):063x}"


@pytest.mark.parametrize("name", pin.FILES)
def test_every_public_image_is_pinned_and_the_rest_stays(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    once = pin.pinned(text, digest)
    assert once.count("@sha256:a") >= len(pin.images(text)) > 0
    assert pin.images(once) == pin.images(text)
    assert "earshot:${EARSHOT_TAG:-" not in "".join(pin.images(text))
    for image in pin.images(text):
        once = once.replace(f"{image}@{digest(image)}", image)
    assert once == text if "@sha256:" not in text else once != text


def test_a_newer_digest_takes_the_place_of_the_old() -> None:
    text = "    image: apache/kafka:4.3.1\nFROM python:3.12-slim-bookworm AS build\n"
    once = pin.pinned(text, digest)
    assert pin.pinned(once, lambda image: digest(image, "b")) == once.replace("sha256:a", "sha256:b")
    assert once.endswith(" AS build\n")


def test_without_an_answer_it_says_so_in_one_line() -> None:
    with pytest.raises(pin.UnansweredError, match=r"^127\.0\.0\.1:9/none:1\.0: .*") as raised:
        pin.ask("127.0.0.1:9/none:1.0")
    assert "\n" not in str(raised.value)
