"""Whatever callers and the engine do, an application never raises, and ends with its caller."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.calls.instructions import (
    FollowExtension,
    FollowKey,
    FollowOutcome,
    HangUpCall,
    Happening,
    KeyPressed,
    Note,
    PlayEnded,
    RecordingEnded,
    SaveMessage,
)
from softswitch.routing.plan import EnterEcho, EnterMenu, EnterVoicemail
from tests.unit.softswitch.applications.stage import Stage, menu, voicemail

LEAVING = (FollowKey, FollowExtension, FollowOutcome, HangUpCall)
TOKENS = st.integers(1, 4)
HAPPENINGS = st.one_of(
    st.builds(KeyPressed, st.sampled_from("0123456789*#A")),
    st.builds(PlayEnded, TOKENS, st.sampled_from(["end", "stopped", "failed: broken"])),
    st.builds(
        RecordingEnded,
        TOKENS,
        st.just("m.wav"),
        st.floats(0.0, 300.0),
        st.sampled_from(["stopped", "maximum", "silence", "closed", "failed"]),
        st.sampled_from(["", "No space left on device"]),
    ),
    st.floats(0.0, 10.0),
)
STEPS = st.sampled_from(
    [
        menu(),
        menu(greeting="", extensions=("20", "201", "301")),
        menu(keys="", tries=1),
        voicemail(),
        voicemail(""),
        EnterEcho(60.0),
    ]
)


@given(step=STEPS, happenings=st.lists(HAPPENINGS, max_size=40), after=st.lists(HAPPENINGS))
@settings(deadline=None, max_examples=200)
def test_an_application_leaves_once_and_ends_with_its_caller(
    step: EnterMenu | EnterVoicemail | EnterEcho,
    happenings: list[Happening | float],
    after: list[Happening | float],
) -> None:
    stage = Stage(step)
    for happening in happenings:
        perform(stage, happening)
    leavings = [instruction for instruction in stage.said if isinstance(instruction, LEAVING)]
    assert len(leavings) <= 1
    assert stage.is_over is bool(leavings)

    told = len(stage.said)
    stage.hang_up()
    for happening in after:
        perform(stage, happening)
    stage.wait(120.0)
    assert stage.is_over
    assert all(isinstance(said, SaveMessage | Note) for said in stage.said[told:])
    assert len([i for i in stage.said if isinstance(i, SaveMessage)]) <= 1


def perform(stage: Stage, happening: Happening | float) -> None:
    if isinstance(happening, float):
        stage.wait(happening)
    else:
        stage.hear(happening)
