"""From a manifest to loops: models and handlers imported, their topics known.

Each error names the line of the manifest that it comes from.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from flowodm.connection import KafkaConnection
from flowodm.consumer.events import OnEvent
from flowodm.errors import FlowODMError, SettingsError, UsageError
from flowodm.manifest import LoopSettings, Manifest
from flowodm.manifest.contents import check_groups
from flowodm.model.declared import DeclaredModel
from flowodm.modules import import_target, missing_part
from flowodm.tracing import is_traced, traced

if TYPE_CHECKING:
    from flowodm.consumer.aio import AsyncConsumerLoop
    from flowodm.consumer.loop import ConsumerLoop

__all__ = ["AnyLoop", "build_loops", "check_modules", "load_model"]

AnyLoop: TypeAlias = "ConsumerLoop | AsyncConsumerLoop"
Tell: TypeAlias = Callable[[str], None]


def check_modules(manifest: Manifest) -> None:
    """See whether what a manifest names is there, as far as reading files tells; imports nothing.

    Raises:
        ConfigurationError: A module or name is not there.
    """
    for loop in manifest.loops:
        for key, target in (("model", loop.model), ("handler", loop.handler)):
            if target is not None and (missing := missing_part(target)) is not None:
                raise _at(manifest, loop, key, missing)


def build_loops(
    manifest: Manifest, connection: KafkaConnection, *, on_event: OnEvent, tell: Tell
) -> tuple[AnyLoop, ...]:
    """Make the loops of a manifest.

    Args:
        manifest: With the loops that are to run.
        connection: The process's own, which models and handlers use too.
        on_event: Told of what happens to the loops.
        tell: Given each line that a module prints when it is imported.

    Raises:
        ConfigurationError: Something that the manifest names is not there or does not fit.
        RegistryError: A schema cannot be had.
    """
    loops = tuple(
        _build(manifest, settings, connection, on_event, tell) for settings in manifest.loops
    )
    check_groups(
        [(loop.options.group, loop.options.topic) for loop in loops],
        lambda index, other, group: _refuse(manifest, loops, index, other, group),
    )
    return loops


def load_model(
    manifest: Manifest, settings: LoopSettings, connection: KafkaConnection, tell: Tell
) -> type[DeclaredModel]:
    """Return the class of a loop's records: the one it names, or one made of the schema.

    Raises:
        ConfigurationError: There is no such class, or it is no model with a topic.
        RegistryError: The schema cannot be had.
    """
    if settings.model is None:
        return _made(manifest, settings, connection)
    model = _imported(manifest, settings, "model", settings.model, tell)
    if not (isinstance(model, type) and issubclass(model, DeclaredModel)):
        raise manifest.error(
            settings,
            "model",
            f"`{settings.model}` is no `FlowBaseModel` (loop `{settings.name}`)",
            hint="a class whose `Settings` name its topic; or `topic:` instead of `model:`",
        )
    return model


def _build(
    manifest: Manifest,
    settings: LoopSettings,
    connection: KafkaConnection,
    on_event: OnEvent,
    tell: Tell,
) -> AnyLoop:
    from flowodm.consumer.aio import AsyncConsumerLoop
    from flowodm.consumer.loop import ConsumerLoop, Loop
    from flowodm.consumer.options import is_coroutine_function

    model = load_model(manifest, settings, connection, tell)
    handler = _imported(manifest, settings, "handler", settings.handler, tell)
    if isinstance(handler, Loop):  # a decorated function: the manifest says how it is called
        handler = handler.handler
    kind = AsyncConsumerLoop if is_coroutine_function(handler) else ConsumerLoop
    if is_traced():
        handler = traced(handler, group=settings.group)
    try:
        return kind(
            model,
            handler,
            settings.effective,
            settings.group,
            name=settings.name,
            commit_strategy=settings.commit_strategy,
            concurrency="profile",
            ordering=settings.ordering,
            retry=settings.retry_policy,
            dead_letter=settings.dead_letter_policy,
            on_failure=settings.on_failure,
            batch_size=settings.batch_size,
            on_event=on_event,
        )
    except (SettingsError, UsageError) as error:
        raise _at(manifest, settings, _blamed(settings, error.message), error) from error


def _imported(manifest: Manifest, settings: LoopSettings, key: str, target: str, tell: Tell) -> Any:
    try:
        return import_target(target, tell)
    except UsageError as error:
        raise _at(manifest, settings, key, error) from error


def _made(
    manifest: Manifest, settings: LoopSettings, connection: KafkaConnection
) -> type[DeclaredModel]:
    from flowodm.schema import generate_model_from_registry

    assert settings.topic is not None
    subject = settings.subject or f"{settings.topic}-value"
    try:
        return generate_model_from_registry(
            subject, settings.topic, consumer_group=settings.group, connection=connection
        )
    except UsageError as error:
        raise _at(manifest, settings, "topic", error) from error


def _blamed(settings: LoopSettings, message: str) -> str:
    """Name the key of a loop that a message speaks of."""
    said = (key for key in settings.model_fields_set if f"`{key}`" in message)
    return next(said, "handler")


def _at(manifest: Manifest, settings: LoopSettings, key: str, error: FlowODMError) -> FlowODMError:
    message = f"{error.message} (`{key}` of loop `{settings.name}`)"
    return manifest.error(settings, key, message, hint=error.hint)


def _refuse(
    manifest: Manifest, loops: tuple[AnyLoop, ...], index: int, other: int, group: str
) -> Any:
    one, two = loops[other].options, loops[index].options
    raise manifest.error(
        manifest.loops[index],
        "group",
        f"loops `{one.name}` and `{two.name}` are one group, `{group[:60]}`, on different topics,"
        f" `{one.topic}` and `{two.topic}`",
        hint="a change to one would interrupt the other: give each a group of its own",
    )
