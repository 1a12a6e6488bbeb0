"""`KafkaConnection`: the clients of one context.

Nothing is opened before it is used. Calls into librdkafka block in C, deaf to Ctrl-C; those here
run in a thread of their own while the caller waits in short steps, which also ends the wait as
soon as the log names a cause that no patience cures.

A connection does not survive `fork()`: librdkafka's threads stay behind in the parent. After one,
a connection makes new clients, and leaves the old ones alone.
"""

import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from flowodm.connection import changes
from flowodm.connection.errors import broker_error, configuration_error, unreachable
from flowodm.connection.forking import keep, mind_forks
from flowodm.connection.journal import Journal
from flowodm.connection.waiting import STEP, flush, in_thread, persistently
from flowodm.errors import ConfigurationError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka import Consumer, KafkaError, Producer
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.config import Context
    from flowodm.connection.causes import Cause
    from flowodm.connection.journal import Failure
    from flowodm.registry import SchemaRegistry

__all__ = ["PATIENCE", "KafkaConnection"]

PATIENCE: Final = 4.0
"""Seconds to wait for a broker by default: a command then ends within five."""
_CALM: Final = 0.15
"""Seconds to wait for an answer before a second client asks what is wrong."""
_FLUSH: Final = 10.0

_T = TypeVar("_T")


