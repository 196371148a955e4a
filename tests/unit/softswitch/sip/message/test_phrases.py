"""Reason phrases."""

from softswitch.sip.message.phrases import reason_phrase


def test_known_statuses_have_the_phrase_of_the_rfc() -> None:
    assert reason_phrase(180) == "Ringing"
    assert reason_phrase(486) == "Busy Here"


def test_unknown_statuses_have_the_phrase_of_their_class() -> None:
    assert reason_phrase(299) == "OK"
    assert reason_phrase(699) == "Refused"
    assert reason_phrase(999) == "Unknown"
