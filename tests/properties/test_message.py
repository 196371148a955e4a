"""Properties of the message model, over generated values and mutated real messages."""

import contextlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from softswitch.sip.errors import ParseError, Refusal, SipError
from softswitch.sip.message import (
    Address,
    Broken,
    Challenge,
    Contact,
    Credentials,
    CSeq,
    Framer,
    Header,
    KeepAlive,
    Parameters,
    Request,
    Uri,
    Via,
    parse,
    respond,
    validate,
)
from tests.torture import messages as torture

SEEDS = [value for value in vars(torture).values() if isinstance(value, bytes)]

token = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=12)
text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
host = st.sampled_from(["example.com", "192.0.2.1", "[2001:db8::1]", "a"])
port = st.none() | st.integers(1, 65535)
value = st.none() | token | st.builds(lambda inner: '"' + inner + '"', st.text("ab;,= <>"))
parameters = st.lists(
    st.tuples(token.map(str.lower), value), unique_by=lambda pair: pair[0], max_size=4
).map(lambda pairs: Parameters(tuple(pairs)))
plain_parameters = st.lists(
    st.tuples(token.map(str.lower), st.none() | token), unique_by=lambda pair: pair[0], max_size=4
).map(lambda pairs: Parameters(tuple(pairs)))
user = st.text("abc019-_.!~*'()&=+$,;?/#", max_size=10)
uris = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    host=host,
    user=user,
    port=port,
    parameters=plain_parameters,
)
addresses = st.builds(Address, uris, text, parameters)
vias = st.builds(Via, st.sampled_from(["UDP", "TCP", "TLS"]), host, port, parameters)


@given(uris)
def test_a_uri_is_read_back_as_it_was(uri: Uri) -> None:
    assert Uri.parse(str(uri)) == uri


@given(addresses)
def test_an_address_is_read_back_as_it_was(address: Address) -> None:
    assert Address.parse(str(address)) == address
    assert Contact.parse(str(Contact(address))) == Contact(address)


@given(vias)
def test_a_via_is_read_back_as_it_was(via: Via) -> None:
    assert Via.parse(str(via)) == via


@given(st.integers(0, 2**31 - 1), token)
def test_a_cseq_is_read_back_as_it_was(number: int, method: str) -> None:
    assert CSeq.parse(str(CSeq(number, method))) == CSeq(number, method)


@given(text, text, token, text, st.booleans())
def test_challenges_and_credentials_are_read_back_as_they_were(
    realm: str, nonce: str, algorithm: str, opaque: str, stale: bool
) -> None:
    asked = Challenge(realm, nonce, algorithm, "auth", opaque, stale)
    assert Challenge.parse(str(asked)) == asked
    given_ = Credentials(realm, realm, nonce, opaque, "abc", algorithm, "auth", nonce, "00000001")
    assert Credentials.parse(str(given_)) == given_


@given(st.lists(st.tuples(token, text.map(str.strip)), max_size=8), st.binary(max_size=100))
def test_what_we_build_is_parsed_as_we_built_it(
    headers: list[tuple[str, str]], body: bytes
) -> None:
    request = Request.build("MESSAGE", "sip:a@b", headers, body, "text/plain")
    again = parse(request.to_bytes())
    assert isinstance(again, Request)
    assert again.body == body
    assert again.to_bytes() == request.to_bytes()
    for name, _ in headers:
        assert again.named(name) == request.named(name)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_is_ever_injected(name: str, injected: str) -> None:
    request = Request.build("BYE", "sip:a", [(Header.VIA, "SIP/2.0/UDP a")])
    with contextlib.suppress(ParseError):
        request.append(name, injected)
    lines = parse(request.to_bytes()).lines
    assert len(lines) == len(request.lines) + (request.count(Header.CONTENT_LENGTH) == 0)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 2)):
            case 0:
                del data[at : at + draw(st.integers(1, 8))]
            case 1:
                data[at:at] = draw(
                    st.sampled_from(
                        [
                            b"\r\n",
                            b"\r\n ",
                            b'"',
                            b"<",
                            b">",
                            b";",
                            b",",
                            b"\0",
                            b"\xff",
                            b":",
                            b" ",
                        ]
                    )
                )
            case _:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
    return bytes(data)


@given(mutated())
def test_hostile_bytes_raise_parse_error_and_nothing_else(data: bytes) -> None:
    try:
        message = parse(data)
    except ParseError:
        return
    for accessor in (
        message.via,
        message.branch,
        message.from_,
        message.to,
        message.cseq,
        message.call_id,
        message.contacts,
        message.routes,
        message.max_forwards,
        message.expires,
    ):
        with contextlib.suppress(ParseError):
            accessor()
    for header in Header:
        if header is not Header.OTHER:
            with contextlib.suppress(ParseError):
                message.values(header)
    with contextlib.suppress(Refusal):
        validate(message)
    if isinstance(message, Request):
        message = respond(message, 400, to_tag="t")
    assert parse(message.to_bytes()).lines[:-1] == [
        line
        for line, header in zip(message.lines, message.ids, strict=True)
        if header is not Header.CONTENT_LENGTH
    ]


@given(st.text(max_size=60))
def test_values_raise_nothing_but_errors_of_the_stack(garbage: str) -> None:
    for value_type in (Uri, Address, Contact, Via, CSeq, Challenge, Credentials, Parameters):
        with contextlib.suppress(SipError):
            value_type.parse(garbage)


TOO_LONG = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999\r\n\r\nand more"


@given(st.lists(st.sampled_from([*SEEDS, b"\r\n\r\n", TOO_LONG]), max_size=4), st.integers(1, 200))
def test_a_stream_is_framed_the_same_however_it_is_cut(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    whole = Framer().receive(stream)
    framer = Framer()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    cut = [item for piece in pieces for item in framer.receive(piece)]
    assert _without_repeated_pings(cut) == _without_repeated_pings(whole)
    assert sum(isinstance(item, Broken) for item in whole) <= 1


def _without_repeated_pings(
    items: list[bytes | KeepAlive | Broken],
) -> list[bytes | KeepAlive | Broken]:
    """Return what is left when pings in a row are taken for one, as those of one piece are."""
    return [
        one
        for before, one in pairwise([None, *items])
        if one is not None and not (isinstance(one, KeepAlive) and one == before)
    ]
