"""A question that is asked again and again in a thread, and what is known of its answers.

The next asking is scheduled when the last one has ended, so that a slow cluster is never asked
twice at once; and an answer that took long is waited for less often.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, Final, Generic, Literal, TypeVar

from textual.app import App
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import get_current_worker

from flowodm.tui.messages import Answer, Answered, Refusal
from flowodm.tui.sources.failure import Failure, failure_of

__all__ = ["Feed", "FeedOwner", "State"]

State = Literal["loading", "ready", "error", "stale"]
"""No answer yet; one that counts; none, and a failure; an old one, and a failure."""

_REST: Final = 4.0
"""Times the length of an answer that passes at least until the next question. Where none came, and
after the first one that did, the next question follows soon: how long that took says nothing."""

_TURNS: Final = count(1)
"""A number for each question of the process: a late answer to another feed is nobody's."""

T = TypeVar("T")


class Feed(Generic[T]):
    """One question of a screen, or of the app.

    Args:
        owner: Runs the threads, and gets the answers.
        name: Tells this feed from the owner's others.
        ask: Asks; it may block, and runs in a thread.
        take: Uses an answer, in the event loop.
        clock: Seconds that go forward.
        every: Seconds between two askings; None asks when told to.
        before: What to do first, in the event loop, as to note what is in view.
        is_deed: Whether it changes something: it is done when it is told to, and never because
            somebody looks at the screen.
    """

    def __init__(
        self,
        owner: "FeedOwner",
        name: str,
        ask: Callable[[], T],
        take: Callable[[T], None],
        *,
        clock: Callable[[], float],
        every: float | None = None,
        before: Callable[[], None] | None = None,
        is_deed: bool = False,
    ) -> None:
        self.name = name
        self.is_deed = is_deed
        self.failure: Failure | None = None
        self.answered_at: float | None = None
        """By the clock; None until the first answer."""
        self.is_asking = False
        self._owner, self._ask, self._take = owner, ask, take
        self._clock, self._every, self._before = clock, every, before
        self._turn = 0
        self._asked_at = 0.0
        self._timer: Timer | None = None
        self._is_paused = self._is_due = False
        owner.feeds[name] = self

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.failure is not None:
            return "error" if self.answered_at is None else "stale"
        return "loading" if self.answered_at is None else "ready"

    @property
    def is_repeated(self) -> bool:
        """Whether it is asked again and again."""
        return self._every is not None

    @property
    def age(self) -> float | None:
        """Seconds since the last answer; None before the first."""
        return None if self.answered_at is None else self._clock() - self.answered_at

    def now(self) -> None:
        """Ask now, or as soon as the question that is still out has ended."""
        self._is_paused = False
        if self.is_asking:
            self._is_due = True
            return
        self._stop_timer()
        self.is_asking = True
        self._turn = next(_TURNS)
        self._asked_at = self._clock()
        if self._before is not None:
            self._before()
        self._owner.in_thread(self._run, self.name)

    def resume(self) -> None:
        """Ask again from now on, if it is one that is asked again and again."""
        if self._every is not None:
            self.now()

    def pause(self) -> None:
        """Ask no more until told to."""
        self._is_paused, self._is_due = True, False
        self._stop_timer()

    def forget(self) -> None:
        """Take no answer that is still on its way; the next one is as the first."""
        self._turn = 0
        self.is_asking = False
        self.failure, self.answered_at = None, None

    def end(self, outcome: Answer | Refusal) -> bool:
        """Use what a question brought; False: nobody waits for it any more."""
        if outcome.turn != self._turn:
            return False
        self.is_asking = False
        had_failed = self.failure is not None
        if isinstance(outcome, Refusal):
            self.failure = outcome.failure
        else:
            self.failure, self.answered_at = None, self._clock()
            self._take(outcome.value)
        if self._is_due:
            self._is_due = False
            self.now()
        elif self._every is not None and not self._is_paused:
            took = self._clock() - self._asked_at
            is_calm = self.failure is None and not had_failed
            pause = max(self._every, _REST * took if is_calm else 0.0)
            self._timer = self._owner.later(pause, self.now)
        return True

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _run(self) -> None:
        turn, worker = self._turn, get_current_worker()
        outcome: Answer | Refusal
        try:
            outcome = Answer(self.name, turn, self._ask())
        except Exception as error:  # noqa: BLE001 - told on the screen, whatever it is
            outcome = Refusal(self.name, turn, failure_of(error))
        if not worker.is_cancelled:
            self._owner.tell(Answered(outcome))


class FeedOwner:
    """A screen or an app with feeds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.feeds: dict[str, Feed[Any]] = {}
        super().__init__(*args, **kwargs)

    def in_thread(self, function: Callable[[], None], group: str) -> None:
        """Run what may block; it only posts messages."""
        assert isinstance(self, App | Screen)
        self.run_worker(
            function, thread=True, exclusive=True, exit_on_error=False, group=group, name=group
        )

    def later(self, seconds: float, function: Callable[[], None]) -> Timer:
        """Call something after some seconds."""
        assert isinstance(self, App | Screen)
        return self.set_timer(seconds, function)

    def tell(self, message: Answered) -> None:
        """Post a message, from any thread."""
        assert isinstance(self, App | Screen)
        self.post_message(message)

    def on_answered(self, message: Answered) -> None:
        """Hand an answer to the feed that asked for it; one that is taken down wants none."""
        assert isinstance(self, App | Screen)
        if isinstance(self, Screen) and not self.children:
            return
        feed = self.feeds[message.outcome.feed]
        if feed.end(message.outcome):
            self.after_answer(feed)

    def after_answer(self, feed: "Feed[Any]") -> None:
        """Show where a feed stands; owners override it."""
