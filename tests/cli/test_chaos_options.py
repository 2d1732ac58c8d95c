"""What `earshot chaos` refuses before it starts anything."""

from click.testing import CliRunner

from agents.cli import main


def test_a_source_is_chosen_for_ingest_only() -> None:
    done = CliRunner().invoke(main, ["chaos", "--source", "bluesky"])
    assert done.exit_code == 2
    assert "use --source only with --of ingest" in done.stderr
