"""Puts the audience service together; the only module that names concrete adapters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import grpc

from audience.adapters import retention
from audience.adapters.hubspot.client import open_hubspot
from audience.adapters.line import LineApiAccounts
from audience.adapters.store.transaction import SqlTransaction, build_transaction
from audience.adapters.vault import AesGcmVault, read_keys
from audience.application.audiences import Audiences
from audience.application.catalog_reader import CatalogReader
from audience.application.channels import Channels
from audience.application.contact_lists import ContactLists
from audience.application.facts import Facts
from audience.application.hubspot_port import ContactSource
from audience.application.keyring import Keyring
from audience.application.list_sync import ListSync
from audience.application.polling import Polling
from audience.application.tokens import Tokens
from audience.config import Settings
from audience.entrypoints.access import ACCESS, INTERNAL, PUBLIC, REASONS
from audience.entrypoints.rpc_audiences import AudienceServicer
from audience.entrypoints.rpc_channels import ChannelServicer
from audience.entrypoints.rpc_contact_lists import ContactListServicer
from audience.entrypoints.rpc_internal import LineTokenServicer, TargetingFactsServicer
from kit import service
from kit.events.streams import EventStream
from kit.ids import RandomIds
from kit.rpc.run import Worker
from kit.rpc.server import Api
from kit.service import Definition, Ground, Service, keep_house, open_ground, work_side_by_side
from kit.store.uow import SqlUnitOfWork
from lineapi.client import LINEClient
from lineapi.transport import open_http
from outreach.audience.internal.v1.line_token_pb2_grpc import add_LineTokenServiceServicer_to_server
from outreach.audience.internal.v1.targeting_facts_pb2_grpc import add_TargetingFactsServiceServicer_to_server
from outreach.audience.v1.audience_pb2_grpc import add_AudienceServiceServicer_to_server
from outreach.audience.v1.channel_pb2_grpc import add_ChannelServiceServicer_to_server
from outreach.audience.v1.contact_list_pb2_grpc import add_ContactListServiceServicer_to_server

AUDIENCE = Definition(
    name="audience",
    migrations=Path(__file__).parent / "adapters" / "migrations",
    stream=EventStream(name="audience", subjects=("outreach.audience.v1.>",)),
    retention=retention.RULES,
)

LIST_SYNC_IDLE = timedelta(milliseconds=500)
POLLING_IDLE = timedelta(seconds=5)

SIDE_BY_SIDE = 3
"""How many lists, and how many channels, one process reads at once, so that a long list holds up few others."""

LINE_CONNECTIONS = 500
"""Of one process to LINE: far more than those that hang, for each channel has a few (`Keyring`)."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do."""

    channels: Channels
    audiences: Audiences
    catalog: CatalogReader
    contact_lists: ContactLists
    facts: Facts
    tokens: Tokens
    list_sync: ListSync
    polling: Polling


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Bring the database up to date, then serve and work, as `roles` says, until `stop`."""
    await service.serve(AUDIENCE, settings, stop, open_service)


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Open connections, which are made when they are needed, and close them at the end."""
    async with open_ground(AUDIENCE, settings) as ground:
        http = await ground.resources.enter_async_context(open_http(connections=LINE_CONNECTIONS))
        contacts = await ground.resources.enter_async_context(open_hubspot(settings.hubspot_url))
        line = LINEClient(http, api_url=settings.line_api_url)
        use_cases = _build_use_cases(settings, ground, line, contacts)
        yield Service(_build_api(use_cases), [*keep_house(AUDIENCE, ground), *_build_workers(use_cases)])


def _build_use_cases(settings: Settings, ground: Ground, client: LINEClient, contacts: ContactSource) -> UseCases:
    clock, ids = ground.clock, RandomIds()
    uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(ground.database, partial(build_transaction, ids=ids))
    line = LineApiAccounts(client, clock=clock)
    vault = AesGcmVault(read_keys(settings.keys_file))
    keyring = Keyring(uow=uow, line=line, vault=vault, clock=clock)
    catalog = CatalogReader(uow=uow, line=line, keyring=keyring, clock=clock)
    facts = Facts(uow=uow, line=line, keyring=keyring, catalog=catalog, clock=clock)
    return UseCases(
        channels=Channels(uow=uow, line=line, contacts=contacts, vault=vault, clock=clock),
        audiences=Audiences(uow),
        catalog=catalog,
        contact_lists=ContactLists(uow=uow, contacts=contacts, keyring=keyring, clock=clock),
        facts=facts,
        tokens=Tokens(uow=uow, keyring=keyring, clock=clock),
        list_sync=ListSync(uow=uow, contacts=contacts, keyring=keyring, clock=clock),
        polling=Polling(uow=uow, catalog=catalog, facts=facts, clock=clock),
    )


def _build_api(use_cases: UseCases) -> Api:
    def register(server: grpc.aio.Server) -> None:
        add_ChannelServiceServicer_to_server(ChannelServicer(use_cases.channels, ids=RandomIds()), server)
        add_AudienceServiceServicer_to_server(AudienceServicer(use_cases.audiences, use_cases.catalog), server)
        add_ContactListServiceServicer_to_server(ContactListServicer(use_cases.contact_lists), server)
        add_LineTokenServiceServicer_to_server(LineTokenServicer(use_cases.tokens), server)
        add_TargetingFactsServiceServicer_to_server(TargetingFactsServicer(use_cases.facts), server)

    return Api(
        service=AUDIENCE.name, public=PUBLIC, internal=INTERNAL, access=ACCESS, reasons=REASONS, register=register
    )


def _build_workers(use_cases: UseCases) -> list[Worker]:
    return [
        *work_side_by_side("list-sync", use_cases.list_sync.run_once, count=SIDE_BY_SIDE, idle=LIST_SYNC_IDLE),
        *work_side_by_side("polling", use_cases.polling.run_once, count=SIDE_BY_SIDE, idle=POLLING_IDLE),
    ]
