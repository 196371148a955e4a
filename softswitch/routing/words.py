"""Steps and reasons as people say them."""

from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    HangUp,
    Ring,
    Step,
    Strategy,
    Why,
)

_TEMPLATES = {
    "dialled": "{0} was dialled",
    "unknown": "nothing has the number {0}",
    "continues": "the call goes on to {0} {1}",
    "moved": "the phone of {0} sent the call on to {1}, with the rights of {0}",
    "transferred": "{0} hands the call on to {1}, with the rights of {0}",
    "returned": "the call comes back to {0}, who handed it on",
    "may not": "{0} may not call {1}, which nobody in the company has",
    "too far": "the call has been sent on {0} times, which is enough",
    "loop": "{0} has been tried already",
    "open": "{0} is open at {1}",
    "closed": "{0} is closed at {1}",
    "self": "{0} is the caller",
    "forwarder": "{0} has sent the call here",
    "not registered": "{0} has no phone that can be reached",
    "busy": "{0} is busy",
    "rings": "{0} can be reached, and rings for {1} s",
    "rings group": "{0} rings {2} ({1}) for {3} s",
    "nobody": "nobody of {0} can be rung: {1}",
    "menu": "the caller hears the menu {0}",
    "voicemail": "the mailbox {0} answers",
    "full": "{0} has {1} calls already",
    "leads to": "it leads to {0}",
    "echo": "callers hear themselves",
    "hang up": "the call ends: {0}",
}
"""By verdict of Why; the numbers are its arguments."""


def reason(why: Why) -> str:
    """Return the words, and where the rule stands."""
    template = _TEMPLATES.get(why.verdict)
    words = (
        f"{why.verdict} {' '.join(why.arguments)}"
        if template is None
        else template.format(*why.arguments)
    )
    place = f"{why.file}:{why.line}" if why.line else "nowhere in the file"
    return f"{words} [{why.rule}, {place}]" if why.rule else words


def step(found: Step) -> str:
    """Return what is done, in a line."""
    match found:
        case Ring(name=name, strategy=strategy, members=members, timeout=timeout):
            how = "" if len(members) == 1 else f", {strategy}"
            return f"ring {name}{how}, for {timeout:g} s"
        case EnterMenu(name=name):
            return f"menu {name}"
        case EnterVoicemail(box=box, maximum=maximum):
            return f"voicemail {box}, a message of at most {maximum:g} s"
        case EnterEcho():
            return "echo test"
        case HangUp(status=status, reason=why):
            return f"hang up: {why} ({status})"


def members(ring: Ring) -> str:
    """Return who rings and who does not, in a line; empty for a single phone."""
    absent = [f"{extension} is left out: {why}" for extension, why in ring.left_out.items()]
    if len(ring.members) == 1 and not absent:
        return ""
    if ring.strategy is Strategy.IN_TURN:
        present = [f"{member.extension} for {member.timeout:g} s" for member in ring.members]
    else:
        present = [f"{member.extension} after {member.delay:g} s" for member in ring.members]
    return "; ".join([*present, *absent])
