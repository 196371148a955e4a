"""Who is kept out, who has to wait, and who is trusted."""

from softswitch.sip.guard.access import AddressList
from softswitch.sip.guard.allowance import Allowance
from softswitch.sip.guard.bans import LONGEST_USER, Ban, BanBegan, BanLifted, Bans
from softswitch.sip.guard.callers import Callers
from softswitch.sip.guard.gate import Gate
from softswitch.sip.guard.mistakes import Mistakes
from softswitch.sip.guard.overload import Overload
from softswitch.sip.guard.pace import Pace

__all__ = [
    "LONGEST_USER",
    "AddressList",
    "Allowance",
    "Ban",
    "BanBegan",
    "BanLifted",
    "Bans",
    "Callers",
    "Gate",
    "Mistakes",
    "Overload",
    "Pace",
]
