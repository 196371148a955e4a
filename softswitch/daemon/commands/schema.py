"""`softswitch schema`: the JSON schema of the configuration file, for editors."""

from softswitch.configuration.jsonschema import render


def schema() -> str:
    return render()
