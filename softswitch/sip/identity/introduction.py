"""What an INVITE of ours says of the caller and of the way that the call has come."""

from softswitch.sip.claims import Claims
from softswitch.sip.identity.history import diversion_of, history
from softswitch.sip.identity.party import party
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header
from softswitch.sip.methods import Headers
from softswitch.sip.vocabulary import Place

_NOTHING = Claims()


def introduction(command: Place, face: Face) -> Headers:
    """Return the headers beside From: for a trusted side all that is known (RFC 3325), for others
    what the caller does not want to be kept secret."""
    claims = command.claims or _NOTHING
    headers: list[tuple[Header | str, str]] = []
    if face.is_trusted:
        if command.caller.number:
            headers.append((Header.P_ASSERTED_IDENTITY, party(command.caller, face.host)))
        if claims.privacy:
            headers.append((Header.PRIVACY, ";".join(sorted(claims.privacy))))
    is_told = face.is_trusted or not claims.hides_history
    before, entries = (claims.diversions, claims.history) if is_told else ((), ())
    for diversion in (*command.diversions, *before):
        headers.append((Header.DIVERSION, diversion_of(diversion, face.host)))
    if command.diversions or entries:
        whole = history(command.diversions, command.called, face.host, entries)
        headers += ((Header.HISTORY_INFO, entry) for entry in whole)
    alert = command.alert or claims.alert
    if alert:
        headers.append((Header.ALERT_INFO, alert))
    if is_told:
        headers += ((Header.CALL_INFO, value) for value in claims.call_info)
    return tuple(headers)
