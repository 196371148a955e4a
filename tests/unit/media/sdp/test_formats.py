"""The payload formats are those of RFC 3551 and RFC 7587."""

from media.codecs import table
from media.sdp.formats import BY_ANY_CASE, CODECS, EVENT_PAYLOAD_TYPES, STATIC


def test_static_payload_types_are_those_of_rfc_3551() -> None:
    names = {number: codec.name for number, codec in STATIC.items()}
    assert names == {0: "PCMU", 8: "PCMA", 9: "G722"}


def test_numbers_that_are_offered_differ_and_dynamic_ones_are_dynamic() -> None:
    numbers = [codec.payload_type for codec in CODECS.values()] + [*EVENT_PAYLOAD_TYPES.values()]
    assert len(set(numbers)) == len(numbers)
    assert all(96 <= number <= 127 for number in numbers if number not in STATIC)


def test_codecs_are_found_by_their_name_in_upper_case() -> None:
    assert {name: codec.name for name, codec in BY_ANY_CASE.items()} == {
        "G722": "G722",
        "PCMA": "PCMA",
        "PCMU": "PCMU",
        "OPUS": "opus",
    }


def test_what_is_described_is_what_can_be_decoded() -> None:
    for name, codec in table.CODECS.items():
        assert CODECS[name].clock_rate == codec.clock_rate
        assert codec.payload_type in (-1, CODECS[name].payload_type)
