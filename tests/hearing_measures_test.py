"""Measures of hearing, by hand; and music of known truth: the same seed gives the same notes and truth."""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
import wave

import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import played  # noqa: E402
from hearing_measures import beat_f, judge, key_class, tempo_class  # noqa: E402


class Beats(unittest.TestCase):
    def test_all_found(self):
        self.assertEqual(beat_f([6, 7, 8], [8.05, 6.07 - 1e-9, 6.94]), 1)

    def test_too_late_and_too_many(self):
        self.assertAlmostEqual(beat_f([6, 7, 8, 9], [6, 7.08, 8]), 2 * 2 / 7)  # two of four and of three
        self.assertAlmostEqual(beat_f([6, 7, 8, 9], [6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5]), 2 * 4 / 12)  # twice as fast
        self.assertAlmostEqual(beat_f([6, 7, 8, 9], [6, 8]), 2 * 2 / 6)  # half as fast
        self.assertEqual(beat_f([6, 7, 8, 9], [6.5, 7.5, 8.5]), 0)  # off beats

    def test_one_to_one(self):
        self.assertAlmostEqual(beat_f([6], [5.97, 6, 6.03]), 2 * 1 / 4)
        self.assertEqual(beat_f([6, 6.1], [6.05, 6.15]), 1)  # 6.05 goes to 6, so that 6.15 finds 6.1
        self.assertAlmostEqual(beat_f([6, 6.1], [6.05]), 2 * 1 / 3)

    def test_the_first_five_seconds_do_not_count(self):
        self.assertEqual(beat_f([1, 2, 6, 7], [1.5, 2.5, 3, 6, 7]), 1)
        self.assertAlmostEqual(beat_f([1, 2, 6, 7], [6, 7], skip=0), 2 * 2 / 6)

    def test_nothing_heard_or_nothing_there(self):
        self.assertEqual(beat_f([6, 7], []), 0)
        self.assertEqual(beat_f([], [6]), 0)
        self.assertEqual(beat_f([1, 2], [1, 2]), 0)


class Tempo(unittest.TestCase):
    def test_within_two_percent(self):
        for heard in (100, 98, 102):
            self.assertEqual(tempo_class(100, heard), "right")
        self.assertEqual(tempo_class(100, 102.1), "wrong")
        self.assertEqual(tempo_class(100, None), "wrong")

    def test_octaves(self):
        for heard in (200, 204, 50, 49, 300, 33.5, 150, 66):
            self.assertEqual(tempo_class(100, heard), "octave", heard)
        for heard in (205, 48.9, 125, 133.3, 75, 400):
            self.assertEqual(tempo_class(100, heard), "wrong", heard)


class Key(unittest.TestCase):
    def test_relations(self):
        for truth, relation, keys in (
                ("C major", "right", ("C major",)), ("C major", "relative", ("A minor",)),
                ("C major", "fifth", ("G major", "F major")), ("C major", "parallel", ("C minor",)),
                ("C major", "other", ("E minor", "G minor", "D major", None)),
                ("F# minor", "right", ("F# minor",)), ("F# minor", "relative", ("A major",)),
                ("F# minor", "fifth", ("C# minor", "B minor")), ("F# minor", "parallel", ("F# major",)),
                ("F# minor", "other", ("D# major", "D major", "C# major", "A minor"))):
            for heard in keys:
                self.assertEqual(key_class(truth, heard), relation, f"{truth}, {heard}")

    def test_no_key(self):
        with self.assertRaises(ValueError):
            key_class("C major", "Bb minor")
        with self.assertRaises(ValueError):
            key_class("C major", "C dorian")


