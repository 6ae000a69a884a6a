"""The floor of the sandbox's two rates: a bare aiohttp server that parses and answers as much, and knows nothing.

`python -m tests.bench.sandbox.floor --port-file FILE`
"""

import argparse
import asyncio
import json
import uuid
from pathlib import Path

from aiohttp import web

from tests.bench.sandbox.calls import MEMBERS_PATH, NARROWCAST_PATH, PAGE_SIZE

_PAGE = {
    "results": [
        {"recordId": str(number), "membershipTimestamp": "2026-01-01T00:00:00.000Z"} for number in range(PAGE_SIZE)
    ],
    "paging": {"next": {"after": "cjox", "link": "https://example.test"}},
    "total": PAGE_SIZE,
}


async def _accept(request: web.Request) -> web.Response:
    json.loads(await request.read())
    return web.json_response({}, status=202, headers={"X-Line-Request-Id": str(uuid.uuid4())})


async def _read_page(_: web.Request) -> web.Response:
    return web.json_response(_PAGE)


async def _serve(port_file: Path) -> None:
    app = web.Application()
    app.add_routes([web.post(NARROWCAST_PATH, _accept), web.get(MEMBERS_PATH.format(list_id=1), _read_page)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    part = port_file.with_suffix(".part")
    part.write_text(f"{host}:{port}")
    part.replace(port_file)
    await asyncio.Event().wait()


def main() -> None:
    """Serve on a free port until killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sandbox.floor")
    parser.add_argument("--port-file", type=Path, required=True)
    asyncio.run(_serve(parser.parse_args().port_file))


if __name__ == "__main__":
    main()
