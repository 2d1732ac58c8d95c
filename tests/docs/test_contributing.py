"""CONTRIBUTING.md tells the truth: each file, test and target it names exists, and no kind of change is left out."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHAPTERS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n### ")[1:]}
KINDS = {
    "A topic", "An intent", "A metric", "A setting", "A source", "A rule of locality", "A window",
    "A field of a mention", "A Kafka topic", "An alert", "A panel", "A fault of the simulated X", "An importer",
    "A command", "A language", "A figure", "A peer",
}  # fmt: skip


def paths(text: str) -> set[str]:
    """What looks like a path: in backticks alone, or among the arguments of `make test`."""
    alone = re.findall(r"`(\.?[\w.-]+/[\w./-]*|[\w.-]+\.(?:md|yml|yaml|toml))`", text)
    tests = [word for words in re.findall(r'ARGS="([^"]+)"', text) for word in words.split() if "/" in word]
    return {*alone, *tests}


def test_every_kind_of_change_has_a_chapter() -> None:
    assert set(CHAPTERS) == KINDS


@pytest.mark.parametrize("path", sorted(paths(PAGE)))
def test_a_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_names_files_in_order_and_a_check(chapter: str) -> None:
    text = CHAPTERS[chapter]
    steps = re.findall(r"^(\d)\. ", text, flags=re.MULTILINE)
    assert steps == [str(number + 1) for number in range(len(steps))]
    assert len(paths(text)) >= 2
    assert re.search(r"^Check: `make ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)", PAGE))))
def test_a_target_exists(target: str) -> None:
    done = subprocess.run([*f"make {target} -n".split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pre_commit_runs_what_make_lint_runs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [one["repo"] for one in hooks] == ["local"], "no repository is fetched"
    recipe = re.findall(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lint = [line.strip().removeprefix("@").replace("$(bin)", ".venv/bin") for line in recipe[0].splitlines()]
    assert [hook["entry"] for one in hooks for hook in one["hooks"]] == lint
