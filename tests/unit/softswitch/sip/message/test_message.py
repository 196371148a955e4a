"""Reading and editing messages."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Message, Request, Response, parse

HEADERS: list[tuple[Header | str, str]] = [
    (Header.VIA, "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2"),
    (Header.VIA, "SIP/2.0/UDP c;branch=z9hG4bK3"),
    (Header.FROM, '"Bell, A." <sip:101@example.com>;tag=f'),
    (Header.TO, "<sip:102@example.com>"),
    (Header.CALL_ID, "c1"),
    (Header.CSEQ, "7 INVITE"),
    (Header.SUPPORTED, ""),
    (Header.SUPPORTED, "replaces,, timer"),
    ("X-Own", "one"),
    ("x-own", "two"),
]


def invite(*more: tuple[Header | str, str], body: bytes = b"") -> Request:
    return Request.build("INVITE", "sip:102@example.com", [*HEADERS, *more], body)


def test_values_of_all_lines_come_in_order() -> None:
    request = invite()
    assert [value.split()[1][0] for value in request.values(Header.VIA)] == ["a", "b", "c"]
    assert request.values(Header.SUPPORTED) == ["replaces", "timer"]
    assert request.first(Header.SUPPORTED) == ""
    assert request.count(Header.SUPPORTED) == 2
    assert request.first(Header.REASON) is None


@pytest.mark.parametrize("nothing", [",", ", ,", ""])
def test_a_via_of_nothing_but_commas_is_none(nothing: str) -> None:
    request = Request.build("BYE", "sip:a", [(Header.VIA, nothing)])
    with pytest.raises(ParseError):
        request.via()
    with pytest.raises(ParseError):
        request.branch()


def test_a_comma_in_from_is_no_separator() -> None:
    assert invite().values(Header.FROM) == ['"Bell, A." <sip:101@example.com>;tag=f']


def test_unknown_headers_are_found_by_name() -> None:
    request = invite()
    assert request.named("X-OWN") == "one"
    assert request.named("call-id") == "c1"
    assert request.named("X-Absent") is None


def test_typed_values() -> None:
    request = invite((Header.MAX_FORWARDS, "70"), (Header.EXPIRES, "99999999999"))
    assert request.via().host == "a"
    assert request.branch() == "z9hG4bK1"
    assert request.from_().tag == "f"
    assert request.to().uri.user == "102"
    assert request.cseq().number == 7
    assert request.call_id() == "c1"
    assert request.max_forwards() == 70
    assert request.expires() == 2**32 - 1
    assert request.routes() == []
    assert request.contacts() == []


def test_routes_are_read_topmost_first() -> None:
    request = invite((Header.ROUTE, "<sip:p1;lr>, <sip:p2;lr>"), (Header.ROUTE, "<sip:p3;lr>"))
    assert [route.uri.host for route in request.routes()] == ["p1", "p2", "p3"]


def test_the_branch_is_found_wherever_it_stands() -> None:
    for via in ("SIP/2.0/UDP a;rport;branch=z9x", "SIP/2.0/UDP a ; branch = z9x;rport"):
        request = Request.build("BYE", "sip:a", [(Header.VIA, via)])
        assert request.branch() == "z9x"
        assert request.via().branch == request.branch() == "z9x"


def test_absent_and_empty_mandatory_headers_raise() -> None:
    request = Request.build("BYE", "sip:a", [(Header.CSEQ, "")])
    for accessor in (request.via, request.from_, request.to, request.call_id, request.cseq):
        with pytest.raises(ParseError):
            accessor()
    with pytest.raises(ParseError):
        request.branch()


def test_set_replaces_all_lines_of_a_name() -> None:
    request = invite()
    request.set(Header.VIA, "SIP/2.0/UDP d")
    request.set("X-Own", "three")
    request.set("X-New", "new")
    assert request.values(Header.VIA) == ["SIP/2.0/UDP d"]
    assert request.via().host == "d"
    assert [line for line in request.lines if line.lower().startswith("x-")] == [
        "X-Own: three",
        "X-New: new",
    ]
    assert len(request.lines) == len(request.ids)


def test_lines_are_added_before_and_behind() -> None:
    request = invite()
    request.prepend(Header.VIA, "SIP/2.0/UDP top;branch=z9hG4bK0")
    request.append(Header.RECORD_ROUTE, "<sip:p;lr>")
    assert request.via().host == "top"
    assert request.lines[-1] == "Record-Route: <sip:p;lr>"


def test_removing_drops_every_line_of_a_name() -> None:
    request = invite()
    request.remove(Header.VIA)
    request.remove("X-OWN")
    request.remove("X-Absent")
    assert request.count(Header.VIA) == 0
    assert request.named("x-own") is None


def test_the_first_value_is_replaced_without_touching_its_neighbours() -> None:
    request = invite()
    request.replace_first(Header.VIA, "SIP/2.0/UDP z")
    assert [value.split()[1][0] for value in request.values(Header.VIA)] == ["z", "b", "c"]
    request.replace_first(Header.VIA, None)
    request.replace_first(Header.VIA, None)
    assert request.values(Header.VIA) == ["SIP/2.0/UDP c;branch=z9hG4bK3"]
    assert request.via().host == "c"


def test_a_null_from_the_wire_is_carried_on() -> None:
    request = invite()
    request.replace_first(Header.VIA, "SIP/2.0/UDP z;\0=1")
    assert b"z;\0=1, " in request.to_bytes()


@pytest.mark.parametrize("value", ["a\r\nVia: evil", "a\nb", "a\rb"])
def test_no_value_begins_a_new_line(value: str) -> None:
    request = invite()
    for edit in (request.set, request.append, request.prepend):
        with pytest.raises(ParseError):
            edit(Header.SUBJECT, value)
    with pytest.raises(ParseError):
        invite(("X-Own", value))
    with pytest.raises(ParseError):
        Request.build("BYE", value, [])
    with pytest.raises(ParseError):
        request.replace_first(Header.VIA, value)
    with pytest.raises(ParseError):
        request.append("X-Bad\r\nVia", "x")


def test_bytes_have_the_length_of_the_body_whatever_the_lines_said() -> None:
    request = invite((Header.CONTENT_LENGTH, "9"), ("l", "8"), body=b"v=0\r\n")
    data = request.to_bytes()
    assert data.endswith(b"Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n")
    assert data.lower().count(b"content-length") == 1
    assert b"\r\nl:" not in data
    again = parse(data)
    assert again.body == b"v=0\r\n"
    assert again.to_bytes() == data


def test_a_content_type_given_as_a_header_wins() -> None:
    request = invite((Header.CONTENT_TYPE, "text/plain"), body=b"hi")
    assert request.values(Header.CONTENT_TYPE) == ["text/plain"]


def test_a_copy_is_independent() -> None:
    request = invite()
    copy = request.copy()
    copy.set(Header.CALL_ID, "c2")
    assert (request.call_id(), copy.call_id()) == ("c1", "c2")
    response = Response(200, "OK", request.lines[:], request.ids[:])
    other = response.copy()
    other.remove(Header.VIA)
    assert response.count(Header.VIA) == 2
    assert repr(response) == "<200 OK>"
    assert repr(request) == "<INVITE sip:102@example.com>"


def test_a_message_that_is_neither_has_no_start_line() -> None:
    with pytest.raises(TypeError):
        Message().start_line()


def test_what_is_looked_up_follows_every_edit() -> None:
    request = invite()
    assert request.first(Header.FROM) is not None
    request.set(Header.FROM, "<sip:a>")
    request.append(Header.REASON, "SIP;cause=200")
    request.prepend(Header.SUBJECT, "one")
    request.replace_first(Header.VIA, "SIP/2.0/UDP z")
    assert request.first(Header.FROM) == "<sip:a>"
    assert request.first(Header.REASON) == "SIP;cause=200"
    assert request.first(Header.SUBJECT) == "one"
    assert request.branch() == ""
    request.remove(Header.REASON)
    assert request.first(Header.REASON) is None
    request.replace_first(Header.CALL_ID, None)
    assert request.first(Header.CALL_ID) is None


def test_the_first_of_two_lines_is_the_first_whatever_stands_between() -> None:
    data = b"BYE sip:a SIP/2.0\r\nRoute: <sip:1>\r\nX: y\r\nROUTE:<sip:2>\r\n\r\n"
    request = parse(data)
    assert request.first(Header.ROUTE) == "<sip:1>"
    assert request.values(Header.ROUTE) == ["<sip:1>", "<sip:2>"]


def test_lines_are_removed_by_what_they_say() -> None:
    request = invite()
    request.append(Header.AUTHORIZATION, 'Digest realm="ours"')
    request.append(Header.AUTHORIZATION, 'Digest realm="theirs"')
    assert request.first(Header.AUTHORIZATION) == 'Digest realm="ours"'
    request.remove_where((Header.AUTHORIZATION,), lambda line: "ours" in line)
    assert request.first(Header.AUTHORIZATION) == 'Digest realm="theirs"'
    assert len(request.lines) == len(request.ids)


@pytest.mark.parametrize("length", ["²", "٣", "-1", "0x1", ""])
def test_a_length_in_anything_but_digits_is_left_to_who_validates(length: str) -> None:
    data = invite().to_bytes().replace(b"Content-Length: 0", f"Content-Length: {length}".encode())
    read = parse(data)
    assert read.first(Header.CONTENT_LENGTH) == length
    assert read.body == b""


@pytest.mark.parametrize("agent", ["Phone/1", "Phone  1"], ids=["usual", "with two blanks"])
def test_a_value_is_the_same_whatever_stands_beside_it(agent: str) -> None:
    more = f"\r\nUser-Agent: {agent}\r\nX: \xa0y\xa0\r\nSubject: \xa0z\xa0\r\n\r\n"
    read = parse(invite().to_bytes().replace(b"\r\n\r\n", more.encode()))
    assert (read.named("X"), read.first(Header.SUBJECT)) == ("\xa0y\xa0", "\xa0z\xa0")
