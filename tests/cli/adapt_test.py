"""A network that learns from the music it is given: train --from, evaluate by the run's split, mix --adapt."""
import json
import pathlib
import unittest

import support

FEW = ("--set", "epochs=2", "--threads", "1")


class Adapting(support.Sandbox):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.clips(count=4, seconds=40)

    def test_adapts_measures_before_and_after_and_tells_known_tracks_apart(self):
        result = self.segue("train", self.music, "--from", "bundled", "--test-share", ".25", *FEW, "-o", "run", "--json")
        report = json.loads(result.stdout)
        self.assertIn("before", result.stderr)
        self.assertEqual((report["train_tracks"], report["val_tracks"], report["test_tracks"]), (2, 1, 1))
        self.assertGreaterEqual(report["val_auc_hard"], report["val_auc_before"])
        self.assertEqual(report["name"], "successor-adapted")
        weights = pathlib.Path(report["weights"])
        card = json.loads(weights.with_suffix(".card.json").read_text())
        models = support.SOURCE.resolve() / "models"
        base = json.loads((models / "successor.card.json").read_text())
        self.assertEqual(card["from"], {"name": "successor", "weights": base["weights"]})
        self.assertEqual(len(card["tracks"]), len(base["tracks"]) + 3)
        self.assertEqual(card["tracks"][:len(base["tracks"])], base["tracks"])

        split = json.loads((self.folder / "run" / "split.json").read_text())
        stems = sorted(name for side in ("train", "val", "test") for name in split[side])
        self.assertEqual(stems, sorted(file.stem for file in self.music.iterdir()))
        figures = {}
        for model in ("successor", weights):
            figures[model] = self.json("evaluate", self.music, "--split", "run/split.json", "--model", model)
            self.assertEqual((figures[model]["n_tracks"], figures[model]["n_fragments"]), (1, 13))
        self.refused(3, "evaluate", self.music, "--model", weights, says=("is known to", "--allow-known"))
        both = self.json("evaluate", self.music, "--model", weights, "--allow-known")
        self.assertEqual((both["n_tracks"], both["known"]["n_tracks"]), (1, 3))
        self.assertEqual(both["r1"], figures[weights]["r1"])
        self.assertGreater(both["known"]["auc_hard"], 0.8)

        self.refused(2, "train", self.music, "--from", "bundled", *FEW, "-o", "run", says="--resume")
        again = self.json("train", self.music, "--from", "bundled", "--test-share", ".25", *FEW, "-o", "run", "--resume")
        self.assertEqual(again["val_auc_before"], report["val_auc_before"])

    def test_a_mix_adapts_once(self):
        first = self.segue("mix", self.music, "--adapt", "--model", "autoencoder", "--length", "8", "-o", "a.flac", "--json")
        self.assertIn("learning autoencoder-adapted", first.stderr)
        report = json.loads(first.stdout)
        self.assertEqual(report["model"], "autoencoder-adapted")
        self.assertEqual(report["known_runs"], report["runs"])
        kept = [file for file in (self.folder / "data/segue/adapted").rglob("*") if file.is_file()]
        self.assertIn("autoencoder-adapted.safetensors", [file.name for file in kept])
        second = self.segue("mix", self.music, "--adapt", "--model", "autoencoder", "--length", "8", "-o", "b.flac")
        self.assertNotIn("learning", second.stderr)
        self.assertEqual(*[(self.folder / name).read_bytes()[-1000:] for name in ("a.flac", "b.flac")])

    def test_too_little_music_to_adapt_to_is_mixed_all_the_same(self):
        one = sorted(self.music.iterdir())[0]
        result = self.segue("mix", one, "--adapt", "--length", "8", "-o", "one.flac", "--json", "--track-share", "1")
        self.assertIn("not adapted", result.stderr)
        self.assertEqual(json.loads(result.stdout)["model"], "successor")

    def test_what_cannot_be_adapted_is_refused(self):
        train = ("train", self.music, "-o", "refused", "--from")
        for name in ("random", "edge"):
            self.refused(2, *train, name, says="learns nothing")
            self.refused(2, "mix", self.music, "--adapt", "--model", name, says="learns nothing")
        self.refused(6, *train, "none", says="crnn-tuned")
        self.refused(6, *train, "none.safetensors", says="none.safetensors")
        self.refused(2, *train, "bundled", "--recipe", "crnn-tuned", says=("--from", "--recipe"))
        self.refused(2, *train, "bundled", "--encoder", "mine.pt", says=("--from", "--encoder"))
        self.refused(2, *train, "bundled", "--set", "edge=32", says=("'edge'", "successor"))
        self.refused(2, *train, "dense", "--label", "song", says=("'label'", "dense"))
        one = sorted(self.music.iterdir())[0]
        self.refused(3, "train", one, "-o", "refused", "--from", "bundled", says="whole songs")
        self.segue("train", self.music, "--system", "dense", "--label", "song", *FEW, "-o", "songs")
        self.refused(2, *train, "songs/dense.safetensors", says="songs")
        self.assertFalse((self.folder / "refused" / "checkpoint.safetensors").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