class Judge(unittest.TestCase):
    TRUTH = {"tempo_bpm": 120, "beats": [6, 6.5, 7, 7.5], "downbeats": [6, 7.5], "beats_per_bar": 3,
             "key": "E minor"}

    def test_all_right(self):
        heard = dict(self.TRUTH, has_beat=True)
        self.assertEqual(judge(self.TRUTH, heard),
                         {"tempo": "right", "beat_f": 1, "downbeat_f": 1, "metre": True, "key": "right"})

    def test_no_beat_is_wrong_but_a_key_may_be_right(self):
        heard = {"has_beat": False, "tempo_bpm": None, "beats": [], "downbeats": [], "beats_per_bar": 3,
                 "key": "E minor"}
        self.assertEqual(judge(self.TRUTH, heard),
                         {"tempo": "wrong", "beat_f": 0, "downbeat_f": 0, "metre": False, "key": "right"})


class Played(unittest.TestCase):
    def test_the_same_seed_gives_the_same(self):
        for kind in ("drums", "pieces"):
            one, same, other = (played.piece(kind, seed) for seed in (1, 1, 2))
            self.assertEqual((one.truth, one.midi()), (same.truth, same.midi()))
            self.assertNotEqual(one.midi(), other.midi())

    def test_a_collection_is_even(self):
        pieces = played.collection(48, 5)
        truths = [piece.truth for piece in pieces]
        self.assertEqual(len({piece.name for piece in pieces}), 48)
        self.assertEqual(sum(truth["kind"] == "drums" for truth in truths), 24)
        self.assertEqual(sum(truth["beats_per_bar"] == 3 for truth in truths), 16)
        self.assertEqual(sum(truth["drift"] for truth in truths), 12)
        self.assertEqual({truth["key"] for truth in truths}, {None, *played.KEYS})
        for low, high in ((60, 87), (87, 125), (125, 180)):  # thirds by the logarithm
            self.assertTrue(14 <= sum(low <= piece.tempo < high for piece in pieces) <= 18, f"{low}-{high}")

    def test_the_truth_is_consistent(self):
        for piece in played.collection(24, 7):
            truth, beats = piece.truth, piece.truth["beats"]
            gaps = [after - before for before, after in zip(beats, beats[1:])]
            self.assertAlmostEqual(truth["tempo_bpm"], 60 / (sum(gaps) / len(gaps)), delta=.01)
            self.assertTrue(26 < beats[-1] - beats[0] < 54, piece.name)
            self.assertEqual(truth["downbeats"], beats[::truth["beats_per_bar"]])
            self.assertEqual(len(beats) % truth["beats_per_bar"], 0)
            spread = max(gaps) / min(gaps)
            self.assertTrue(1.03 < spread < 1.19 if truth["drift"] else spread < 1.001, f"{piece.name}: {spread}")

    def test_pieces_stay_in_their_key_and_end_on_its_tonic(self):
        for key in played.KEYS:
            piece = played.piece("pieces", 3, key=key)
            scale = {(piece.tonic + step) % 12 for step in (*played.SCALES[piece.minor], 11)}
            notes = [note for note in piece.notes if note[2] != played.DRUMS]
            self.assertLessEqual({note[3] % 12 for note in notes}, scale, key)
            bass = [note for note in sorted(notes) if note[2] == played.BASS]
            self.assertEqual(bass[-1][3] % 12, piece.tonic, key)

    @unittest.skipUnless(shutil.which("fluidsynth") and any(map(os.path.exists, played.FONTS)), "nothing to play it")
    def test_drums_sound_at_the_beats(self):
        piece = played.piece("drums", 5, tempo=130, drift=True)
        piece.notes = [(beat, .3, played.DRUMS, 38, 110) for beat in range(piece.bars * piece.metre)]
        with tempfile.TemporaryDirectory() as folder:
            played.render(piece, f"{folder}/clicks.wav")
            with wave.open(f"{folder}/clicks.wav") as sound:
                samples = numpy.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        level = numpy.abs(samples.reshape(-1, 2).astype(int)).max(1)
        self.assertTrue(23100 < level.max() < 23300, "-3 dBFS")
        for beat in piece.truth["beats"]:
            begin = int((beat - .05) * played.RATE)
            part = level[begin:begin + played.RATE // 8]
            onset = (begin + numpy.argmax(part > .2 * part.max())) / played.RATE
            self.assertLess(abs(onset - beat), .005, beat)


if __name__ == "__main__":
    unittest.main()
