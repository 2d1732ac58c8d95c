"""Directory folders and public files, for the tests of the directory, its importers and its command."""

from pathlib import Path

from click.testing import CliRunner, Result

from agents.cli import main

FILES = Path(__file__).parent / "importers" / "files"
HOSPITALS = (
    "id,name,city,state,zip,kind,latitude,longitude\n"
    "350070,Essentia Health-Fargo,Fargo,ND,58104,acute,46.833,-96.829\n"
    "240010,Mayo Clinic Hospital Rochester,Rochester,MN,55902,acute,44.02,-92.48\n"
)


def folder(path: Path, **texts: str) -> Path:
    """A directory: `handles="..."` is its handles.csv."""
    path.mkdir(exist_ok=True)
    (path / "hospitals.csv").write_text(texts.pop("hospitals", HOSPITALS), encoding="utf-8")
    for name, text in texts.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def run(*arguments: str | Path, **environ: str) -> Result:
    return CliRunner().invoke(main, ["directory", *map(str, arguments)], env=environ)


def everything(path: Path) -> dict[str, str]:
    """Each file of a folder with its text."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(path.iterdir())} if path.exists() else {}
