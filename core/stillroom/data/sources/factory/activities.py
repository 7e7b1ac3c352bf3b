"""The repertoire: ten activities of packing and assembly, each told as what both hands do.

`tool` is the dominant hand, `helper` the other. Each function fills about the given seconds with repetitions of its
motif; which way it is done where several are usual is the person's `variant`. Places are metres in the scene's frame.
"""

from __future__ import annotations

from collections.abc import Callable

from stillroom.data.sources.factory.scene import BENCH_Z, REST_HELPER, REST_TOOL, Scene
from stillroom.data.sources.factory.strands import Strand

Activity = Callable[[Scene, float], None]

CARDBOARD, PAPER, PLASTIC, METAL = 0.3, 0.15, 0.5, 1.0


def pick_items(scene: Scene, seconds: float) -> None:
    """Takes items from the shelf's bins, at chest to eye height, into a tote, with a step along the shelf now and then.

    Some use both hands by turns.
    """
    scene.face(62 if scene.style.variant < 0.6 else -62)
    scene.reach(scene.helper, (0.32, 0.16, 1.05), 0.8, turn=10)
    scene.grip(scene.helper, PLASTIC)
    for count in scene.repeats(seconds):
        by_turns = scene.style.variant > 0.7 and count % 2 == 1
        hand, side = (scene.helper, 1.0) if by_turns else (scene.tool, -1.0)
        height = float(scene.draw.choice([1.10, 1.28, 1.46]))
        across = side * float(scene.draw.uniform(0.05, 0.35))
        if count % 2 == 1:
            scene.step_aside(0.3 if count % 4 == 1 else -0.3)
        scene.reach(hand, (0.48, across, height), 0.65, turn=62, lift=0.06)
        scene.grip(hand, float(scene.draw.choice([CARDBOARD, PLASTIC])))
        scene.reach(hand, (0.36, side * 0.06, 1.08), 0.65, turn=70, lift=0.10)
        scene.grip(hand, 0.0)


def assemble_box(scene: Scene, seconds: float) -> None:
    """Opens a flat carton, folds its flaps, turns it over and presses the base: both hands, mostly in mirror."""
    for count in scene.repeats(seconds):
        _both(scene, (0.42, 0.16, 1.08), 0.5, turn=35)
        _both_grip(scene, CARDBOARD)
        if count % 2 == 0:
            _both(scene, (0.45, 0.27, 1.16), 0.45, turn=20)
            _both(scene, (0.45, 0.24, 1.05), 0.35, turn=75)
        for flap in (0.30, -0.02) if scene.style.variant < 0.5 else (0.0, 0.28):
            _both(scene, (0.38 + flap * 0.5, 0.22, 1.24), 0.4, turn=0)
            _both(scene, (0.42, 0.07, 1.17), 0.4, turn=80)
            _both_knock(scene, 7.0)
        scene.reach(scene.tool, (0.48, -0.20, 1.18), 0.55, turn=-45, lift=0.08)
        scene.reach(scene.helper, (0.38, 0.20, 1.10), 0.55, turn=100, lift=0.05)
        _both_grip(scene, 0.0)


def press_fit(scene: Scene, seconds: float) -> None:
    """Drives parts home with a mallet: strokes at about 2 Hz, each ending in a blow; the helper steadies the part."""
    scene.reach(scene.tool, (0.30, -0.30, 1.02), 0.5, turn=40)
    scene.grip(scene.tool, PLASTIC)
    for _ in scene.repeats(seconds):
        scene.reach(scene.helper, (0.40, 0.10, 1.03), 0.45, turn=60)
        scene.grip(scene.helper, METAL)
        scene.reach(scene.tool, (0.36, -0.06, 1.12), 0.5, turn=20, lift=0.05)
        rise = (0.17 if scene.style.variant < 0.5 else 0.11) * scene.style.size
        for _ in range(int(scene.draw.integers(3, 7))):
            scene.reach(scene.tool, (0.30, -0.07, 1.10 + rise), 0.27, turn=12)
            scene.reach(scene.tool, (0.38, -0.05, 1.08), 0.17, turn=22)
            scene.knock(scene.tool, 42.0, (0.5, 0.3, 0.8), decay_s=0.035)
            scene.helper.wait_until(scene.tool.clock_s)
            scene.knock(scene.helper, 6.0, (0.3, 0.2, 0.9))
        scene.grip(scene.helper, 0.0)


