"""Public data sets in their published layouts: what comes into the library, and how they are split."""
import json
import shutil
import unittest

import support


class Import(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sources = [p for p in sorted(support.WESNOTH.glob("*.ogg")) if p.stat().st_size > 3_000_000]
        # Other music for every file of a set: doubles would be one song.
        cls.cuts = iter([(source, start) for start in (20, 60) for source in sources])

    def setUp(self):
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self.set = self.folder / self.id().rsplit(".", 1)[1]
        self.set.mkdir()

    def audio(self, *names, tags=()):
        for name in names:
            source, start = next(self.cuts)
            (self.set / name).parent.mkdir(parents=True, exist_ok=True)
            support.ffmpeg("-ss", start, "-t", 11, "-i", source, "-map_metadata", "-1",
                           *(word for tag in tags for word in ("-metadata", tag)), self.set / name)

    def write(self, name, text, encoding="utf-8"):
        (self.set / name).parent.mkdir(parents=True, exist_ok=True)
        (self.set / name).write_bytes(text.encode(encoding))

    def tracks(self):
        return {t["file"].rsplit("/", 1)[1]: t for t in self.json("library", "list")}

    def split(self, name="split.json"):
        sides = json.loads((self.folder / name).read_text())
        return {song: side for side in ("train", "val", "test") for song in sides[side]}

    def test_fma(self):
        self.audio("fma_small/000/000002.mp3", "fma_small/000/000005.mp3", "fma_small/140/140001.mp3",
                   tags=["artist=of the file", "title=of the file"])
        self.write("fma_small/140/140002.mp3", "no music at all")
        self.write("fma_metadata/tracks.csv",
                   ",album,album,artist,artist,set,track,track,track,track\r\n"
                   ",date_released,title,bio,name,split,date_recorded,genre_top,license,title\r\n"
                   "track_id,,,,,,,,,\r\n"
                   '2,2009-01-05 00:00:00,AWOL,"line\r\n\r\n""two""",AWOL,training,,Hip-Hop,Attribution,Food\r\n'
                   '5,,,,"B, C",validation,,Rock,,\r\n'
                   "140001,,,,D,test,,Folk,Public Domain,Air\r\n140002,,,,D,test,,Folk,,\r\n"
                   + "".join(f"{n},,,,E,training,,,,\r\n" for n in range(7, 14)))
        run = self.segue("import", self.set, "--dataset", "fma", "--split", "split.json")
        self.assertIn("7 rows of 11 whose file is not there", run.stderr)
        self.assertIn("000/000011.mp3", run.stderr)
        self.assertNotIn("000/000012.mp3", run.stderr, "the first five")
        self.assertIn("140002.mp3", run.stderr)
        self.assertIn("3 tracks of 11 rows", run.stdout)
        tracks = self.tracks()
        self.assertEqual(len(tracks), 3)
        two = tracks["000002.mp3"]
        self.assertEqual((two["artist"], two["title"], two["genre"], two["licence"], two["album"]),
                         ("AWOL", "Food", "Hip-Hop", "Attribution", "AWOL"))
        five = tracks["000005.mp3"]
        self.assertEqual((five["artist"], five["title"]), ("B, C", "of the file"), "where the table is silent")
        self.assertEqual(self.split(), {"000002": "train", "000005": "val", "140001": "test"})

        # What the table says outlives an analysis, unless the file says something new.
        (self.set / "fma_small/000/000002.mp3").touch()
        for features in (self.folder / "data").rglob("*.safetensors"):
            features.unlink()
        self.assertEqual(self.json("analyze", self.set / "fma_small")["analyzed"], 3)
        self.assertEqual(self.tracks()["000002.mp3"]["artist"], "AWOL")
        support.ffmpeg("-i", self.set / "fma_small/000/000002.mp3", "-c", "copy", "-metadata", "artist=New",
                       self.folder / "new.mp3")
        shutil.move(self.folder / "new.mp3", self.set / "fma_small/000/000002.mp3")
        self.assertEqual(self.json("analyze", self.set / "fma_small")["retagged"], 1)
        two = self.tracks()["000002.mp3"]
        self.assertEqual((two["artist"], two["genre"]), ("New", ""))

    def test_gtzan(self):
        names = [f"{genre}/{genre}.0000{n}.wav" for genre in ("blues", "jazz") for n in range(3)]
        self.audio(*(f"genres/{name}" for name in names))
        self.write("genres/jazz/jazz.00054.wav", "broken")
        run = self.segue("import", self.set, "--dataset", "gtzan", "--split", "split.json")
        self.assertIn("jazz.00054.wav", run.stderr)
        self.assertIn("without an artist", run.stderr)
        self.assertEqual({t["genre"] for t in self.tracks().values()}, {"blues", "jazz"})
        self.assertEqual(len(self.split()), 6)

        self.write("GTZANindex.txt", "".join(f"{name.split('/')[1]} ::: {artist} ::: Song {artist}{i}\n"
                                             for i, (name, artist) in enumerate(zip(names, "AABBCC"))))
        self.write("train_filtered.txt", names[0] + "\n" + names[2] + "\n")
        self.write("test_filtered.txt", names[1] + "\n")
        report = self.json("import", self.set, "--dataset", "gtzan", "--split", "split.json")
        self.assertEqual((report["analysis"]["analyzed"], report["split"]["by"]), (0, "published"))
        self.assertEqual(report["split"]["artists_on_two_sides"], 1)
        self.assertEqual(self.split(), {"blues.00000": "train", "blues.00002": "train", "blues.00001": "test"})
        told = self.segue("import", self.set, "--dataset", "gtzan", "--split", "split.json").stderr
        self.assertIn("not artist-disjoint: 1 artist on two sides, as A", told)

        for seed in range(1, 4):
            arguments = ["import", self.set, "--dataset", "gtzan", "--split", "drawn.json", "--by", "artist"]
            report = self.json(*arguments, "--validation-share", "0.34", "--test-share", "0.33", "--seed", seed)
            self.assertEqual([report["split"][side] for side in ("train", "val", "test")], [2, 2, 2])
            sides = self.split("drawn.json")
            for first, second in (("blues.00000", "blues.00001"), ("blues.00002", "jazz.00000")):
                self.assertEqual(sides[first], sides[second])
        # Training takes the split, and draws by artist itself.
        for arguments in (["--split", "drawn.json"], ["--by", "artist", "--validation-share", "0.34"]):
            report = self.json("train", self.set, "--dry-run", "-o", "run", *arguments)
            self.assertEqual((report["train_tracks"] % 2, report["val_tracks"]), (0, 2))
        self.refused(3, "train", self.set, "--dry-run", "-o", "run", "--split", "split.json", "--by", "artist",
                     says="puts one artist on two sides")

    def test_mtg_jamendo(self):
        self.audio("14/214.mp3", "41/241.mp3")
        header = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
        rows = ["track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t11.0\tgenre---punkrock\tgenre---rock\n",
                "track_0000241\tartist_000005\talbum_000033\t41/241.mp3\t11.0\tmood/theme---calm\n",
                "track_0000382\tartist_000020\talbum_000046\t82/382.mp3\t11.0\tgenre---classical\n"]
        self.write("data/autotagging.tsv", header + "".join(rows))
        self.write("data/raw.meta.tsv",
                   "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL\n"
                   "track_0000214\tartist_000014\talbum_000031\t\"Intro\tChianté\tTrucs\t2004-12-16\thttp://x\n")
        self.write("audio_licenses.txt", "14/214.mp3\nIntro\nAvailable under a Creative Commons Attribution license: "
                   "http://creativecommons.org/licenses/by/3.0/\n\n")
        self.write("data/splits/split-0/autotagging-train.tsv", header + rows[0])
        self.write("data/splits/split-0/autotagging-validation.tsv", header + rows[1])
        report = self.json("import", self.set, "--dataset", "mtg-jamendo", "--split", "split.json")
        self.assertEqual((report["rows"], report["missing"], report["tracks"]), (3, 1, 2))
        self.assertEqual(report["missing_first"], ["82/382.mp3"])
        first = self.tracks()["214.mp3"]
        self.assertEqual((first["artist"], first["title"], first["genre"], first["year"], first["licence"]),
                         ("Chianté", '"Intro', "punkrock", "2004", "http://creativecommons.org/licenses/by/3.0/"))
        second = self.tracks()["241.mp3"]
        self.assertEqual((second["artist"], second["mood"]), ("artist_000005", "calm"))
        self.assertEqual(self.split(), {"214": "train", "241": "val"})

    def test_any_table(self):
        self.audio("x/one.ogg", "y/one.ogg", "two.flac")
        self.write("own.tsv", "\ufefffile\tby\tterms\r\nx/one.ogg\tÄnne\tCC0\r\ntwo.flac\tBert\t\r\n")
        columns = ["--table", self.set / "own.tsv", "--columns", "path=file,artist=by", "--columns", "licence=terms"]
        self.assertEqual(self.json("import", self.set, *columns, "--split", "own.json")["tracks"], 2)
        tracks = self.tracks()
        self.assertEqual(set(tracks), {"one.ogg", "two.flac"}, "what the table does not name is left out")
        self.assertEqual((tracks["one.ogg"]["artist"], tracks["one.ogg"]["licence"]), ("Änne", "CC0"))

        both = self.set / "both.csv"
        both.write_text("path,artist\nx/one.ogg,A\ny/one.ogg,B\n")
        self.refused(3, "import", self.set, "--table", both, "--split", "both.json",
                     says=("shares its name 'one'", "without --split"))
        self.assertEqual(self.json("import", self.set, "--table", both)["tracks"], 2)

        for status, arguments, says in (
                (2, [], ("--table", "--dataset")),
                (2, ["--dataset", "mnist"], "mnist"),
                (2, [*columns, "--columns", "path={file"], "brace"),
                (2, ["--table", both, "--split", "s.json", "--by", "published"], "no split is published"),
                (2, ["--table", both, "--split", "s.json", "--validation-share", "1"], "shares"),
                (3, ["--table", "none.csv"], "none.csv"),
                (3, ["--table", self.set / "own.tsv"], ("no column 'path'", "file, by, terms", "--columns")),
                (3, ["--dataset", "fma"], "fma_metadata/tracks.csv")):
            self.refused(status, "import", self.set, *arguments, says=says)
        self.refused(3, "import", self.set / "x", "--table", both, says="none of the 2 files")
        both.write_text('path,artist\n"x/one.ogg,A\n')
        self.refused(3, "import", self.set, "--table", both, says=("both.csv", "line 2 opens a quote"))
        self.assertFalse((self.folder / "s.json").exists())
        self.assertEqual(self.partial_files(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
