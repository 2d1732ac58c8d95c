"""Where a simulated server listens: the one place that binds a port and says why it cannot.

Called by `server.py` and `jetstream.py`.
"""

from aiohttp import web

from streams.errors import UserError


async def listen(runner: web.AppRunner, host: str, port: int) -> str:
    """Set the runner up and listen; `host:port` as bound (port 0 takes a free one). Raises `UserError` if the port is
    taken; the runner is cleaned up then."""
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise UserError(f"port {port} cannot be used ({error.strerror}): give another --port, or 0") from None
    return f"{host}:{runner.addresses[0][1]}"
