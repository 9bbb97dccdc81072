"""The filters that were used last, kept in a file of the state folder between starts."""

from pathlib import Path

from paydesk.tui.kept_file import keep, read_kept

_MOST = 20


class LastFilters:
    """Newest last; without a path they are kept in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.typed = _read(path)

    def add(self, typed: str) -> None:
        """Remember a filter. A full disk is no reason not to filter: it is remembered in memory then."""
        self.typed = [*(each for each in self.typed if each != typed), typed][-_MOST:]
        keep(self._path, self.typed)


def _read(path: Path | None) -> list[str]:
    found = read_kept(path)
    return [each for each in found if isinstance(each, str)][-_MOST:] if isinstance(found, list) else []
