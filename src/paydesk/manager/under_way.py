"""Decisions under way, each from its key to its result: what is pressed next about it waits for it, and is not lost."""

from collections.abc import Callable

Act = Callable[[], None]


class UnderWay:
    """Used by the loop alone."""

    def __init__(self) -> None:
        self._waiting: dict[object, list[Act]] = {}

    @property
    def busy(self) -> bool:
        """Whether a decision is under way."""
        return bool(self._waiting)

    def begin(self) -> Act:
        """Note that a decision began; returns what is to be called once, when it has ended."""
        decision = object()
        self._waiting[decision] = []

        def ended() -> None:
            for act in self._waiting.pop(decision):
                act()

        return ended

    def after(self, act: Act) -> None:
        """Do something once the last decision that began so far has ended: at once when none is under way."""
        if self._waiting:
            self._waiting[next(reversed(self._waiting))].append(act)
        else:
            act()
