"""The configuration of a subscription's consumer: a profile, the context, and what is fixed."""

from typing import TYPE_CHECKING, Any, Final

from flowodm.errors import SettingsError, UsageError
from flowodm.settings import BaseSettings, profile_of

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["consumer_config"]

_FIXED: Final = {"enable.auto.offset.store": "false", "enable.auto.commit": "true"}
"""What at-least-once stands on: an offset is stored when its record is done, then committed."""
_OF_CLASSIC_GROUPS: Final = (
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
)


def consumer_config(
    connection: "KafkaConnection",
    group_id: str,
    settings: "BaseSettings | type[BaseSettings] | None" = None,
) -> dict[str, Any]:
    """Return librdkafka's configuration of a member of a group, to go with the context's.

    A profile's `extra_config` wins over what the context says of consumers, and that over the
    rest of the profile.

    Args:
        connection: Whose context counts.
        group_id: The group.
        settings: The profile.

    Raises:
        UsageError: The group is no text.
        SettingsError: There is no group, or the context contradicts how offsets are committed.
    """
    if not isinstance(group_id, str):
        raise UsageError(
            f"a consumer group is named by a text, not `{group_id!r:.40}`",
            hint='for example `group_id="billing"`',
        )
    if not group_id:
        raise SettingsError(
            "no consumer group is named",
            hint="set `consumer_group` in the model's `Settings`, or give `group_id=`",
        )
    profile = profile_of(settings)
    context = connection.context
    said = context.client_config("consumer")
    for key, value in _FIXED.items():
        if str(said.get(key, value)).lower() != value:
            raise SettingsError(
                f"{context.place(key)}: `{key}` cannot be {said[key]}: an offset is stored when its"
                " record is done, and librdkafka commits what is stored",
                hint="leave it out",
            )
    ours = {*_FIXED, *profile.extra_config}
    config = {
        key: value
        for key, value in profile.to_consumer_config().items()
        if key in ours or key not in said
    }
    if (config | said).get("group.protocol") == "consumer":
        for key in _OF_CLASSIC_GROUPS:
            config.pop(key, None)
    return config | {"group.id": group_id}
