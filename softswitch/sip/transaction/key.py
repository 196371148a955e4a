"""Which transaction a message belongs to (RFC 3261, sections 17.1.3 and 17.2.3)."""

from softswitch.identifiers import BRANCH_COOKIE
from softswitch.sip.message import Header, Request
from softswitch.sip.transaction.hop import Hop


def server_key(request: Request, hop: Hop, method: str) -> str:
    """Return the key of the server transaction that `request` belongs to or begins.

    method  of the transaction: INVITE for an ACK, and for a CANCEL the method cancelled

    Beside branch, sent-by and method the key holds the Call-ID and the CSeq number, which all
    requests of one transaction share. So a phone that uses a branch again for its next INVITE,
    and two phones that count branches from 1 behind the same private address, are kept apart.
    Without the cookie of RFC 3261 a branch says nothing, and the request itself is compared.
    """
    firsts = request.firsts()
    number = firsts.get(Header.CSEQ, "").partition(" ")[0]
    call_id = firsts.get(Header.CALL_ID)
    branch = hop.branch
    if branch.startswith(BRANCH_COOKIE) and branch != BRANCH_COOKIE:
        return f"{branch} {hop.sent_by} {method} {number} {call_id}"
    # The To tag is left out: the ACK has the one that our response added.
    sender = firsts.get(Header.FROM)
    return f"{hop.seen} {request.uri} {sender} {method} {number} {call_id}"


def merge_key(request: Request) -> str:
    """Return what copies of a request on different paths share (section 8.2.2.2).

    Empty for a request within a dialog, where there is no merging. With another Request-URI it
    is a spiral, or for another of our users, and no copy.
    """
    firsts = request.firsts()
    if ";tag=" in firsts.get(Header.TO, ""):
        return ""
    sender = firsts.get(Header.FROM)
    number = firsts.get(Header.CSEQ)
    target = request.uri.partition(";")[0]
    return f"{firsts.get(Header.CALL_ID)} {number} {sender} {target}"


def cancel_key(branch: str) -> str:
    """Return the key of the CANCEL, whose branch is that of the INVITE it cancels."""
    return f"{branch} CANCEL"
