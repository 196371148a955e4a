"""Messages as the grammar of RFC 3261, section 25, allows them: Hypothesis strategies.

Every header that the switch knows, in its long, compact or oddly written name; folded lines,
quotes, escapes, UTF-8.
"""

from hypothesis import strategies as st

from softswitch.sip.message.headers import NAMES, Header

METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO"),
    *("SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER", "FOO", "a.b!%*_+`'~-1"),
)
_COMPACT = {
    Header.VIA: "v",
    Header.FROM: "f",
    Header.TO: "t",
    Header.CALL_ID: "i",
    Header.CONTACT: "m",
    Header.CONTENT_TYPE: "c",
    Header.SUPPORTED: "k",
    Header.SUBJECT: "s",
    Header.EVENT: "o",
    Header.REFER_TO: "r",
    Header.SESSION_EXPIRES: "x",
}

tokens = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=8)
numbers = st.sampled_from([0, 1, 69, 255, 3600, 2**31 - 1]).map(str)
spaces = st.sampled_from(["", "", "", " ", "\t"])
gaps = st.sampled_from([" ", " ", "  ", "\t", "\r\n ", " \r\n\t"])
"""Where white space must be, it may be a line that goes on."""

hops = st.sampled_from(["0", "1", "70", "0068", "255"])

inside_quotes = st.lists(
    st.sampled_from([*"aZ ;,<>@:=?é", "\\\\", '\\"', "\\x", "大"]), max_size=8
).map("".join)
quoted = inside_quotes.map(lambda inside: f'"{inside}"')
names = st.one_of(quoted, st.lists(tokens, max_size=2).map(" ".join))
hosts = st.sampled_from(
    ["example.com", "Example.COM", "a-b.c1.example.org", "192.0.2.1", "[2001:db8::9:1]", "h"]
)
ports = st.sampled_from(["", "", ":5060", ":1", ":65535"])
users = st.lists(
    st.sampled_from([*"aZ1-_.!~*'()&=+$,;?/", "%41", "%20", "%c3%a9", "%25"]),
    min_size=1,
    max_size=8,
).map("".join)
userinfos = st.one_of(
    st.just(""),
    users.map(lambda user: f"{user}@"),
    st.tuples(users, st.sampled_from(["", "pw", "%70&=+$,"])).map(
        lambda both: f"{both[0]}:{both[1]}@"
    ),
)
uri_parameters = st.lists(
    st.sampled_from(
        [";lr", ";transport=tcp", ";user=phone", ";maddr=192.0.2.7", ";x=%41", ";X-Y", ";ob=[::1]"]
    ),
    max_size=3,
    unique=True,
).map("".join)
sip_uris = st.builds(
    "{}:{}{}{}{}".format,
    st.sampled_from(["sip", "sips", "SIP"]),
    userinfos,
    hosts,
    ports,
    uri_parameters,
)
uris = st.one_of(
    sip_uris,
    sip_uris,
    sip_uris.map(lambda uri: f"{uri}?subject=a%20b&Route=x"),
    st.sampled_from(
        ["tel:+1-201-555-0123", "tel:7042;phone-context=example.com", "urn:service:sos"]
    ),
)
plain_uris = st.sampled_from(["sip:101@example.com", "sips:a@192.0.2.1:5061", "tel:112"])

_values = st.one_of(tokens, quoted, st.sampled_from(["[::1]", "192.0.2.1"]))
parameters = st.lists(
    st.tuples(
        st.sampled_from(["tag", "expires", "x", "Y", "received", "+sip.instance", "a-b"]),
        spaces,
        st.none() | _values,
        spaces,
    ),
    max_size=4,
    unique_by=lambda one: one[0],
).map(
    lambda chosen: "".join(
        f"{before};{before}{name}" + ("" if value is None else f"{after}={after}{value}")
        for name, before, value, after in chosen
    )
)
addresses = st.one_of(
    st.builds("{}{}<{}>{}".format, names, gaps.filter(lambda gap: gap != ""), uris, parameters),
    st.builds("<{}>{}".format, uris, parameters),
    st.builds("{}{}".format, plain_uris, parameters),
)
vias = st.builds(
    "SIP{0}/{0}2.0{0}/{0}{1}{2}{3}{4};branch=z9hG4bK{5}{6}".format,
    spaces,
    st.sampled_from(["UDP", "TCP", "TLS", "WSS", "SCTP", "udp"]),
    gaps,
    hosts,
    ports,
    tokens,
    st.sampled_from(["", ";rport", ";received=192.0.2.9;rport=5", " ; ttl = 1", ';x="a,b;c"']),
)
cseq_numbers = st.sampled_from(["0", "1", "0009", "2147483647"])
call_ids = st.builds("{}{}".format, tokens, st.sampled_from(["", "@host", "@192.0.2.1"]))
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)
lists = st.lists(tokens, min_size=1, max_size=3).map(", ".join)

