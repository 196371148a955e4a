"""The schema as JSON, for editors that complete and check while one types."""

import json

from softswitch.configuration.schema import Root


def render() -> str:
    """Return the JSON schema of the file."""
    schema = Root.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "softswitch"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
