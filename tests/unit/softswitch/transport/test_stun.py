from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.transport.stun import (
    ERROR,
    ERROR_CODE,
    FINGERPRINT,
    MAPPED_ADDRESS,
    REQUEST,
    SUCCESS,
    UNKNOWN_ATTRIBUTES,
    XOR_MAPPED_ADDRESS,
    Message,
    answer,
    is_stun,
    mapped_address,
    parse,
)

TRANSACTION = bytes(range(12))

# RFC 5769, section 2.2 and 2.3: responses with password and fingerprint.
IPV4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
IPV6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
)


def read(data: bytes) -> Message:
    message = parse(data)
    assert message is not None
    return message


@pytest.mark.parametrize(
    ("data", "mapped"),
    [
        (IPV4, ("192.0.2.1", 32853)),
        (IPV6, ("2001:db8:1234:5678:11:2233:4455:6677", 32853)),
    ],
)
def test_the_sample_responses_are_read(data: bytes, mapped: tuple[str, int]) -> None:
    assert read(data).kind == SUCCESS
    assert read(data).mapped() == mapped
    assert read(data).unknown() == ()


def test_a_message_that_was_changed_on_its_way_is_none() -> None:
    for at in range(20, len(IPV4) - 8):
        changed = bytearray(IPV4)
        changed[at] ^= 1
        assert parse(bytes(changed)) is None


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_a_request_is_answered_with_the_address_that_it_came_from(host: str) -> None:
    request = read(bytes(Message(REQUEST, TRANSACTION)))
    told = answer(request, host, 5070)
    assert told is not None
    assert (told.kind, told.transaction) == (SUCCESS, TRANSACTION)
    assert read(bytes(told)).mapped() == (host, 5070)


def test_what_must_be_understood_and_is_not_is_named() -> None:
    request = Message(REQUEST, TRANSACTION, ((0x7777, b"abc"), (0x9999, b"")))
    told = answer(read(bytes(request)), "192.0.2.7", 5070)
    assert told is not None
    assert (told.kind, told.error()) == (ERROR, 420)
    assert told.first(UNKNOWN_ATTRIBUTES) == b"\x77\x77"
    assert told.first(XOR_MAPPED_ADDRESS) is None


@pytest.mark.parametrize("kind", [SUCCESS, ERROR, 0x0011, 0x0003])
def test_only_a_request_for_binding_is_answered(kind: int) -> None:
    assert answer(Message(kind, TRANSACTION), "192.0.2.7", 5070) is None


def test_an_old_server_names_the_address_as_it_is() -> None:
    value = b"\0\1" + (5070).to_bytes(2, "big") + bytes((203, 0, 113, 5))
    message = Message(SUCCESS, TRANSACTION, ((MAPPED_ADDRESS, value),))
    assert message.mapped() == ("203.0.113.5", 5070)


@pytest.mark.parametrize(
    "value", [b"", b"\0\1\0\1", b"\0\1" + bytes(7), b"\0\3" + bytes(6), b"\0\2" + bytes(6)]
)
def test_an_address_that_is_none_is_not_read(value: bytes) -> None:
    assert Message(SUCCESS, TRANSACTION, ((XOR_MAPPED_ADDRESS, value),)).mapped() is None
    assert Message(ERROR, TRANSACTION, ((ERROR_CODE, b"\0"),)).error() == 0


def test_a_fingerprint_that_fits_is_taken() -> None:
    before = bytearray(bytes(Message(REQUEST, TRANSACTION, ((FINGERPRINT, bytes(4)),))))
    before[-4:] = (crc32(before[:-8]) ^ 0x5354554E).to_bytes(4, "big")
    assert read(bytes(before)).kind == REQUEST


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\n\r\n",
        IPV4[:-1],
        IPV4[:24],
        IPV4 + bytes(4),
        IPV4[:2] + b"\0\4" + IPV4[4:20] + b"\x80\x22\0\x20",  # an attribute longer than the message
    ],
)
def test_what_is_no_message_is_none(data: bytes) -> None:
    assert parse(data) is None


def test_sip_is_no_stun() -> None:
    assert not is_stun(b"OPTI\x21\x12\xa4\x42" + bytes(20))
    assert is_stun(bytes(Message(REQUEST, TRANSACTION)))


@given(st.binary(max_size=80), st.booleans())
def test_no_bytes_raise(data: bytes, has_header: bool) -> None:
    if has_header:
        length = len(data).to_bytes(2, "big")
        data = b"\0\1" + length + b"\x21\x12\xa4\x42" + TRANSACTION + data
    message = parse(data)
    if message is not None:
        message.mapped()
        message.error()
        answer(message, "192.0.2.1", 5060)


def test_the_value_of_an_address_is_that_of_the_sample() -> None:
    transaction = read(IPV6).transaction
    value = mapped_address("2001:db8:1234:5678:11:2233:4455:6677", 32853, transaction)
    assert value == read(IPV6).first(XOR_MAPPED_ADDRESS)
