"""Names of dialogs for those who watch them."""

from softswitch.identifiers import Identifiers
from softswitch.sip.message import Replaces


class Aliases:
    """Gives a dialog another name than its own, which nothing but Replaces understands: with the
    true Call-ID and tags a watcher could speak in the dialog of others."""

    __slots__ = ("_by_tag", "_identifiers", "_tags")

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._by_tag: dict[str, Replaces] = {}  # by our tag in the dialog
        self._tags: dict[Replaces, str] = {}

    def of(self, local_tag: str) -> Replaces:
        """Return the name for the dialog with that tag of ours; always the same."""
        alias = self._by_tag.get(local_tag)
        if alias is None:
            identifiers = self._identifiers
            alias = Replaces(identifiers.call_id(), identifiers.tag(), identifiers.tag())
            self._by_tag[local_tag] = alias
            self._tags[alias] = local_tag
        return alias

    def find(self, alias: Replaces) -> str | None:
        """Return our tag in the dialog that is meant."""
        return self._tags.get(Replaces(alias.call_id, alias.to_tag, alias.from_tag))

    def forget(self, local_tag: str) -> None:
        alias = self._by_tag.pop(local_tag, None)
        if alias is not None:
            del self._tags[alias]

    def __len__(self) -> int:
        return len(self._by_tag)
