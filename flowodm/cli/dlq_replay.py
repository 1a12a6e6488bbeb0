"""What `dlq replay` does: settle what would be sent, show it, and send it when it is told to."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowodm.cli.confirm import confirm_change
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Span
from flowodm.cli.progress_line import ProgressLine
from flowodm.cli.tables import Column, write_document, write_rows
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.dead_letters import Progress, Replay, ReplayPlan, ReplayShare, Selection

__all__ = ["ReplayRequest", "parse_rate", "run"]

_PATIENCE: Final = 4.0
_PER: Final = {"s": 1, "m": 60, "h": 3_600}
_MOST_TOLD: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """One `dlq replay`, with nothing left to interpret."""

    topic: str
    target: str | None
    """None: where each came from."""
    selection: "Selection"
    max_replays: int
    rate: float | None
    """Records a second."""
    execute: bool
    yes: bool


def parse_rate(text: str) -> float:
    """Read a rate: `50/s`, `600/m`, `1000/h`; a number alone is a second's.

    Returns:
        Records a second.

    Raises:
        UsageError: It is none, or nothing would ever be sent.
    """
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(?:/([smh]))?", text)
    rate = float(found[1]) / _PER[found[2] or "s"] if found else 0.0
    if not rate:
        raise UsageError(f"`--rate {text[:40]}` is no rate", hint="for example 50/s, 600/m, 1000/h")
    return rate


def run(session: Session, request: ReplayRequest) -> int:
    """Show what would be sent, or send it; return the exit code.

    Raises:
        FlowODMError: Nothing was sent, or not all of it.
    """
    from flowodm.dead_letters import Progress, Replay, ReplayOptions, build_plan

    with session.connect() as connection:
        if request.execute:
            connection.check_change("dlq replay", request.topic)
        progress = Progress(connection, request.topic, timeout=_PATIENCE)
        plan = build_plan(
            connection,
            request.topic,
            sent=progress.marks,
            target=request.target,
            selection=request.selection,
            max_replays=request.max_replays,
            timeout=_PATIENCE,
            on_step=ProgressLine(session.output).draw_reading,
        )
        session.output.clear_status()
        for notice in plan.notices:
            session.output.warn(notice.message)
        if not request.execute:
            return _preview(session, plan, progress)
        if plan.count:
            _confirm(session, connection, request, plan)
        replay = Replay(connection, plan, progress, ReplayOptions(rate=request.rate))
        _send(session.output, plan, replay)
        return _end(session, plan, replay)


def _confirm(
    session: Session, connection: "KafkaConnection", request: ReplayRequest, plan: "ReplayPlan"
) -> None:
    """Have the name typed of the topic that changes; of several, that of the dead letters."""
    name = next(iter(plan.targets)) if len(plan.targets) == 1 else plan.topic
    if connection.context.protected:
        for share in plan.shares[:_MOST_TOLD]:
            error = share.exception or "no error said"
            session.output.message(f"{_counted(share.count)} to {share.target}: {error}")
    operation = f"replay {_counted(plan.count)} to {_target(plan)}"
    confirm_change(session, connection.context, operation, name, yes=request.yes)


def _preview(session: Session, plan: "ReplayPlan", progress: "Progress") -> int:
    output = session.output
    if session.format != "table":
        write_document(output, session.format, _document(plan, sent=0, is_executed=False))
    elif plan.shares:
        write_rows(output, "table", plan.shares, _SHARE_COLUMNS, name=lambda share: share.target)
    _tell_left_out(output, plan)
    if plan.count:
        verb = f"{_counted(plan.count)} would be sent to {_target(plan)}; nothing was."
        output.note(f"{verb} Send them: --execute")
    else:
        output.note(f"nothing to send{_already(plan)}")
    progress.check_room(plan.selected)
    return _code(plan)


def _send(output: Output, plan: "ReplayPlan", replay: "Replay") -> None:
    line = ProgressLine(output)
    try:
        with replay:
            for sent in replay.steps():
                line.draw("sent", sent, plan.count)
    except BaseException:
        output.note(f"{replay.sent:,} of {_counted(plan.count)} sent; the next run goes on there")
        raise
    output.clear_status()


def _end(session: Session, plan: "ReplayPlan", replay: "Replay") -> int:
    output = session.output
    if session.format != "table":
        write_document(output, session.format, _document(plan, sent=replay.sent, is_executed=True))
    _tell_left_out(output, plan)
    if plan.count:
        output.note(f"{_counted(replay.sent)} sent to {_target(plan)}")
    else:
        output.note(f"nothing to send{_already(plan)}")
    return _code(plan)


def _code(plan: "ReplayPlan") -> int:
    return int(any(one.is_failure for one in plan.left_out))


_SHARE_COLUMNS: Final[tuple[Column["ReplayShare"], ...]] = (
    Column("TO", lambda share: share.target, keep=1),
    Column("ERROR", lambda share: share.exception),
    Column("RECORDS", lambda share: share.count),
)


def _tell_left_out(output: Output, plan: "ReplayPlan") -> None:
    for one in plan.left_out[:_MOST_TOLD]:
        place = f"{plan.topic} {one.partition}:{one.offset}"
        text = f"{_counted(one.count)} left out: {one.reason} (first {place})"
        if one.is_failure:
            output.message(Span("error: ", "red"), text)
        else:
            output.warn(text)
    if len(plan.left_out) > _MOST_TOLD:
        output.warn(f"and more, for {len(plan.left_out) - _MOST_TOLD:,} other reasons")
    counts = plan.filtered
    if counts is not None and (counts.absent or counts.unconvertible):
        lacking = counts.absent + counts.unconvertible
        output.note(Span(f"{lacking:,} of which the filter could say nothing", "dim"))


def _document(plan: "ReplayPlan", *, sent: int, is_executed: bool) -> dict[str, object]:
    from flowodm.dead_letters import replay_group

    return {
        "topic": plan.topic,
        "to": plan.target,
        "executed": is_executed,
        "count": plan.count,
        "sent": sent,
        "sent_before": plan.already_sent,
        "scanned": plan.scanned,
        "group": replay_group(plan.topic),
        "shares": [
            {"to": share.target, "exception": share.exception, "count": share.count}
            for share in plan.shares
        ],
        "left_out": [
            {
                "reason": one.reason,
                "count": one.count,
                "partition": one.partition,
                "offset": one.offset,
                "is_failure": one.is_failure,
            }
            for one in plan.left_out
        ],
    }


def _target(plan: "ReplayPlan") -> str:
    names = list(plan.targets)
    return names[0] if len(names) == 1 else f"{len(names):,} topics"


def _already(plan: "ReplayPlan") -> str:
    return f": {_counted(plan.already_sent)} sent before" if plan.already_sent else ""


def _counted(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
