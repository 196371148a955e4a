"""Text of peers, for eyes and files."""


def readable(text: str) -> str:
    """Return `text` without the marks that bytes outside UTF-8 leave when a message is read.

    A message carries such bytes through unharmed; a file or a database refuses them.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
