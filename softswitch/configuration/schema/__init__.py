"""The shape of the file: every key that there is.

What a key means stands in its description, which the JSON schema shows in an editor.
"""

from softswitch.configuration.schema.menus import Invalid, Menu, NothingPressed, Voicemail
from softswitch.configuration.schema.network import Listener, NetworkSection
from softswitch.configuration.schema.numbers import Number, Schedule
from softswitch.configuration.schema.people import Department, Employee, Member, NoAnswer
from softswitch.configuration.schema.recording import Recording
from softswitch.configuration.schema.root import Features, Root
from softswitch.configuration.schema.section import Section, Spoken
from softswitch.configuration.schema.security import Security

__all__ = [
    "Department",
    "Employee",
    "Features",
    "Invalid",
    "Listener",
    "Member",
    "Menu",
    "NetworkSection",
    "NoAnswer",
    "NothingPressed",
    "Number",
    "Recording",
    "Root",
    "Schedule",
    "Section",
    "Security",
    "Spoken",
    "Voicemail",
]
