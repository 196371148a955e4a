"""The number in a URI that a telephone sends a call to."""

from urllib.parse import unquote


def user_of(uri: str) -> str:
    """Return the number in a SIP or tel URI."""
    _, _, rest = uri.strip(" <>").partition(":")
    user = rest.partition("@")[0] if "@" in rest else rest
    return unquote(user.partition(";")[0].partition(":")[0])
