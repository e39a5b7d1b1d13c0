"""Whether beats, bars, tempo and key of music are heard as they were played."""
import collections
import json
import pathlib
import shutil
import statistics
import sys
import unittest

import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import hearing_measures  # noqa: E402
import played  # noqa: E402

COUNT, SEED = 24, 31  # no other seed that something was learned from (scripts/fit_metre.py)


class Hearing(support.Sandbox):
    """The collection is rendered and analysed once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fonts = [font for font in played.FONTS if pathlib.Path(font).exists()]
        if not (shutil.which("fluidsynth") and fonts):
            raise RuntimeError("needs Debian's fluidsynth and one of: " + ", ".join(played.FONTS))
        pieces = played.collection(COUNT, SEED)
        music = cls.folder / "music"
        played.render_all(pieces, music)
        test = cls("segue")  # an instance, for its methods
        test.segue("analyze", music)
        cls.rows = []
        for piece in pieces:
            heard, = test.json("library", "info", music / f"{piece.name}.wav")
            cls.rows.append((piece, heard, hearing_measures.judge(piece.truth, heard)))
        cls.say()

    @classmethod
    def say(cls):
        """For whoever looks for what was wrong."""
        for piece, heard, marks in cls.rows:
            told = f"{heard['tempo_bpm']:.1f}" if heard["has_beat"] else "none"
            print(f"{piece.name:<46} tempo {marks['tempo']:<6} ({told}), beats {marks['beat_f']:.2f}, downbeats "
                  f"{marks['downbeat_f']:.2f}, key {marks['key'] or '-'}", file=sys.stderr)
        print(f"beats {cls.mean('beat_f'):.3f}, downbeats {cls.mean('downbeat_f'):.3f}, "
              f"tempo {dict(cls.count('tempo'))}, key {dict(cls.count('key'))}, "
              f"metre {dict(cls.count('metre'))}", file=sys.stderr)

    @classmethod
    def mean(cls, measure):
        return statistics.mean(marks[measure] for _, _, marks in cls.rows)

    @classmethod
    def count(cls, measure):
        return collections.Counter(marks[measure] for _, _, marks in cls.rows if marks[measure] is not None)

    def test_beats(self):
        self.assertGreaterEqual(self.mean("beat_f"), .85)

    def test_downbeats(self):
        self.assertGreaterEqual(self.mean("downbeat_f"), .60)

    def test_tempo(self):
        tempi = self.count("tempo")
        self.assertGreaterEqual(tempi["right"] / COUNT, .9, f"{tempi['octave']} are octaves")

    def test_key(self):
        keys = self.count("key")
        self.assertEqual(keys.total(), COUNT // 2, "the pieces that have one")
        good = keys["right"] + keys["relative"] + keys["fifth"]
        self.assertGreaterEqual(good / keys.total(), .8, dict(keys))

    def test_what_is_told_belongs_together(self):
        for piece, heard, _ in self.rows:
            with self.subTest(piece.name):
                json.dumps(heard, allow_nan=False)
                beats, downbeats = heard["beats"], heard["downbeats"]
                self.assertEqual(beats, sorted(set(beats)))
                self.assertLessEqual(set(downbeats), set(beats))
                self.assertEqual(heard["has_beat"], bool(beats))
                for moment in beats:
                    self.assertTrue(heard["sound_begin"] <= moment <= heard["sound_end"] <= heard["seconds"] + .1)
                if heard["has_beat"]:
                    gaps = [after - before for before, after in zip(beats, beats[1:])]
                    self.assertAlmostEqual(60 / statistics.median(gaps) / heard["tempo_bpm"], 1, delta=.05)
                    self.assertAlmostEqual(len(beats) / len(downbeats), heard["beats_per_bar"], delta=.5)
                seconds = len(heard["short_term_lufs"])
                self.assertEqual((len(heard["energy_curve"]), len(heard["brightness_curve_hz"])), (seconds, seconds))
                self.assertLess(abs(seconds - heard["seconds"]), 1)
                ends = [section["end"] for section in heard["sections"]]
                self.assertEqual([section["begin"] for section in heard["sections"]],
                                 [heard["sound_begin"], *ends[:-1]])
                self.assertEqual(ends[-1], heard["sound_end"])


if __name__ == "__main__":
    unittest.main()
