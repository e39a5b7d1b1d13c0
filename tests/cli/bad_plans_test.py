"""What plans that are nonsense get, and plans whose sources are no longer what they were: one line that names
the file and what is wrong with it, and nothing where the mix would lie."""
import copy
import functools
import json
import os
import pathlib
import shutil
import unittest

import plans
import support

SECOND = plans.RATE


class Plans(support.Sandbox):
    """Three tracks, joined by two blends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips(count=3, seconds=15)
        cls.out = cls.folder / "out"
        cls.out.mkdir()

    def setUp(self):
        self.segue("analyze", self.music)
        rows = {row["file"]: row for row in self.json("library", "list")}
        sources = [plans.source_of(rows[str(path)]) for path in sorted(self.music.iterdir())]
        self.plan = plans.plan_of(sources, (0, 1, 2), [plans.blend(), plans.blend()])

    def write(self, plan):
        (self.folder / "b.plan.json").write_text(plan if isinstance(plan, str) else json.dumps(plan))

    def render(self, name, *flags):
        self.segue("mix", "--plan", "b.plan.json", "-o", self.out / name, *flags)
        return self.out / name

    def render_refused(self, says, file="b.plan.json", status=3, name="b.flac"):
        says = [says] if isinstance(says, str) else says
        before = sorted(self.out.iterdir())
        result = self.refused(status, "mix", "--plan", "b.plan.json", "-o", self.out / name, "--cue", says=says)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertTrue(result.stderr.startswith(f"segue: {file}: "), result.stderr)
        self.assertEqual(sorted(self.out.iterdir()), before)  # names that begin with a dot as well


class Nonsense(Plans):
    def nonsense(self, *cases):
        """Of each case: what is said of it, and what makes it of a sound plan."""
        for i, (says, edit) in enumerate(cases):
            with self.subTest(f"{i}: {says}"):
                plan = copy.deepcopy(self.plan)
                edit(plan)
                self.write(plan)
                self.render_refused(says)

    @staticmethod
    def second(says, field, *values):
        """Cases of such values in the second transition; "in.tempo" is that of its incoming track."""
        def case(value):
            def edit(plan):
                *way, last = field.split(".")
                functools.reduce(dict.get, way, plan["transitions"][1])[last] = value
            return says, edit
        return [case(value) for value in values]

    def test_the_plan_itself_is_sound(self):
        self.write(self.plan)
        self.assertEqual(support.frames_of(self.render("sound.wav")), self.plan["length"])
        (self.out / "sound.wav").unlink()

    def test_a_blend_at_an_impossible_speed(self):
        self.nonsense(*self.second("transition 1 has a tempo ratio", "in.tempo", 0, -1, .49, 2.01, 1e300),
                      *self.second("'transitions[1].in.tempo'", "in.tempo", "fast", None, True, [1]))
        # What some write for it is no number in JSON, and what no double can hold is none either.
        for text in ("NaN", "-Infinity", "1e999", "-1e999", "0x1", ""):
            with self.subTest(text):
                self.write(json.dumps(self.plan).replace('"tempo": 1.04', f'"tempo": {text}', 1))
                self.render_refused("plan")

    def test_text_that_is_no_json_or_says_something_twice(self):
        text = json.dumps(self.plan, indent=1)
        line = text[:text.index('"placements"')].count("\n") + 1
        for broken, says in ((text.replace('"placements":', '"placements"', 1), f"line {line} is not JSON"),
                             (text[:-20], "is not JSON"), (text + "}", "is not JSON"), ("", "line 1 is not JSON"),
                             (text.replace('"gain_db":', '"length": 3, "gain_db":', 1), "'length' twice")):
            with self.subTest(says):
                self.write(broken)
                self.render_refused(says)

    def test_a_blend_that_bends_its_tracks_too_far(self):
        self.nonsense(
            *self.second("transition 1 shifts", "in.shift", 2.1, -1e300),
            *self.second("transition 1 has a gain", "out.gain_db", 12.1, -1e300),
            *self.second("transition 1 has a band", "in.spectrum_db", [0, 0, 12.1, 0, 0]),
            *self.second("'transitions[1].in.spectrum_db'", "in.spectrum_db", [0] * 4, [0] * 6, ["low"] * 5, 3),
            *self.second("transition 1 has a negative or endless release", "in.release", -1, -2**63, 2**62),
            *self.second("'transitions[1].out.release'", "out.release", .5, 2**63, 2**64, "slow"),
            *self.second("transition 1 lasts longer than 180 s", "in.release", 180 * SECOND))

    def test_a_band_that_fades_outside_its_blend(self):
        self.nonsense(
            *self.second("transition 1 fades a band outside itself", "mid",
                         [-SECOND - 1, 0], [0, SECOND + 1], [1, 0], [-2**63, 2**63 - 1]),
            *self.second("'transitions[1].low'", "low", [], [0], [0, 1, 2], [0, .5], ["a", "b"], 0, None))

    def test_what_would_click(self):
        neutral = plans.side_of(1, shift=0, release=0) | {"gain_db": 0, "spectrum_db": [0] * 5}
        sudden = [neutral | change | {"release": release} for release in (0, 1, SECOND // 10 - 1)
                  for change in ({"tempo": 1.02}, {"shift": 1}, {"gain_db": -3}, {"spectrum_db": [0, 0, 0, 0, 3]})]
        self.nonsense(
            *self.second("transition 1 changes speed, pitch or level without a release", "in", *sudden),
            *self.second("transition 1 fades a band within less than 5 ms", "high", [0, 0], [-100, 100], [SECOND] * 2))

    def test_a_band_that_fades_beyond_what_64_bits_hold(self):
        self.nonsense(*self.second("'transitions[1].high'", "high", [2**64 - 1, 0]))

    def test_what_a_blend_lacks_is_named(self):
        for field in self.plan["transitions"][1]:
            if field != "why":
                self.nonsense((f"has no 'transitions[1].{field}'", lambda plan: plan["transitions"][1].pop(field)))
        for field in self.plan["transitions"][1]["in"]:
            self.nonsense((f"has no 'transitions[1].in.{field}'",
                           lambda plan: plan["transitions"][1]["in"].pop(field)))
        for field in ("kind", "before", "after", "in", "out"):
            self.nonsense(*self.second(f"'transitions[1].{field}'", field, "scratch", None))

    def test_transitions_that_do_not_fit(self):
        self.nonsense(
            *self.second("transition 1 has a negative or endless side", "before", -1, 2**62),
            *self.second("transition 1 has a negative or endless side", "after", -1, 2**62),
            *self.second("placement 1 is too short", "out.release", 4 * SECOND),
            # Without a stretch all that is wrong is that the two meet.
            *self.second("the transition to placement 2 overlaps", "out",
                         plans.side_of(1, shift=0, release=4 * SECOND)),
            ("transition 1 begins ahead of the start", lambda plan: plan["placements"][2].update(start=SECOND // 2)),
            ("transition 1 plays on beyond the end", lambda plan: plan["placements"][1].update(
                start=plan["sources"][1]["pcm_frames"] - 6 * SECOND - SECOND // 2)),
            ("has no 'transitions'", lambda plan: plan.pop("transitions")),
            ("3 placements but 0 transitions", lambda plan: plan.update(transitions=[])),
            ("3 placements but 1 transitions", lambda plan: plan["transitions"].pop()),
            ("'transitions' is not a list", lambda plan: plan.update(transitions={})),
            ("'transitions[0]' is not an object", lambda plan: plan.update(transitions=[None, None])))

    def test_placements_that_are_nowhere(self):
        def case(says, **changes):
            return says, lambda plan: plan["placements"][1].update(changes)
        self.nonsense(
            case("placement 1 reaches outside its source", length=10**12),
            case("placement 1 reaches outside its source", start=14 * SECOND),
            case("placement 1 has a negative start", start=-1),
            case("placement 1 has a negative start or no length", length=0),
            case("'placements[1].start'", start=1.5),
            case("placement 1 names a source", source=3),
            case("'placements[1].source'", source=-1),
            case("placement 1 has a gain", gain_db=1e300),
            ("has no 'placements[1].start'", lambda plan: plan["placements"][1].pop("start")),
            ("no placement", lambda plan: plan.update(placements=[])))

    def test_rates_and_lengths_that_cannot_be(self):
        self.nonsense(
            *(("'sample_rate'", lambda plan, rate=rate: plan.update(sample_rate=rate))
              for rate in (0, -44100, 7999, 192001, 2**40, 44100.5, "44100")),
            # Transitions are counted in frames of the mix: at a quarter of its rate they are four times as long.
            ("placement 0 is too short", lambda plan: plan.update(sample_rate=11025)),
            ("after the end of the mix", lambda plan: plan.update(sample_rate=192000)),
            *(("'length'", lambda plan, length=length: plan.update(length=length))
              for length in (0, -1, plans.seams(self.plan)[-1] + 1, 2**63 - 1)),
            ("source 1 has no sample rate", lambda plan: plan["sources"][1].update(sample_rate=0)),
            ("source 1 has no length", lambda plan: plan["sources"][1].update(pcm_frames=-1)),
            ("source 1 has no path", lambda plan: plan["sources"][1].update(path="")),
            ("newer segue", lambda plan: plan.update(plan_version=99)))

    def test_what_is_no_plan(self):
        for text in ("", "{", "[]", "null", '{"plan_version": 2}', json.dumps(self.plan)[:-2], "[" * 100000):
            with self.subTest(text[:20]):
                self.write(text)
                self.render_refused(())
        (self.folder / "b.plan.json").unlink()
        self.render_refused("cannot be read")

    def test_a_plan_that_segue_made_and_somebody_spoiled(self):
        self.segue("mix", self.music, "-o", "made.flac", "--length", "24", "--draft")
        made = json.loads((self.folder / "made.plan.json").read_text(encoding="utf-8"))
        joins = [i for i, transition in enumerate(made["transitions"]) if transition["kind"] == "blend"]
        self.assertTrue(joins, "the music has room for a blend")
        made["transitions"][joins[0]]["in"]["tempo"] = 0
        self.write(made)
        self.render_refused(f"transition {joins[0]} has a tempo ratio")

    def test_an_older_mix_is_kept(self):
        self.write("{")
        (self.out / "b.flac").write_bytes(b"an older mix")
        self.addCleanup((self.out / "b.flac").unlink)
        self.render_refused(())
        self.assertEqual((self.out / "b.flac").read_bytes(), b"an older mix")


class Sources(Plans):
    def setUp(self):
        super().setUp()
        self.source = pathlib.Path(self.plan["sources"][1]["path"])
        kept = self.source.read_bytes()
        self.addCleanup(self.source.write_bytes, kept)
        self.write(self.plan)

    def source_refused(self, *says):
        self.render_refused(says, file=self.source)

    def test_one_that_vanished(self):
        self.source.unlink()
        self.source_refused("no such file", "placement 1")

    def test_one_that_is_no_music_any_more(self):
        for content in (b"", b"la la la", b"OggS" + bytes(1000)):
            self.source.write_bytes(content)
            self.source_refused("placement 1")
        self.source.unlink()
        for make in (os.mkdir, os.mkfifo, lambda path: os.symlink(path, path)):
            make(self.source)
            self.source_refused("placement 1")
            if self.source.is_dir():
                self.source.rmdir()
            else:
                self.source.unlink()

    def test_one_that_is_other_music_now(self):
        shutil.copy(self.plan["sources"][0]["path"], self.source)
        self.source_refused("no longer the music", "placement 1")

    def test_one_that_lost_its_end(self):
        kept = self.source.read_bytes()
        self.source.write_bytes(kept[:len(kept) // 2])
        self.source_refused("placement 1")

    def test_one_of_another_sample_rate(self):
        other = self.folder / "other.ogg"
        support.ffmpeg("-i", self.source, "-ar", 22050, other)
        shutil.copy(other, self.source)
        self.source_refused("no longer the music", "placement 1")

    def test_a_wave_file_that_names_another_rate_or_number_of_channels(self):
        # The samples are the same, and only the header tells them apart.
        wave = self.folder / "wave.wav"
        support.ffmpeg("-i", self.source, "-ac", 2, "-ar", 44100, wave)
        self.segue("analyze", wave)
        self.plan["sources"][1] = plans.source_of(self.json("library", "info", wave)[0])
        self.write(self.plan)
        self.render("wave.flac").unlink()
        kept = wave.read_bytes()
        self.assertEqual(kept[22:28], bytes([2, 0]) + (44100).to_bytes(4, "little"))
        for header in (bytes([2, 0]) + (48000).to_bytes(4, "little"), bytes([1, 0]) + kept[24:28]):
            wave.write_bytes(kept[:22] + header + kept[28:])
            self.render_refused("placement 1", file=wave)

    def test_what_the_plan_says_of_one_must_be_so(self):
        # Seen only once the file is open, in the middle of a mix.
        self.plan["length"] = 15 * SECOND  # however long the second placement is
        self.plan["sources"][1]["sample_rate"] = 48000
        self.write(self.plan)
        self.source_refused("44100 Hz", "48000 Hz")
        self.plan["sources"][1].update(sample_rate=44100, pcm_frames=10**9)
        self.plan["placements"][1]["start"] = 12 * SECOND
        self.write(self.plan)
        self.source_refused("ends at PCM frame", "placement 1")

    def test_a_name_that_needs_more_than_a_line(self):
        self.plan["sources"][1]["path"] = "/none/a\nb \"c\"\x1b[31m.ogg"
        self.write(self.plan)
        self.render_refused("placement 1", file='/none/a\\nb "c"\\x1B[31m.ogg')


class Sound(Plans):
    def test_a_plan_of_the_first_version_renders(self):
        # It had crossfades alone, and did not tell why.
        self.plan["transitions"] = [plans.crossfade(), plans.crossfade()]
        self.plan["length"] = plans.seams(self.plan)[-1]
        self.write(self.plan)
        now = self.render("now.flac", "--title", "A").read_bytes()
        self.plan["plan_version"] = 1
        self.write(self.plan)
        first = self.render("first.flac", "--title", "A")
        self.assertEqual(support.frames_of(first), self.plan["length"])
        self.assertEqual(self.plan["length"], 18 * SECOND)
        self.assertTrue(first.read_bytes() == now)  # assertEqual would print the bytes


class FullDisk(Plans):
    def test_nothing_is_left_on_a_full_disk(self):
        # Whether its first bytes do not fit, or some in the middle, or its last.
        self.write(self.plan)
        size = self.render("whole.wav").stat().st_size
        for kilobytes in (8, size // 2048, size // 1024 - 4):
            disk = self.small_disk(kilobytes)
            name = os.path.join(disk, "b.wav")
            self.render_refused("free some space", file=name, status=4, name=name)
            self.assertEqual(list(disk.iterdir()), [])

    def test_what_goes_with_a_mix_is_whole_or_not_there(self):
        self.write(self.plan)
        size = self.render("whole.wav", "--cue", "--tracklist").stat().st_size
        disk = self.small_disk((size // 4096 + 1) * 4 + 4)  # holds one more file
        self.refused(4, "mix", "--plan", "b.plan.json", "-o", disk / "whole.wav", "--cue", "--tracklist",
                     says=["whole.tracks.txt", "free some space"])
        self.assertEqual(sorted(path.name for path in disk.iterdir()), ["whole.cue", "whole.wav"])
        for path in disk.iterdir():
            self.assertEqual(path.read_bytes(), (self.out / path.name).read_bytes(), path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
