"""The whole way from a folder of music to a mix, on a few minutes of real music."""
import json
import math
import os
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

    def test_is_as_long_and_as_loud_as_asked(self):
        report = self.mix("a.flac", "--length", "30.5", "--cue")
        self.assertEqual(support.frames_of(self.folder / "a.flac"), int(30.5 * 44100))
        lufs, peak = support.loudness(self.folder / "a.flac")
        self.assertAlmostEqual(lufs, -16, delta=1.0)
        self.assertLessEqual(peak, -1.0)
        self.assertAlmostEqual(report["integrated_lufs"], lufs, delta=0.2)
        self.assertGreaterEqual(report["tracks"], 3)
        cue = (self.folder / "a.cue").read_text(encoding="utf-8")
        self.assertIn('FILE "a.flac"', cue)
        self.assertIn("INDEX 01 00:00:00", cue)

    def test_obeys_the_rules_of_a_collage(self):
        self.mix("rules.flac", "--length", "60")
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
            self.mix("ears.flac", "--length", 30, *flags)
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
        self.refused(2, "mix", self.music, "--critic", "on", "--fragment", 1, says="--fragment")
        self.refused(2, "mix", self.music, "--critic", "on", "--fragment", 1.1, says="--fragment")
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
        self.mix("one.wav", "--seed", 5)
        self.mix("two.wav", "--seed", 5)
        self.mix("three.wav", "--seed", 6)
        one, two, three = ((self.folder / f"{n}.wav").read_bytes() for n in ("one", "two", "three"))
        self.assertEqual(one[-100000:], two[-100000:])
        self.assertNotEqual(one[-100000:], three[-100000:])

    def test_the_same_mix_on_one_core_and_on_all(self):
        cores = os.sched_getaffinity(0)
        self.mix("all.wav", "--length", 60)
        shutil.rmtree(self.folder / "data" / "segue" / "index")  # which is heard again
        os.sched_setaffinity(0, {min(cores)})
        try:
            self.mix("one.wav", "--length", 60)
        finally:
            os.sched_setaffinity(0, cores)
        one, every = (json.loads((self.folder / f"{name}.plan.json").read_text()) for name in ("one", "all"))
        self.assertEqual(one, every)
        self.assertEqual((self.folder / "one.wav").read_bytes()[-1000000:],
                         (self.folder / "all.wav").read_bytes()[-1000000:])

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
        self.mix("random.flac", "--fragment", "0.5-4")
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

    def test_marks_known_tracks(self):
        report = self.mix("known.flac")
        plan = json.loads((self.folder / "known.plan.json").read_text(encoding="utf-8"))
        self.assertEqual(report["known_fragments"], sum(p["known"] for p in plan["placements"]))

    def test_says_nothing_but_the_result_on_stdout(self):
        result = self.segue("mix", self.music, "-o", "quiet.flac", "--length", "5", "--quiet")
        self.assertEqual((result.stdout, result.stderr), (str(self.folder / "quiet.flac") + "\n", ""))
        spoken = self.segue("mix", self.music, "-o", "spoken.flac", "--length", "5").stdout
        self.assertIn("spoken.flac", spoken.splitlines()[0])
        self.assertIn("play:", spoken)

    def test_ctrl_c_ends_it_and_leaves_nothing_half_written(self):
        self.segue("analyze", self.music)
        for delay in (0.05, 0.5, 1.5):
            process = subprocess.Popen([support.SEGUE, "mix", str(self.music), "-o", "cut.flac", "--length", "1:00:00",
                                        "--track-share", "1", "--fragment", "0.5"],
                                       env=self.environment, cwd=self.folder, stderr=subprocess.PIPE)
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
            self.assertIn(process.returncode, (130, 7, -signal.SIGINT))
            self.assertFalse((self.folder / "cut.flac").exists())
        self.assertEqual(self.partial_files(), [])
        self.segue("library", "verify")


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
        shown, status = self.talk(["yes", "9"])  # the library is known now, the name is taken
        self.assertEqual(status, 0, shown)
        self.assertNotIn("Which folder", shown)
        self.assertEqual(support.frames_of(self.folder / "mix-2.flac"), 9 * 44100)

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
