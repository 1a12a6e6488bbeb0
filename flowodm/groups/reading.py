"""Groups of a cluster, read: state, members, commits, ends and ages. Nothing is created."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError, FlowODMError
from flowodm.groups.ages import Spot, read_ages
from flowodm.groups.desk import Commits, Desk, denied
from flowodm.groups.group import Coordinator, Group, GroupPartition, GroupReading, Member
from flowodm.patterns import name_filter
from flowodm.reading.choice import NO_LEADER, Layout
from flowodm.reading.cluster import Cluster
from flowodm.reading.offsets import Failures, read_bounds
from flowodm.reading.spans import Bounds, Partition
from flowodm.topics.topic import TopicDetail

if TYPE_CHECKING:
    from confluent_kafka.admin._group import ConsumerGroupListing

    from flowodm.connection import KafkaConnection

__all__ = ["group_of", "read_group", "read_groups", "read_readers"]

_AGES: Final = 1.5
"""Seconds for the times of the first unread records of all groups together."""


def read_groups(
    connection: "KafkaConnection",
    names: Sequence[str] = (),
    *,
    pattern: str | None = None,
    is_regex: bool = False,
    with_ages: bool = False,
    timeout: float = PATIENCE,
) -> GroupReading:
    """Read groups with their members and offsets; one that may not be seen says so.

    Args:
        connection: The cluster.
        names: These groups; empty: all.
        pattern: Of all groups those that fit: a glob over the whole name.
        is_regex: Whether the pattern is a regular expression instead, found anywhere in a name.
        with_ages: Whether the first unread record of each partition is looked at for its time;
            1.5 seconds at most, however many there are.
        timeout: Seconds to wait for each answer.

    Raises:
        GroupNotFound: One of the names is no group's.
        UsageError: The pattern is no regular expression.
        AuthorizationError: A group that was named may not be described.
        BrokerError: The cluster could not be asked.
    """
    fits = name_filter(pattern, "group", is_regex=is_regex)
    with Desk(connection, timeout=timeout) as desk:
        listing = desk.listing()
        desk.check_known(names, listing)
        chosen = [name for name in (dict.fromkeys(names) or listing) if fits(name)]
        if not chosen:
            return GroupReading((), desk.failures)
        groups = _read(desk, {name: listing[name] for name in chosen})
        if with_ages and (spots := _spots(groups)):
            ages = read_ages(desk.consumer(chosen[0]), spots, seconds=_AGES)
            groups = [group.with_ages(ages) for group in groups]
        return GroupReading(tuple(groups), desk.failures)


def read_group(connection: "KafkaConnection", name: str, *, timeout: float = PATIENCE) -> Group:
    """Read one group, with the times of its first unread records.

    Raises:
        GroupNotFound: There is no such group.
        AuthorizationError: It may not be described.
        BrokerError: The cluster could not be asked.
    """
    reading = read_groups(connection, (name,), with_ages=True, timeout=timeout)
    (group,) = reading.groups
    if group.error is not None:
        raise group.error
    return group


def read_readers(
    connection: "KafkaConnection", topic: TopicDetail, *, timeout: float = PATIENCE
) -> GroupReading:
    """Read the groups that read a topic, or have read it, with its partitions alone.

    A group that may not be described is among them: it may be one. The ends are those of the
    detail; they are not asked for again.

    Args:
        connection: The cluster.
        topic: The topic, from `describe_topic`.
        timeout: Seconds to wait for each answer.

    Raises:
        BrokerError: The cluster could not be asked.
    """
    with Desk(connection, timeout=timeout) as desk:
        listing = desk.listing()
        groups, stored = _described(desk, listing)
        layout = {topic.name: {one.number: NO_LEADER for one in topic.partitions}}
        bounds, failures = _ends(topic)
        readers = []
        for group in groups.values():
            commits = stored.get(group.name, {})
            if group.error is None:
                wanted = _partitions(group, commits, layout, topic.name)
                rows = _rows(group, wanted, commits, bounds, failures, {})
                group = replace(group, partitions=rows)
            if group.partitions or group.error is not None:
                readers.append(group)
        return GroupReading(tuple(readers), desk.failures)


def group_of(
    desk: Desk, name: str, listing: "Mapping[str, ConsumerGroupListing]"
) -> tuple[Group, Commits]:
    """Return one group without its partitions, and what it has stored.

    Raises:
        GroupNotFound: There is no such group.
        BrokerError: It could not be looked at.
    """
    desk.check_known((name,), listing)
    group = _group(listing[name], desk.describe([name])[name])
    if group.error is not None:
        raise group.error  # and its coordinator, which has its commits, would never be found
    commits = desk.commits([name])[name]
    if isinstance(commits, FlowODMError):
        raise commits
    return group, commits


def _read(desk: Desk, listing: "Mapping[str, ConsumerGroupListing]") -> list[Group]:
    groups, stored = _described(desk, listing)
    readable = [name for name in groups if groups[name].error is None]
    if not readable:
        return list(groups.values())
    cluster = desk.cluster(readable[0])
    layout = desk.layout()
    wanted = {name: _partitions(groups[name], stored[name], layout) for name in readable}
    everything = sorted({one for partitions in wanted.values() for one in partitions})
    bounds, failures = read_bounds(desk.asking, layout, everything, timeout=desk.timeout)
    missing = _missing(cluster, everything, layout)
    for name in readable:
        rows = _rows(groups[name], wanted[name], stored[name], bounds, failures, missing)
        groups[name] = replace(groups[name], partitions=rows)
    return list(groups.values())


def _described(
    desk: Desk, listing: "Mapping[str, ConsumerGroupListing]"
) -> tuple[dict[str, Group], dict[str, Commits]]:
    """Return groups without their partitions, and what those have stored that may be seen."""
    described = desk.describe(list(listing))
    groups = {name: _group(listing[name], described[name]) for name in listing}
    stored: dict[str, Commits] = {}
    for name, answer in desk.commits([one for one in groups if not groups[one].error]).items():
        if isinstance(answer, FlowODMError):
            groups[name] = replace(groups[name], error=answer)
        else:
            stored[name] = answer
    return groups, stored


def _ends(topic: TopicDetail) -> tuple[dict[Partition, Bounds], Failures]:
    bounds: dict[Partition, Bounds] = {}
    failures: Failures = {}
    for one in topic.partitions:
        place = Partition(topic.name, one.number)
        if one.start is None or one.end is None:
            failures[place] = BrokerError(one.error or "its offsets are not known")
        else:
            bounds[place] = Bounds(one.start, one.end)
    return bounds, failures


def _group(listed: "ConsumerGroupListing", answer: Any) -> Group:
    """Make a group of its description, or of the list alone where that is refused."""
    protocol = _word(listed.type)
    if isinstance(answer, AuthorizationError):
        answer = denied(listed.group_id, answer)
    if isinstance(answer, FlowODMError):
        return Group(listed.group_id, _state(listed), protocol, error=answer)
    node = answer.coordinator
    return Group(
        listed.group_id,
        _state(answer),
        protocol,
        answer.partition_assignor or None,
        None if node is None else Coordinator(node.id, f"{node.host}:{node.port}"),
        tuple(sorted((_member(one) for one in answer.members), key=_place)),
    )


def _state(found: Any) -> str:
    """Name a state; of the new protocol's, librdkafka does not know those of a rebalance."""
    word = _word(found.state).replace("rebalancing", "rebalance")
    return "rebalancing" if word == "unknown" and _word(found.type) == "consumer" else word


