#!/usr/bin/python3
"""Music made by rule, so that a network learns from more than one collection's taste.

compose.py FOLDER [--pieces 96] [--seed 1] [--jobs 2] [--truth]

Each piece draws a style, a metre, a tempo, a key, a form of sections, chords, motifs and an
arrangement; FluidSynth plays it with a General MIDI sound font, FFmpeg mixes it to a master
(equaliser, compressor, echo, hiss, limiter) and encodes it as records come: FLAC, Vorbis, MP3, Opus.
The same seed gives the same notes; the sound depends on the versions of fonts and encoders.
--truth: beside each whose beats people would tap in threes or fours NAME.json says when.
Needs fluidsynth, fluid-soundfont-gm, timgm6mb-soundfont and ffmpeg. What it writes is CC0.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from composing.piece import Piece
from composing.styles import STYLES

FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2")


def master(rng, style):
    """A chain of FFmpeg filters, from a dry room to a loud record."""
    chain = [f"bass=g={rng.uniform(-4, 6):.1f}:f={rng.uniform(70, 160):.0f}", f"treble=g={rng.uniform(-6, 6):.1f}:f={rng.uniform(3000, 9000):.0f}"]
    if rng.random() < .4:
        chain.append(f"equalizer=f={rng.uniform(300, 3000):.0f}:t=q:w=1:g={rng.uniform(-5, 5):.1f}")
    if rng.random() < .3:
        chain.append(f"aecho=0.9:0.8:{rng.uniform(60, 450):.0f}:{rng.uniform(.1, .35):.2f}")
    if rng.random() < .15:
        chain.append(f"aphaser=speed={rng.uniform(.1, .8):.2f}")
    if rng.random() < .15:
        chain.append(f"lowpass=f={rng.uniform(6000, 12000):.0f}")
    if rng.random() < .3:
        chain.append(f"extrastereo=m={rng.uniform(.5, 2):.2f}")
    if rng.random() < .7:
        chain.append(f"acompressor=threshold={rng.uniform(.05, .3):.3f}:ratio={rng.uniform(2, 8):.1f}:attack={rng.uniform(2, 40):.0f}:release={rng.uniform(60, 400):.0f}:makeup={rng.uniform(1, 4):.1f}")
    if rng.random() < .3:
        chain.append(f"asoftclip=type={rng.choice(('tanh', 'atan', 'cubic'))}")
    chain.append(f"loudnorm=I={rng.uniform(-18, -9):.1f}:TP=-1:LRA={rng.uniform(5, 14):.0f}")
    chain.append("alimiter=limit=0.97:level=false")
    return ",".join(chain)


ENCODERS = (("flac", ["-sample_fmt", "s16"]), ("ogg", ["-c:a", "libvorbis", "-q:a", "3"]), ("ogg", ["-c:a", "libvorbis", "-q:a", "6"]),
            ("mp3", ["-c:a", "libmp3lame", "-b:a", "128k"]), ("mp3", ["-c:a", "libmp3lame", "-b:a", "256k"]),
            ("opus", ["-c:a", "libopus", "-b:a", "96k"]))


def make(folder, seed, number, truth=False):
    rng = random.Random(f"{seed}/{number}")
    style = sorted(STYLES)[number % len(STYLES)]
    piece = Piece(style, rng)
    font, rate = rng.choice(FONTS[:1] * 2 + FONTS[1:]), rng.choice((44100, 44100, 48000))
    suffix, codec = rng.choice(ENCODERS)
    reverb, gain = rng.random() < .75, rng.uniform(.3, .6)
    chain, hiss = master(rng, style), rng.choice((None, None, None, rng.uniform(.0005, .004)))
    name = f"composed_{number:04d}_{style}.{suffix}"
    text = (folder / name).with_suffix(".json")
    if (folder / name).exists() and (text.exists() or not truth):
        return name
    with tempfile.TemporaryDirectory() as scratch:
        score, raw = pathlib.Path(scratch, "score.mid"), pathlib.Path(scratch, "raw.wav")
        score.write_bytes(piece.midi())
        subprocess.run(["fluidsynth", "-ni", "-q", "-g", f"{gain:.2f}", "-r", str(rate), "-R", str(int(reverb)), "-C", str(int(rng.random() < .5)),
                        "-F", str(raw), font, str(score)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        inputs, graph = ["-i", str(raw)], f"[0]{chain}[out]"
        if hiss:
            inputs += ["-f", "lavfi", "-i", f"anoisesrc=color={rng.choice(('pink', 'brown', 'white'))}:amplitude={hiss * 10:.4f}:seed={number}:r={rate}"]
            graph = f"[0][1]amix=inputs=2:duration=first:normalize=0[sum];[sum]{chain}[out]"
        part = folder / f".{name}.part"
        form = {"opus": "opus", "ogg": "ogg", "mp3": "mp3", "flac": "flac"}[suffix]
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *inputs, "-filter_complex", graph, "-map", "[out]", "-ar", str(48000 if suffix == "opus" else rate),
                        "-ac", "2", "-threads", "1", "-metadata", f"title=Composed {number} ({style}, {piece.metre}, {piece.tempo:.0f} BPM)", "-metadata", "artist=segue",
                        "-metadata", f"genre={style}", "-metadata", "license=CC0-1.0", *codec, "-f", form, str(part)], check=True)
        part.rename(folder / name)
    if truth and piece.truth():
        text.write_text(json.dumps(piece.truth()))
    return name


def rules():
    """What the notes and their sound follow from, but for fonts and encoders."""
    here = pathlib.Path(__file__).parent
    text = b"".join(path.read_bytes() for path in (pathlib.Path(__file__), here / "composing/piece.py", here / "composing/styles.py"))
    return hashlib.sha256(text).hexdigest()


def forget_others(folder, seed, pieces):
    """Pieces by other rules or another seed are made again, and those of a larger set go; what else lies there is not touched."""
    mark, text = folder / "rules.txt", f"{rules()} seed {seed}\n"
    fits = mark.exists() and mark.read_text() == text
    for piece in folder.glob("composed_[0-9][0-9][0-9][0-9]_*"):
        if not fits or int(piece.name[9:13]) >= pieces:
            piece.unlink()
    if not fits:
        mark.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pieces", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--truth", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    forget_others(options.folder, options.seed, options.pieces)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(make, options.folder, options.seed, number, options.truth) for number in range(options.pieces)]
        for done, one in enumerate(concurrent.futures.as_completed(waiting), 1):
            name = one.result()
            if done % 12 == 0 or done == options.pieces:
                print(f"{done} of {options.pieces}: {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
