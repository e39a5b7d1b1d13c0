"""Music composed by rule: the same seed gives the same notes, and every style gives music that ends."""
import pathlib
import random
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "scripts"))
import compose  # noqa: E402
from composing.piece import PPQ, Piece  # noqa: E402
from composing.styles import STYLES  # noqa: E402


def events_of(midi):
    """(tick, message) of a MIDI file of one track."""
    if midi[:4] != b"MThd" or struct.unpack(">IHHH", midi[4:14]) != (6, 0, 1, PPQ) or midi[14:18] != b"MTrk":
        raise ValueError("no MIDI file of one track")
    place, now, events = 22, 0, []
    while place < len(midi):
        step = 0
        while True:
            byte = midi[place]
            place += 1
            step = step << 7 | byte & 127
            if byte < 128:
                break
        now += step
        length = 3 + midi[place + 2] if midi[place] == 0xFF else 2 if midi[place] >> 4 == 0xC else 3
        events.append((now, midi[place:place + length]))
        place += length
    return events


class Compose(unittest.TestCase):
    def test_the_same_seed_gives_the_same_notes(self):
        def make(seed):
            return Piece("rock", random.Random(seed)).midi()
        self.assertEqual(make("1/4"), make("1/4"))
        self.assertNotEqual(make("1/4"), make("2/4"))

    def test_every_style_makes_a_piece_whose_notes_all_end(self):
        for style in STYLES:
            piece = Piece(style, random.Random(f"7/{style}"))
            events = events_of(piece.midi())
            self.assertEqual(events[-1][1], b"\xff\x2f\x00", style)
            sounding, notes = {}, 0
            for _, message in events:
                kind, key = message[0] >> 4, (message[0] & 15, message[1])
                if kind == 9:
                    sounding[key] = sounding.get(key, 0) + 1
                    notes += 1
                elif kind == 8:
                    sounding[key] -= 1
            self.assertEqual(set(sounding.values()), {0}, style)
            seconds = piece.end * 60 / piece.tempo
            self.assertTrue(60 < seconds < 240, f"{style}: {seconds} s")
            self.assertGreater(notes, seconds, style)

    def test_what_does_not_belong_to_the_set_goes_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            mine = folder / "composed by me.flac"
            pieces = [folder / f"composed_{number:04d}_waltz.ogg" for number in range(5)]

            def there():
                return [piece.exists() for piece in pieces]
            mine.touch()
            compose.forget_others(folder, 1, 9)
            for piece in pieces:
                piece.touch()
            compose.forget_others(folder, 1, 3)
            self.assertEqual(there(), [True] * 3 + [False] * 2)
            compose.forget_others(folder, 1, 3)
            self.assertEqual(there(), [True] * 3 + [False] * 2)
            compose.forget_others(folder, 2, 3)
            self.assertEqual(there(), [False] * 5, "another seed")
            self.assertTrue(mine.exists())


if __name__ == "__main__":
    unittest.main()