def drive_screws(scene: Scene, seconds: float) -> None:
    """Drives screws with a slow power screwdriver (about 450 turns a minute); the helper feeds screws and steadies.

    The bit's wobble once a turn (7 to 9 Hz) and the clutch's chatter survive the units' anti-alias filter; the motor's
    own whine far above it does not, and is left out.
    """
    scene.reach(scene.tool, (0.34, -0.24, 1.12), 0.5, turn=0)
    scene.grip(scene.tool, PLASTIC)
    for _ in scene.repeats(seconds):
        scene.reach(scene.helper, (0.34, 0.30, 1.02), 0.45, turn=70)
        scene.grip(scene.helper, METAL)
        aside = float(scene.draw.choice([-0.07, 0.07]))
        scene.reach(scene.tool, (0.38, -0.06 + aside, 1.16), 0.6, turn=scene.style.variant * 40 - 10, lift=0.04)
        scene.reach(scene.helper, (0.42, 0.08 + aside, 1.05), 0.5, turn=75, lift=0.05)
        scene.tool.wait_until(scene.helper.clock_s - 0.1)
        length = scene.pace(1.3)
        hz = 7.8 * scene.around(0.06)
        scene.hum(scene.tool, length, hz, 3.6 * scene.person.vigour**0.5, (0.35, 0.75, 0.55))
        scene.hum(scene.tool, length, 2 * hz, 1.8, (0.2, 0.5, 0.8))
        scene.hum(scene.helper, length, hz, 0.7, (0.2, 0.3, 0.9))
        x, y, z = scene.tool.place
        scene.tool.move(length, (x, y, z - 0.03), turn=scene.tool.turn, grip=scene.tool.grip)
        scene.knock(scene.tool, 12.0, (0.2, 0.9, 0.4), hz=13.0, decay_s=0.07)


def insert_items(scene: Scene, seconds: float) -> None:
    """Lifts items from the tote over the wall of the box and beds them in; some hold a flap, some use both hands."""
    scene.face(-14, 0.5)
    for _ in scene.repeats(seconds):
        scene.reach(scene.tool, (0.36, -0.36, 1.05), 0.6, turn=75, lift=0.08)
        scene.grip(scene.tool, float(scene.draw.choice([CARDBOARD, PLASTIC])))
        if scene.style.variant > 0.5:
            scene.reach(scene.helper, (0.36, -0.10, 1.06), 0.65, turn=60, lift=0.08)
            scene.grip(scene.helper, CARDBOARD)
            scene.reach(scene.helper, (0.46, 0.10, 1.07), 0.7, turn=65, lift=0.16)
        else:
            scene.reach(scene.helper, (0.44, 0.24, 1.22), 0.5, turn=15)
        scene.reach(scene.tool, (0.45, -0.05, 1.08), 0.75, turn=70, lift=0.17)
        scene.swing(scene.tool, 0.5, 2.0, (0.01, 0.01, 0.012), turn=5)
        scene.grip(scene.tool, 0.0)
        scene.grip(scene.helper, 0.0)


def tape_box(scene: Scene, seconds: float) -> None:
    """Draws a tape dispenser over the closed box towards the body, tears the tape with a twist, smooths it down."""
    scene.reach(scene.tool, (0.34, -0.26, 1.08), 0.5, turn=30)
    scene.grip(scene.tool, PLASTIC)
    for _ in scene.repeats(seconds):
        scene.reach(scene.helper, (0.46, 0.17, 1.20), 0.6, turn=85)
        scene.reach(scene.tool, (0.62, -0.02, 1.26), 0.6, turn=35, lift=0.06)
        draw_s = scene.pace(1.25)
        scene.hum(scene.tool, draw_s, 6.2 * scene.around(0.1), 1.0, (0.9, 0.3, 0.3))
        x, y, z = scene.tool.place
        scene.tool.move(draw_s, (x - 0.36, y, z - 0.02), turn=scene.tool.turn, grip=scene.tool.grip)
        scene.reach(scene.tool, (0.25, -0.03, 1.19), 0.18, turn=90)
        scene.knock(scene.tool, 9.0, (0.7, 0.5, 0.5))
        scene.reach(scene.tool, (0.30, -0.14, 1.22), 0.3, turn=35)
        scene.helper.wait_until(scene.tool.clock_s - 0.6)
        scene.swing(scene.helper, 1.0, 1.6, (0.06, 0.0, 0.0) if scene.style.variant < 0.6 else (0.015, 0.045, 0.0))


def attach_label(scene: Scene, seconds: float) -> None:
    """Peels a label between both hands' fingers, lays it on the box and smooths it with short strokes."""
    for _ in scene.repeats(seconds):
        scene.reach(scene.helper, (0.30, 0.07, 1.17), 0.5, turn=35)
        scene.reach(scene.tool, (0.30, -0.05, 1.18), 0.55, turn=40)
        _both_grip(scene, PAPER)
        scene.swing(scene.tool, 0.9, 1.5, (0.012, 0.014, 0.015), turn=20)
        scene.helper.wait_until(scene.tool.clock_s)
        scene.reach(scene.helper, (0.44, 0.13, 1.17), 0.5, turn=60)
        scene.reach(scene.tool, (0.46, -0.06, 1.19), 0.55, turn=80)
        strokes = (0.0, 0.055, 0.008) if scene.style.variant < 0.5 else (0.05, 0.015, 0.008)
        scene.swing(scene.tool, 1.4, 1.9, strokes, turn=5)
        _both_grip(scene, 0.0)


