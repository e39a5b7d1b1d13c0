"""Pieces put back in order: of tracks that segue cuts itself, and of clips whose order nobody knows."""
import array
import signal
import subprocess
import time
import unittest
import xml.dom.minidom

import support


def samples(path):
    """Interleaved float samples by FFmpeg's decoder."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "f32le", "-"],
                         capture_output=True, check=True).stdout
    return array.array("f", raw)


class Rebuild(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips(count=2, seconds=40)
        cls.track = sorted(cls.music.iterdir())[0]
        cls.flac = cls.folder / "track.flac"
        support.ffmpeg("-i", cls.track, "-c:a", "flac", "-sample_fmt", "s16", cls.flac)

    def setUp(self):
        self.addCleanup(lambda: self.assertEqual(self.partial_files(), []))

    def clip(self, name, start, seconds, *flags):
        path = self.folder / name
        support.ffmpeg("-ss", start, "-t", seconds, "-i", self.flac, *flags, path)
        return path

    def test_a_track_comes_back_with_its_figures(self):
        report = self.json("rebuild", self.flac, "-o", "back.wav", "--seed", 3)
        n = len(report["order"])
        self.assertEqual(sorted(report["order"]), list(range(n)))
        self.assertGreaterEqual(n, 12)
        self.assertEqual(len(report["seams"]), n - 1)
        right = sum(b == a + 1 for a, b in zip(report["order"], report["order"][1:]))
        self.assertAlmostEqual(report["neighbours"], right / (n - 1))
        self.assertEqual(report["whole"], report["order"] == list(range(n)))
        self.assertTrue(-1 <= report["rank_correlation"] <= 1)
        self.assertEqual((report["known"], report["system"]), (False, "successor"))
        self.assertEqual(set(report["baselines"]), {"random", "edge"})
        self.assertGreater(report["neighbours"], 0.4)
        self.assertLess(report["baselines"]["random"]["neighbours"], 0.5)
        # Every piece holds its own samples, whatever stands beside it.
        source, found = samples(self.flac), samples(self.folder / "back.wav")
        edges = [2 * round(129 * i * 512 * 44100 / 22050) for i in range(n + 1)]
        at = 0
        for piece in report["order"]:
            part = source[edges[piece]:edges[piece + 1]]
            worst = max(abs(a - b) for a, b in zip(part, found[at:at + len(part)]))
            self.assertLess(worst, 2 ** -22)
            at += len(part)
        self.assertEqual(at, len(found))
        picture = xml.dom.minidom.parse(str(self.folder / "back.svg"))
        self.assertEqual(len(picture.getElementsByTagName("circle")), n)
        self.assertEqual(report, self.json("rebuild", self.flac, "-o", "back.wav", "--seed", 3))

    def test_the_waveform_tells_repetitions_of_a_bar_apart(self):
        # A drone over a drum loop of 1.5 s: what is heard in a piece is the same in each.
        folder = self.folder / "loop"
        support.ffmpeg("-f", "lavfi", "-i", "aevalsrc='.2*sin(2*PI*110.3*t)+.15*sin(2*PI*277.9*t)"
                       "+.3*(2*random(0)-1)*exp(-30*mod(t+.1\\,.375))':s=44100:d=18", self.folder / "loop.flac")
        folder.mkdir(exist_ok=True)
        pieces = []
        for i in range(12):
            pieces.append(folder / f"{(i * 5) % 12:02}.wav")
            support.ffmpeg("-ss", 1.5 * i, "-t", 1.5, "-i", self.folder / "loop.flac", pieces[-1])
        true = [str(piece) for piece in pieces]
        right = {}
        for flags in ((), ("--no-waveform",)):
            found = self.json("rebuild", "--pieces", *sorted(pieces), *flags)
            self.assertEqual(found["waveform"], not flags)
            right[flags] = sum((a, b) in zip(true, true[1:]) for a, b in zip(found["order"], found["order"][1:]))
        self.assertGreaterEqual(right[()], 9)
        self.assertLess(right[("--no-waveform",)], right[()])

    def test_knows_what_the_network_has_seen(self):
        report = self.json("rebuild", support.WESNOTH / "sad.ogg")
        self.assertTrue(report["known"])
        self.assertFalse((self.folder / "sad.svg").exists())
        text = self.segue("rebuild", support.WESNOTH / "sad.ogg", "--quiet", "--search", "greedy")
        self.assertEqual(text.stderr, "")
        for word in ("sad.ogg", "second step", "successor:", "edge:", "random:"):
            self.assertIn(word, text.stdout)

    def test_several_tracks_go_into_one_file_or_one_each(self):
        report = self.json("rebuild", self.music, "-o", "all.flac", "--system", "edge")
        self.assertEqual(len(report["tracks"]), 2)
        seconds = sum(len(t["order"]) for t in report["tracks"]) * 129 * 512 / 22050
        self.assertAlmostEqual(support.frames_of(self.folder / "all.flac") / 44100, seconds, delta=0.01)
        self.json("rebuild", self.music, "-o", "each/", "--system", "edge", "--fragment", "0.5-8")
        self.assertEqual(sorted(p.name for p in (self.folder / "each").iterdir()),
                         sorted(t.stem + e for t in self.music.iterdir() for e in (".flac", ".svg")))

    def test_pieces_of_any_length_rate_and_channels(self):
        pieces = [self.clip("p2.wav", 9, 5, "-ar", 48000), self.clip("p0.flac", 0, 3),
                  self.clip("p1.ogg", 3, 6, "-ac", 1, "-c:a", "libvorbis"), self.clip("p3.wav", 14, 0.6)]
        report = self.json("rebuild", "--pieces", *pieces, "-o", "puzzle.flac")
        self.assertEqual(sorted(report["order"]), sorted(map(str, pieces)))
        self.assertEqual(len(report["seams"]), 3)
        self.assertAlmostEqual(support.frames_of(self.folder / "puzzle.flac") / 48000, 14.6, delta=0.05)
        self.assertFalse((self.folder / "puzzle.svg").exists(), "nobody knows the true order")
        twice = self.json("rebuild", "--pieces", pieces[1], pieces[1], "--system", "edge", "--search", "greedy")
        self.assertEqual(twice["order"], [str(pieces[1])] * 2)
        known = [track["file"] for track in self.json("library", "list")]
        self.assertFalse(set(known) & set(map(str, pieces)), "the library does not learn of pieces")

    def test_cut_pieces_are_put_in_their_order(self):
        self.segue("cut", self.track, "-o", "cut")
        pieces = sorted((self.folder / "cut" / self.track.stem).glob("*.wav"))[:8]
        report = self.json("rebuild", "--pieces", *pieces[3:], *pieces[:3])
        right = sum((a, b) in zip(map(str, pieces), map(str, pieces[1:]))
                    for a, b in zip(report["order"], report["order"][1:]))
        self.assertGreaterEqual(right, 5)

    def test_bad_input_gets_one_sentence(self):
        long, short = self.clip("long.wav", 0, 4), self.clip("short.wav", 0, 0.1)
        (self.folder / "text.wav").write_text("I am not music.")
        self.refused(2, "rebuild", says="required")
        self.refused(2, "rebuild", "--pieces", long, says=("long.wav", "two or more"))
        self.refused(3, "rebuild", "--pieces", long, short, says=("short.wav", "too short"))
        self.refused(3, "rebuild", "--pieces", long, "text.wav", says="text.wav")
        self.refused(3, "rebuild", "--pieces", long, "none.wav", says="none.wav")
        self.refused(2, "rebuild", "--pieces", long, self.flac, "-o", long, says=("long.wav", "read by this command"))
        self.refused(4, "rebuild", "--pieces", long, self.flac, "-o", "/proc/none/x.flac", says="/proc/none/x.flac")
        self.refused(6, "rebuild", "--pieces", long, self.flac, "--system", "oracle", says="oracle")
        self.refused(3, "rebuild", long, says=("long.wav", "--fragment"))
        self.refused(2, "rebuild", self.flac, "--search", "luck", says=("luck", "greedy"))
        self.refused(2, "rebuild", self.flac, "-o", "x.txt", says="x.txt")
        self.refused(4, "rebuild", self.flac, "-o", "/proc/none/x.flac", says="/proc/none/x.flac")
        self.refused(2, "rebuild", self.flac, "-o", self.flac, says=("track.flac", "music of your library"))
        self.refused(6, "rebuild", self.flac, "--model", "oracle", says="oracle")

    def test_ctrl_c_ends_it_and_leaves_nothing_half_written(self):
        scratch = self.folder / "scratch"
        scratch.mkdir()
        for arguments in ([self.flac, "--fragment", "0.5"], ["--pieces", *[self.flac, *self.music.iterdir()] * 20]):
            for delay in (0.1, 0.6):
                process = subprocess.Popen([support.SEGUE, "rebuild", *map(str, arguments), "-o", "stopped.flac"],
                                           env=dict(self.environment, TMPDIR=str(scratch)), cwd=self.folder,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                time.sleep(delay)
                process.send_signal(signal.SIGINT)
                out, _ = process.communicate(timeout=60)
                self.assertIn(process.returncode, (0, 130, -signal.SIGINT))
                self.assertEqual((self.folder / "stopped.flac").exists(), process.returncode == 0)
                self.assertEqual(bool(out), process.returncode == 0)
                (self.folder / "stopped.flac").unlink(missing_ok=True)
        self.assertEqual(list(scratch.iterdir()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
