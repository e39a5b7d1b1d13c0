"""What bad input gets: one sentence with file and remedy, the documented exit status, nothing half-written."""
import json
import struct
import math
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import time
import unittest

import support


class BadInput(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips()

    def setUp(self):
        self.addCleanup(lambda: self.assertEqual(self.partial_files(), []))

    def bad(self, name, content=b""):
        folder = self.folder / f"bad-{name}"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name

    def mix_refused(self, status, *music, says=(), arguments=()):
        self.refused(status, "mix", *music, "-o", "bad.flac", *arguments, says=says)
        self.assertFalse((self.folder / "bad.flac").exists())
        self.segue("library", "verify")

    def test_numbers_that_are_none(self):
        for arguments in (("--seed", "-1"), ("--seed", "99999999999999999999"), ("--candidates", "-1"),
                          ("--candidates", "1.5"), ("--length",), ("--no-such-flag",)):
            self.mix_refused(2, self.music, arguments=arguments, says="--help")
        for threads in ("-1", "100000", "many"):
            self.refused(2, "train", self.music, "--threads", threads, "-o", "bad-run", says=("--threads", threads))
        self.refused(2, "train", self.music, "--device", "abacus", "--dry-run", "-o", "bad-run", says="abacus")
        self.assertFalse((self.folder / "bad-run").exists())
        self.refused(2, "library", says="--help")
        self.refused(2, "library", "info", "", says="no track is named")

    def test_music_is_not_overwritten(self):
        own = self.folder / "own"
        own.mkdir()
        for source in sorted(self.music.iterdir())[:2]:
            shutil.copy(source, own / ("copy-" + source.name))
        self.segue("analyze", own)
        target = sorted(own.iterdir())[0]
        before = target.read_bytes()
        self.refused(2, "mix", self.music, "-o", target, "--length", "6", says=(target.name, "--output"))
        self.assertEqual(target.read_bytes(), before)

    def test_weights_that_are_something_else(self):
        self.mix_refused(6, self.music, arguments=("--model", sorted(self.music.iterdir())[0]), says="not a weights file")

    def test_nothing_but_broken_files(self):
        self.refused(3, "analyze", self.bad("only.mp3", b"no music"), says="only.mp3")

    def test_a_missing_file(self):
        self.mix_refused(3, "/none/song.mp3", says="/none/song.mp3")

    def test_a_text_file_named_mp3(self):
        self.mix_refused(3, self.bad("text.mp3", b"I am not music.\n" * 50), says="text.mp3")

    def test_a_zero_byte_file(self):
        self.mix_refused(3, self.bad("empty.ogg"), says="empty.ogg")

    def test_random_bytes(self):
        noise = random.Random(1).randbytes(100000)
        for ending in ("mp3", "flac", "ogg", "m4a", "wav"):
            self.mix_refused(3, self.bad(f"noise.{ending}", noise), says=f"noise.{ending}")

    def test_a_truncated_mp3_plays_what_is_there(self):
        whole = self.folder / "whole.mp3"
        support.ffmpeg("-i", sorted(self.music.iterdir())[0], whole)
        cut = self.bad("truncated.mp3", whole.read_bytes()[:len(whole.read_bytes()) // 2 + 77])
        report = self.json("mix", cut, "-o", "truncated.flac", "--length", "6", "--track-share", "1")
        self.assertAlmostEqual(report["seconds"], 6, places=3)

    def test_a_track_of_a_fifth_of_a_second(self):
        support.wav_float(self.folder / "short.wav", [0.1 * math.sin(i * 0.1) for i in range(4410)])
        self.mix_refused(7, self.folder / "short.wav", says="--fragment")
        self.assertEqual(self.json("analyze", self.folder / "short.wav")["problems"], [])

    def test_pure_silence(self):
        support.wav_float(self.folder / "silence.wav", [0.0] * 22050 * 20)
        self.mix_refused(7, self.folder / "silence.wav", says="no sounding fragment")

    def test_samples_that_are_not_numbers(self):
        for name, value in (("nan", math.nan), ("inf", math.inf)):
            support.wav_float(self.folder / f"{name}.wav", [0.1] * 22050 * 5 + [value] + [0.1] * 22050)
            self.mix_refused(3, self.folder / f"{name}.wav", says=f"{name}.wav")

    def test_samples_far_beyond_full_scale(self):
        wave = [20000 * math.sin(i * 0.1) for i in range(22050 * 5)]  # 16-bit integers, written as floats
        support.wav_float(self.folder / "integers.wav", wave)
        self.mix_refused(3, self.folder / "integers.wav", says=["integers.wav", "full scale"])

    def test_rates_and_channels_that_nothing_plays(self):
        support.wav_float(self.folder / "slow.wav", [0.1] * 2000, rate=100)
        self.mix_refused(3, self.folder / "slow.wav", says=["slow.wav", "100 Hz"])
        data = bytes(65 * 2 * 4410)
        header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 65, 44100,
                             44100 * 130, 130, 16, b"data", len(data))
        self.mix_refused(3, self.bad("many.wav", header + data), says=["many.wav", "65 channels"])

    def test_a_device_or_pipe_is_not_replaced(self):
        pipe = self.folder / "pipe.json"
        os.mkfifo(pipe)
        for flags in (("--save-plan", pipe), ("--plan-only", "--save-plan", pipe)):
            self.refused(4, "mix", self.music, "--length", "10", "-o", "piped.flac", *flags, says=["pipe.json", "pipe"])
        self.assertTrue(pipe.is_fifo())
        self.assertFalse((self.folder / "piped.flac").exists())

    def test_of_a_link_what_it_leads_to_is_written(self):
        (self.folder / "real.flac").write_text("old")
        (self.folder / "link.flac").symlink_to("real.flac")
        self.segue("mix", self.music, "--length", "10", "--draft", "-o", "link.flac")
        self.assertTrue((self.folder / "link.flac").is_symlink())
        self.assertGreater((self.folder / "real.flac").stat().st_size, 10000)

    def test_its_own_mixes_are_no_music(self):
        folder = self.folder / "with mixes"
        shutil.copytree(self.music, folder)
        for seed in (1, 2):  # the second replaces the first, and does not play it
            self.segue("mix", folder, "--length", "10", "--draft", "--seed", seed, "-o", folder / "set.flac")
        plan = json.loads((folder / "set.plan.json").read_text())
        self.assertNotIn("set.flac", " ".join(source["path"] for source in plan["sources"]))

    def test_what_never_ends_is_refused(self):
        self.mix_refused(3, self.music, "--energy", "/dev/zero", says=["/dev/zero", "too large"])
        self.refused(2, "mix", "--plan", "", "-o", "none.flac", says="--plan")
        (self.folder / "deep.json").write_text("[" * 10**6)
        self.refused(3, "mix", "--plan", "deep.json", "-o", "none.flac", says=["deep.json", "nested"])

    def test_who_reads_may_leave(self):
        output, command = self.folder / "left.flac", [support.SEGUE, "library", "list"]
        self.segue("analyze", self.music)
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        self.assertEqual((process.stderr.read(), process.wait()), (b"", 141))
        process.stderr.close()
        process = subprocess.Popen([support.SEGUE, "mix", str(self.music), "--length", "10", "--draft", "-o", str(output)],
                                   env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        process.stderr.close()
        self.assertEqual(process.wait(), 0)
        self.assertTrue(output.exists())

    def test_a_folder_without_music(self):
        folder = self.folder / "no music"
        folder.mkdir()
        (folder / "notes.txt").write_text("la la la")
        self.mix_refused(3, folder, says="no music")

    def test_broken_files_among_good_ones_are_listed_and_the_rest_goes_on(self):
        folder = self.folder / "mixed"
        shutil.copytree(self.music, folder)
        (folder / "broken.mp3").write_text("not music")
        result = self.segue("mix", folder, "-o", "rest.flac", "--length", "10")
        self.assertIn("broken.mp3", result.stderr)
        self.assertTrue((self.folder / "rest.flac").exists())

    def test_no_permission_to_write(self):
        locked = self.folder / "locked"
        locked.mkdir()
        locked.chmod(0o555)
        options = {}
        if os.geteuid() == 0:  # root may write anywhere: be somebody else
            options = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chmod(self.folder, 0o755)
        environment = dict(self.environment, XDG_DATA_HOME=str(self.folder / "data-of-nobody"))
        (self.folder / "data-of-nobody").mkdir()
        os.chmod(self.folder / "data-of-nobody", 0o777)
        self.refused(4, "mix", self.music, "-o", locked / "mix.flac", "--length", "5", says=("locked/mix.flac", "write"),
                     env=environment, **options)
        self.segue("analyze", self.music, env=environment, **options)
        for path in (self.folder / "data-of-nobody").rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.refused(4, "mix", self.music, "-o", self.folder / "data-of-nobody/x.flac", "--length", "5",
                     says=("catalog.db", "may write"), env=environment, **options)
        environment["XDG_DATA_HOME"] = str(locked)
        self.refused(4, "analyze", self.music, says="locked", env=environment, **options)
        self.assertEqual(list(locked.iterdir()), [])

    def test_lengths_that_make_no_sense(self):
        for length in ("0", "1000000000", "-5", "soon", "nan"):
            self.mix_refused(2, self.music, arguments=[f"--length={length}"])

    def test_a_mix_longer_than_its_music(self):
        self.mix_refused(7, self.music, arguments=["--length", "2:00:00"], says="--length")

    def test_flags_that_make_no_sense(self):
        for arguments in (["--fragment", "0.1"], ["--fragment", "8-2"], ["--fragment", "x"], ["--track-share", "7"],
                          ["--crossfade", "-1"], ["--crossfade", "99"], ["--bits", "7"], ["--style", "polka"],
                          ["--start", "/none.mp3@0:10"], ["--rate", "1"], ["--loudness", "nan"]):
            self.mix_refused(2, self.music, arguments=arguments)
        self.refused(2, "mix", self.music, "-o", "mix.xyz", says="mix.xyz")
        self.segue("mix", "--no-such-flag", status=2)
        self.segue("sing", status=2)

    def test_the_output_may_not_be_a_source(self):
        source = sorted(self.music.iterdir())[0]
        before = source.read_bytes()
        self.refused(2, "mix", self.music, "-o", source, "--length", "10", says="music of your library")
        self.segue("mix", self.music, "-o", "sound.flac", "--length", "60")
        used = json.loads((self.folder / "sound.plan.json").read_text(encoding="utf-8"))["sources"][0]["path"]
        self.refused(2, "mix", "--plan", "sound.plan.json", "-o", used, says=("--output", os.path.basename(used)))
        self.assertEqual(source.read_bytes(), before)

    def test_nothing_that_is_read_is_written_over(self):
        source = sorted(self.music.iterdir())[0]
        # A companion of the same name as the playlist, the plan in place of music or of the mix.
        playlist = self.folder / "party.m3u8"
        playlist.write_text("".join(f"{path}\n" for path in sorted(self.music.iterdir())), encoding="utf-8")
        kept = {path: path.read_bytes() for path in (playlist, source)}
        make = ("mix", playlist, "--draft", "--length", "20", "-o")
        self.refused(2, *make, "party.flac", "--playlist", says=("party.m3u8", "read by this command", "--output"))
        self.refused(2, *make, "a.flac", "--save-plan", source, says=(source.name, "--save-plan"))
        self.refused(2, *make, "a.flac", "--save-plan", "a.flac", says=("a.flac", "written twice"))
        (self.folder / "b.cue").mkdir()
        self.refused(4, *make, "b.flac", "--cue", says="b.cue")
        self.assertFalse([path for name in "ab" for path in self.folder.glob(f"{name}.*") if path.is_file()])
        self.segue(*make, "c.flac")
        plan = (self.folder / "c.plan.json").read_bytes()
        self.refused(2, "mix", "--plan", "c.plan.json", "-o", "d.flac", "--save-plan", "c.plan.json", says="c.plan.json")
        for page in (source, "c.flac", "c.plan.json"):
            self.refused(2, "judge", "c.flac", "--plan", "c.plan.json", "--page", page, says="--page")
        self.assertEqual((self.folder / "c.plan.json").read_bytes(), plan)
        for path, before in kept.items():
            self.assertEqual(path.read_bytes(), before)

    def test_a_plan_is_rendered_as_it_is(self):
        self.segue("mix", self.music, "--draft", "--length", "20", "-o", "sound.flac")
        for flag in (("--length", 10), ("--style", "collage"), ("--start", "x"), ("--key-rule", "off"), ("--draft",)):
            self.refused(2, "mix", "--plan", "sound.plan.json", "-o", "again.flac", *flag, says=("sound.plan.json", flag[0]))
        self.refused(2, "mix", "--plan", "sound.plan.json", "-o", "again.opus", says=("44100 Hz", ".opus", ".flac"))

    def test_a_file_that_may_not_grow_is_a_full_disk(self):
        self.segue("mix", self.music, "--draft", "--length", "20", "-o", "sound.flac")
        self.refused(4, "mix", "--plan", "sound.plan.json", "-o", "large.wav", says="large.wav",
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
        self.assertFalse((self.folder / "large.wav").exists() or self.partial_files())

    def test_weights_that_do_not_fit(self):
        models = support.SOURCE / "models"
        folder = self.folder / "weights"
        shutil.copytree(models, folder, dirs_exist_ok=True)
        weights = folder / "crnn-tuned.safetensors"
        self.mix_refused(6, self.music, arguments=["--model", "no-such"], says="crnn-tuned")
        self.mix_refused(6, self.music, arguments=["--model", folder / "none.safetensors"], says="none.safetensors")
        # Weights of another architecture under this card.
        card = json.loads((folder / "crnn-tuned.card.json").read_text())
        sound = weights.read_bytes()
        shutil.copy(folder / "crnn-report.safetensors", weights)
        self.mix_refused(6, self.music, arguments=["--model", weights], says="crnn-tuned")
        weights.write_bytes(sound[:len(sound) // 2])
        self.mix_refused(6, self.music, arguments=["--model", weights], says="crnn-tuned")
        weights.write_bytes(sound)
        card["system"] = "telepathy"
        (folder / "crnn-tuned.card.json").write_text(json.dumps(card))
        self.mix_refused(6, self.music, arguments=["--model", weights], says="telepathy")
        (folder / "crnn-tuned.card.json").unlink()
        self.mix_refused(6, self.music, arguments=["--model", weights], says="card")


def clicks(interval, accent=0, until=60, pitch=440, tone=0):
    """FFmpeg's options for clicks so many seconds apart, those `accent` seconds apart louder, over a soft tone."""
    louder = f"+.5*exp(-60*mod(t,{accent}))" if accent else ""
    return made(f"(.3*exp(-60*mod(t,{interval})){louder})*sin(2*PI*{pitch}*t)+.02*sin(2*PI*{tone}*t)", until)


def made(formula, until=60):
    return ("-f", "lavfi", "-i", f"aevalsrc={formula}:s=22050:d={until}".replace(",", "\\,"))


class OddMusic(support.Sandbox):
    """In style mix, which looks for beats, all music gives a mix, or one sentence; soon, and without NaN."""

    MUSIC = {
        "pad": made(".1*sin(2*PI*220*t)+.1*sin(2*PI*277.2*t)+.1*sin(2*PI*329.6*t)*sin(t/5)"),
        "slow clicks": clicks(2, pitch=466),  # 30 BPM
        "fast clicks": clicks(.2, pitch=494),  # 300 BPM
        "drifting clicks": made(".5*exp(-60*mod(t+t*t/400,.5))*sin(2*PI*523*t)"),
        "five four": clicks(.5, 2.5, pitch=554),
        "clicks": clicks(.5, pitch=587),
        "silence in the middle": made(".5*exp(-60*mod(t,.5))*sin(2*PI*622*t)*(lt(t,20)+gt(t,40))"),
        "mono": (*clicks(.5, 2), "-ac", "1"),
        "8 kHz": (*clicks(.5, 2), "-ar", "8000"),
        "192 kHz": (*clicks(.5, 2), "-ar", "192000"),
        "many channels": (*clicks(.5, 2), "-ac", "8"),
        "90 BPM": clicks(.6667, 2.6667, pitch=659, tone=220),
        "133 BPM": clicks(.451, 1.804, pitch=698, tone=311),
        "shorter than a bar": clicks(.5, 2, until=1.6, pitch=740),
        "one beat": clicks(.5, 2, until=.55),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.folder / "music"
        cls.music.mkdir()
        for name, options in cls.MUSIC.items():
            support.ffmpeg(*options, cls.music / f"{name}.wav")

    def mixed(self, *music, length, arguments=(), status=0, may_refuse=False):
        begin = time.monotonic()
        command = ("mix", *music, "-o", "odd.wav", "--length", length, *arguments)
        try:
            result = self.segue(*command, status=status)
        except self.failureException:
            if not may_refuse:
                raise
            status = 7
            result = self.segue(*command, status=status)
        self.assertLess(time.monotonic() - begin, 60)
        self.assertNotIn("Traceback", result.stderr)
        if status != 0:
            return self.assertEqual(len([x for x in result.stderr.splitlines() if x.startswith("segue: ")]), 1)
        self.assertEqual(support.frames_of(self.folder / "odd.wav"), round(length * 44100))
        plan = json.loads((self.folder / "odd.plan.json").read_text(), parse_constant=self.fail)
        self.assertEqual(plan["style"], "mix")
        return plan

    def test_one_track_of_it(self):
        for name in self.MUSIC:
            if name in ("silence in the middle", "shorter than a bar", "one beat"):
                continue
            with self.subTest(name):
                plan = self.mixed(self.music / f"{name}.wav", length=50)
                self.assertEqual(len(plan["placements"]), 1)

    def test_cut_as_one_likes(self):
        fragments = ("beats", "beats:4", "bars:2", "phrases", "3", "onsets:3")
        names = ("pad", "slow clicks", "fast clicks", "drifting clicks", "five four")
        for i, fragment in enumerate(fragments):
            for name in [name for j, name in enumerate(names) if (i + j) % 5 < 3]:  # each in three of the ways or more
                with self.subTest(f"{name}, {fragment}"):
                    # Between slow clicks it is silent.
                    length = 10 if name == "slow clicks" else 45
                    self.mixed(self.music / f"{name}.wav", length=length,
                               arguments=("--draft", "--fragment", fragment), may_refuse=name == "slow clicks")

    def test_silence_in_the_middle(self):
        self.mixed(self.music / "silence in the middle.wav", length=15)
        self.mixed(self.music / "silence in the middle.wav", length=35, status=7)  # a track does not jump
        self.mixed(self.music / "silence in the middle.wav", self.music / "clicks.wav", length=55)

    def test_shorter_than_a_bar(self):
        self.mixed(self.music / "shorter than a bar.wav", length=1, arguments=("--fragment", "beats"),
                   may_refuse=True)
        self.mixed(self.music / "shorter than a bar.wav", length=10, status=7)
        self.mixed(self.music / "one beat.wav", length=1, status=7)
        self.mixed(self.music / "shorter than a bar.wav", self.music / "mono.wav", length=30)

    def test_irreconcilable_tempi(self):
        plan = self.mixed(self.music / "90 BPM.wav", self.music / "133 BPM.wav", length=100)
        self.assertEqual(plan["choosing"]["groups"], 2)
        self.assertIn("stretch", plan["placements"][1]["bounds"]["relaxed"])
        self.mixed(self.music / "90 BPM.wav", self.music / "133 BPM.wav", length=100, status=7,
                   arguments=("--max-stretch", 6))

    def test_all_of_it(self):
        for flags in ((), ("--draft",)):
            plan = self.mixed(self.music, length=240, arguments=flags)
            self.assertGreater(len(plan["placements"]), 2)


class FullDisk(support.Sandbox):
    def test_a_full_disk_leaves_nothing_behind(self):
        music, disk = self.clips(), self.small_disk(900)
        result = self.segue("mix", music, "-o", disk / "mix.wav", "--length", "30",
                            "--save-plan", self.folder / "mix.plan.json", status=4)
        self.assertIn("free some space", result.stderr)
        self.assertEqual(list(disk.iterdir()), [])
        environment = dict(self.environment, XDG_DATA_HOME=str(disk))
        self.segue("analyze", music, status=4, env=environment)
        self.assertEqual([p for p in disk.rglob("*.partial")], [])


class BadLibrary(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips()

    def catalog(self):
        return next((self.folder / "data").rglob("catalog.db"))

    def setUp(self):
        self.segue("analyze", self.music)

    def test_a_newer_library_is_left_alone(self):
        with sqlite3.connect(self.catalog()) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute("PRAGMA user_version = 9999")
        database.close()
        try:
            self.refused(5, "library", "list", says="newer")
            self.refused(5, "mix", self.music, "-o", "x.flac", says="newer")
        finally:
            database = sqlite3.connect(self.catalog())
            database.execute(f"PRAGMA user_version = {version}")
            database.commit()
            database.close()
        self.segue("library", "verify")

    def test_a_damaged_library_says_so(self):
        catalog = self.catalog()
        kept = catalog.read_bytes()
        # The last reaches into the second page: much of the first may be unused.
        for damage in (b"not a database" * 1000, kept[:len(kept) // 2], kept[:200] + b"\xff" * 5000 + kept[5200:]):
            for other in catalog.parent.glob(catalog.name + "-*"):
                other.unlink()
            catalog.write_bytes(damage)
            result = subprocess.run([support.SEGUE, "library", "verify"], env=self.environment, capture_output=True,
                                    text=True, timeout=60)
            self.assertEqual(result.returncode, 5, result.stderr)
            self.assertIn("segue: ", result.stderr)
        catalog.write_bytes(kept)
        self.segue("library", "verify")

    def test_two_processes_share_one_library(self):
        shutil.rmtree(self.folder / "data")
        processes = [subprocess.Popen([support.SEGUE, "analyze", str(self.music), "--json"], env=self.environment,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
        for process in processes:
            _, error = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, error)
        self.assertEqual(len(self.json("library", "list")), 4)
        self.segue("library", "verify")


if __name__ == "__main__":
    unittest.main(verbosity=2)