def _word(value: Any) -> str:
    return "unknown" if value is None else str(value.name).lower().replace("_", " ")


def _member(found: Any) -> Member:
    assigned = sorted(
        Partition(one.topic, one.partition) for one in found.assignment.topic_partitions
    )
    return Member(
        found.member_id,
        found.client_id or "",
        (found.host or "").removeprefix("/"),
        found.group_instance_id or None,
        tuple(assigned),
    )


def _place(member: Member) -> tuple[tuple[Partition, ...], str]:
    return member.assignment, member.member_id


def _partitions(
    group: Group, commits: Commits, layout: Layout, topic: str | None = None
) -> list[Partition]:
    """All partitions of the topics that a group reads, those without a commit too."""
    own = {*commits, *(one for member in group.members for one in member.assignment)}
    if topic is not None:
        own = {one for one in own if one.topic == topic}
    topics = {one.topic for one in own}
    others = {Partition(topic, number) for topic in topics for number in layout.get(topic, ())}
    return sorted(own | others)


def _missing(
    cluster: Cluster, partitions: Iterable[Partition], layout: Layout
) -> dict[str, FlowODMError]:
    """Say of topics that are not there whether they are only hidden from us."""
    found: dict[str, FlowODMError] = {}
    for topic in sorted({one.topic for one in partitions if one.topic not in layout}):
        try:
            cluster.check_permission((topic,))
        except AuthorizationError as error:
            found[topic] = error
        else:
            found[topic] = BrokerError(f"topic `{topic}` is gone")
    return found


def _rows(
    group: Group,
    partitions: Iterable[Partition],
    commits: Commits,
    bounds: Mapping[Partition, Bounds],
    failures: Failures,
    missing: Mapping[str, FlowODMError],
) -> tuple[GroupPartition, ...]:
    holders = {one: member for member in group.members for one in member.assignment}
    rows = []
    for one in partitions:
        commit, ends = commits.get(one), bounds.get(one)
        error = commit if isinstance(commit, FlowODMError) else None
        if error is None and ends is None:
            error = (
                missing.get(one.topic)
                or failures.get(one)
                or BrokerError("there is no such partition")
            )
        rows.append(
            GroupPartition(
                one,
                None if commit is None or isinstance(commit, FlowODMError) else commit.offset,
                None if ends is None else ends.earliest,
                None if ends is None else ends.latest,
                member=holders.get(one),
                error=error,
            )
        )
    return tuple(rows)


def _spots(groups: Iterable[Group]) -> list[Spot]:
    """Where there is something unread, the longest backlog first."""
    behind = [
        (one.lag, one.partition, one.position)
        for group in groups
        for one in group.partitions
        if one.lag and one.position is not None
    ]
    behind.sort(key=lambda found: -found[0])
    return [(partition, offset) for _, partition, offset in behind]
