"""The tones of the world's telephone networks, as they are passed on in lists of what ITU-T E.180,
"Various tones used in national networks", has of each country.

The recommendation itself was not at hand: who knows a network better is right.

A tone is written as its parts, which follow one another and then begin again: Hz and seconds. `0`
is a pause, `440+480` two frequencies together, and `400x25` a frequency of which another sets the
strength. A part without seconds never ends.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

SPECIAL_INFORMATION: Final = "950/0.33 1400/0.33 1800/0.33 0/1"
"""Nearly the same everywhere. A word about why follows."""


class Tones(Struct, frozen=True):
    """What a caller hears in one country."""

    name: str
    """The country's, in English."""

    ringback: str
    """The phone rings at the other end."""

    busy: str
    """Who is called is in a call already."""

    congestion: str
    """The call could not be set up: there is no way."""

    dial: str = "425"
    """The network waits for digits."""

    waiting: str = "425/0.2 0/0.6 425/0.2 0/10"
    """Another call waits for who is in one."""

    information: str = SPECIAL_INFORMATION
    """The number is of nobody, or was given up."""


_RING: Final = "425/1 0/4"
_HALF: Final = "425/0.5 0/0.5"
_QUARTER: Final = "425/0.25 0/0.25"
_FIFTH: Final = "425/0.2 0/0.2"
_TWICE: Final = "425/0.15 0/0.15 425/0.15 0/4"

