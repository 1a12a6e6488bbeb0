"""A plan made and proven: the state read, and read again where a broker had not heard of it all."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from flowodm.connection.kafka import PATIENCE
from flowodm.plan.building import build_plan
from flowodm.plan.model import Desired, Plan
from flowodm.plan.proving import prove_plan
from flowodm.plan.state import read_state

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["make_plan"]

_AGAIN_WITHIN: Final = 3.0
"""Seconds that brokers have to hear of what the controller knows; some milliseconds are usual."""
_PAUSE: Final = 0.1


def make_plan(
    connection: "KafkaConnection",
    desired: Desired,
    *,
    prune: bool = False,
    timeout: float = PATIENCE,
    on_read: Callable[[int, int], None] = lambda done, total: None,
    on_proof: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Read what there is, plan, and prove the plan.

    Args:
        connection: The cluster and its registry.
        desired: What is declared.
        prune: As for `build_plan`.
        timeout: Seconds to wait for each answer of the cluster.
        on_read: As `on_progress` of `read_state`.
        on_proof: As `on_progress` of `prove_plan`.

    Raises:
        FlowODMError: As `read_state`, `build_plan` and `prove_plan`.
    """
    until = time.monotonic() + _AGAIN_WITHIN
    while True:
        state = read_state(connection, desired, timeout=timeout, on_progress=on_read)
        built = build_plan(desired, state, prune=prune)
        plan = prove_plan(connection, built, on_progress=on_proof)
        if not plan.is_stale or time.monotonic() > until:
            return plan
        time.sleep(_PAUSE)
