"""Whatever happens in a company: nothing is raised, everybody is answered, each call has its
record, and nothing stays behind."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.company import Company
from tests.fuzz.company_stories import stories
from tests.fuzz.mutation import Mutation
from tests.fuzz.script import MOST_STEPS, Script

STORIES = list(stories())
MUTATION = Mutation(STORIES)


@given(st.sampled_from(STORIES), st.integers(1, 8), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_every_story_of_a_company_comes_to_its_end(
    story: Script, changes: int, random: Random
) -> None:
    for _ in range(changes):
        story = MUTATION.of(story, random)
    Company().play(story)


@given(st.binary(max_size=200), st.integers(0, 1000))
def test_what_is_made_of_any_script_is_one(data: bytes, seed: int) -> None:
    changed = MUTATION.of(Script.read(data), Random(seed))
    assert len(changed.steps) <= MOST_STEPS
    assert Script.read(changed.to_bytes()) == changed
