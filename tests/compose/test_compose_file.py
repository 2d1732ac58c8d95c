"""docker-compose.yml, read as it is: every service hardened, every variable explained, every image pinned."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.ingest import service as ingest
from agents.ingest.threads import STOP_SECONDS
from agents.worker import process as worker
from deploy.compose import settings
from deploy.compose.init import ALERTS, SECRETS, init
from deploy.compose.pin import images
from deploy.local_kafka.properties import server_properties
from streams.settings import describe

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
ONE_SHOT = {
    awaited
    for one in SERVICES.values()
    for awaited, how in one.get("depends_on", {}).items()
    if how["condition"] == "service_completed_successfully"
}
LASTING = sorted(SERVICES.keys() - ONE_SHOT)
OURS = sorted(name for name, one in SERVICES.items() if "build" in one)
EXAMPLE_TEXT = (ROOT / ".env.example").read_text(encoding="utf-8")
EXAMPLE = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE_TEXT, flags=re.MULTILINE))
CODE = re.sub(r"(^|\s)#.*$", "", TEXT, flags=re.MULTILINE)
ITS_OWN = {"COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"}
"""Variables that the client itself reads."""


def networks(name: str) -> set[str]:
    return set(SERVICES[name]["networks"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_hardened(name: str) -> None:
    one = SERVICES[name]
    uid = re.fullmatch(r"(\d+):\d+", one["user"])
    assert uid is not None, "a number, so that nothing depends on the image's /etc/passwd"
    assert int(uid[1]) > 0
    assert one["init"] is True
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert all("size=" in mount for mount in one["tmpfs"]), "a tmpfs without a size may take the machine's memory"
    assert 0 < one["pids_limit"] <= 1024
    assert one["mem_limit"]
    assert one["cpus"]
    assert one["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
    assert one["stop_grace_period"]
    assert not one.keys() & {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "userns_mode"}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_restarted_and_has_its_health_checked(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert check.keys() == {"test", "interval", "timeout", "retries", "start_period"}, "engines differ beyond these"


def test_one_shots_are_not_restarted() -> None:
    assert {"topics"} == ONE_SHOT
    assert SERVICES["topics"]["restart"] == "no"


@pytest.mark.parametrize("name", ["worker", "ingest", "ingest-demo"])
def test_health_of_the_pipeline_is_progress(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "earshot", "health"]
    folder = Path(SERVICES[name]["environment"]["EARSHOT_HEALTH_FILE"]).parent
    assert any(mount.startswith(f"{folder}:") for mount in SERVICES[name]["tmpfs"])


def test_the_grace_is_longer_than_a_stop_may_take() -> None:
    grace = {name: int(SERVICES[name]["stop_grace_period"].removesuffix("s")) for name in ("worker", "ingest")}
    assert grace["worker"] > 2 * worker.STOP_SECONDS
    assert grace["ingest"] > 2 * (ingest.FLUSH_SECONDS + STOP_SECONDS)


@pytest.mark.parametrize("name", ["ingest", "ingest-demo"])
def test_what_ingest_accepted_outlives_its_container(name: str) -> None:
    log = Path(SERVICES[name]["environment"]["EARSHOT_WAL_DIR"])
    assert f"ingest-log:{log.parent}" in SERVICES[name]["volumes"]
    assert "ingest-log" in FILE["volumes"]
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert f"install --directory --owner=10001 --group=10001 --mode=0700 {log.parent}" in dockerfile
    assert {one for one in SERVICES if "ingest-log" in str(SERVICES[one].get("volumes", ""))} == {
        "ingest",
        "ingest-demo",
    }


def test_networks_let_out_only_who_has_to() -> None:
    assert FILE["networks"]["data"] == {"internal": True}
    assert FILE["networks"]["metrics"] == {"internal": True}
    assert {name for name in SERVICES if "egress" in networks(name)} == {"ingest", "alertmanager"}
    assert {name for name in SERVICES if "edge" in networks(name)} == {"grafana"}
    assert FILE["networks"]["edge"]["driver_opts"] == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    assert {name for name in SERVICES if networks(name) == {"data"}} == {"kafka", "topics", "simulated-x"}
    assert not networks("prometheus") & {"data", "egress"}


def test_only_grafana_is_published_and_only_on_loopback() -> None:
    assert {name for name, one in SERVICES.items() if "ports" in one} == {"grafana"}
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["grafana"]["ports"])


def test_every_variable_is_explained_and_every_explained_one_is_used() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", CODE))
    assert not re.findall(r"\$[A-Za-z_]", CODE), "only ${...}: a typo must not read as empty"
    assert used | ITS_OWN == EXAMPLE.keys()


def test_the_explained_defaults_are_the_ones_in_force() -> None:
    assert {name: EXAMPLE[name] for name, _ in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", CODE)} == dict(
        re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", CODE)
    )


def test_every_setting_that_is_passed_is_a_setting() -> None:
    known = {one.env for one in describe()}
    for name in OURS:
        assert SERVICES[name].get("environment", {}).keys() <= known, name


@pytest.mark.parametrize("name", ["topics", "worker", "ingest"])
def test_every_setting_reaches_the_service_from_env_unless_the_stack_decides_it(name: str) -> None:
    environ = SERVICES[name]["environment"]
    for one in describe():
        if one.name in settings.FIXED:
            assert "${" not in str(environ.get(one.env, "")), one.env
        else:
            assert environ[one.env] == f"${{{one.env}:-{settings.written(one)}}}", one.env


def test_what_is_fixed_is_a_setting_and_the_files_are_as_generated() -> None:
    assert settings.FIXED.keys() <= {one.name for one in describe()}
    assert settings.compose(TEXT) == TEXT, "run `make docs`"
    assert settings.example(EXAMPLE_TEXT) == EXAMPLE_TEXT, "run `make docs`"


def test_the_demo_listens_to_nothing_but_its_own_x() -> None:
    demo = SERVICES["ingest-demo"]["environment"]
    assert (demo["EARSHOT_SOURCES"], demo["EARSHOT_X_COMPLIANCE"], demo["EARSHOT_X_MONTHLY_READS"]) == ("x", "off", "0")


def test_an_external_kafka_takes_the_place_of_the_stacks() -> None:
    class Loader(yaml.SafeLoader):
        """Compose's own tags."""

    Loader.add_constructor("!reset", lambda *_: "reset")
    override = yaml.load((ROOT / "docker-compose.external-kafka.yml").read_text(encoding="utf-8"), Loader)  # noqa: S506
    services = override["services"]
    assert services["kafka"] == {"profiles": ["bundled-kafka"]}
    assert services["topics"]["depends_on"] == "reset", "it waits for no Kafka of ours"
    for name in ("topics", "worker", "ingest"):
        assert "egress" in services[name]["networks"]
        assert services[name]["environment"]["KAFKA_BOOTSTRAP"].startswith("${KAFKA_BOOTSTRAP:?")
        assert set(services[name]["secrets"]) == override["secrets"].keys()


