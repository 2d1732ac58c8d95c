"""Environments of peers: locked by hashes, and said by name where uv cannot make one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.peers.environments import MissingError, lock_of, python_of
from bench.peers.registry import PEERS, Peer
from streams.compiled import ROOT


def uv(folder: Path, script: str) -> Path:
    """A program in uv's place."""
    file = folder / "uv"
    file.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{script}\n")
    file.chmod(0o700)
    return file


@pytest.mark.parametrize("name", sorted({one.environment for one in PEERS.values()}))
def test_a_lock_pins_by_hash_and_holds_no_address(name: str) -> None:
    text = lock_of(name).read_text()
    pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*==\S+", text, re.MULTILINE)
    assert pinned
    assert all("--hash=sha256:" in one for one in re.split(r"\n(?=\S)", text.strip()))
    assert "://" not in text


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_every_peer_has_its_module_and_pins_what_it_names(peer: Peer) -> None:
    assert lock_of(peer.environment).with_name("peer.py").exists()
    assert re.search(rf"^{re.escape(peer.package)}==", lock_of(peer.environment).read_text(), re.MULTILINE)


def test_every_environment_has_what_the_job_imports() -> None:
    script = (
        "import sys, importlib.metadata as m; import bench.peers.job; found = m.packages_distributions(); "
        "print(*{name for top in {one.partition('.')[0] for one in sys.modules} for name in found.get(top, ())})"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    needed = {name.lower().replace("_", "-") for name in done.stdout.split()}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements-run.lock").read_text(), re.MULTILINE))
    for name in {one.environment for one in PEERS.values()}:
        there = set(re.findall(r"^([a-z0-9._-]+)==", lock_of(name).read_text(), re.MULTILINE))
        assert needed & locked <= there


def test_what_uv_cannot_install_is_said_in_one_line(tmp_path: Path) -> None:
    said = "sys.exit('Because foo has no wheels\\n  with a matching tag,\\n  it is unsatisfiable')"
    with pytest.raises(
        MissingError, match=r"^uv cannot install it: Because foo has no wheels with a matching tag, it is"
    ):
        python_of("bytewax", folder=tmp_path, uv=uv(tmp_path, said))


def test_without_uv_and_without_a_lock_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="uv does not run: No such file"):
        python_of("bytewax", folder=tmp_path, uv=tmp_path / "none")
    with pytest.raises(MissingError, match="no lock file"):
        python_of("bytewax", lock=tmp_path / "none.lock", folder=tmp_path)


def test_an_environment_is_made_once_for_each_lock(tmp_path: Path) -> None:
    log = tmp_path / "log"
    made = uv(tmp_path, f"""
with open({str(log)!r}, 'a') as log: print(*sys.argv[1:3], file=log)
if sys.argv[1] == 'venv':
    python = pathlib.Path(sys.argv[-1], 'bin', 'python')
    python.parent.mkdir(parents=True, exist_ok=True)
    python.touch()
""")  # fmt: skip
    lock = tmp_path / "requirements.lock"
    for text in ("a==1", "a==1", "a==2"):
        lock.write_text(text)
        python_of("any", lock, tmp_path / "made", made)
    assert log.read_text().splitlines() == ["venv --quiet", "pip sync"] * 2
