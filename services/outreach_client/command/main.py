"""The operator's command: its arguments, and what it exits with.

Addresses, token and certificates come from options or from the environment:

    OUTREACH_AUDIENCE_ADDRESS  OUTREACH_DELIVERY_ADDRESS  OUTREACH_REPORTING_ADDRESS
    OUTREACH_TOKEN or OUTREACH_TOKEN_FILE                 OUTREACH_CA_FILE
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from outreach_client.command.ledger import FenceError, fence, show_state
from outreach_client.command.services import Access, AccessError, open_services
from outreach_client.errors import RemoteError

EXIT_FAILED = 1
EXIT_BAD_ARGUMENTS = 2
EXIT_INTERRUPTED = 130

_SCOPES = "The token needs all channels, and the scopes platform.admin, audience.read and report.read."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 when all was done, 1 when a call failed, 2 for bad arguments."""
    parser = _build_parser(os.environ)
    parsed = parser.parse_args(arguments)
    try:
        return asyncio.run(_run(parsed, _read_access(parsed, os.environ), sys.stdout))
    except AccessError as error:
        sys.stderr.write(f"outreach: {error}\n")
        return EXIT_BAD_ARGUMENTS
    except (RemoteError, FenceError) as error:
        sys.stderr.write(f"outreach: {error}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


async def _run(parsed: argparse.Namespace, access: Access, out: TextIO) -> int:
    async with open_services(access) as services:
        if parsed.action == "state":
            await show_state(services, out)
        else:
            await fence(services, parsed.restore_time, out)
    return 0


def _build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="outreach", description="Operates Outreach's services.")
    groups = parser.add_subparsers(dest="group", required=True, metavar="ledger")
    ledger = groups.add_parser("ledger", help="the send ledger")
    actions = ledger.add_subparsers(dest="action", required=True, metavar="state|fence")
    state = actions.add_parser("state", help="say whether it needs a fence", epilog=_SCOPES)
    fencing = actions.add_parser("fence", help="put it in order after a restore of its database", epilog=_SCOPES)
    fencing.add_argument(
        "--restore-time",
        type=_read_time,
        metavar="TIME",
        help="the moment to which the database was restored, or an earlier one, as 2026-05-01T09:00:00+09:00; "
        "without it, the latest change that the ledger holds; a moment at or after the one at which the change of the "
        "database server was noticed says that nothing was lost",
    )
    for action in (state, fencing):
        _add_access(action, environment)
    return parser


def _add_access(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    for service in ("audience", "delivery", "reporting"):
        variable = f"OUTREACH_{service.upper()}_ADDRESS"
        parser.add_argument(
            f"--{service}",
            metavar="HOST:PORT",
            default=environment.get(variable),
            required=variable not in environment,
            help=f"the {service} service; {variable} without it",
        )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        default=environment.get("OUTREACH_TOKEN_FILE"),
        help="holds the operator's token; OUTREACH_TOKEN_FILE or the token itself in OUTREACH_TOKEN without it",
    )
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        default=environment.get("OUTREACH_CA_FILE"),
        help="PEM certificates of the services' authorities; plain text, on this machine only, without it",
    )


def _read_access(parsed: argparse.Namespace, environment: Mapping[str, str]) -> Access:
    given = _read_token(parsed.token_file) if parsed.token_file is not None else environment.get("OUTREACH_TOKEN", "")
    # Files and secret stores end a line; gRPC can't send one.
    token = given.strip()
    if not token:
        raise AccessError("a token is needed: --token-file, OUTREACH_TOKEN_FILE or OUTREACH_TOKEN")
    if not (token.isascii() and token.isprintable()):
        raise AccessError("the token holds characters that no token has")
    return Access(
        audience=parsed.audience,
        delivery=parsed.delivery,
        reporting=parsed.reporting,
        token=token,
        ca_file=parsed.ca_file,
    )


def _read_token(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise AccessError(f"the token can't be read from {file}") from error


def _read_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a time as 2026-05-01T09:00:00+09:00") from error
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError("must say its offset from UTC, as 2026-05-01T09:00:00+09:00")
    return time
