"""Who may offer when."""

import pytest

from softswitch.sip.dialog import Meaning, OfferAnswer, Turn, glare_pause
from softswitch.sip.errors import InvalidState, Refusal


def test_our_offer_is_answered_in_the_2xx() -> None:
    session = OfferAnswer()
    session.invite_sent(with_offer=True)
    assert session.success_received(with_sdp=True) is Meaning.ANSWER
    session.ack_sent()
    assert session.may_invite


def test_early_media_is_a_preview_of_the_answer() -> None:
    session = OfferAnswer()
    session.invite_sent(with_offer=True)
    assert session.provisional_received(with_sdp=False) is Meaning.NOTHING
    assert session.provisional_received(with_sdp=True) is Meaning.PREVIEW
    assert session.success_received(with_sdp=True) is Meaning.ANSWER


def test_a_2xx_without_the_answer_leaves_the_preview_or_nothing() -> None:
    session = OfferAnswer()
    session.invite_sent(with_offer=True)
    assert session.success_received(with_sdp=False) is Meaning.NOTHING
    assert session.may_invite


def test_asked_for_an_offer_the_peer_gives_it_in_the_2xx_and_we_answer_in_the_ack() -> None:
    session = OfferAnswer()
    session.invite_sent(with_offer=False)
    assert session.provisional_received(with_sdp=True) is Meaning.NOTHING
    assert session.success_received(with_sdp=True) is Meaning.OFFER
    assert not session.may_invite
    session.ack_sent()
    assert session.may_invite


def test_their_offer_is_answered_in_our_2xx() -> None:
    session = OfferAnswer()
    assert session.invite_received(with_offer=True) is None
    assert session.success_sent() is Meaning.ANSWER
    assert not session.may_invite
    assert session.ack_received(with_sdp=False) is Meaning.NOTHING
    assert session.may_invite


def test_an_invite_without_offer_gets_ours_in_the_2xx_and_the_ack_answers() -> None:
    session = OfferAnswer()
    assert session.invite_received(with_offer=False) is None
    assert session.success_sent() is Meaning.OFFER
    assert session.turn is Turn.THEIR_ANSWER_IN_ACK
    assert session.ack_received(with_sdp=True) is Meaning.ANSWER
    assert session.may_invite


def test_an_ack_without_the_answer_that_is_owed_is_nothing() -> None:
    session = OfferAnswer()
    session.invite_received(with_offer=False)
    session.success_sent()
    assert session.ack_received(with_sdp=False) is Meaning.NOTHING
    assert session.may_invite


@pytest.mark.parametrize("with_offer", [True, False])
def test_invites_that_cross_are_refused_with_491(with_offer: bool) -> None:
    session = OfferAnswer()
    session.invite_sent(with_offer=with_offer)
    refusal = session.invite_received(with_offer=True)
    assert refusal is not None
    assert refusal.status == 491
    assert session.success_received(with_sdp=True) is not Meaning.NOTHING


def test_a_second_invite_before_our_response_is_refused_with_500() -> None:
    session = OfferAnswer()
    session.invite_received(with_offer=True)
    refusal = session.invite_received(with_offer=True)
    assert refusal is not None
    assert refusal.status == 500
    assert session.success_sent() is Meaning.ANSWER


def test_a_failure_of_either_side_leaves_the_session_as_it_was() -> None:
    session = OfferAnswer()
    session.invite_sent(with_offer=True)
    session.failed()
    assert session.may_invite
    session.invite_received(with_offer=True)
    session.failed()
    assert session.may_invite


def test_our_own_calls_out_of_turn_are_errors() -> None:
    session = OfferAnswer()
    with pytest.raises(InvalidState):
        session.success_sent()
    session.invite_received(with_offer=True)
    with pytest.raises(InvalidState):
        session.invite_sent(with_offer=True)


def test_messages_of_the_peer_out_of_turn_mean_nothing() -> None:
    session = OfferAnswer()
    assert session.success_received(with_sdp=True) is Meaning.NOTHING
    assert session.provisional_received(with_sdp=True) is Meaning.NOTHING
    assert session.ack_received(with_sdp=True) is Meaning.NOTHING


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999])
def test_after_glare_the_side_that_began_waits_longer(draw: float) -> None:
    assert 2.1 <= glare_pause(owns_call_id=True, draw=draw) <= 4.0
    assert 0.0 <= glare_pause(owns_call_id=False, draw=draw) <= 2.0


def test_an_answer_in_a_reliable_response_is_for_good() -> None:
    ours, theirs = OfferAnswer(), OfferAnswer()
    ours.invite_sent(with_offer=True)
    theirs.invite_received(with_offer=True)
    assert theirs.reliable_sent(with_sdp=True) is Meaning.ANSWER
    assert ours.provisional_received(with_sdp=True, reliable=True) is Meaning.ANSWER
    assert ours.provisional_received(with_sdp=True, reliable=True) is Meaning.NOTHING
    assert theirs.success_sent() is Meaning.NOTHING
    assert ours.success_received(with_sdp=True) is Meaning.NOTHING
    assert ours.may_invite


def test_an_offer_in_a_reliable_response_is_answered_in_prack() -> None:
    ours, theirs = OfferAnswer(), OfferAnswer()
    ours.invite_sent(with_offer=False)
    theirs.invite_received(with_offer=False)
    assert theirs.reliable_sent(with_sdp=True) is Meaning.OFFER
    assert ours.provisional_received(with_sdp=True, reliable=True) is Meaning.OFFER
    ours.prack_sent()
    assert theirs.prack_received(with_sdp=True) is Meaning.ANSWER
    assert ours.turn is theirs.turn is Turn.STABLE


def test_an_update_before_the_first_answer_is_asked_to_wait() -> None:
    theirs = OfferAnswer()
    theirs.invite_received(with_offer=True)
    refusal = theirs.update_received()
    assert refusal is not None
    assert refusal.status == 500


def test_updates_that_cross_are_refused_with_491() -> None:
    ours = OfferAnswer()
    ours.update_sent()
    for refusal in (ours.update_received(), ours.invite_received(with_offer=True)):
        assert refusal is not None
        assert refusal.status == 491
    with pytest.raises(InvalidState):
        ours.update_sent()
    ours.update_settled()
    assert ours.may_invite


def test_an_update_outlives_the_invite_that_it_came_before() -> None:
    ours = OfferAnswer()
    ours.invite_sent(with_offer=True)
    ours.provisional_received(with_sdp=True, reliable=True)
    ours.update_sent()
    ours.success_received(with_sdp=False)
    assert not ours.may_invite
    ours.update_settled()
    assert ours.may_invite


def test_a_prack_may_offer_when_nothing_is_open_and_else_is_refused() -> None:
    theirs = OfferAnswer()
    theirs.invite_received(with_offer=True)
    theirs.reliable_sent(with_sdp=True)
    assert theirs.prack_received(with_sdp=True) is Meaning.OFFER
    refusal = theirs.prack_received(with_sdp=True)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 500
