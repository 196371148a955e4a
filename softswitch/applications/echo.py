"""The echo test: callers hear themselves."""

from softswitch.applications.control import CallControl, Leaving
from softswitch.calls.instructions import HangUpCall
from softswitch.routing.plan import EnterEcho

BEEP = ("tone:beep",)


async def echo(call: CallControl, step: EnterEcho) -> Leaving:
    """Beep, then echo until the caller hangs up or the time is over."""
    end = call.within(step.maximum)
    await call.first(call.play(BEEP), end)
    call.echo()
    await call.first(end)
    return HangUpCall("finished")
