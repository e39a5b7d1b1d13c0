"""What the library keeps, and how it follows what happens to files."""
import array
import csv
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest
import xml.dom.minidom

import support


class LibraryFollowsFiles(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips(seconds=20)

    def setUp(self):
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def analyze(self):
        return self.json("analyze", self.music)

    def test_unchanged_changed_moved_retagged_doubled_and_removed(self):
        files = sorted(self.music.iterdir())
        first = self.analyze()
        self.assertEqual((first["files"], first["analyzed"]), (4, 4))
        again = self.analyze()
        self.assertEqual((again["analyzed"], again["unchanged"]), (0, 4))

        moved = files[0].rename(self.music / "new name – üß.ogg")
        self.assertEqual({k: self.analyze()[k] for k in ("analyzed", "removed")}, {"analyzed": 0, "removed": 0})
        self.assertIn(moved.name, self.segue("library", "list").stdout)

        retagged = self.folder / "retagged.ogg"
        support.ffmpeg("-i", files[1], "-c", "copy", "-metadata:s:a:0", "title=Another Title", retagged)
        shutil.move(retagged, files[1])
        report = self.analyze()
        self.assertEqual((report["analyzed"], report["retagged"]), (0, 1))
        self.assertEqual(self.json("library", "info", files[1])[0]["title"], "Another Title")

        support.ffmpeg("-i", files[2], "-b:a", "96k", self.music / "double.mp3")
        report = self.analyze()
        self.assertEqual((report["analyzed"], report["doubles"]), (1, 1))
        self.assertEqual(len(self.json("library", "list")), 4, "the same recording is one track")

        support.ffmpeg("-i", files[2], files[3])  # other music under a known name
        (self.music / "double.mp3").unlink()
        report = self.analyze()
        self.assertEqual((report["changed"], report["removed"]), (1, 1))

        files[2].unlink()
        self.analyze()
        self.segue("library", "verify")

    def test_forgets_what_it_is_told_to(self):
        self.analyze()
        file = sorted(self.music.iterdir())[0]
        self.segue("library", "remove", file)
        self.refused(2, "library", "info", file, says="no track")
        self.refused(2, "library", "remove", file, says="not in the library")
        self.assertTrue(file.exists())

    def test_a_track_is_told_about_in_words_and_drawn(self):
        self.analyze()
        file = sorted(self.music.iterdir())[0]
        track = self.json("library", "info", file)[0]
        target = self.folder / "track.svg"
        lines = self.segue("library", "info", file, "--picture", target).stdout.splitlines()
        told = dict(line.split(": ", 1) for line in lines if line)
        self.assertEqual(told["title"], track["title"])
        if track["has_beat"]:
            self.assertEqual(told["beat"], f"{track['tempo_bpm']:.1f} BPM, drift {100 * track['tempo_drift']:.1f} %, "
                                           f"jitter {1000 * track['beat_jitter']:.0f} ms")
        self.assertTrue(told["key"].startswith(f"{track['key']} ({track['camelot']}), confidence "), told["key"])
        texts = [text.firstChild.data for text in
                 xml.dom.minidom.parse(str(target)).getElementsByTagName("text")]
        self.assertEqual(texts[0], f"{track['title']} – {track['artist']}")
        self.assertIn(told["beat"], texts[1])
        self.assertIn(told["key"], texts[1])
        target.unlink()
        self.assertEqual(self.json("library", "info", file, "--picture", "track.svg")[0]["id"], track["id"])
        drawn = target.read_text(encoding="utf-8")
        target.unlink()

        (self.music / "list.m3u").write_text("".join(f"{f.name}\n" for f in sorted(self.music.iterdir())[:2]))
        self.refused(2, "library", "info", self.music / "list.m3u", "--picture", target, says=("one track", "2 tracks"))
        (self.music / "list.m3u").unlink()
        self.assertFalse(target.exists())
        before = file.read_bytes()
        self.refused(2, "library", "info", file, "--picture", file, says=("music of your library", "--picture"))
        self.assertEqual(file.read_bytes(), before)
        self.refused(4, "library", "info", file, "--picture", "/proc/none/track.svg", says="/proc/none")
        self.segue("library", "info", track["id"][:8], "--picture", target)
        self.assertEqual(target.read_text(encoding="utf-8"), drawn)

    def test_damaged_features_are_found_and_made_again(self):
        self.analyze()
        features = next((self.folder / "data").rglob("*.safetensors"))
        features.write_bytes(features.read_bytes()[:500])
        self.segue("library", "verify", status=5)
        self.analyze()
        self.segue("library", "verify")


class Resuming(support.Sandbox):
    def test_a_killed_analysis_goes_on_where_it_stopped(self):
        music = self.clips(count=12, seconds=60)
        for sign in (signal.SIGKILL, signal.SIGINT):
            process = subprocess.Popen([support.SEGUE, "analyze", str(music), "--workers", "1"], env=self.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and process.poll() is None:
                if len(list((self.folder / "data").rglob("*.safetensors"))) > (2 if sign == signal.SIGKILL else 5):
                    process.send_signal(sign)
                    break
                time.sleep(0.002)
            process.wait(timeout=30)
            if sign == signal.SIGINT:
                self.assertEqual(process.returncode, 130)
        report = self.json("analyze", music)
        self.assertLess(report["analyzed"], 12)
        self.assertEqual(len(self.json("library", "list")), 12)
        self.segue("library", "verify")
        self.assertEqual(self.partial_files(), [])


class OddNames(support.Sandbox):
    def setUp(self):
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def test_names_lists_and_loops(self):
        music = self.folder / "odd"
        (music / "sub folder").mkdir(parents=True)
        clips = sorted(self.clips(seconds=8).iterdir())
        names = [b"spaces and \xc3\xbcml\xc3\xa4uts.ogg", b"invalid \xff\xfe.ogg", b"new\nline.ogg", b"-dash:colon%41.ogg"]
        for clip, name in zip(clips, names):
            shutil.copy(clip, os.path.join(os.fsencode(music / "sub folder"), name))
        os.symlink("..", music / "sub folder" / "loop")
        os.symlink("sub folder", music / "alias")
        report = self.json("analyze", music)
        self.assertEqual((report["files"], report["problems"]), (4, []))
        tracks = self.json("library", "list")
        self.assertEqual(len(tracks), 4)
        (music / "list.m3u8").write_bytes(b"\xef\xbb\xbf#EXTM3U\r\n#EXTINF:8,One\r\nsub folder/" + names[0] +
                                          b"\r\nmissing.ogg\r\n")
        report = self.json("mix", music / "list.m3u8", "-o", "list.flac", "--length", "2.5", "--track-share", "1")
        self.assertEqual(report["tracks"], 1)

    def test_every_format_is_read_with_its_tags(self):
        source = support.WESNOTH / "knolls.ogg"  # long enough for every clip
        folder = self.folder / "formats"
        folder.mkdir()
        formats = {"mp3": [], "m4a": ["-c:a", "aac"], "flac": [], "ogg": [], "opus": [], "wav": [], "aiff": [],
                   "wma": [], "mkv": ["-c:a", "libvorbis"], "mp4": ["-c:a", "aac"]}
        for number, (ending, codec) in enumerate(formats.items()):
            video = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-shortest"] if ending == "mp4" else []
            support.ffmpeg("-ss", 10 * number, "-t", 9, "-i", source, *video, "-map_metadata", "-1", "-metadata",
                           f"title=Title {ending}", "-metadata", "artist=Somebody", "-metadata", "album=Album",
                           "-metadata", "genre=Folk", *codec, folder / f"clip.{ending}")
        report = self.json("analyze", folder)
        self.assertEqual((report["analyzed"], report["problems"]), (len(formats), []))
        tracks = {t["file"].rsplit(".", 1)[1]: t for t in self.json("library", "list")}
        for ending in formats:
            self.assertAlmostEqual(tracks[ending]["seconds"], 9, delta=0.15)
            if ending not in ("wav", "aiff"):  # these hold few tags
                self.assertEqual((tracks[ending]["title"], tracks[ending]["artist"], tracks[ending]["genre"]),
                                 (f"Title {ending}", "Somebody", "Folk"), ending)


class CutAndTrain(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips(count=5, seconds=30)

    def test_cut_leaves_fragments_that_add_up_to_the_track(self):
        track = sorted(self.music.iterdir())[0]
        report = self.json("cut", track, "-o", "fragments", "--fragment", "2")
        with open(self.folder / "fragments" / "fragments.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), report["fragments"])
        raw = lambda path: subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"],
                                          capture_output=True, check=True).stdout
        joined = array.array("f")
        for row in rows:
            joined.frombytes(raw(self.folder / "fragments" / row["file"]))
            self.assertAlmostEqual(float(row["length_seconds"]), 2, delta=0.02)
        whole = array.array("f")
        whole.frombytes(raw(track))
        self.assertGreater(len(joined), 0.9 * len(whole) - 2 * 2 * 44100)
        worst = max(abs(max(-1, min(1, a)) - b) for a, b in zip(whole, joined))
        self.assertLess(worst, 2 ** -22, "24-bit rounding and dither, nothing lost between neighbours")

    def test_a_manifest_splits_tracks_and_holds_the_reports_columns(self):
        shutil.copy(sorted(self.music.iterdir())[0], self.music / "variant.ogg")
        report = self.json("train", self.music, "--dry-run", "--manifest", "manifest", "-o", "run")
        (self.music / "variant.ogg").unlink()
        sides = {}
        for side in ("train", "val"):
            with open(self.folder / "manifest" / f"{side}.csv", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(list(rows[0]), ["fragment", "track", "start", "length", "position", "song_id", "label"])
            sides[side] = {row["song_id"] for row in rows}
            self.assertEqual([int(row["label"]) for row in rows], list(range(1, len(rows) + 1)))
        self.assertFalse(sides["train"] & sides["val"])
        self.assertEqual(report["train_tracks"] + report["val_tracks"], 5)

    def test_trains_resumes_and_mixes_with_its_own_weights(self):
        arguments = ["train", self.music, "--recipe", "crnn-report", "--set", "epochs=2", "--threads", "1",
                     "--validation-share", "0.4"]
        whole = self.json(*arguments, "-o", "whole")
        for name in ("curves.csv", "curves.svg", "train.csv", "val.csv"):
            self.assertTrue((self.folder / "whole" / name).exists(), name)
        process = subprocess.Popen([support.SEGUE, *map(str, arguments), "-o", "killed"], env=self.environment,
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        curves = self.folder / "killed" / "curves.csv"
        while time.monotonic() < deadline and process.poll() is None:
            if curves.exists() and len(curves.read_text().splitlines()) >= 2:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        process.wait(timeout=60)
        resumed = self.json(*arguments, "-o", "killed", "--resume")
        read = lambda path: pathlib.Path(path).read_bytes()
        self.assertEqual(read(whole["weights"]), read(resumed["weights"]))
        report = self.json("mix", self.music, "--model", whole["weights"], "-o", "own.flac", "--length", "8")
        self.assertEqual(report["known_runs"], report["runs"])

    def test_the_order_in_which_music_comes_changes_no_figure(self):
        files = sorted(self.music.iterdir())
        shuffled = files[1::2] + files[::2][::-1]
        figures = []
        for order in (files, shuffled):
            library = ["--library", f"library {len(figures)}"]
            for file in order:
                self.segue("analyze", file, *library)
            for arguments in (order, [self.music]):
                figures.append(self.json("evaluate", *arguments, "--system", "edge", *library))
        self.assertEqual(figures[1:], figures[:1] * 3)

    def test_evaluation_refuses_known_tracks(self):
        result = self.json("evaluate", self.music, "--model", "crnn-tuned", "--allow-known", "--guard", 116)
        for key in ("system", "guard_ms", "fragment", "auc_easy", "auc_hard", "auc_rev", "r1", "r10", "mrr",
                    "global_r1", "g3", "g6", "g8", "rebuilt3", "rebuilt6", "rebuilt8", "r1_tolerant", "neighbours", "n_tracks", "n_fragments"):
            self.assertIn(key, result)
        self.assertFalse(result["waveform"], "hidden by the guard, and no system that hears it")
        self.assertGreater(result["auc_easy"], 0.5)
        blind = self.json("evaluate", self.music, "--system", "random")
        edge = self.json("evaluate", self.music, "--system", "edge")
        self.assertLess(abs(blind["auc_hard"] - 0.5), 0.15)
        self.assertGreater(edge["r1"], blind["r1"])
        full = support.WESNOTH / "revelation.ogg"  # on the train side, whole
        self.refused(3, "evaluate", full, says=("revelation.ogg", "--allow-known"))
        tone = self.folder / "tone.flac"
        support.ffmpeg("-f", "lavfi", "-i", "sine=440:d=20", tone)
        self.refused(3, "evaluate", tone, "--fragment", "bars", says=("beat", "--fragment"))
        clip = sorted(self.music.iterdir())[0]
        alone = self.json("evaluate", clip, "--allow-known")
        self.assertIsNone(alone["known"])
        self.assertTrue(alone["waveform"])
        self.assertFalse(self.json("evaluate", clip, "--allow-known", "--no-waveform")["waveform"])
        apart = self.json("evaluate", clip, full, "--allow-known", "--predictions", "answers.jsonl")
        self.assertEqual({k: v for k, v in apart.items() if k != "known"}, {k: v for k, v in alone.items() if k != "known"})
        self.assertEqual(apart["known"]["n_tracks"], 1)
        self.assertGreaterEqual(apart["known"]["r1_tolerant"], apart["known"]["r1"])
        only = self.json("evaluate", full, "--allow-known")
        self.assertEqual((only["r1"], only["n_tracks"], only["known"]), (None, 0, apart["known"]))
        answers = [json.loads(line) for line in (self.folder / "answers.jsonl").read_text().splitlines()]
        for known, figures in ((True, apart["known"]), (False, apart)):
            asked = [a for a in answers if a["known"] == known]
            self.assertEqual(len(asked), figures["n_fragments"] - 1)
            self.assertAlmostEqual(sum(a["r1"] for a in asked) / len(asked), figures["r1"])
            self.assertAlmostEqual(sum(a["r1_tolerant"] for a in asked) / len(asked), figures["r1_tolerant"])
        self.assertEqual(len(answers[0]["best"]), 5)
        self.refused(4, "evaluate", clip, "--predictions", "/proc/none/answers", says="/proc/none/answers")


class Settings(support.Sandbox):
    def test_flags_beat_the_file_and_the_file_beats_defaults(self):
        before = self.json("config")["settings"]
        self.assertEqual(before["mix.length"], {"value": "3:00", "source": "default"})
        (self.folder / "segue.toml").write_text('seed = 7\n[mix]\nlength = "5:00"\ncrossfade = 0.25\n')
        try:
            config = self.json("config", "--seed", 9)["settings"]
            self.assertEqual(config["seed"], {"value": "9", "source": "flag"})
            self.assertEqual(config["mix.length"], {"value": "5:00", "source": "file"})
            self.assertEqual(config["mix.crossfade"]["source"], "file")
            self.assertEqual(config["mix.fragment"]["source"], "default")
            for text, word in (("[mix]\nvolume = 11\n", "mix.volume"), ("= 3\n", "line 1"), ("seed = 'x'\n", "seed")):
                (self.folder / "segue.toml").write_text(text)
                self.refused(2, "config", says=("segue.toml", word))
        finally:
            (self.folder / "segue.toml").unlink()

    def test_every_command_has_help_with_an_example(self):
        for command in ([], ["mix"], ["analyze"], ["import"], ["train"], ["evaluate"], ["cut"], ["rebuild"],
                        ["library"], ["config"],
                        ["library", "list"], ["library", "info"], ["library", "verify"], ["library", "remove"]):
            self.assertIn("Example", self.segue(*command, "--help").stdout)

    def test_nothing_loads_libtorch_before_it_is_needed(self):
        environment = dict(self.environment, LD_DEBUG="libs")
        for command in (["--help"], ["library", "list"], ["config"]):
            self.assertNotIn("libtorch", self.segue(*command, env=environment).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
