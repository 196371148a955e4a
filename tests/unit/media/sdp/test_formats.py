"""The payload formats are those of RFC 3551."""

from media.sdp.formats import CODECS, STATIC


def test_static_payload_types_are_those_of_rfc_3551() -> None:
    assert {number: codec.name for number, codec in STATIC.items()} == {0: "PCMU", 8: "PCMA"}


def test_codecs_are_found_by_their_name_in_upper_case() -> None:
    assert all(name == codec.name == name.upper() for name, codec in CODECS.items())
