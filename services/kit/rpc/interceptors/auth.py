"""Who calls, whether they may, and for which tenant (architecture 9); asked before anything is validated (ST 2.5)."""

import re
from collections.abc import Iterable
from operator import attrgetter

from google.protobuf.message import Message

from kit.callers import Caller, current_caller, set_caller
from kit.errors import FieldViolation, InvalidRequest, PermissionDenied, ScopeMissing
from kit.names import CALLER_ID, ResourceName
from kit.rpc.access import Access, AccessTable
from kit.rpc.tokens import TokenVerifier, bearer_token

TENANT = ResourceName("channels/{channel}")

_ID = re.compile(CALLER_ID)


class Gate:
    """Admits calls by a service's table; what the table does not know is refused."""

    def __init__(self, verifier: TokenVerifier, table: AccessTable) -> None:
        self._verifier = verifier
        self._table = table

    async def identify(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> None:
        """Note the caller for the rest of this task, if they may call this method at all.

        Raises:
            Unauthenticated, ScopeMissing, PermissionDenied: they may not.

        """
        caller = await self._verifier.verify(bearer_token(metadata))
        set_caller(caller)
        access = self._table.get(method)
        if access is None:
            raise PermissionDenied
        _require_scope(caller, access)

    def check_tenant(self, method: str, request: Message) -> None:
        """Check that the tenant that the request is about is open to the caller.

        Raises:
            PermissionDenied: it is not, whether it exists or not.
            InvalidRequest: the name that says which tenant it is about is malformed.

        """
        caller, access = current_caller(), self._table[method]
        if access.channel is not None:
            _require_tenant(caller, request, access.channel)
        if access.creates is not None:
            _require_new_tenant(caller, request, access.creates)


def _require_scope(caller: Caller, access: Access) -> None:
    if access.scope not in caller.scopes:
        raise ScopeMissing(access.scope)
    if access.services is None:
        return
    kind, _, service = caller.subject.partition(":")
    if kind != "service" or service not in access.services:
        raise PermissionDenied


def _require_tenant(caller: Caller, request: Message, field: str) -> None:
    """Take the tenant from the head of a resource name; the rest of the name is the handler's to check."""
    name = attrgetter(field)(request)
    head = "/".join(name.split("/")[:2])
    tenant = TENANT.parse(head, field=field)
    if not caller.may_use(tenant["channel"]):
        raise PermissionDenied(head)


def _require_new_tenant(caller: Caller, request: Message, field: str) -> None:
    """Let a caller create the tenants that its token names; one that the service names is in nobody's token."""
    if caller.sees_all_channels:
        return
    tenant_id = attrgetter(field)(request)
    if tenant_id and not _ID.fullmatch(tenant_id):
        raise InvalidRequest([FieldViolation(field, f"must match {CALLER_ID}", "MALFORMED_ID")])
    if not caller.may_use(tenant_id):
        raise PermissionDenied(TENANT.format(channel=tenant_id) if tenant_id else None)
