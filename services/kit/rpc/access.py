"""Who may call which method: a table per service, closed by default (architecture 9).

ACCESS: AccessTable = {
    "/outreach.audience.v1.ChannelService/CreateChannel": allow("platform.admin", creates="channel_id"),
    "/outreach.audience.v1.ChannelService/GetChannel": allow("audience.read", channel="name"),
    "/outreach.audience.v1.ChannelService/ListChannels": allow("audience.read"),
    "/outreach.audience.internal.v1.LineTokenService/IssueLineToken": allow_services("delivery", channel="channel"),
}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, MethodDescriptor

INTERNAL_SCOPE = "internal"

# A request with one of these fields is about one tenant (AIP-131, AIP-132), whatever its table says.
_TENANT_FIELDS = ("name", "parent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one method asks of its caller.

    Attributes:
        scope: the scope that its token must hold.
        services: of our services, those that may call it; None where it is not internal.
        channel: path of the request's field whose resource name begins with the tenant, as `name` or `campaign.name`;
            None where the method is about no tenant or about all that the caller may see.
        creates: path of the field with the id of a tenant that the method creates; an empty one, which lets the service
            choose, needs a caller of all channels.
        endless: whether it streams until the caller has enough; it then has no default deadline, and ends with
            UNAVAILABLE when this replica goes, so that the caller turns to another one.

    """

    scope: str
    services: frozenset[str] | None = None
    channel: str | None = None
    creates: str | None = None
    endless: bool = False


AccessTable = Mapping[str, Access]
"""Keyed by the method's path, `/package.Service/Method`."""


def allow(scope: str, *, channel: str | None = None, creates: str | None = None, endless: bool = False) -> Access:
    """Open a method to every caller whose token holds `scope`; see `Access`."""
    return Access(scope=scope, channel=channel, creates=creates, endless=endless)


def allow_services(*services: str, channel: str | None = None) -> Access:
    """Open an internal method to some of our own services, named as in `service:<name>`."""
    return Access(scope=INTERNAL_SCOPE, services=frozenset(services), channel=channel)


class AccessTableError(Exception):
    """A service's table does not fit what it serves; it must not start."""


def check_access(table: AccessTable, services: Iterable[str]) -> None:
    """Compare a table with the methods of the services that are served; names are full, as `package.Service`.

    Raises:
        AccessTableError: a method is absent, unknown, or would leave the tenant of its request unchecked.

    """
    served = {_path(method): method for service in services for method in _methods(service)}
    problems = [f"{path}: has no entry" for path in served.keys() - table.keys()]
    problems += [f"{path}: is not served" for path in table.keys() - served.keys()]
    for path in served.keys() & table.keys():
        problems += [f"{path}: {problem}" for problem in _mismatches(table[path], served[path])]
    if problems:
        raise AccessTableError("\n".join(sorted(problems)))


def _mismatches(access: Access, method: MethodDescriptor) -> list[str]:
    problems = []
    tenant_fields = [name for name in _TENANT_FIELDS if name in method.input_type.fields_by_name]
    if tenant_fields and access.channel is None:
        problems.append(f"says nothing of the request's {tenant_fields[0]}")
    paths = [path for path in (access.channel, access.creates) if path is not None]
    problems += [f"the request has no text field {path}" for path in paths if not _is_text(method.input_type, path)]
    if access.endless and not method.server_streaming:
        problems.append("does not stream, so it can't be endless")
    if method.client_streaming:
        problems.append("takes a stream of requests, which can't be authorised yet")
    return problems


def _is_text(message: Descriptor, path: str) -> bool:
    """Tell whether `path` leads from a message to a single text field."""
    name, _, rest = path.partition(".")
    field = message.fields_by_name.get(name)
    if field is None or field.is_repeated:
        return False
    if rest:
        return field.message_type is not None and _is_text(field.message_type, rest)
    return field.type == field.TYPE_STRING


def _methods(service: str) -> Iterable[MethodDescriptor]:
    descriptor = descriptor_pool.Default().FindServiceByName(service)
    return [descriptor.methods_by_name[name] for name in descriptor.methods_by_name]


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"
