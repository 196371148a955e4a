"""Whatever phones say, wounded or not, and whatever is said from above: nothing is raised, what is
sent is sound, and nothing stays behind."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.script import MOST_EDITS, MOST_STEPS, Edit, Script, Step
from tests.fuzz.stage import Stage
from tests.fuzz.wounds import wounded
from tests.torture.messages import MESSAGES

bytes_ = st.integers(0, 255)
edits = st.builds(
    Edit,
    kind=bytes_,
    place=st.integers(0, 65_535),
    size=st.integers(0, 40),
    scrap=st.binary(max_size=12),
)
acts = st.sampled_from([0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 4, 4, 4, 5, 6, 7])
steps = st.builds(
    Step,
    act=acts,
    who=st.integers(0, 31),
    what=bytes_,
    which=bytes_,
    edits=st.lists(edits, max_size=MOST_EDITS).map(tuple),
    data=st.just(b"") | st.sampled_from(list(MESSAGES.values())) | st.binary(max_size=80),
)
scripts = st.lists(steps, max_size=MOST_STEPS).map(lambda chosen: Script(tuple(chosen)))


@given(scripts)
@settings(max_examples=400, deadline=None)
def test_every_story_comes_to_its_end(script: Script) -> None:
    Stage().play(script)


@given(scripts)
def test_a_script_is_read_as_it_was_written(script: Script) -> None:
    assert Script.read(script.to_bytes()) == script


@given(st.binary(max_size=400))
def test_any_bytes_are_a_script(data: bytes) -> None:
    script = Script.read(data)
    assert Script.read(script.to_bytes()) == script


@given(st.sampled_from(list(MESSAGES.values())), st.lists(edits, max_size=4))
@settings(max_examples=400, deadline=None)
def test_a_wounded_message_from_anybody_is_survived(data: bytes, chosen: list[Edit]) -> None:
    stage = Stage()
    for who in (0, 3, 4, 8, 12):
        stage.play(Script((Step(2, who, 0, 0, (), wounded(data, chosen)),)))
