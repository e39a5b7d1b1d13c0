"""How audible joins are: those made for it, and those of a finished mix."""
import json
import signal
import subprocess
import time
import unittest

import plans
import support

# Tracks that no detector and no network has heard.
SPLIT = json.loads((support.SOURCE / "tests/split.json").read_text())
UNHEARD = [name[2:] for name in SPLIT["test"] if name[0] == "w"]
HEARD = [name[2:] for name in SPLIT["detector"] if name[0] == "w"]


class Judge(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tracks = [support.WESNOTH / f"{name}.ogg" for name in UNHEARD[:5]]

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def setUp(self):
        self.addCleanup(lambda: self.assertEqual(self.partial_files(), []))

    def test_joins_of_systems_beside_random_ones(self):
        report = self.json("judge", *self.tracks, "--joins", "edge,edge+critic,true", "--count", 50)
        figures = {figure["joins"]: figure for figure in report["figures"]}
        self.assertEqual(list(figures), ["random", "edge", "edge+critic", "true"])
        self.assertEqual((report["fade_s"], report["kind"], report["n_tracks"]), (0.1, "100ms", 5))
        controls = {control["detector"]: control for control in report["detectors"]}
        self.assertEqual(set(controls), {"contrast", "cnn", "together"})
        for control in controls.values():
            self.assertEqual(control["valid"],
                             control["auc_hard_cuts"] >= 0.95 and control["auc_continuation"] <= 0.57)
        self.assertEqual(report["valid"], any(control["valid"] for control in controls.values()))
        # The detectors have power, and do not hear what is not there.
        self.assertGreater(controls["contrast"]["auc_hard_cuts"], 0.85)
        self.assertLess(controls["contrast"]["auc_continuation"], 0.65)
        heard = {name: figure["by_detector"]["contrast"] for name, figure in figures.items()}
        self.assertGreater(heard["random"]["auc"], 0.85)
        self.assertGreater(heard["random"]["auc"], heard["true"]["auc"] + 0.2)
        for figure in figures.values():
            self.assertGreaterEqual(figure["n_joins"], 40)
            for each in figure["by_detector"].values():
                low, high = each["interval"]
                self.assertTrue(low <= each["auc"] <= high, each)
            valid = [name for name, control in controls.items() if control["valid"]]
            best = max((figure["by_detector"][name]["auc"] for name in valid), default=None)
            self.assertEqual(figure["auc"], best)

    def test_the_same_on_one_thread_and_on_two(self):
        one, two = (self.json("judge", *self.tracks, "--joins", "random", "--count", 25, "--threads", threads)
                    for threads in (1, 2))
        self.assertEqual(one, two)

    def test_the_seams_of_a_mix(self):
        plan = "mix.plan.json"
        self.segue("mix", *self.tracks, "--style", "collage", "--length", "1:20", "-o", "mix.flac", "--seed", 4)
        self.segue("mix", "--plan", plan, "-o", "mix.ogg")
        told = self.segue("judge", "mix.flac", "--plan", plan).stdout
        self.assertIn("file", told)
        self.assertIn("random", told)
        # Beside it a set of somebody's, and all seams on a page.
        self.refused(3, "judge", "mix.ogg", "--plan", plan, "--reference", "mix.flac", says=["mix.flac", "CUE sheet"])
        (self.folder / "mix.txt").write_text("0\t40\tOne\n40\t80\tTwo\n")
        self.refused(4, "judge", "mix.ogg", "--plan", plan, "--page", "/nonexistent/page.html", says="page.html")
        report = self.json("judge", "mix.ogg", "--plan", plan, "--reference", "mix.flac", "--page", "page.html")
        self.assertEqual(len(report["kinds"]), 1)
        figures = {figure["joins"]: figure for figure in report["kinds"][0]["figures"]}
        self.assertEqual(set(figures), {"hard cuts", "random", "file"})
        self.assertGreater(figures["hard cuts"]["by_detector"]["contrast"]["auc"], 0.8)
        self.assertEqual(report["n_seams"], len(self.read(plan)["placements"]) - 1)
        self.assertEqual(figures["file"]["n_joins"] + report["n_unjudged"], report["n_seams"])
        self.assertGreater(figures["random"]["by_detector"]["contrast"]["auc"], 0.8)
        measured = report["recordings"][0]
        self.assertEqual(len(measured["seams"]), report["n_seams"])
        self.assertLessEqual(measured["true_peak_dbtp"], -1)
        self.assertIn("beats within 20 ms", {share["name"] for share in measured["shares"]})
        self.assertEqual(len(report["references"][0]["seams"]), 1)
        self.assertEqual((self.folder / "page.html").read_text().count("<audio"), report["n_seams"])
        self.assertFalse(list(self.folder.glob(".page*")))
        alone = self.json("judge", "--reference", "mix.flac")
        self.assertEqual((alone["recordings"], alone["references"]), ([], report["references"]))
        self.assertEqual(alone["references"][0]["tracks"], 2)
        self.refused(2, "judge", "--reference", "mix.flac", "--page", "page.html", says="--page")
        self.refused(2, "judge", self.tracks[0], "--reference", "mix.flac", says="as many recordings as plans")
        self.refused(3, "judge", self.tracks[0], "--plan", plan, says=["lasts", "the plan makes 1:20"])
        # Of the same length, but another mix, or none.
        support.ffmpeg("-i", self.folder / "mix.flac", "-af", "areverse", self.folder / "other.flac")
        support.ffmpeg("-f", "lavfi", "-i", "anullsrc=r=44100", "-t", 80, self.folder / "silent.flac")
        for name in ("other.flac", "silent.flac"):
            self.refused(3, "judge", name, "--plan", plan, says=[name, "does not sound as the plan makes it"])
        self.refused(3, "judge", "mix.ogg", "--plan", plan, "--reference", plan, says=plan)
        nowhere = dict(self.environment, TMPDIR="/nonexistent")
        self.refused(4, "judge", "mix.ogg", "--plan", plan, env=nowhere, says=["/nonexistent", "TMPDIR"])
        plain = self.read(plan)
        plain["sources"][plain["placements"][3]["source"]]["path"] = "/nowhere/gone.ogg"
        (self.folder / "gone.json").write_text(json.dumps(plain))
        self.refused(3, "judge", "mix.ogg", "--plan", "gone.json", says="gone.ogg")

    def test_every_kind_of_transition_has_detectors_with_power(self):
        for seconds, kind in ((1, "1000ms"), (12, "12000ms"), (32, "32000ms")):
            report = self.json("judge", *self.tracks, "--joins", "random", "--count", 20, "--crossfade", seconds)
            self.assertEqual((report["kind"], report["fade_s"]), (kind, seconds))
            controls = {control["detector"]: control for control in report["detectors"]}
            self.assertEqual(set(controls), {"contrast", "cnn", "together"})
            for control in controls.values():
                self.assertGreater(control["auc_hard_cuts"], 0.8, control)
                self.assertGreater(control["auc_hard_cuts"], control["auc_continuation"] + 0.1, control)

    def test_blends_of_several_recordings(self):
        self.segue("analyze", *self.tracks)
        rows = {row["file"]: row for row in self.json("library", "list")}
        sources = [plans.source_of(rows[str(track)]) for track in self.tracks]
        blend = plans.blend() | {"before": plans.RATE // 2, "after": plans.RATE // 2, "low": [-2000, 2000]}
        blend["mid"] = blend["high"] = [-plans.RATE // 2, plans.RATE // 2]
        pairs = []
        for name, order in (("a", [0, 1, 2, 3, 4, 0, 2, 4, 1, 3, 0, 3]), ("b", [1, 0, 4, 3, 2, 1, 4, 2, 0, 1, 3, 2])):
            plan = plans.plan_of(sources, order, [blend] * (len(order) - 1), seconds=12)
            (self.folder / f"{name}.json").write_text(json.dumps(plan))
            self.segue("mix", "--plan", f"{name}.json", "-o", f"{name}.flac")
            pairs += [f"{name}.flac", "--plan", f"{name}.json"]
        report = self.json("judge", *pairs)
        self.assertEqual(report["n_seams"], 22)
        self.assertEqual([kind["kind"] for kind in report["kinds"]], ["1000ms"])
        figures = {figure["joins"]: figure for figure in report["kinds"][0]["figures"]}
        self.assertEqual(figures["file"]["n_joins"], 22)
        self.assertGreater(figures["hard cuts"]["by_detector"]["contrast"]["auc"], 0.8)
        self.assertEqual(len(report["recordings"]), 2)
        for recording in report["recordings"]:
            self.assertEqual(len(recording["seams"]), 11)
            speed = {share["name"]: share["share"] for share in recording["shares"]}
            self.assertEqual(speed["own speed changed by at most 5 %"], 1)
            self.assertEqual(speed["own speed changed by at most 2 %"], 0)
        # One that begins like it, and goes on otherwise, is another.
        self.assertEqual(json.loads((self.folder / "a.json").read_text())["placements"][0]["source"], 0)
        other = plans.plan_of(sources, [0, 2, 1, 4, 3, 0, 2, 4, 1, 3, 0, 3], [blend] * 11, seconds=12)
        (self.folder / "other.json").write_text(json.dumps(other))
        self.refused(3, "judge", "a.flac", "--plan", "other.json", says=["does not sound as the plan makes it at 0:1"])

    def test_what_was_heard_is_refused(self):
        heard = support.WESNOTH / f"{HEARD[0]}.ogg"
        self.refused(3, "judge", heard, *self.tracks, "--joins", "random", says=[HEARD[0], "--allow-known"])
        self.json("judge", heard, *self.tracks, "--joins", "random", "--count", 20, "--allow-known")

    def test_what_cannot_be_judged_is_said(self):
        self.refused(2, "judge", *self.tracks, "--joins", "edge", "--critic", says="--learn")
        self.refused(6, "judge", *self.tracks, "--joins", "edge+critic", "--critics", self.folder, says="critic")
        self.refused(6, "judge", *self.tracks, "--joins", "none+critic+edge", says="'none'")
        track = self.tracks[0]
        self.refused(2, "judge", track, says=["--plan", "--joins", "--learn"])
        self.refused(2, "judge", track, "--joins", "edge", "--learn", says="one of")
        self.refused(2, "judge", track, "--joins", "edge", "--count", 5, says="--count")
        self.refused(2, "judge", track, "--joins", "edge", "--crossfade", 65, says="--crossfade")
        self.refused(2, "judge", track, "--learn", says="--split")
        self.refused(2, "judge", track, track, "--plan", "x.json", says="one for each")
        self.refused(3, "judge", "missing.flac", "--plan", "missing.json", says="missing")
        self.refused(3, "judge", track, "--joins", "edge", says="too little to judge")
        self.refused(6, "judge", *self.tracks, "--joins", "edge", "--crossfade", 0.5, says=["0.5 s", "--learn"])
        self.refused(6, "judge", *self.tracks, "--joins", "oboe", says="oboe")
        broken = self.folder / "broken" / "100ms"
        broken.mkdir(parents=True)
        self.refused(6, "judge", *self.tracks, "--joins", "edge", "--detectors", "broken", says=["contrast", "--learn"])
        self.segue("mix", *self.tracks, "--style", "collage", "--length", "0:20", "--fragment", "0.5", "-o", "crowded.flac")
        crowded = self.json("judge", "crowded.flac", "--plan", "crowded.plan.json")
        self.assertIn("too close together", crowded["why_not"])
        self.assertEqual(crowded["kinds"], [])
        self.assertEqual(len(crowded["recordings"][0]["seams"]), crowded["n_seams"])
        (self.folder / "none.json").write_text('{"train": ["a"], "val": ["b"], "test": ["c"]}')
        self.refused(3, "judge", *self.tracks, "--joins", "edge", "--split", "none.json", says="test side")
        self.refused(3, "judge", *self.tracks, "--learn", "--split", "none.json", says="at least 4 tracks")

    def test_ctrl_c_ends_at_once(self):
        self.segue("analyze", *self.tracks)
        process = subprocess.Popen([support.SEGUE, "judge", *map(str, self.tracks), "--joins", "edge", "--count", "1000"],
                                   env=self.environment, cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertLess(time.monotonic() - asked, 3)


if __name__ == "__main__":
    unittest.main()