COUNTRIES: Final[Mapping[str, Tones]] = MappingProxyType(
    {
        "eu": Tones("Europe, as is recommended", _RING, _HALF, _QUARTER),
        "at": Tones(
            "Austria",
            "420/1 0/5",
            "420/0.4 0/0.4",
            "420/0.2 0/0.2",
            "420",
            "420/0.04 0/1.96",
            "950/0.33 1450/0.33 1850/0.33 0/1",
        ),
        "au": Tones(
            "Australia",
            "413+438/0.4 0/0.2 413+438/0.4 0/2",
            "425/0.375 0/0.375",
            "425/0.375 0/0.375 420/0.375 0/0.375",
            "413+438",
            "425/0.2 0/0.2 425/0.2 0/4.4",
            "425/2.5 0/0.5",
        ),
        "be": Tones(
            "Belgium",
            "425/1 0/3",
            _HALF,
            "425/0.167 0/0.167",
            waiting="1400/0.175 0/0.175 1400/0.175 0/3.5",
            information="900/0.33 1400/0.33 1800/0.33 0/1",
        ),
        "bg": Tones("Bulgaria", _RING, _HALF, _QUARTER, waiting=_TWICE),
        "br": Tones(
            "Brazil", _RING, _QUARTER, "425/0.25 0/0.25 425/0.75 0/0.25", waiting="425/0.05 0/1"
        ),
        "ca": Tones(
            "Canada",
            "440+480/2 0/4",
            "480+620/0.5 0/0.5",
            "480+620/0.25 0/0.25",
            "350+440",
            "440/0.3 0/10",
        ),
        "ch": Tones("Switzerland", _RING, _HALF, _FIFTH, waiting="425/0.2 0/0.2 425/0.2 0/4"),
        "cl": Tones(
            "Chile", "400/1 0/3", "400/0.5 0/0.5", "400/0.2 0/0.2", "400", "400/0.25 0/8.75"
        ),
        "cn": Tones(
            "China",
            "450/1 0/4",
            "450/0.35 0/0.35",
            "450/0.7 0/0.7",
            "450",
            "450/0.4 0/4",
            "450/0.1 0/0.1 450/0.1 0/0.1 450/0.1 0/0.1 450/0.4 0/0.4",
        ),
        "cz": Tones(
            "Czechia",
            _RING,
            "425/0.33 0/0.33",
            "425/0.165 0/0.165",
            "425/0.33 0/0.33 425/0.66 0/0.66",
            "425/0.33 0/9",
            "950/0.33 0/0.03 1400/0.33 0/0.03 1800/0.33 0/1",
        ),
        "de": Tones(
            "Germany",
            _RING,
            "425/0.48 0/0.48",
            "425/0.24 0/0.24",
            waiting="425/0.2 0/0.2 425/0.2 0/5",
        ),
        "dk": Tones("Denmark", _RING, _HALF, _FIFTH, waiting="425/0.2 0/0.6 425/0.2 0/3"),
        "es": Tones(
            "Spain",
            "425/1.5 0/3",
            _FIFTH,
            "425/0.2 0/0.2 425/0.2 0/0.2 425/0.2 0/0.6",
            waiting="425/0.175 0/0.175 425/0.175 0/3.5",
        ),
        "fi": Tones(
            "Finland",
            _RING,
            "425/0.3 0/0.3",
            _FIFTH,
            waiting="425/0.15 0/0.15 425/0.15 0/8",
            information="950/0.65 0/0.325 950/0.325 0/0.03 1400/1.3 0/2.6",
        ),
        "fr": Tones(
            "France", "440/1.5 0/3.5", "440/0.5 0/0.5", "440/0.25 0/0.25", "440", "440/0.3 0/10"
        ),
        "gb": Tones(
            "United Kingdom",
            "400+450/0.4 0/0.2 400+450/0.4 0/2",
            "400/0.375 0/0.375",
            "400/0.4 0/0.35 400/0.225 0/0.525",
            "350+440",
            "400/0.1 0/4",
            "950/0.33 0/0.015 1400/0.33 0/0.015 1800/0.33 0/1",
        ),
        "gr": Tones(
            "Greece",
            _RING,
            "425/0.3 0/0.3",
            _FIFTH,
            "425/0.2 0/0.3 425/0.7 0/0.8",
            "425/0.15 0/0.15 425/0.15 0/8",
        ),
        "hu": Tones(
            "Hungary",
            "425/1.25 0/3.75",
            "425/0.3 0/0.3",
            "425/0.3 0/0.3",
            waiting="425/0.04 0/1.96",
        ),
        "id": Tones("Indonesia", _RING, _HALF, _QUARTER, waiting="425/0.15 0/0.15 425/0.15 0/10"),
        "il": Tones(
            "Israel",
            "414/1 0/3",
            "414/0.5 0/0.5",
            "414/0.25 0/0.25",
            "414",
            "414/0.1 0/0.1 414/0.1 0/0.1 414/0.6 0/3",
            "1000/0.33 1400/0.33 1800/0.33 0/1",
        ),
        "in": Tones(
            "India",
            "400x25/0.4 0/0.2 400x25/0.4 0/2",
            "400/0.75 0/0.75",
            "400/0.25 0/0.25",
            "400x25",
            "400/0.2 0/0.1 400/0.2 0/7.5",
        ),
        "it": Tones(
            "Italy",
            _RING,
            _HALF,
            _FIFTH,
            "425/0.2 0/0.2 425/0.6 0/1",
            "425/0.4 0/0.1 425/0.25 0/0.1 425/0.15 0/14",
        ),
        "jp": Tones(
            "Japan", "400x16/1 0/2", "400/0.5 0/0.5", "400/0.5 0/0.5", "400", "400x16/0.5 0/8"
        ),
        "kr": Tones(
            "Korea",
            "440+480/1 0/2",
            "480+620/0.5 0/0.5",
            "480+620/0.3 0/0.2",
            "350+440",
            "350+440/0.25 0/0.25 350+440/0.25 0/3.25",
        ),
        "lt": Tones("Lithuania", _RING, "425/0.35 0/0.35", _FIFTH, waiting=_TWICE),
        "mx": Tones(
            "Mexico",
            _RING,
            _QUARTER,
            _QUARTER,
            information="950/0.33 0/0.03 1400/0.33 0/0.03 1800/0.33 0/1",
        ),
        "my": Tones("Malaysia", "425/0.4 0/0.2 425/0.4 0/2", _HALF, _HALF),
        "nl": Tones("Netherlands", _RING, _HALF, _QUARTER, waiting="425/0.5 0/9.5"),
        "no": Tones("Norway", _RING, _HALF, _FIFTH),
        "nz": Tones(
            "New Zealand",
            "400+450/0.4 0/0.2 400+450/0.4 0/2",
            "400/0.5 0/0.5",
            "400/0.25 0/0.25",
            "400",
            "400/0.2 0/3",
            "400/0.75 0/0.1 400/0.75 0/0.1 400/0.75 0/0.1 400/0.75 0/0.4",
        ),
        "ph": Tones(
            "Philippines",
            "425+480/1 0/4",
            "480+620/0.5 0/0.5",
            "480+620/0.25 0/0.25",
            waiting="440/0.3 0/10",
        ),
        "pl": Tones("Poland", _RING, _HALF, _HALF, waiting=_TWICE),
        "pt": Tones("Portugal", "425/1 0/5", _HALF, _FIFTH, waiting="440/0.3 0/10"),
        "ru": Tones("Russia", _RING, "425/0.35 0/0.35", "425/0.175 0/0.175", waiting="425/0.2 0/5"),
        "se": Tones(
            "Sweden",
            "425/1 0/5",
            _QUARTER,
            "425/0.25 0/0.75",
            waiting="425/0.2 0/0.5 425/0.2 0/9.1",
            information="950/0.332 0/0.024 1400/0.332 0/0.024 1800/0.332 0/2.024",
        ),
        "sg": Tones(
            "Singapore",
            "425x24/0.4 0/0.2 425x24/0.4 0/2",
            "425/0.75 0/0.75",
            _QUARTER,
            waiting="425x24/0.3 0/0.2 425x24/0.3 0/3.2",
        ),
        "th": Tones(
            "Thailand", "420/1 0/5", "400/0.5 0/0.5", "400/0.3 0/0.3", "400x50", "400/0.5 0/8"
        ),
        "tr": Tones(
            "Turkey",
            "450/2 0/4",
            "450/0.5 0/0.5",
            "450/0.2 0/0.2 450/0.2 0/0.2 450/0.2 0/0.2 450/0.6 0/0.2",
            "450",
            "450/0.2 0/0.6 450/0.2 0/8",
        ),
        "tw": Tones(
            "Taiwan",
            "440+480/1 0/2",
            "480+620/0.5 0/0.5",
            "480+620/0.25 0/0.25",
            "350+440",
            "350+440/0.25 0/0.25 350+440/0.25 0/3.25",
        ),
        "us": Tones(
            "United States",
            "440+480/2 0/4",
            "480+620/0.5 0/0.5",
            "480+620/0.25 0/0.25",
            "350+440",
            "440/0.3 0/10",
        ),
        "ve": Tones("Venezuela", _RING, _HALF, _QUARTER, waiting="400+450/0.3 0/6"),
        "za": Tones(
            "South Africa",
            "400x33/0.4 0/0.2 400x33/0.4 0/2",
            "400/0.5 0/0.5",
            "400/0.25 0/0.25",
            "400x33",
            "400x33/0.25 0/0.25 400x33/0.25 0/0.25 400x33/0.25 0/0.25 400x33/0.25 0/0.25",
        ),
    }
)
"""By the country's code (ISO 3166-1)."""

NAMES: Final = ("ringback", "busy", "congestion", "dial", "waiting", "information")
"""Of the tones that every country has."""