def scan_codes(scene: Scene, seconds: float) -> None:
    """Points a hand scanner at code after code and pulls its trigger; the helper turns the item towards it."""
    scene.reach(scene.tool, (0.30, -0.20, 1.18), 0.5, turn=10)
    scene.grip(scene.tool, PLASTIC)
    scene.grip(scene.helper, CARDBOARD)
    for _ in scene.repeats(seconds):
        if scene.style.variant < 0.6:
            scene.reach(scene.helper, (0.42, 0.12, 1.12), 0.6, turn=float(scene.draw.uniform(-30, 80)))
        ahead, across = float(scene.draw.uniform(0.30, 0.40)), float(scene.draw.uniform(-0.18, 0.0))
        scene.reach(scene.tool, (ahead, across, 1.27), 0.5, turn=float(scene.draw.uniform(-5, 25)))
        scene.swing(scene.tool, 0.7, 0.9, (0.01, 0.008, 0.006), turn=3)
        scene.knock(scene.tool, 1.5, (0.6, 0.2, 0.5), decay_s=0.05)
        scene.wait(scene.tool, 0.15)


def write_order(scene: Scene, seconds: float) -> None:
    """Fills in the order on the bench: strokes of some millimetres at 4 to 5 Hz along a line, a jump to the next."""
    z = BENCH_Z + 0.03
    scene.reach(scene.helper, (0.34, 0.16, z), 0.5, turn=85)
    scene.reach(scene.tool, (0.34, -0.10, z), 0.6, turn=50)
    _both_grip(scene, PAPER)
    size = 0.7 + 0.8 * scene.style.variant
    for _ in scene.repeats(seconds):
        for word in range(3):
            scene.reach(scene.tool, (0.34, -0.07 - 0.035 * word, z), 0.22, turn=50)
            scene.swing(scene.tool, 0.85, 4.4, (0.0035 * size, 0.003 * size, 0.0012), turn=1.6 * size)
        scene.wait(scene.tool, 0.3)


def carry_box(scene: Scene, seconds: float) -> None:
    """Lifts the packed box with both hands, turns, walks it to the pallet and sets it down."""
    _both(scene, (0.36, 0.22, 1.03), 0.5, turn=15)
    _both_grip(scene, CARDBOARD)
    _both(scene, (0.28, 0.21, 1.06 + 0.12 * scene.style.variant), 0.7, turn=10)
    scene.meet()
    scene.face(120 if scene.style.variant < 0.5 else -120)
    scene.walk(max(6, round((seconds - 3.6) * 1.8)), loaded=True)
    _both(scene, (0.44, 0.22, 0.86), 0.9, turn=20)
    _both_knock(scene, 5.0)
    _both_grip(scene, 0.0)


def _both(scene: Scene, place: tuple[float, float, float], seconds: float, *, turn: float) -> None:
    x, y, z = place
    scene.reach(scene.tool, (x, -y, z), seconds, turn=turn)
    scene.reach(scene.helper, (x, y, z), seconds, turn=turn)


def _both_grip(scene: Scene, coupling: float) -> None:
    for hand in _hands(scene):
        scene.grip(hand, coupling)


def _both_knock(scene: Scene, strength_ms2: float) -> None:
    for hand in _hands(scene):
        scene.knock(hand, strength_ms2, (0.3, 0.2, 0.9))


def _hands(scene: Scene) -> tuple[Strand, Strand]:
    return scene.tool, scene.helper


def let_go(scene: Scene, seconds: float) -> None:
    """Between two activities: puts down what is held and comes back to the bench."""
    _both_grip(scene, 0.0)
    scene.face(0.0, 0.6)
    scene.reach(scene.tool, REST_TOOL, seconds, turn=70)
    scene.reach(scene.helper, REST_HELPER, seconds, turn=70)
    scene.meet()


# Each activity's name, how it is done, and the seconds that the line's instructions give it.
REPERTOIRE: dict[str, tuple[Activity, float]] = {
    "pick items": (pick_items, 7.0),
    "assemble box": (assemble_box, 7.0),
    "press fit": (press_fit, 6.5),
    "drive screws": (drive_screws, 7.5),
    "insert items": (insert_items, 7.0),
    "tape box": (tape_box, 7.0),
    "attach label": (attach_label, 6.5),
    "scan codes": (scan_codes, 6.5),
    "write order": (write_order, 7.0),
    "carry box": (carry_box, 8.0),
}
CLASSES = tuple(REPERTOIRE)
