"""The file of places is what its sources give, light enough to be loaded anywhere, and says whose work it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from agents.cli import main
from agents.cli.gazetteer import SHIPPED
from deploy.gazetteer.sources import SOURCES
from streams.reading.places.names import GazetteerError, load, pack, unpack

ROOT = Path(__file__).parents[2]
NAMES = load()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["gazetteer", *arguments])
    return done.exit_code, done.output


@pytest.mark.timeout(600)
def test_the_sources_give_the_file_byte_for_byte() -> None:
    """The real build, in the environment that `make gazetteer` makes."""
    command = ["make", "--no-print-directory", "gazetteer", "ARGS=--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=590, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("as built from its sources")


def test_a_process_that_loads_it_stays_small_and_imports_no_third_partys_data() -> None:
    code = (
        "import sys, time\n"
        "from streams.reading.places.names import load\n"
        "begun = time.perf_counter(); load(); took = time.perf_counter() - begun\n"
        "(peak,) = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        "print(int(peak) / 1e3, took, bool({source for source in sys.argv[1:]} & set(sys.modules)))\n"
    )
    sources = [one.package.replace("-", "_") for one in SOURCES]
    done = subprocess.run([sys.executable, "-c", code, *sources], capture_output=True, text=True, check=True)
    megabytes, seconds, foreign = done.stdout.split()
    assert float(megabytes) < 90, "82 MB where it was built"
    assert float(seconds) < 10, "0.3 s on an idle machine"
    assert foreign == "False"


def test_it_says_what_it_holds_and_whose_work_it_is() -> None:
    code, output = run("show", "--json")
    told = json.loads(output)
    assert code == 0
    assert (told["cities"], told["zips"], told["counties"]) == (len(NAMES.cities), len(NAMES.zips), len(NAMES.counties))
    assert [one["package"] for one in told["sources"]] == [one.package for one in SOURCES]
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    plain = run("show")[1]
    for source in SOURCES:
        assert source.package in notice
        assert f"{source.package} {source.version}" in plain
        assert NAMES.sources[source.package] == source.version
    assert "CC BY 4.0" in notice
    assert "GeoNames" in NAMES.attribution


def test_the_lock_holds_the_versions_that_the_file_names() -> None:
    lock = (ROOT / "requirements-gazetteer.lock").read_text(encoding="utf-8")
    for source in SOURCES:
        assert f"{source.package}=={source.version}" in lock


def test_without_the_packages_the_build_says_what_to_run(tmp_path: Path) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-m", "agents.cli", "gazetteer", "build", "--to", str(tmp_path / "new")]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("run `make gazetteer`")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_or_one_of_another_format_is_refused_by_name() -> None:
    with pytest.raises(GazetteerError, match=r"gazetteer.bin is damaged .*make gazetteer"):
        unpack(b"not a gazetteer")
    packed = pack(replace(unpack(SHIPPED.read_bytes()), format=1))
    with pytest.raises(GazetteerError, match=r"gazetteer.bin has format 1, not \d+: `make gazetteer`"):
        unpack(packed)


def test_the_towns_of_the_shipped_hospitals_lie_in_their_markets() -> None:
    fargo, moorhead = NAMES.city("fargo", "US", "ND"), NAMES.city("moorhead", "US", "MN")
    assert fargo is not None
    assert moorhead is not None
    assert (fargo.hsa, fargo.hrr) == (moorhead.hsa, moorhead.hrr) == ("35014", "322"), "one market, two states"
    assert NAMES.zips["55905"].hsa == "24101"
    assert NAMES.zips["97330"].hsa == "38012"


def test_packing_is_the_inverse_of_unpacking_and_always_the_same() -> None:
    packed = SHIPPED.read_bytes()
    assert pack(unpack(packed)) == packed
    assert len(packed) < 3_000_000, "it is in every clone"
