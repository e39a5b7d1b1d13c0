"""The whole way from a folder of music to a mix, on a few minutes of real music."""
import json
import math
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

import support


class Mix(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips()

    def mix(self, output, *arguments):
        length = () if "--length" in arguments else ("--length", "20")
        return self.json("mix", self.music, "-o", output, *length, *arguments)

    def collage(self, output, *arguments):
        return self.mix(output, "--style", "collage", *arguments)

    def plan(self, name):
        return json.loads((self.folder / f"{name}.plan.json").read_text(encoding="utf-8"))

    def test_is_as_long_and_as_loud_as_asked(self):
        report = self.collage("a.flac", "--length", "30.5", "--cue", "--playlist", "--labels", "--tracklist")
        self.assertEqual(support.frames_of(self.folder / "a.flac"), int(30.5 * 44100))
        lufs, peak = support.loudness(self.folder / "a.flac")
        self.assertAlmostEqual(lufs, -16, delta=1.0)
        self.assertLessEqual(peak, -1.0)
        self.assertAlmostEqual(report["integrated_lufs"], lufs, delta=0.2)
        self.assertGreaterEqual(report["tracks"], 3)
        cue = (self.folder / "a.cue").read_text(encoding="utf-8")
        self.assertIn('FILE "a.flac"', cue)
        self.assertIn("INDEX 01 00:00:00", cue)
        changes = cue.count("TRACK ")
        for ending, least in ((".m3u8", 1 + 2 * changes), (".labels.txt", changes), (".tracks.txt", changes)):
            self.assertEqual((self.folder / f"a{ending}").read_text(encoding="utf-8").count("\n"), least, ending)

    def test_chapters_stand_where_the_tracks_change(self):
        self.mix("marked.ogg", "--draft", "--track-seconds", "4-8", "--chapters")
        sources = [placement["source"] for placement in self.plan("marked")["placements"]]
        changes = 1 + sum(a != b for a, b in zip(sources, sources[1:]))
        probed = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_chapters", self.folder / "marked.ogg"],
                                capture_output=True, check=True).stdout
        self.assertEqual(len(json.loads(probed)["chapters"]), changes)
        self.assertGreater(changes, 1)
        self.refused(2, "mix", self.music, "-o", "wave.wav", "--chapters", says=["wave.wav", "--chapters"])

    def test_obeys_the_rules_of_a_collage(self):
        self.collage("rules.flac", "--length", "60")
        plan = json.loads((self.folder / "rules.plan.json").read_text(encoding="utf-8"))
        placements = plan["placements"]
        spans = [(p["source"], p["start"], p["start"] + p["length"]) for p in placements]
        self.assertEqual(len(set((s, a) for s, a, _ in spans)), len(spans), "a fragment came twice")
        for (source, start, end), (next_source, next_start, next_end) in zip(spans, spans[1:]):
            if source == next_source:
                rate = plan["sources"][source]["sample_rate"]
                self.assertGreater(min(abs(next_start - end), abs(start - next_end)), rate, "neighbours met again")
        shares = {}
        for source, start, end in spans:
            shares[source] = shares.get(source, 0) + (end - start) / plan["sources"][source]["sample_rate"]
        self.assertLessEqual(max(shares.values()), 0.25 * 60 + 3.1)
        for placement in placements[1:]:
            self.assertTrue(math.isfinite(placement["score"]))
            self.assertLessEqual(len(placement["runners_up"]), 5)
            better = [r for r in placement["runners_up"] if r["score"] > placement["score"]]
            self.assertEqual(bool(better), "the better ones lead" in placement["why"], placement["why"])

    def test_the_critic_changes_what_is_chosen_and_can_be_left_out(self):
        def plan(*flags):
            self.collage("ears.flac", "--length", 30, *flags)
            return json.loads((self.folder / "ears.plan.json").read_text())["placements"]

        auto, on, off = plan(), plan("--critic", "on"), plan("--critic", "off")
        self.assertEqual(auto, on)
        self.assertNotEqual([p["start"] for p in on], [p["start"] for p in off])
        self.assertIn("seam by seam", on[1]["why"])
        self.assertNotIn("seam by seam", off[1]["why"])
        self.assertNotEqual(off, plan("--critic", "off", "--edge-weight", 2))
        self.refused(2, "mix", self.music, "--critic-weight", 200, says="--critic-weight")
        self.refused(6, "mix", self.music, "--critic", "on", "--crossfade", 1.9, says="critic")
        self.refused(6, "mix", self.music, "--critics", self.folder / "none", says="critic")
        self.refused(2, "mix", self.music, "--style", "collage", "--critic", "on", "--fragment", 1, says="--fragment")
        self.refused(2, "mix", self.music, "--style", "collage", "--critic", "on", "--fragment", 1.1, says="--fragment")
        self.refused(6, "mix", self.music, "--system", "edge", "--critics", self.folder / "none", says="critic")
        self.assertNotIn("seam by seam", plan("--fragment", 1)[1]["why"])
        self.assertIn("seam by seam", plan("--fragment", "onsets:1", "--critic", "on")[1]["why"])

    def test_a_damaged_critic_is_refused_with_what_to_do(self):
        damaged = self.folder / "critics" / "100ms"
        shutil.copytree(support.SOURCE / "models/critics/100ms", damaged)
        weights = damaged / "cnn.safetensors"
        weights.write_bytes(weights.read_bytes()[:2000])
        self.refused(6, "mix", self.music, "--critics", damaged.parent,
                     says=("cnn.safetensors", "teach critics again", "--critic off"))

    def test_the_same_seed_gives_the_same_mix_and_another_seed_another(self):
        for style in ("mix", "collage"):
            def mixed(seed):
                self.mix("seed.wav", "--seed", seed, "--style", style, "--length", 100)
                return (self.folder / "seed.wav").read_bytes()

            first = mixed(5)
            self.assertTrue(first == mixed(5), style)  # assertEqual would print the bytes
            self.assertTrue(any(first != mixed(seed) for seed in (6, 7, 8)), style)

    def test_the_same_mix_on_one_core_and_on_all(self):
        for style in ("mix", "collage"):
            with self.subTest(style):
                self.same_on_one_core_and_on_all("--style", style, "--length", 120 if style == "mix" else 60)

    def same_on_one_core_and_on_all(self, *arguments):
        cores = os.sched_getaffinity(0)
        self.mix("all.wav", *arguments)
        shutil.rmtree(self.folder / "data" / "segue" / "index")  # which is heard again
        os.sched_setaffinity(0, {min(cores)})
        try:
            self.mix("one.wav", *arguments)
        finally:
            os.sched_setaffinity(0, cores)
        one, every = (json.loads((self.folder / f"{name}.plan.json").read_text()) for name in ("one", "all"))
        self.assertEqual(one, every)
        one, every = ((self.folder / f"{name}.wav").read_bytes().partition(b"data")[2] for name in ("one", "all"))
        self.assertTrue(one == every)

    def test_a_plan_renders_again_to_the_same_bits(self):
        self.mix("first.flac")
        self.segue("mix", "--plan", "first.plan.json", "-o", "again.flac")
        self.assertEqual((self.folder / "first.flac").read_bytes(), (self.folder / "again.flac").read_bytes())

    def test_begins_where_it_is_told_to(self):
        track = sorted(self.music.iterdir())[2]
        self.mix("start.flac", "--start", f"{track}@0:10")
        plan = json.loads((self.folder / "start.plan.json").read_text(encoding="utf-8"))
        first = plan["placements"][0]
        source = plan["sources"][first["source"]]
        self.assertTrue(source["path"].endswith(track.name))
        seconds = first["start"] / source["sample_rate"]
        self.assertLessEqual(seconds, 10)
        self.assertGreater(seconds + first["length"] / source["sample_rate"], 10)

    def test_cuts_by_random_lengths_too(self):
        self.collage("random.flac", "--fragment", "0.5-4")
        plan = json.loads((self.folder / "random.plan.json").read_text(encoding="utf-8"))
        rates = [s["sample_rate"] for s in plan["sources"]]
        lengths = [p["length"] / rates[p["source"]] for p in plan["placements"]]
        self.assertGreater(max(lengths) - min(lengths), 1)
        self.assertTrue(all(0.48 <= length <= 4.02 for length in lengths))

    def test_writes_every_format(self):
        for ending in ("wav", "flac", "ogg", "opus", "mp3"):
            report = self.mix(f"format.{ending}", "--title", "Ein Lied", "--length", "10")
            self.assertAlmostEqual(report["seconds"], 10, places=3)
            probe = json.loads(subprocess.run(
                ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json",
                 str(self.folder / f"format.{ending}")], capture_output=True, check=True).stdout)
            self.assertAlmostEqual(float(probe["format"]["duration"]), 10, delta=0.1)
            tags = {**probe["format"].get("tags", {}), **probe["streams"][0].get("tags", {})}
            self.assertIn("Ein Lied", tags.values(), ending)

    def test_no_peak_passes_the_ceiling_however_it_is_coded(self):
        for ending in ("flac", "ogg", "opus", "mp3"):
            name = f"loud.{ending}"
            report = self.mix(name, "--length", "20", "--loudness", "-9", "--quality", "0")
            _, peak = support.loudness(self.folder / name)
            self.assertLessEqual(peak, -0.95, ending)  # FFmpeg tells a tenth
            self.assertAlmostEqual(report["true_peak_dbtp"], peak, delta=0.25)

    def test_marks_known_tracks(self):
        report = self.mix("known.flac")
        plan = json.loads((self.folder / "known.plan.json").read_text(encoding="utf-8"))
        self.assertEqual(report["runs"], len(plan["placements"]))
        self.assertEqual(report["known_runs"], sum(p["known"] for p in plan["placements"]))
        collage = self.collage("known.flac", "--length", 30)
        self.assertGreater(collage["fragments"], 5)

    def test_says_nothing_but_the_result_on_stdout(self):
        result = self.segue("mix", self.music, "-o", "quiet.flac", "--length", "5", "--quiet")
        self.assertEqual((result.stdout, result.stderr), (str(self.folder / "quiet.flac") + "\n", ""))
        spoken = self.segue("mix", self.music, "-o", "spoken.flac", "--length", "5").stdout
        self.assertIn("spoken.flac", spoken.splitlines()[0])
        self.assertIn("play:", spoken)

    def test_ctrl_c_ends_it_and_leaves_nothing_half_written(self):
        self.segue("analyze", self.music)
        for delay, sign in ((0.05, signal.SIGINT), (0.5, signal.SIGINT), (1, signal.SIGHUP), (1.5, signal.SIGINT)):
            process = subprocess.Popen([support.SEGUE, "mix", str(self.music), "-o", "cut.flac", "--length", "1:00:00",
                                        "--track-share", "1", "--fragment", "0.5"],
                                       env=self.environment, cwd=self.folder, stderr=subprocess.PIPE)
            time.sleep(delay)
            process.send_signal(sign)
            process.communicate(timeout=30)
            self.assertIn(process.returncode, (130, 7, -sign))
            self.assertFalse((self.folder / "cut.flac").exists())
        self.assertEqual(self.partial_files(), [])
        self.segue("library", "verify")


