"""A sandbox as a context: what commands and programs connect by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.sandbox.spec import SandboxSpec

__all__ = ["context_of"]


def context_of(
    spec: SandboxSpec, name: str, *, overrides: Mapping[str, str] | None = None
) -> Context:
    """Make the context of a sandbox; no file and no variable has a say in it.

    Args:
        spec: The sandbox.
        name: What the context is called.
        overrides: librdkafka's keys from the command line.

    Raises:
        UsageError: An override is none.
    """
    from flowodm.config.overrides import apply_overrides
    from flowodm.config.settle import Draft, settle

    kafka = {key: str(value) for key, value in spec.client_config().items()}
    settings: dict[str, Any] = {
        "bootstrap_servers": kafka.pop("bootstrap.servers"),
        "kafka": kafka,
        "cluster_id": spec.cluster_id,
    }
    if spec.registry_url:
        settings["schema_registry"] = {"url": spec.registry_url}
    draft = Draft(name, "the sandbox", settings, {}, lambda location: "the sandbox")
    apply_overrides(draft, overrides or {})
    return settle(draft)
