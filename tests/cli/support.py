"""What the end-to-end tests share: running segue in a sandbox, and music to give it."""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

SEGUE = os.environ.get("SEGUE", "build/release/segue")
SOURCE = pathlib.Path(os.environ.get("SEGUE_SOURCE", "."))
WESNOTH = pathlib.Path("/usr/share/games/wesnoth/1.16/data/core/music")


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def wav_float(path, samples, rate=22050):
    """A mono 32-bit float WAV file, written by hand so that it may hold NaN."""
    data = struct.pack(f"<{len(samples)}f", *samples)
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1,
                         rate, rate * 4, 4, 32, b"data", len(data))
    pathlib.Path(path).write_bytes(header + data)


def loudness(path):
    """Integrated loudness (LUFS) and true peak (dBTP) as FFmpeg measures them."""
    text = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-i", str(path), "-af",
                           "ebur128=peak=true", "-f", "null", "-"],
                          capture_output=True, text=True, check=True).stderr
    summary = text[text.rindex("Summary:"):].split()
    return float(summary[summary.index("I:") + 1]), float(summary[summary.index("Peak:") + 1])


def frames_of(path):
    """PCM frames by FFmpeg's decoder."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-"],
                         capture_output=True, check=True).stdout
    return len(raw) // 2


class Sandbox(unittest.TestCase):
    """A folder, a library and settings of its own for each test class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="segue-cli-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.environment = dict(os.environ, XDG_DATA_HOME=str(cls.folder / "data"),
                               XDG_CONFIG_HOME=str(cls.folder / "config"),
                               XDG_CACHE_HOME=str(cls.folder / "cache"), HOME=str(cls.folder))

    @classmethod
    def clips(cls, name="music", count=4, seconds=40):
        """Real music: the beginnings of `count` tracks, cut without re-encoding."""
        folder = cls.folder / name
        folder.mkdir()
        long = [p for p in sorted(WESNOTH.glob("*.ogg")) if p.stat().st_size > 3_000_000]
        for source in long[:count]:
            ffmpeg("-ss", 20, "-t", seconds, "-i", source, "-c", "copy", folder / source.name)
        return folder

    def segue(self, *arguments, status=0, **options):
        """Runs segue, checks its exit status, returns the finished process."""
        result = subprocess.run([SEGUE, *map(str, arguments)], capture_output=True, text=True,
                                env=options.pop("env", self.environment), cwd=self.folder,
                                stdin=options.pop("stdin", subprocess.DEVNULL), timeout=300, **options)
        self.assertEqual(result.returncode, status, result.stderr + result.stdout)
        return result

    def json(self, *arguments, **options):
        return json.loads(self.segue(*arguments, "--json", **options).stdout)

    def refused(self, status, *arguments, says=(), **options):
        """Expects one sentence on standard error that holds the words given, and nothing on stdout."""
        result = self.segue(*arguments, status=status, **options)
        lines = [line for line in result.stderr.splitlines() if line.startswith("segue: ")]
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].endswith("."), lines[0])
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, result.stderr)
        self.assertEqual(result.stdout, "")
        return result

    def small_disk(self, kilobytes):
        """A disk of that size, as long as the test runs. Only root may mount one: the test is skipped for others."""
        disk = pathlib.Path(tempfile.mkdtemp(prefix="disk-", dir=self.folder))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small disk cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=True)
        return disk

    def partial_files(self):
        return [str(p) for p in self.folder.rglob("*.partial")] + [str(p) for p in self.folder.rglob(".*.partial")]