class StyleMix(support.Sandbox):
    """Tracks play for a while, inside bounds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips(count=6, seconds=75)
        cls.tracks = sorted(cls.music.iterdir())

    def mix(self, *arguments, length=150, render=False):
        """The plan of a mix."""
        only = () if render else ("--plan-only",)
        self.segue("mix", self.music, "-o", "mix.flac", "--length", length, "--json", *only, *arguments)
        plan = self.told()
        self.assertEqual(plan["length"], length * plan["sample_rate"])
        if render:
            self.assertEqual(support.frames_of(self.folder / "mix.flac"), plan["length"])
        return plan

    def told(self):
        def no_number(text):
            self.fail(f"{text} in a plan")
        return json.loads((self.folder / "mix.plan.json").read_text(encoding="utf-8"), parse_constant=no_number)

    @staticmethod
    def names(plan):
        """Of the files that sound, in order."""
        return [pathlib.Path(plan["sources"][p["source"]]["path"]).name for p in plan["placements"]]

    def runs(self, plan):
        """(source, start, end) in seconds."""
        rates = [s["sample_rate"] for s in plan["sources"]]
        return [(p["source"], p["start"] / rates[p["source"]], (p["start"] + p["length"]) / rates[p["source"]])
                for p in plan["placements"]]

    def test_is_the_default_and_tells_what_it_did(self):
        plan = self.mix(render=True)
        self.assertEqual((plan["style"], plan["segmentation"]["kind"]), ("mix", "bars"))
        self.assertGreaterEqual(plan["choosing"]["groups"], 1)
        runs = self.runs(plan)
        self.assertGreater(len(runs), 1)
        for (source, start, end), (following, _, _) in zip(runs, runs[1:]):
            self.assertNotEqual(source, following)
            self.assertLessEqual(end - start, 150.01)
        for source in range(len(plan["sources"])):
            heard = sorted((start, end) for of, start, end in runs if of == source)
            self.assertTrue(all(a[1] <= b[0] for a, b in zip(heard, heard[1:])), "something is heard twice")
        self.assertNotIn("bounds", plan["placements"][0])
        for placement in plan["placements"][1:]:
            self.assertGreater(placement["bounds"]["left"], 0)
            self.assertIn("heard", placement["why"])
        for source in plan["sources"]:
            self.assertRegex(source["key"], "^([A-G]#? (minor|major))?$")
            self.assertTrue(source["tempo_bpm"] == 0 or 30 < source["tempo_bpm"] < 300, source["tempo_bpm"])
        self.assertEqual(plan, self.mix("--style", "mix"))

    def test_cuts_where_the_music_says(self):
        for fragment, kind in (("beats:2", "beats"), ("bars:2", "bars"), ("phrases", "phrases"), ("3", "equal")):
            plan = self.mix("--fragment", fragment, length=60)
            self.assertEqual((plan["style"], plan["segmentation"]["kind"]), ("mix", kind))
        self.segue("mix", self.music, "-o", "mix.flac", "--length", 30, "--style", "collage", "--fragment", "bars")
        self.assertEqual(self.told()["style"], "collage")

    def test_tracks_go_over_as_a_dj_joins_them_or_by_a_plain_fade(self):
        joined = self.mix(render=True)
        self.assertEqual(joined["plan_version"], 2)
        kinds = [transition["kind"] for transition in joined["transitions"]]
        self.assertIn("blend", kinds)
        for transition in joined["transitions"]:
            self.assertRegex(transition["why"], "heard least of|plain|short")
            for side in ("out", "in") if transition["kind"] == "blend" else ():
                self.assertLessEqual(abs(transition[side]["tempo"] - 1), .051)
        self.assertNotEqual(joined["choosing"]["critics"], [])
        faded = self.mix("--join", "fade", render=True)
        for transition in faded["transitions"]:
            self.assertEqual(transition["kind"], "equal_power_crossfade")
            self.assertLessEqual(transition["before"] + transition["after"], 4410)
        for plan in (joined, faded):
            self.assertEqual(plan["length"], joined["length"])

    def test_a_draft_hears_less(self):
        plan = self.mix("--draft")
        self.assertEqual((plan["choosing"]["beam"], plan["choosing"]["critics"]), (1, []))
        for placement in plan["placements"][1:]:
            self.assertNotIn("seam by seam", placement["why"])
        self.assertEqual(self.mix("--draft", "--beam", 3)["choosing"]["beam"], 3)

    def test_a_plan_renders_again_to_the_same_bits(self):
        plan = self.mix("--draft", render=True)
        self.assertIn("blend", [transition["kind"] for transition in plan["transitions"]])
        self.segue("mix", "--plan", "mix.plan.json", "-o", "again.flac")
        mix, again = ((self.folder / f"{name}.flac").read_bytes() for name in ("mix", "again"))
        self.assertTrue(mix == again)  # assertEqual would print the bytes
        self.refused(2, "mix", "--plan", "mix.plan.json", "-o", "again.flac", "--rate", 48000,
                     says=("mix.plan.json", "is made for 44100 Hz"))

    def test_begins_includes_and_ends_as_it_is_told(self):
        first, middle, last = self.tracks[1], self.tracks[4], self.tracks[2]
        for flags in ((), ("--draft",)):
            plan = self.mix("--start", f"{first}@0:10", "--include", middle, "--end-with", last, *flags, length=180)
            names = self.names(plan)
            self.assertEqual((names[0], names[-1]), (first.name, last.name))
            self.assertIn(middle.name, names)
            self.assertEqual(names.count(last.name), 1)

    def test_tracks_that_must_be_heard_are_named_before_the_music_or_by_a_double(self):
        double = self.folder / "zz double.mp3"
        support.ffmpeg("-i", self.tracks[2], "-b:a", "192k", double)
        self.segue("mix", "--include", self.tracks[0], "--include", self.tracks[3], self.music, double,
                   "--end-with", double, "--draft", "-o", "mix.flac", "--length", 150)
        names = self.names(self.told())
        self.assertLessEqual({self.tracks[0].name, self.tracks[3].name}, set(names))
        self.assertEqual(names[-1], self.tracks[2].name)

    def test_bounds_that_settings_give_do_not_keep_from_a_collage(self):
        settings = self.folder / "segue.toml"
        settings.write_text('[mix]\ntrack-seconds = "8-16"\n')
        self.addCleanup(settings.unlink)
        self.mix("--style", "collage", length=20)
        self.refused(2, "mix", self.music, "--style", "collage", "--track-seconds", "8-16", says="--style mix")
        self.refused(2, "mix", self.music, "--track-share", .5, says="--track-seconds")

    def test_bounds_are_kept(self):
        self.segue("analyze", self.music)
        heard = {track.name: self.json("library", "info", track)[0] for track in self.tracks}
        tempi = sorted(row["tempo_bpm"] for row in heard.values() if row["has_beat"])
        self.assertGreaterEqual(len(tempi), 4, "the music has beats")
        low, high = tempi[0] - .1, tempi[-2] + .1
        plan = self.mix("--draft", "--tempo", f"{low:.1f}-{high:.1f}")
        for name in self.names(plan):
            self.assertTrue(low <= heard[name]["tempo_bpm"] <= high, name)
        alike = self.mix("--draft", "--like", self.tracks[3], "--like-share", .5)
        self.assertLessEqual(len(set(self.names(alike))), 3)
        for start, end in [r[1:] for r in self.runs(self.mix("--draft", "--track-seconds", "8-16"))][:-1]:
            self.assertLessEqual(end - start, 16.01)
            self.assertGreaterEqual(end - start, 7.99)
        self.mix("--draft", "--key-rule", "off", "--max-stretch", 50, "--artist-apart", 0, length=60)
        rising = self.mix("--draft", "--energy", "rise")
        (self.folder / "curve.txt").write_text("# share energy\n0% 0.1\n100% 0.9\n")
        self.assertEqual(rising["placements"], self.mix("--draft", "--energy", "curve.txt")["placements"])

    def test_wrong_values_get_one_sentence(self):
        none = self.folder / "none.ogg"
        (self.folder / "bad.txt").write_text("0:00 0.2\nlater more\n")
        for arguments, says in (
                (("--style", "polka"), "collage"), (("--fragment", "bar"), "bars"), (("--fragment", "bars:0"), "bars:0"),
                (("--fragment", "bars:33"), "32"), (("--fragment", "phrases:2"), "phrases:2"),
                (("--tempo", "120"), "range"), (("--tempo", "130-100"), "--tempo"), (("--tempo", "x-y"), "range"),
                (("--track-seconds", "20"), "range"), (("--track-seconds", "90-20"), "--track-seconds"),
                (("--track-seconds", "1-20"), "--track-seconds"), (("--max-stretch", "60"), "--max-stretch"),
                (("--max-stretch", "-1"), "--max-stretch"), (("--max-stretch", "nan"), "--max-stretch"),
                (("--key-rule", "far"), "--key-rule"), (("--energy", "up"), "rise"), (("--mood", "sad"), "calm"),
                (("--no-repeat", "soon"), "soon"), (("--artist-apart", "soon"), "soon"),
                (("--like-share", "2"), "--like-share"), (("--like", none), "none.ogg"),
                (("--include", none), "none.ogg"), (("--end-with", none), "none.ogg")):
            with self.subTest(" ".join(map(str, arguments))):
                self.refused(2, "mix", self.music, "-o", "bad.flac", *arguments, says=says)
        self.refused(3, "mix", self.music, "-o", "bad.flac", "--energy", "bad.txt", says=("bad.txt", "line 2"))
        self.assertFalse((self.folder / "bad.flac").exists())

    def test_impossible_bounds_are_named(self):
        for arguments, says in ((("--tempo", "290-299"), "tempo cuts"), (("--track-seconds", "80-90"), "length cuts"),
                                (("--length", "2:00:00"), "--length")):
            length = () if "--length" in arguments else ("--length", 150)
            self.refused(7, "mix", self.music, "-o", "bad.flac", *length, *arguments, says=says)
        self.assertFalse((self.folder / "bad.flac").exists())


class Prompt(support.Sandbox):
    def talk(self, answers):
        """Types the answers into a terminal, one after each question; returns all that was shown."""
        master, slave = pty.openpty()
        process = subprocess.Popen([support.SEGUE], stdin=slave, stdout=slave, stderr=slave, cwd=self.folder,
                                   env=self.environment, close_fds=True)
        os.close(slave)
        shown = ""
        asked = 0
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            ready, _, _ = select.select([master], [], [], 0.2)
            if ready:
                try:
                    data = os.read(master, 4096)
                except OSError:
                    break
                if not data:
                    break
                shown += data.decode(errors="replace")
            if len(re.findall(r"\?(?: \[[^]]*\])? $|\?(?: \[[^]]*\])? ", shown)) > asked and answers:
                os.write(master, (answers.pop(0) + "\n").encode())
                asked += 1
        process.wait(timeout=30)
        os.close(master)
        return shown, process.returncode

    def test_asks_as_the_report_did_and_takes_enter(self):
        music = self.clips()
        empty = self.folder / "empty"
        empty.mkdir()
        shown, status = self.talk(["", "soon", "12", "/no/such/folder", str(empty), str(music)])
        self.assertEqual(status, 0, shown)
        self.assertIn("Make a new mix?", shown)
        self.assertIn("How long should it be, in seconds?", shown)
        self.assertIn("not a time", shown)
        self.assertIn("/no/such/folder", shown)
        self.assertIn("holds no music", shown)
        self.assertEqual(support.frames_of(self.folder / "mix.flac"), 12 * 44100)
        settings = self.folder / "segue.toml"
        settings.write_text("[mix]\nrate = 48000\n")
        self.addCleanup(settings.unlink)
        shown, status = self.talk(["yes", "9"])  # the library is known now, the name is taken
        self.assertEqual(status, 0, shown)
        self.assertNotIn("Which folder", shown)
        self.assertEqual(support.frames_of(self.folder / "mix-2.flac"), 9 * 48000)

    def test_no_means_no_and_nobody_is_no_answer(self):
        shown, status = self.talk(["no"])
        self.assertEqual(status, 0, shown)
        self.refused(2, says="nobody answered")

    def test_an_interrupt_at_a_question_is_one(self):
        for pause in (0, 0, 0, 0.3):  # before it waits for an answer, and while it does
            self.interrupt_a_question(pause)

    def interrupt_a_question(self, pause):
        master, slave = pty.openpty()
        process = subprocess.Popen([support.SEGUE], stdin=slave, stdout=slave, stderr=slave, cwd=self.folder,
                                   env=self.environment)
        os.close(slave)
        self.assertIn(b"Make a new mix?", os.read(master, 4096))
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 130)
        os.close(master)


if __name__ == "__main__":
    unittest.main(verbosity=2)
