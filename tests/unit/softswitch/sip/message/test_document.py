"""Documents that are numbered when they are sent."""

from softswitch.sip.message.document import NOTHING, Document


def test_the_number_stands_where_the_writer_left_room() -> None:
    assert Document("text/plain", b'version="', b'"').numbered(7) == b'version="7"'


def test_a_document_without_room_is_sent_as_it_is() -> None:
    assert Document("text/plain", b"whole").numbered(7) == b"whole"
    assert NOTHING.numbered(0) == b""
