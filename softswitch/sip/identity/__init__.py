"""Headers that say who calls, who is called, and by whom a call has come."""

from softswitch.sip.identity.claimed import claimed, unmet_privacy
from softswitch.sip.identity.introduction import introduction
from softswitch.sip.identity.party import ANONYMOUS, is_hidden, party, user_part

__all__ = [
    "ANONYMOUS",
    "claimed",
    "introduction",
    "is_hidden",
    "party",
    "unmet_privacy",
    "user_part",
]
