"""`make init` fills in what can be made up, and never touches what is there."""

import re
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

from deploy.compose.init import ALERTS, SECRETS, cluster_id, fill, init, secrets_folder

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"


def test_it_makes_everything_but_xs_token(tmp_path: Path) -> None:
    said = init(tmp_path / ".env", EXAMPLE, tmp_path / "secrets")
    env = (tmp_path / ".env").read_text()
    assert re.search(r"^KAFKA_CLUSTER_ID=[A-Za-z0-9_][A-Za-z0-9_-]{21}$", env, flags=re.MULTILINE)
    assert len(env.splitlines()) == len(EXAMPLE.read_text().splitlines())
    assert {path.name for path in (tmp_path / "secrets").iterdir()} == SECRETS.keys() - {"x_token"} | {ALERTS}
    assert [line.partition(":")[0] for line in said[-2:]] == ["secrets/x_token", f"secrets/{ALERTS}"], (
        "what is to be done"
    )


def test_modes_let_the_container_read_and_no_stranger_in(tmp_path: Path) -> None:
    init(tmp_path / ".env", EXAMPLE, tmp_path / "secrets")
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir() if path.is_file()} == {0o444}


def test_a_container_may_enter_the_folder_of_alerts_and_read_its_files(tmp_path: Path) -> None:
    init(tmp_path / ".env", EXAMPLE, tmp_path / "secrets")
    file = tmp_path / "secrets" / ALERTS / "page_email"
    file.write_text("to: somebody")
    file.chmod(0o600)
    init(tmp_path / ".env", EXAMPLE, tmp_path / "secrets")
    assert file.parent.stat().st_mode & 0o777 == 0o755
    assert file.stat().st_mode & 0o777 == 0o444


def test_again_it_changes_nothing_but_modes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    init(tmp_path / ".env", EXAMPLE, folder)
    (folder / "x_token").write_text("of a person")
    (folder / "x_token").chmod(0o600)
    before = {path: path.read_text() for path in (tmp_path / ".env", *folder.iterdir()) if path.is_file()}
    assert init(tmp_path / ".env", EXAMPLE, folder) == []
    assert {path: path.read_text() for path in before} == before
    assert (folder / "x_token").stat().st_mode & 0o777 == 0o444


def test_an_env_of_ones_own_keeps_its_lines_and_gets_what_is_missing() -> None:
    text, filled = fill("GRAFANA_PORT=3001\n# KAFKA_CLUSTER_ID=old\n")
    assert text.startswith("GRAFANA_PORT=3001\n# KAFKA_CLUSTER_ID=old\n\nKAFKA_CLUSTER_ID=")
    assert text.endswith("\nCOMPOSE_PROFILES=live\n"), "else everything but ingest comes up"
    assert filled == ["KAFKA_CLUSTER_ID", "COMPOSE_PROFILES"]
    assert fill(text) == (text, [])


def test_secrets_go_where_compose_looks_for_them(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    assert secrets_folder(env, {}) == ROOT / ".secrets"
    env.write_text("SECRETS_DIR=/etc/earshot/secrets\n")
    assert secrets_folder(env, {}) == Path("/etc/earshot/secrets")
    env.write_text("SECRETS_DIR=./elsewhere\n")
    assert secrets_folder(env, {}) == ROOT / "elsewhere", "relative to docker-compose.yml"
    assert secrets_folder(env, {"SECRETS_DIR": "/run/mine"}) == Path("/run/mine"), "as compose reads it"


def test_a_cluster_id_is_16_bytes_and_no_option() -> None:
    for one in (cluster_id() for _ in range(500)):
        assert len(urlsafe_b64decode(one + "==")) == 16
        assert not one.startswith("-")


def test_no_secret_is_shown(tmp_path: Path) -> None:
    where = ["--env", str(tmp_path / ".env"), "--secrets", str(tmp_path / "secrets")]
    # -S: no packages, as on a machine that only runs the stack.
    command = [sys.executable, "-S", "-m", "deploy.compose.init", *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    made = [path.read_text() for path in (tmp_path / "secrets").iterdir() if path.is_file()]
    assert not [secret for secret in made if secret and secret in done.stdout]
