"""What lies beside a mix and inside it, read back by parsers that are not segue's."""
import json
import math
import subprocess
import unittest

import m3u8

import plans
import support


def output_of(*command):
    return subprocess.run([*map(str, command)], capture_output=True, check=True).stdout.decode()


class Companions(support.Sandbox):
    # File name, title and artist of each track. Where there is no title the file's name stands in.
    TRACKS = (("ä ö ü, 100 %.ogg", "Größe & „Maß“", "Jörg Ünlü"),
              ('say "hello" #1.flac', 'Say "hello", it\'s #1', 'The "Quoted" Ones'),
              ("naïve.ogg", "L’été; C:\\temp \\n 100 %", ""),
              ("#EXTM3U, zwölf – 12.ogg", "", ""))
    # The third placement goes on in the track of the second, which is no change.
    ORDER = (0, 1, 1, 2, 3, 0)
    MIX = "Ärger — 'mix'"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clips = sorted(cls.clips("clips", seconds=15).iterdir())
        cls.music = cls.folder / 'mü "sik"'
        cls.music.mkdir()
        for clip, (name, title, artist) in zip(clips, cls.TRACKS):
            encoding = ("-ar", 48000) if name.endswith(".flac") else ("-c", "copy")
            support.ffmpeg("-i", clip, *encoding, "-map_metadata", -1, "-metadata", f"title={title}",
                           "-metadata", f"artist={artist}", cls.music / name)

    def setUp(self):
        self.segue("analyze", self.music)
        rows = {row["file"]: row for row in self.json("library", "list")}
        # In JSON, %25 stands for % in the name of a file.
        sources = [plans.source_of(rows[str(self.music / name).replace("%", "%25")]) for name, _, _ in self.TRACKS]
        self.assertEqual([(s["title"], s["artist"]) for s in sources], [track[1:] for track in self.TRACKS])
        transitions = [plans.blend(), plans.crossfade(), plans.blend(), plans.crossfade(), plans.blend()]
        self.plan = plans.plan_of(sources, self.ORDER, transitions)
        self.plan["length"] -= 1234  # the last placement is cut
        if not (self.folder / f"{self.MIX}.ogg").exists():
            self.render(f"{self.MIX}.ogg", "--cue", "--playlist", "--labels", "--tracklist", "--chapters",
                        "--save-plan", "kept.plan.json")

    def render(self, name, *flags):
        (self.folder / "hand.plan.json").write_text(json.dumps(self.plan), encoding="utf-8")
        self.segue("mix", "--plan", "hand.plan.json", "-o", name, *flags)

    def entries(self):
        """What the companions ought to say: begin and end in seconds, and which track."""
        begins = [at / plans.RATE for at in plans.seams(self.plan)[:-1]]
        changes = [i for i, track in enumerate(self.ORDER) if i == 0 or track != self.ORDER[i - 1]]
        ends = [begins[i] for i in changes[1:]] + [self.plan["length"] / plans.RATE]
        return [(begins[i], end, self.ORDER[i]) for i, end in zip(changes, ends)]

    def title(self, track):
        name, title, _ = self.TRACKS[track]
        return title or name.rpartition(".")[0]

    def names(self):
        """Artist and title of each entry, as people read them."""
        tracks = [track for _, _, track in self.entries()]
        return [" – ".join(filter(None, (self.TRACKS[track][2], self.title(track)))) for track in tracks]

    def text(self, name):
        return (self.folder / name).read_bytes().decode("utf-8")

    def in_cue(self, name, template):
        """What cuetools reads of each track."""
        return output_of("cueprint", "-d", "", "-t", template + "\\n", self.folder / name).splitlines()

    def breaks_in_cue(self, name):
        return output_of("cuebreakpoints", self.folder / name).split()

    def test_a_cue_sheet_names_no_file_with_quotes(self):
        for plain in (["--plan", "p.json"], [self.music]):
            self.refused(2, "mix", *plain, "-o", 'a "b".ogg', "--cue", says=['a "b".ogg', "CUE sheet"])

    def test_cuetools_reads_the_cue_sheet(self):
        sheet = f"{self.MIX}.cue"
        entries = self.entries()
        self.assertEqual(output_of("cueprint", "-d", "%N %T", "-t", "", self.folder / sheet),
                         f"{len(entries)} {self.MIX}")
        for i, (_, _, track) in enumerate(entries):
            said = f"{i + 1}|{self.title(track)}|{self.TRACKS[track][2]}|{self.MIX}.ogg"
            # The format knows no double quote within a text.
            self.assertEqual(self.in_cue(sheet, "%n|%t|%p|%f")[i], said.replace('"', "'"))
        # The beginning is no break; times are in frames of 1/75 s, rounded down.
        frames = [math.floor(begin * 75 + 1e-6) for begin, _, _ in entries[1:]]
        self.assertEqual(self.breaks_in_cue(sheet),
                         [f"{frame // 4500}:{frame // 75 % 60:02d}.{frame % 75:02d}" for frame in frames])

    def test_a_backslash_at_the_end_of_a_text_does_not_swallow_the_next_lines_of_the_cue_sheet(self):
        self.plan["sources"][1].update(title="C:\\", artist="The \\")
        self.render("slash\\.flac", "--cue")
        changes = len(self.entries())
        self.assertEqual(len(self.in_cue("slash\\.cue", "%n")), changes)
        self.assertEqual(len(self.breaks_in_cue("slash\\.cue")), changes - 1)
        self.assertTrue(self.in_cue("slash\\.cue", "%t")[1].startswith("C:"))

    def test_a_line_break_in_a_title_begins_no_line(self):
        self.plan["sources"][1].update(title="One\n  TRACK 07 AUDIO\n#EXTINF:5,Two")
        self.render("lines.flac", "--cue", "--playlist")
        shown = "One\\n  TRACK 07 AUDIO\\n#EXTINF:5,Two"
        self.assertEqual(self.in_cue("lines.cue", "%t")[1], shown)
        self.assertEqual(len(self.in_cue("lines.cue", "%t")), len(self.entries()))
        self.assertEqual(len(m3u8.loads(self.text("lines.m3u8")).segments), len(self.entries()))
        self.assertIn(shown, self.text("lines.m3u8"))

    def test_m3u8_reads_the_playlist(self):
        self.assertTrue(self.text(f"{self.MIX}.m3u8").startswith("#EXTM3U\n"))
        segments = m3u8.loads(self.text(f"{self.MIX}.m3u8")).segments
        self.assertEqual([s.title for s in segments], self.names())
        for segment, (begin, end, track) in zip(segments, self.entries()):
            self.assertEqual(segment.uri, str(self.music / self.TRACKS[track][0]))
            self.assertAlmostEqual(segment.duration, end - begin, delta=.5)  # whole seconds

    def test_labels_and_tracklist_tell_the_same(self):
        labels = [line.split("\t") for line in self.text(f"{self.MIX}.labels.txt").splitlines()]
        self.assertEqual([label[2:] for label in labels], [[name] for name in self.names()])
        for (first, last, _), (begin, end, _) in zip(labels, self.entries()):
            self.assertAlmostEqual(float(first), begin, places=5)
            self.assertAlmostEqual(float(last), end, places=5)
        self.assertEqual(self.text(f"{self.MIX}.tracks.txt").splitlines(),
                         [f"0:{int(entry[0]):02d}  {name}" for entry, name in zip(self.entries(), self.names())])

    def test_ffprobe_reads_the_chapters(self):
        chapters = json.loads(output_of("ffprobe", "-v", "error", "-of", "json", "-show_chapters",
                                        self.folder / f"{self.MIX}.ogg"))["chapters"]
        self.assertEqual([chapter["tags"]["title"] for chapter in chapters], self.names())
        for chapter, (begin, end, _) in zip(chapters, self.entries()):
            self.assertAlmostEqual(float(chapter["start_time"]), begin, delta=.001)
            self.assertAlmostEqual(float(chapter["end_time"]), end, delta=.001)

    def test_json_reads_the_plan(self):
        kept = json.loads(self.text("kept.plan.json"), parse_constant=self.fail)
        for read, written in zip(kept["sources"], self.plan["sources"], strict=True):
            self.assertEqual(read, read | written)
        for name in ("placements", "transitions", "length", "sample_rate", "segmentation"):
            self.assertEqual(kept[name], self.plan[name], name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
