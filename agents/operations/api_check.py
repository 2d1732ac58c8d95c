"""The way to the workers' API, looked at once: its token's file, and whether a worker answers and is ready.

Called by the doctor. Uses the commands' own client, so that what it finds is what they would find. No finding holds the
token.
"""

from collections.abc import Iterator

from agents.ingest.source import Finding
from agents.operations.api_client import ApiClient, NotNowError, NoWorkerError
from agents.worker.api.shapes import Hospitals
from streams import secret_file
from streams.errors import UserError
from streams.settings import Settings


def check(settings: Settings) -> Iterator[Finding]:
    """One finding a thing; none of a token where none is set."""
    try:
        client = ApiClient(settings)
    except UserError as error:
        yield Finding("fail", "API token", error.found, error.act)
        return
    if settings.api_token_file:
        if (how := secret_file.exposed(settings.api_token_file)) is not None:
            yield Finding("fail", "API token", how.found, how.act)
        else:
            yield Finding("ok", "API token", f"in {settings.api_token_file}, closed to others")
    with client:
        try:
            listed = client.get("/v1/hospitals", Hospitals).hospitals
        except (NoWorkerError, NotNowError) as error:
            yield Finding("warn", "API", error.found, error.act)
        except UserError as error:
            yield Finding("fail", "API", error.found, error.act)
        else:
            yield _hospitals(client.url, len(listed), sum(bool(one.why) for one in listed))


def _hospitals(url: str, every: int, unknown: int) -> Finding:
    if unknown:
        found = f"{url} answers; the workers of {unknown} of {every} hospitals are not known now"
        return Finding("warn", "API", found, "if it stays so, start more workers or see their logs")
    return Finding("ok", "API", f"{url} answers for {every} hospitals")