def test_images_are_pinned() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    foreign = {SERVICES[name]["image"].partition("@")[0] for name in SERVICES.keys() - set(OURS)}
    assert images(TEXT) == foreign
    assert len(images(dockerfile)) == 1, "both stages stand on the same image"
    for image in images(TEXT) | images(dockerfile):
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$", image), f"{image}: an exact version"


def test_the_images_tag_is_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"image: earshot:${{EARSHOT_TAG:-{version}}}" in TEXT


def test_the_dockerfile_needs_no_newer_builder() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert "<<" not in dockerfile
    assert not re.search(r"^#\s*(syntax|escape|check)\s*=", dockerfile, flags=re.MULTILINE | re.IGNORECASE)
    assert "--mount" not in dockerfile
    assert dockerfile.count("--require-hashes") == dockerfile.count("pip install --require-hashes") + 1
    assert re.search(r"^USER 10001:10001$", dockerfile, flags=re.MULTILINE)


@pytest.mark.parametrize("part", ["requirements-run.lock", "requirements-build.lock"])
def test_the_image_gets_the_versions_that_are_tested(part: str) -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z][\w.-]*==[^ ]+", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert pins(part)
    assert pins(part) <= pins("requirements.lock")


def test_secrets_are_files_that_init_knows() -> None:
    assert FILE["secrets"].keys() == SECRETS.keys()
    for name, one in FILE["secrets"].items():
        assert one == {"file": f"${{SECRETS_DIR:-./.secrets}}/{name}"}
    assert not [
        key for one in SERVICES.values() for key in one.get("environment", {}) if re.search("TOKEN$|PASSWORD$", key)
    ]
    assert [name for name, one in SERVICES.items() if "x_token" in one.get("secrets", ())] == ["ingest"]
    for ignored in (".gitignore", ".dockerignore"):
        lines = (ROOT / ignored).read_text(encoding="utf-8").splitlines()
        assert "*" in lines or {".env", ".secrets/"} <= set(lines), ignored