_OF_ONE = (Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ, Header.MAX_FORWARDS)
_ADDRESSES = (
    *(Header.CONTACT, Header.ROUTE, Header.RECORD_ROUTE, Header.PATH, Header.SERVICE_ROUTE),
    *(Header.P_ASSERTED_IDENTITY, Header.DIVERSION, Header.REFER_TO, Header.REFERRED_BY),
)
_TEXTS = (Header.SUBJECT, Header.USER_AGENT, Header.REASON, Header.DATE, Header.CALL_INFO)
_LISTS = (
    *(Header.SUPPORTED, Header.REQUIRE, Header.ALLOW, Header.UNSUPPORTED, Header.ALLOW_EVENTS),
    *(Header.PRIVACY, Header.PROXY_REQUIRE, Header.IN_REPLY_TO),
)
_NUMBERS = (Header.EXPIRES, Header.MIN_EXPIRES, Header.RSEQ, Header.MIN_SE, Header.SESSION_EXPIRES)


@st.composite
def lines(draw: st.DrawFn, header: Header, values: st.SearchStrategy[str]) -> str:
    """Return a line, with one of the ways to write its name."""
    name = NAMES[header]
    spelling = draw(
        st.sampled_from([name, name, name.upper(), name.lower(), _COMPACT.get(header, name)])
    )
    return f"{spelling}{draw(spaces)}:{draw(gaps | st.just(''))}{draw(values)}"


_MANY = st.one_of(
    st.sampled_from(_ADDRESSES).flatmap(lambda header: lines(header, addresses)),
    st.sampled_from(_LISTS).flatmap(lambda header: lines(header, lists)),
    st.builds("{}: {}".format, tokens, texts),
)
_ONCE = st.one_of(
    st.sampled_from(_NUMBERS).flatmap(lambda one: st.tuples(st.just(one), lines(one, numbers))),
    st.sampled_from(_TEXTS).flatmap(lambda one: st.tuples(st.just(one), lines(one, texts))),
)


def _second(pairs: list[tuple[Header, str]]) -> list[str]:
    return [line for _, line in pairs]


@st.composite
def messages(draw: st.DrawFn, *, with_body: bool = True) -> bytes:
    """Return a message with all that it must have, and some of what it may, in any order."""
    method = draw(st.sampled_from(METHODS))
    start = draw(
        st.one_of(
            uris.map(lambda uri: f"{method} {uri} SIP/2.0"),
            st.sampled_from(
                ["SIP/2.0 200 OK", "SIP/2.0 183 ", "SIP/2.0 699 Nein, é", "SIP/2.0 486 a  b"]
            ),
        )
    )
    cseqs = st.builds("{}{}{}".format, cseq_numbers, gaps, st.just(method))
    written = [
        draw(lines(Header.FROM, addresses)),
        draw(lines(Header.TO, addresses)),
        draw(lines(Header.CALL_ID, call_ids)),
        draw(lines(Header.CSEQ, cseqs)),
        draw(lines(Header.MAX_FORWARDS, hops)),
        *draw(st.lists(lines(Header.VIA, vias), min_size=1, max_size=3)),
    ]
    written += draw(st.lists(_MANY, max_size=4))
    written += draw(st.lists(_ONCE, max_size=3, unique_by=lambda pair: pair[0]).map(_second))
    body = draw(st.just(b"") | st.binary(max_size=20)) if with_body else b""
    if draw(st.booleans()):
        written.append(draw(lines(Header.CONTENT_LENGTH, st.just(str(len(body))))))
    head = "\r\n".join((start, *draw(st.permutations(written))))
    return head.encode() + b"\r\n\r\n" + body
