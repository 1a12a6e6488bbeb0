"""Which look comes after which, and what runs beside what."""

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from flowodm.connection.kafka import KafkaConnection
from flowodm.connection.waiting import in_thread
from flowodm.doctor.access import look_at_access
from flowodm.doctor.cluster import look_at_cluster
from flowodm.doctor.listeners import Hearing
from flowodm.doctor.registries import look_at_registry, registries_of
from flowodm.doctor.report import Examination, Finding, StepName, conclude, failed, lenient
from flowodm.doctor.servers import look_at, servers_of, uses_sasl, uses_tls
from flowodm.errors import ConfigurationError

if TYPE_CHECKING:
    from flowodm.config import Context

__all__ = ["PATIENCE", "examine"]

PATIENCE: Final = 3.0
"""Seconds to wait for each answer by default: an examination that fails then ends within five."""


def examine(context: "Context", *, timeout: float = PATIENCE) -> Examination:
    """Look for what is wrong between here and a context's cluster and registry.

    Each step is tried when those that it needs went well; brokers and registry at the same time.

    Args:
        context: The cluster.
        timeout: Seconds to wait for each answer.
    """
    registry = in_thread(partial(_registry, context, timeout))
    with KafkaConnection(context) as connection:
        kafka = _kafka(connection, timeout)
    return conclude((*kafka, *registry.result()), _unused(context, registry.result()))


def _kafka(connection: KafkaConnection, timeout: float) -> tuple[Finding, ...]:
    settings = _settings(connection)
    if settings.status == "failure":
        return (settings,)
    config = connection.context.client_config("admin")
    looks = [
        in_thread(partial(look_at, server, config, timeout=timeout))
        for server in servers_of(config)
    ]
    found = [finding for look in looks for finding in look.result()]
    addresses = lenient(found, "tls" if uses_tls(config) else "tcp")
    if any(finding.status == "failure" for finding in addresses):
        return (settings, *addresses)
    return (settings, *addresses, *_cluster(connection, found, timeout))


def _settings(connection: KafkaConnection) -> Finding:
    begun, context = time.monotonic(), connection.context
    try:
        connection.check_settings()
    except ConfigurationError as error:
        finding = failed("config", error, seconds=time.monotonic() - begun)
        show = f"see what is set, and where: flowodm context show {context.name}"
        return replace(finding, hint=error.hint or show)
    return Finding("config", "ok", context.source, None, time.monotonic() - begun)


def _cluster(
    connection: KafkaConnection, addresses: list[Finding], timeout: float
) -> tuple[Finding, ...]:
    """Look through librdkafka, at the servers that are well."""
    bad = {finding.place for finding in addresses if finding.status == "failure"}
    context, hearing = connection.context, Hearing()
    servers = servers_of(context.client_config("admin"))
    debug = ",".join(filter(None, (str(context.kafka.get("debug", "")), "metadata")))
    well = {
        "bootstrap_servers": ",".join(server for server in servers if server not in bad),
        "kafka": {**context.kafka, "debug": debug},
    }
    with KafkaConnection(
        context.model_copy(update=well), callbacks={"logger": hearing}  # type: ignore[dict-item]
    ) as reached:
        hearing.listen(reached)
        found, metadata = look_at_cluster(reached, hearing, timeout=timeout)
        listeners = {one.status for one in found if one.step == "listeners"}
        if metadata is None or "ok" not in listeners:
            return found
        patience = timeout / 2 if "failure" in listeners else timeout
        return (*found, look_at_access(reached, metadata, timeout=patience))


def _registry(context: "Context", timeout: float) -> tuple[Finding, ...]:
    config = context.schema_registry
    if config is None:
        return ()
    looks = [
        in_thread(partial(look_at_registry, one, timeout=timeout)) for one in registries_of(config)
    ]
    return lenient((finding for look in looks for finding in look.result()), "registry")


def _unused(context: "Context", registry: tuple[Finding, ...]) -> tuple[StepName, ...]:
    config = context.client_config("admin")
    asked: dict[StepName, bool] = {
        "tls": uses_tls(config),
        "sasl": uses_sasl(config),
        "registry": context.schema_registry is not None,
        "schema": any(one.step == "registry" and one.status == "failure" for one in registry),
    }
    return tuple(step for step, is_asked in asked.items() if not is_asked)
