"""The table that puts segue beside other ways to make one stream."""
import json
import shutil
import subprocess
import sys
import unittest

import support


class Compare(support.Sandbox):
    def test_all_ways_of_a_folder_of_folders(self):
        music = self.folder / "music"
        for number, clip in enumerate(sorted(self.clips("clips", count=3).iterdir())):
            album = music / f"artist {number}" / "album"
            album.mkdir(parents=True)
            shutil.move(clip, album)
        done = subprocess.run([sys.executable, support.SOURCE / "bench/compare.py", support.SEGUE, music, "--length", "1:00",
                               "--seeds", "1", "--json", self.folder / "table.json"],
                              env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        ways = ["segue mix", "segue collage", "the report's greedy CRNN", "random joins", "whole tracks, 8-s crossfades",
                "true continuation"]
        reports = json.loads((self.folder / "table.json").read_text())
        self.assertEqual(list(reports), ways)
        rows = {line.split("|")[1].strip(): line.count("|") for line in done.stdout.splitlines() if line.startswith("|")}
        for name in [*ways, "human DJs"]:
            self.assertEqual(rows[name], rows["way"], "as many cells as the head has")
        self.assertTrue(any("an order of the 3 tracks" in name for name in rows), rows)
        for report in reports.values():
            self.assertGreater(report["n_seams"], 0)
            self.assertLessEqual(report["recordings"][0]["true_peak_dbtp"], -1)
        # What goes on by itself is at its own speed and in one key throughout.
        shares = {share["name"]: share for share in reports["true continuation"]["recordings"][0]["shares"]}
        self.assertEqual(shares["keys a fifth apart or nearer"]["share"], 1)


if __name__ == "__main__":
    unittest.main()
