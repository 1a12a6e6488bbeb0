"""How fast something goes: the one rule of every face."""

from typing import Final

__all__ = ["Pace"]


class Pace:
    """Records a second, over the last few seconds."""

    _SPAN: Final = 3.0

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def rate(self, count: int, now: float) -> float:
        """Note how many there are by now and return how fast they came."""
        self._marks.append((now, count))
        while len(self._marks) > 2 and now - self._marks[0][0] > self._SPAN:
            self._marks.pop(0)
        then, before = self._marks[0]
        return (count - before) / (now - then) if now > then else 0.0
