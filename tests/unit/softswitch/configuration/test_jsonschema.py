"""The schema for editors."""

import json

from softswitch.configuration.jsonschema import render


def test_it_is_json_with_every_section() -> None:
    schema = json.loads(render())
    assert schema["additionalProperties"] is False
    assert {"employees", "departments", "numbers", "menus"} <= set(schema["properties"])


def test_what_may_be_written_short_may_be_text_or_a_mapping() -> None:
    member = json.loads(render())["$defs"]["Member"]
    assert [choice["type"] for choice in member["anyOf"]] == [["string", "integer"], "object"]
