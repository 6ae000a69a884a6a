"""Server reflection that shows public services and what they are made of, and nothing else of the process."""

from collections.abc import Iterable

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection


def add_reflection(server: grpc.aio.Server, services: Iterable[str]) -> None:
    """Let tools ask `server` for the descriptors of `services`, full names.

    The default pool holds whatever the process has imported, internal services too; so a pool of their files is made.
    """
    names = tuple(services)
    reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), server, pool=_pool_of(names))


def _pool_of(services: Iterable[str]) -> DescriptorPool:
    pool, known = DescriptorPool(), set[str]()

    def add(file: FileDescriptor) -> None:
        if file.name in known:
            return
        known.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        document = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(document)
        pool.Add(document)

    everything = descriptor_pool.Default()
    for service in (*services, reflection.SERVICE_NAME):
        add(everything.FindServiceByName(service).file)
    return pool