class KafkaConnection:
    """The clients of one context; threads may share it.

    Use it in a `with` or an `async with` statement, or close it.

    Args:
        context: The context, or its name; without one, what `load_context()` finds when the
            first client is asked for.
        callbacks: Functions for librdkafka (`oauth_cb`, `error_cb`, `stats_cb`, …).
    """

    def __init__(
        self,
        context: "Context | str | None" = None,
        *,
        callbacks: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        if context == "":
            raise ConfigurationError("`context` is empty", hint="None takes the current one")
        self._asked: Context | str | None = context
        self._callbacks = dict(callbacks or {})
        self.generation = 0
        """Counts the times that the clients were closed, or left behind by a fork."""
        self._forget()
        mind_forks(self)

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._context: Context | None = None
        self._producer: Producer | None = None
        self._admin: AdminClient | None = None
        self._registry: SchemaRegistry | None = None
        self._owned: dict[Hashable, Any] = {}
        self.journal = Journal()
        """What the clients' logs say of the brokers."""

    def __repr__(self) -> str:
        name = self._context.name if self._context else self._asked
        return f"<KafkaConnection {getattr(name, 'name', name) or 'default'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(timeout=0 if kind is not None and issubclass(kind, KeyboardInterrupt) else None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        import asyncio  # the command line would wait for it at every start

        await asyncio.to_thread(self.__exit__, kind, error, traceback)

    @property
    def context(self) -> "Context":
        """The context; loaded when first asked for, if only its name was given."""
        with self._lock:
            if self._context is None:
                from flowodm.config import Context, load_context, remember

                asked = self._asked
                self._context = asked if isinstance(asked, Context) else load_context(asked)
                remember(self._context.secrets())
            return self._context

    def consumer(self, config: Mapping[str, Any] | None = None) -> "Consumer":
        """Make a consumer, which the caller owns and closes.

        Args:
            config: librdkafka's keys for this one; they win over the context's.
        """
        from confluent_kafka import Consumer

        return self._make(Consumer, {**self.context.client_config("consumer"), **(config or {})})

    def producer(self, config: Mapping[str, Any] | None = None) -> "Producer":
        """Return the producer, made on first use and shared; or a new one for the caller alone.

        Args:
            config: librdkafka's keys for a new one, which win over the context's, and which the
                caller owns: it flushes it.
        """
        if config is not None:
            from confluent_kafka import Producer

            return self._make(Producer, {**self.context.client_config("producer"), **config})
        with self._lock:
            if self._producer is None:
                from confluent_kafka import Producer

                self._producer = self._make(Producer, self.context.client_config("producer"))
            return self._producer

    def admin(self) -> "AdminClient":
        """Return the admin client, made on first use and shared."""
        with self._lock:
            if self._admin is None:
                from confluent_kafka.admin import AdminClient

                self._admin = self._make(AdminClient, self.context.client_config("admin"))
            return self._admin

    def check_settings(self) -> None:
        """Have librdkafka check the context's settings, without a connection to anything.

        Raises:
            ConfigurationError: It refuses one, or the context names no brokers.
        """
        from confluent_kafka.admin import AdminClient

        config = self.context.client_config("admin")
        self._make(
            AdminClient, {key: "" if key == "bootstrap.servers" else config[key] for key in config}
        )

    def schema_registry(self) -> "SchemaRegistry":
        """Return the client of the registry, made on first use and shared.

        Raises:
            ConfigurationError: The context names no registry.
        """
        with self._lock:
            if self._registry is None:
                from flowodm.registry import SchemaRegistry

                if (config := self.context.schema_registry) is None:
                    raise ConfigurationError(
                        f"context `{self.context.name}` names no schema registry",
                        hint=f"add `schema_registry: {{url: …}}` to it ({self.context.source}), "
                        "or set SCHEMA_REGISTRY_URL",
                    )
                self._registry = SchemaRegistry(config, guard=self._check_subject)
            return self._registry

    def owned(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what belongs to this connection under a key: made on first use, then kept.

        It goes when the connection is closed, which calls its `close()` if it has one, the newest
        first and before the clients, and gives it the seconds that are left, if it was told how
        many there are. After a fork there is none of it.

        Args:
            key: What it is kept under.
            make: Makes it; quick, since it holds the connection's lock.
        """
        with self._lock:
            if key not in self._owned:
                self._owned[key] = make()
            found: _T = self._owned[key]
            return found

    def metadata(self, timeout: float = PATIENCE) -> "ClusterMetadata":
        """Ask for the metadata of the cluster and all its topics, which creates none.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            BrokerUnreachable: No broker answered; with the cause that its log names.
            AuthenticationFailed: A broker refused the credentials.
        """
        admin = self.admin()
        return self.call(lambda: persistently(admin.list_topics, timeout), timeout=timeout)

    def call(self, function: Callable[[], _T], *, timeout: float) -> _T:
        """Run a call that blocks in librdkafka, so that Ctrl-C and a definite cause end the wait.

        Args:
            function: The call. It must end by itself, not long after the timeout.
            timeout: Seconds to wait at most.

        Raises:
            BrokerError: It failed, or did not end in time; with the cause.
        """
        self.journal.begin()
        return self._await(in_thread(function), timeout)

    def wait(self, future: "Future[_T]", *, timeout: float = PATIENCE) -> _T:
        """Wait for a future, such as the admin client gives, as `call` does."""
        self.journal.begin()
        return self._await(future, timeout)

    def check_change(self, operation: str, topic: str | None = None) -> None:
        """Refuse a change that this context does not allow; before anything is sent.

        Args:
            operation: What is about to be done, as a user would say it: `topics delete`.
            topic: The topic it is done to.

        Raises:
            ChangeRefused: The context is read-only, the topic is internal, or this is not the
                cluster that the context is for.
        """
        changes.check_change(self, operation, topic)

    def explain(self, cause: "Cause") -> "Cause":
        """Make a cause as exact as a look at the broker can."""
        from flowodm.connection.probe import explain

        return explain(cause, self.context.client_config("admin"))

    def configure(
        self, context: "Context", callbacks: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        """Connect to something else from now on: clients of other settings are closed."""
        with self._lock:
            callbacks = dict(callbacks or {})
            if (self._context, self._callbacks) == (context, callbacks):
                return
            self.close()
            self._asked = self._context = context
            self._callbacks = callbacks
            self.journal = Journal()

    def reset(self) -> None:
        """Close every client; the next use makes new ones, from the configuration as it is then."""
        self.close()
        with self._lock:
            self._context = None

    def close(self, timeout: float | None = None) -> None:
        """Close every client; a producer gets time to hand over what it holds.

        A later use makes new clients. Consumers are their callers'.

        Args:
            timeout: Seconds for everything together; when absent, ten for each producer, and five
                for each group that is left.
        """
        with self._lock:
            producer, admin, registry = self._producer, self._admin, self._registry
            self._producer = self._admin = self._registry = None
            owned, self._owned = self._owned, {}
            self.generation += 1
        until = time.monotonic() + (timeout or 0.0)
        for item in reversed(owned.values()):
            if (close := getattr(item, "close", None)) is not None:
                close() if timeout is None else close(max(until - time.monotonic(), 0.0))
        if producer is not None:
            flush(producer, _FLUSH if timeout is None else max(until - time.monotonic(), 0.0))
        if admin is not None:
            admin.poll(0)  # hands over the rest of its log
        if registry is not None:
            registry.close()

    async def aclose(self, timeout: float | None = None) -> None:
        """Do what `close` does, for asyncio: the event loop goes on meanwhile."""
        import asyncio

        await asyncio.to_thread(self.close, timeout)

    def _await(self, future: "Future[_T]", timeout: float) -> _T:
        from concurrent.futures import wait

        from confluent_kafka import KafkaException

        begun = time.monotonic()
        while not (future.done() or wait((future,), STEP).done):  # of thousands, most are done
            elapsed = time.monotonic() - begun
            failure = self._definite_failure() if elapsed >= _CALM else None
            if failure is not None or elapsed >= timeout:
                raise unreachable(self, failure or self.journal.worst(), elapsed=elapsed)
        try:
            return future.result()
        except KafkaException as error:
            self._listen()
            if error.args[0].name() in ("_TRANSPORT", "_TIMED_OUT", "_ALL_BROKERS_DOWN"):
                elapsed = time.monotonic() - begun
                raise unreachable(self, self.journal.worst(), elapsed=elapsed) from error
            raise broker_error(error, connection=self) from error

    def _definite_failure(self) -> "Failure | None":
        self._listen()
        if (puzzle := self.journal.puzzle()) is not None:
            self.journal.settle(self.explain(puzzle))
        return self.journal.definite(len((self.context.bootstrap_servers or "").split(",")))

    def _listen(self) -> None:
        """Take what the admin client's log says of the brokers; any client's trouble is its too.

        A consumer would not do: it answers no second call while the first one waits.
        """
        self.admin().poll(0)

    def _make(self, kind: Callable[..., _T], config: Mapping[str, Any]) -> _T:
        from confluent_kafka import KafkaException

        if "bootstrap.servers" not in config and "test.mock.num.brokers" not in config:
            raise ConfigurationError(
                f"context `{self.context.name}` names no brokers",
                hint=f"add `bootstrap_servers` to it ({self.context.source})",
            )
        settings = {"client.id": "flowodm", **config, **self._callbacks}
        self._check_oauth(settings)
        self._check_paths(settings)
        settings["error_cb"] = self._on_error
        try:
            return kind(settings, logger=settings.pop("logger", self.journal))
        except (KafkaException, TypeError, ValueError) as error:
            raise configuration_error(error, self.context) from None

    def _check_oauth(self, settings: Mapping[str, Any]) -> None:
        """Refuse OAUTHBEARER without a source of tokens: librdkafka would wait in silence."""
        mechanism = settings.get("sasl.mechanism", settings.get("sasl.mechanisms"))
        sources = ("oauth_cb", "enable.sasl.oauthbearer.unsecure.jwt")
        if (
            str(mechanism).upper() == "OAUTHBEARER"
            and str(settings.get("sasl.oauthbearer.method")).lower() != "oidc"
            and not any(settings.get(source) for source in sources)
        ):
            raise ConfigurationError(
                f"context `{self.context.name}` uses OAUTHBEARER, and no token comes from anywhere",
                hint="set `sasl.oauthbearer.method: oidc`, the endpoint and the client; "
                "or give connect() an `oauth_cb`",
            )

    def _check_paths(self, settings: Mapping[str, Any]) -> None:
        """Name a file that is not there: of it, librdkafka says what OpenSSL does."""
        from flowodm.config.librdkafka import PATH_KEYS

        for key in PATH_KEYS & settings.keys():
            path = str(settings[key])
            if path not in ("", "probe") and not os.path.exists(path):
                where = self.context.place(key)
                raise ConfigurationError(f"{where}: there is no file `{path}` (`{key}`)")

    def _on_error(self, error: "KafkaError") -> None:
        """Hand an error to the caller's own function; the cause came with the log."""
        if (callback := self._callbacks.get("error_cb")) is not None:
            callback(error)

    def leave_parent(self) -> None:
        """Leave the clients to the parent process, in a child of it."""
        keep(self._producer, self._admin, self._owned)
        self.generation += 1
        context = self._context
        self._forget()
        self._context = context

    def _check_subject(self, operation: str, subject: str | None) -> None:
        changes.check_read_only(self.context, operation)
        changes.check_subject(operation, subject)
