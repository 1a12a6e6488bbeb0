"""A local Apache Kafka and schema registry, from pip alone: no Java, Maven or Docker.

Real Kafka, fetched once (`jars`), run by a Java runtime that came in a wheel (`java`, `broker`),
beside the project's own registry server. `Sandbox` is the context manager for tests and programs;
`lifecycle` keeps named sandboxes that outlive the command which started them. Needs the extra
`flowodm[sandbox]`. Nothing here prints.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowodm.sandbox.ephemeral import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    if name == "Sandbox":
        from flowodm.sandbox.ephemeral import Sandbox

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