def test_alertmanager_starts_with_the_receivers_that_have_a_file() -> None:
    one = SERVICES["alertmanager"]
    assert one["entrypoint"] == ["sh", "/etc/alertmanager/start"]
    assert "./deploy/alertmanager:/etc/alertmanager:ro" in one["volumes"]
    files = next(mount for mount in one["volumes"] if isinstance(mount, dict))
    assert files["source"] == f"${{SECRETS_DIR:-./.secrets}}/{ALERTS}"
    assert files["read_only"]
    start = (ROOT / "deploy/alertmanager/start").read_text(encoding="utf-8")
    assert f"${{ALERT_FILES:-{files['target']}}}" in start
    config = re.search(r"ALERT_CONFIG:-([^}]+)\}", start)
    assert config is not None
    assert any(mount.startswith(f"{Path(config[1]).parent}:") for mount in one["tmpfs"]), "it may hold a password"


def test_the_demo_needs_no_x() -> None:
    assert {name for name, one in SERVICES.items() if one.get("profiles") == ["demo"]} == {"simulated-x", "ingest-demo"}
    assert {name for name, one in SERVICES.items() if one.get("profiles") == ["live"]} == {"ingest"}
    assert EXAMPLE["COMPOSE_PROFILES"] == "live"
    assert SERVICES["ingest-demo"]["networks"]["metrics"]["aliases"] == ["ingest"]


def test_kafka_is_configured_as_the_local_one_is() -> None:
    given = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): value
        for key, value in SERVICES["kafka"]["environment"].items()
        if key.startswith("KAFKA_") and key not in ("KAFKA_HEAP_OPTS", "KAFKA_OPTS")
    }
    places = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    local = server_properties(0, 0, "")
    assert {key: value for key, value in given.items() if key not in places} == {
        key: value for key, value in local.items() if key not in places
    }
    assert any(volume.endswith(f":{given['log.dirs']}") for volume in SERVICES["kafka"]["volumes"])


def test_kafka_can_unpack_its_codec() -> None:
    assert [mount for mount in SERVICES["kafka"]["tmpfs"] if mount.startswith("/tmp:exec,")]  # noqa: S108


def test_what_is_mounted_from_the_tree_is_there_and_read_only() -> None:
    mounts = [mount for one in SERVICES.values() for mount in one.get("volumes", ()) if str(mount).startswith("./")]
    assert mounts
    for mount in mounts:
        source, _, mode = mount.split(":")
        assert (ROOT / source).exists(), source
        assert mode == "ro"


@pytest.mark.compose(needs="client")
@pytest.mark.parametrize(("profile", "without"), [("live", "ingest-demo"), ("demo", "ingest")])
def test_the_client_accepts_the_file(tmp_path: Path, profile: str, without: str) -> None:
    init(tmp_path / ".env", ROOT / ".env.example", tmp_path / "secrets")
    command = ["docker", "compose", "--env-file", str(tmp_path / ".env"), "--profile", profile, "config", "--services"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert without not in done.stdout.split()
    assert "worker" in done.stdout.split()


@pytest.mark.compose(needs="client")
def test_up_with_nothing_filled_in_ends_at_once_with_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    command = ["docker", "compose", "--env-file", str(tmp_path / ".env"), "up", "--detach"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode != 0
    assert done.stderr.strip().endswith('KAFKA_CLUSTER_ID is missing a value: run "make init"')
    assert done.stderr.count("\n") == 1
