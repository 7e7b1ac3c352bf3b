"""What OpenPack's publisher says about its people, sessions and labels, as plain tables (v1.0.0 documentation)."""

from __future__ import annotations

OPERATIONS: dict[int, str] = {
    100: "Picking",
    200: "Relocate Item Label",
    300: "Assemble Box",
    400: "Insert Items",
    500: "Close Box",
    600: "Attach Box Label",
    700: "Scan Label",
    800: "Attach Shipping Label",
    900: "Put on Back Table",
    1000: "Fill out Order",
}

ACTIONS: dict[int, str] = {
    101: "Pick Up Sheet",
    103: "Pick Up Item from Box",
    107: "Pick Up Box Sheet",
    108: "Walk to Work Bench",
    109: "Put Packed Box",
    201: "Remove Item Label",
    202: "Attach to Order Sheet",
    203: "Hold Pen",
    204: "Write Check Mark",
    205: "Put Item Small Bag",
    301: "Pick Cardboard",
    302: "Bend Flap",
    303: "Attach Tape",
    304: "Turn Over Box",
    305: "Pick Up Assembled Box",
    401: "Insert Item into Box",
    402: "Air Cushion",
    403: "Separate Air Cushion",
    404: "Put Item Small Bag",
    501: "Bend Flap",
    502: "Attach Tape",
    601: "Attach Box Label",
    701: "Pick Up HT",
    702: "Scan Order Sheet",
    703: "Scan Box",
    704: "Scan Item",
    705: "Hold Scanner",
    706: "Scan Order Sheet",
    707: "Scan Printer",
    801: "Pick Up Shipping Label",
    802: "Attach Shipping Label",
    901: "Pick Up Packed Box",
    902: "Put Packed Box",
    1001: "Pick Up Pen",
    1002: "Write Sign",
    1003: "Push Order Sheet into Tray",
}

# Ids from here on say why there is no label (Null, Ignore, Unknown, System Error, Exclude).
FIRST_NULL = 8000

SAME_PERSON: dict[str, str] = {
    "U0202": "U0105",
    "U0203": "U0108",
    "U0204": "U0110",
    "U0205": "U0107",
    "U0210": "U0103",
}
LEFT_HANDED = frozenset({"U0109"})

# Subjects U01.. recorded scenario S1 only; of the others, these sessions differ from the rule in `scenario`.
_SCENARIOS = {("U0201", "S0200"): "S3", ("U0201", "S0400"): "S4", ("U0201", "S0500"): "S2"}
_BY_SESSION = {"S0100": "S2", "S0200": "S2", "S0300": "S3", "S0400": "S3", "S0500": "S4"}

_WRONG_WAY = "{} was attached in the wrong direction"
ISSUES: dict[tuple[str, str], str] = {
    ("U0103", "S0100"): "the ATR sensors were not working during boxes 1 to 10",
    ("U0103", "S0300"): _WRONG_WAY.format("atr03"),
    ("U0103", "S0400"): _WRONG_WAY.format("atr03"),
    ("U0104", "S0200"): "atr03 and atr04 seem to be swapped",
    ("U0104", "S0400"): "atr03 and atr04 seem to be swapped",
    ("U0107", "S0400"): _WRONG_WAY.format("atr03 (atr01 in the same entry's text)"),
    ("U0108", "S0400"): "the ATR sensors were not working during boxes 1 to 10; their stamps are not consistent",
    ("U0109", "S0100"): "the ATR sensors are missing during boxes 17 to 20",
    ("U0204", "S0100"): _WRONG_WAY.format("atr02"),
    ("U0204", "S0500"): _WRONG_WAY.format("atr02"),
    ("U0207", "S0100"): _WRONG_WAY.format("atr02"),
    ("U0207", "S0200"): _WRONG_WAY.format("atr03"),
    ("U0209", "S0400"): _WRONG_WAY.format("atr03"),
    ("U0209", "S0500"): _WRONG_WAY.format("atr03"),
}
# The publisher gives no way to align this session's devices.
UNUSABLE = frozenset({("U0108", "S0400")})


def scenario(user: str, session: str) -> str:
    """The working scenario, S1 (by the book) to S4 (hurried by alarms); empty where it is not known."""
    if user < "U0200":
        return "S1"
    return _SCENARIOS.get((user, session), _BY_SESSION.get(session, ""))


def facts(user: str, session: str) -> dict[str, str]:
    """What a person reading about a recording should know."""
    known = {
        "subject": user,
        "scenario": scenario(user, session),
        "dominant_hand": "left" if user in LEFT_HANDED else "right",
        "known_issue": ISSUES.get((user, session), ""),
    }
    return {name: value for name, value in known.items() if value}
