#!/usr/bin/python3
"""Music made by rule, so that a network learns from more than one collection's taste.

compose.py FOLDER [--pieces 96] [--seed 1] [--jobs 2]

Each piece draws a style, a metre, a tempo, a key, a form of sections, chords, motifs and an
arrangement; FluidSynth plays it with a General MIDI sound font, FFmpeg mixes it to a master
(equaliser, compressor, echo, hiss, limiter) and encodes it as records come: FLAC, Vorbis, MP3, Opus.
The same seed gives the same notes; the sound depends on the versions of fonts and encoders.
Needs fluidsynth, fluid-soundfont-gm, timgm6mb-soundfont and ffmpeg. What it writes is CC0.
"""
import argparse
import concurrent.futures
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2")
PPQ = 480
DRUMS = 9
KICK, RIM, SNARE, CLAP, HAT, OPEN_HAT, CRASH, RIDE = 36, 37, 38, 39, 42, 46, 49, 51
TOMS, SHAKER, CONGAS, TAMBOURINE, COWBELL = (50, 47, 45, 43), 70, (62, 63, 64), 54, 56

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10),
          "dorian": (0, 2, 3, 5, 7, 9, 10), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
          "phrygian": (0, 1, 3, 5, 7, 8, 10), "harmonic": (0, 2, 3, 5, 7, 8, 11),
          "lydian": (0, 2, 4, 6, 7, 9, 11)}
# After a degree of the scale, which come next, and how often.
HARMONY = {0: {3: 3, 4: 3, 5: 3, 1: 1, 6: 1, 2: 1}, 1: {4: 4, 3: 1, 6: 1}, 2: {5: 3, 3: 3, 0: 1},
           3: {4: 4, 0: 3, 1: 1, 5: 1}, 4: {0: 5, 5: 3, 3: 1}, 5: {3: 4, 1: 2, 4: 2, 2: 1},
           6: {0: 3, 2: 2, 5: 1}}

# General MIDI programs (from 0) by what they do in a band.
PIANOS, ORGANS, GUITARS, DRIVEN = (0, 1, 4, 5), (16, 17, 18, 19), (24, 25, 26, 27, 28), (29, 30)
STRINGS, CHOIRS, BRASS, WOODS = (48, 49, 50, 44), (52, 53, 54), (56, 57, 60, 61), (68, 70, 71, 73, 74, 75)
LEADS, PADS, PLUCKED, MALLETS = (80, 81, 82, 84, 87), (88, 89, 91, 94, 95), (6, 15, 45, 46, 104, 105, 107), (8, 9, 11, 12, 13, 14, 108)
BASSES, SYNTH_BASSES, LOW = (32, 33, 34, 35), (36, 38, 39, 87), (42, 43, 58, 70)

# tempo, metres, scales, bass, comping, pad, lead; drums name a kit of patterns (none: no drums).
STYLES = {
    "rock": dict(tempo=(100, 160), metres=("4/4",), bass=BASSES, comp=GUITARS + DRIVEN, pad=ORGANS, lead=DRIVEN + (56, 65), drums="rock", push=.1),
    "metal": dict(tempo=(120, 200), metres=("4/4", "7/8", "6/8"), scales=("minor", "phrygian", "harmonic"), bass=(34, 33), comp=(30,), pad=CHOIRS + (48,), lead=(30, 29), drums="metal", riff=.8),
    "ballad": dict(tempo=(60, 88), metres=("4/4", "6/8"), bass=BASSES, comp=PIANOS + GUITARS, pad=STRINGS, lead=WOODS + (65, 40), drums="rock", arp=.6),
    "house": dict(tempo=(118, 132), metres=("4/4",), scales=("minor", "dorian"), bass=SYNTH_BASSES, comp=PIANOS + (16,), pad=PADS, lead=LEADS, drums="house", pump=1, steady=1),
    "trance": dict(tempo=(130, 145), metres=("4/4",), scales=("minor", "harmonic"), bass=SYNTH_BASSES, comp=LEADS, pad=PADS, lead=LEADS, drums="house", arp=1, pump=1, steady=1),
    "breaks": dict(tempo=(125, 178), metres=("4/4",), scales=("minor", "dorian", "phrygian"), bass=SYNTH_BASSES, comp=PADS + (4, 5), pad=PADS, lead=LEADS + MALLETS, drums="breaks", steady=1),
    "hiphop": dict(tempo=(78, 100), metres=("4/4",), scales=("minor", "dorian"), bass=BASSES + (38,), comp=PIANOS + (27,), pad=STRINGS + PADS, lead=MALLETS + (73, 11), drums="hiphop", swing=.25, steady=1),
    "funk": dict(tempo=(92, 122), metres=("4/4",), scales=("dorian", "mixolydian"), bass=(33, 36, 37), comp=(27, 28, 7, 16), pad=BRASS, lead=BRASS + (65, 66), drums="funk", push=.4),
    "reggae": dict(tempo=(66, 92), metres=("4/4",), bass=BASSES, comp=(26, 27, 16), pad=ORGANS, lead=BRASS + (22,), drums="reggae", offbeat=1),
    "latin": dict(tempo=(90, 138), metres=("4/4",), bass=(32, 33), comp=(24, 0, 105), pad=STRINGS, lead=(73, 56, 11, 24), drums="latin", push=.6),
    "swing": dict(tempo=(110, 220), metres=("4/4", "3/4"), scales=("major", "dorian", "mixolydian"), bass=(32,), comp=(0, 26), pad=(61, 65), lead=(65, 66, 56, 11, 0), drums="swing", swing=.33, walk=1),
    "waltz": dict(tempo=(90, 180), metres=("3/4",), bass=LOW + (32,), comp=STRINGS + (0, 21, 46), pad=STRINGS + (60,), lead=WOODS + (40, 21), drums=None, oompah=1, rubato=.03),
    "march": dict(tempo=(96, 126), metres=("4/4", "2/4"), bass=(58, 57), comp=(60, 61), pad=(60, 61), lead=(56, 72, 61), drums="march", oompah=1),
    "epic": dict(tempo=(70, 150), metres=("4/4", "3/4", "6/8", "5/4"), scales=("minor", "harmonic", "dorian"), bass=(43, 42), comp=STRINGS + (45,), pad=CHOIRS + STRINGS, lead=BRASS + (40, 68), drums="timpani", arp=.5, rubato=.02, swell=1),
    "pastoral": dict(tempo=(60, 110), metres=("4/4", "3/4", "6/8"), scales=("major", "mixolydian", "lydian"), bass=LOW, comp=(46, 24, 45, 0), pad=STRINGS, lead=WOODS + (40, 60), drums=None, arp=.7, rubato=.05, swell=1),
    "ambient": dict(tempo=(48, 90), metres=("4/4", "3/4", "5/4"), bass=PADS + (39,), comp=PADS + MALLETS, pad=PADS + CHOIRS, lead=PADS + (4, 11, 73), drums=None, slow=1, swell=1, rubato=.03),
    "piano": dict(tempo=(56, 140), metres=("4/4", "3/4", "6/8"), bass=(0, 1), comp=(0, 1), pad=None, lead=(0, 1), drums=None, arp=.6, rubato=.08, swell=1),
    "celtic": dict(tempo=(90, 130), metres=("6/8", "4/4"), scales=("dorian", "mixolydian", "major"), bass=(32, 42), comp=(24, 25, 46, 105), pad=(109, 48, 21), lead=(40, 73, 109, 75, 21), drums="bodhran", busy=1),
    "chip": dict(tempo=(110, 180), metres=("4/4", "3/4", "7/8", "5/4"), bass=(80, 38, 87), comp=(80, 81), pad=None, lead=(80, 81), drums="chip", arp=1, busy=1, steady=1),
    "baroque": dict(tempo=(70, 120), metres=("4/4", "3/4"), scales=("major", "harmonic"), bass=(6, 42, 19), comp=(6, 19), pad=(48, 19), lead=(6, 40, 73, 56, 68), drums=None, walk=1, busy=1, rubato=.02),
    "minimal": dict(tempo=(96, 170), metres=("4/4", "6/8", "7/8", "5/4"), bass=(12, 42, 0), comp=MALLETS + (0,), pad=WOODS + STRINGS, lead=MALLETS + WOODS, drums=None, arp=1, steady=1),
    "chorale": dict(tempo=(56, 84), metres=("4/4", "3/4"), bass=(52, 19), comp=(52, 53, 19), pad=CHOIRS, lead=(52, 53, 68), drums=None, slow=1, rubato=.06, swell=1),
    "east": dict(tempo=(80, 140), metres=("4/4", "7/8", "6/8", "5/4"), scales=("phrygian", "harmonic", "dorian"), bass=(32, 43), comp=(104, 106, 107, 15, 25), pad=(48, 109, 44), lead=(104, 111, 77, 68, 40), drums="hand", busy=1, push=.3),
    "industrial": dict(tempo=(90, 140), metres=("4/4",), scales=("phrygian", "minor"), bass=(38, 87, 39), comp=(30, 81, 97), pad=(95, 97, 101, 102), lead=(84, 87, 30), drums="industrial", riff=.6, steady=1),
}

# Sixteenths of a 4/4 bar (x loud, o soft), as (note, pattern).
KITS = {
    "rock": [[(KICK, "x.......x.o....."), (SNARE, "....x.......x..."), (HAT, "x.o.x.o.x.o.x.o.")],
             [(KICK, "x..x....x.x....."), (SNARE, "....x.......x..o"), (RIDE, "x.o.x.o.x.o.x.o.")]],
    "metal": [[(KICK, "x.xxx.xxx.xxx.xx"), (SNARE, "....x.......x..."), (HAT, "x...x...x...x...")],
              [(KICK, "xxxxxxxxxxxxxxxx"), (SNARE, "....x.......x..."), (RIDE, "x.x.x.x.x.x.x.x.")],
              [(KICK, "x.x.x.x.x.x.x.x."), (SNARE, "..x...x...x...x."), (CRASH, "x.......x.......")]],
    "house": [[(KICK, "x...x...x...x..."), (CLAP, "....x.......x..."), (OPEN_HAT, "..x...x...x...x."), (HAT, "o.oo.o.oo.oo.o.o")],
              [(KICK, "x...x...x...x..."), (RIM, "..o..o....o..o.."), (HAT, "..x...x...x...xo")]],
    "breaks": [[(KICK, "x.........x....."), (SNARE, "....x..o.o..x..o"), (HAT, "x.x.x.x.x.x.x.x.")],
               [(KICK, "x.x.......xx...."), (SNARE, "....x..o.o....x."), (RIDE, "x.x.x.x.x.x.x.x.")]],
    "hiphop": [[(KICK, "x......x..x....."), (SNARE, "....x.......x..."), (HAT, "x.o.x.o.x.oox.o.")],
               [(KICK, "x..x......x..o.."), (CLAP, "....x.......x..."), (HAT, "xoooxoooxoooxooo")]],
    "funk": [[(KICK, "x..x..x...x..x.."), (SNARE, "....x..o.o..x..o"), (HAT, "xoxoxoxoxoxoxoxo")],
             [(KICK, "x.x.....x..x...."), (SNARE, "o...x.o..o..x..."), (HAT, "x.xox.xox.xox.xo")]],
    "reggae": [[(KICK, "........x......."), (RIM, "........x......."), (HAT, "x.o.x.o.x.o.x.o.")],
               [(KICK, "x...x...x...x..."), (RIM, "....x.......x..."), (HAT, "..x...x...x...x.")]],
    "latin": [[(KICK, "x..x..x...x..x.."), (CONGAS[0], "..o.x..x..o.x.xx"), (SHAKER, "xoxoxoxoxoxoxoxo"), (RIM, "x..x..x...x.x...")],
              [(KICK, "x.....x.x.....x."), (CONGAS[2], "....x.oo....x.oo"), (COWBELL, "x.x...x.x.xx..x."), (SHAKER, "xoooxoooxoooxooo")]],
    "swing": [[(RIDE, "x...x.x.x...x.x."), (HAT, "....x.......x..."), (KICK, "o.......o......."), (SNARE, "......o.......o.")]],
    "march": [[(KICK, "x.......x......."), (SNARE, "x.oox.x.x.ooxxxx"), (CRASH, "....x.......x...")]],
    "timpani": [[(41, "x.....x.x..x...."), (36, "x.......x.......")], [(41, "x..x..x.x..x..x."), (57, "x...............")],
                [(41, "x...............")]],
    "bodhran": [[(64, "x..oo.x..oo.x.oo"), (TAMBOURINE, "....x.......x...")]],
    "chip": [[(KICK, "x...x.x.x...x..."), (SNARE, "....x.......x.x."), (HAT, "x.x.x.x.x.x.x.x.")],
             [(KICK, "x.....x...x....."), (SNARE, "....x.......x..."), (HAT, "xxxxxxxxxxxxxxxx")]],
    "hand": [[(CONGAS[2], "x..x..x.x..x.oo."), (CONGAS[1], ".o..o..o.o..o..o"), (TAMBOURINE, "x...x...x...x...")]],
    "industrial": [[(KICK, "x...x...x...x.x."), (SNARE, "....x.......x..."), (56, "..o..o....o..o.."), (HAT, "xoxoxoxoxoxoxoxo")],
                   [(KICK, "x.xx..x.x.x...x."), (39, "....x..o....x.o."), (69, "xoxoxoxoxoxoxoxo")]],
}


class Piece:
    """Notes of one piece: (beat, length in beats, channel, pitch, velocity)."""

    def __init__(self, style_name, rng):
        self.rng, self.name, self.style = rng, style_name, STYLES[style_name]
        style = self.style
        self.metre = rng.choice(style["metres"])
        above, below = map(int, self.metre.split("/"))
        self.steps = above * 16 // below  # sixteenths of a bar
        self.bar = self.steps / 4  # beats (quarters)
        self.tempo = rng.uniform(*style["tempo"])
        self.scale = SCALES[rng.choice(style.get("scales", tuple(SCALES)))]
        self.root = rng.randrange(36, 48)
        self.notes, self.controls = [], []
        self.channels = {}
        self.swing = style.get("swing", 0) * rng.uniform(.6, 1.2)
        self.human = 0 if style.get("steady") and rng.random() < .6 else rng.uniform(.003, .02)
        part_names = ["bass", "comp", "pad", "lead", "counter", "arp"]
        for number, part in enumerate(part_names):
            family = style.get({"counter": "lead", "arp": "comp"}.get(part, part))
            if family:
                self.channels[part] = (number, rng.choice(family))
        self.compose()

    def add(self, beat, length, channel, pitch, velocity):
        step = beat * 4
        if self.swing and channel != 15 and abs(step / 2 - round(step / 2)) < .01 and round(step / 2) % 2:
            beat += self.swing * .5  # the second eighth comes late
        beat = max(0, beat + self.rng.gauss(0, self.human) * self.tempo / 60)
        velocity = max(8, min(127, round(velocity + self.rng.gauss(0, 4))))
        while pitch > 108:
            pitch -= 12
        self.notes.append((beat, max(.05, length), channel, max(12, round(pitch)), velocity))

    def pitch(self, degree, octave=0):
        return self.root + 12 * (octave + degree // 7) + self.scale[degree % 7]

    def progression(self, bars):
        degree, chords = self.rng.choice((0, 0, 0, 5, 3)), []
        for _ in range(bars):
            chords.append(degree)
            options = HARMONY[degree]
            degree = self.rng.choices(list(options), list(options.values()))[0]
        return chords

    def motif(self, bars):
        """Melody of some bars as (step, length in steps, degree above the chord)."""
        rng, style = self.rng, self.style
        notes, degree = [], rng.choice((0, 2, 4))
        lengths = (8, 12, 16) if style.get("slow") else (1, 2, 2, 4) if style.get("busy") else (2, 2, 4, 4, 6, 8)
        step = rng.choice((0, 0, 2, 4))
        while step < bars * self.steps:
            length = rng.choice(lengths)
            if rng.random() > .2:
                notes.append((step, min(length, bars * self.steps - step), degree))
            degree = max(-3, min(9, degree + rng.choice((-2, -1, -1, 0, 1, 1, 2, 3, -3))))
            step += length
        return notes

    def rhythm(self):
        """Where comping strikes within a bar, as (step, length)."""
        rng, style = self.rng, self.style
        if style.get("offbeat"):
            return [(s, 2) for s in range(4, self.steps, 8)] if rng.random() < .5 else [(s, 1) for s in range(2, self.steps, 4)]
        if style.get("oompah"):
            return [(s, 2) for s in range(4, self.steps, 4)] if self.steps == 12 else [(s, 2) for s in range(4, self.steps, 8)]
        if style.get("slow"):
            return [(0, self.steps)]
        if rng.random() < style.get("riff", 0):
            return [(s, 1 if rng.random() < .7 else 2) for s in range(self.steps) if s == 0 or rng.random() < .55]
        hits, step = [], 0
        while step < self.steps:
            length = rng.choice((2, 3, 4, 4, 6, 8) if rng.random() < .3 + style.get("push", 0) else (2, 4, 8))
            hits.append((step, min(length, self.steps - step)))
            step += length
        return hits

    def compose(self):
        rng, style = self.rng, self.style
        sections = {}
        for label in "ABC":
            bars = rng.choice((4, 4, 8))
            sections[label] = dict(bars=bars, chords=self.progression(bars), motif=self.motif(min(bars, rng.choice((2, 4)))),
                                   comp=self.rhythm(), bass=self.bass_line(), arp=[rng.choice((0, 1, 2, 3)) for _ in range(rng.choice((3, 4, 6, 8)))],
                                   arp_step=rng.choice((1, 2, 2)) if not style.get("slow") else 4,
                                   kit=rng.choice(KITS[style["drums"]]) if style["drums"] else None,
                                   shift=rng.choice((0, 0, 0, 0, 2, 5, -3)) if label == "C" else 0)
        form = rng.choice(("IABABCBO", "IAABACAO", "IABCABO", "IABACBBO", "IAABBCAO"))
        seconds, beat = rng.uniform(75, 130), 0.0
        bar_seconds = self.bar * 60 / self.tempo
        for number, label in enumerate(form * 3):
            if beat / self.bar * bar_seconds > seconds:
                break
            section = sections[{"I": "A", "O": "A"}.get(label, label)]
            repeats = max(1, round(rng.uniform(10, 22) / (section["bars"] * bar_seconds)))
            thin = label in "IO"
            for repeat in range(repeats):
                beat = self.play(section, beat, self.arrangement(thin, label), last=repeat == repeats - 1)
        self.end = beat

    def arrangement(self, thin, label):
        rng, style = self.rng, self.style
        chance = {"drums": .45 if thin else .9, "bass": .6 if thin else .95, "comp": .8, "pad": .6, "lead": .2 if thin else .75,
                  "counter": .1 if thin else .3, "arp": style.get("arp", .15)}
        parts = {part for part, likely in chance.items() if rng.random() < likely}
        if not parts & {"comp", "pad", "arp"}:
            parts.add("comp")
        return parts, rng.uniform(.6, .8) if thin else rng.uniform(.75, 1.1)

    def bass_line(self):
        rng, style = self.rng, self.style
        if style.get("walk"):
            return [(s, 4, None) for s in range(0, self.steps, 4)]
        if style.get("slow"):
            return [(0, self.steps, 0)]
        if style.get("oompah"):
            return [(0, 3, 0)] if self.steps <= 12 else [(0, 3, 0), (8, 3, 4)]
        kind = rng.random()
        if kind < .3:
            return [(s, 2, 0) for s in range(0, self.steps, 2)]
        if kind < .45:
            return [(s, 2, 0 if s % 4 == 0 else 7) for s in range(2 if style.get("pump") else 0, self.steps, 4)]
        return [(s, rng.choice((1, 2, 3)), rng.choice((0, 0, 0, 4, 7, 2))) for s in range(0, self.steps) if s == 0 or rng.random() < .33]

    def play(self, section, beat, arrangement, last):
        (parts, energy), rng, style = arrangement, self.rng, self.style
        swell = rng.uniform(-25, 25) if style.get("swell") else 0
        bars = section["bars"]
        for number, chord in enumerate(section["chords"]):
            start = beat + number * self.bar
            loud = 80 * energy + swell * (number / bars - .5)
            self.play_bar(section, parts, start, chord, loud, fill=last and number == bars - 1, number=number)
        if "lead" in parts and "lead" in self.channels:
            self.melody(section, beat, "lead", 3, 88 * energy, bars)
        if "counter" in parts and "counter" in self.channels:
            self.melody(section, beat, "counter", 2, 70 * energy, bars, delay=rng.choice((2, 4, 8)))
        return beat + bars * self.bar

    def melody(self, section, beat, part, octave, loud, bars, delay=0):
        channel = self.channels[part][0]
        motif, span = section["motif"], max(n[0] + n[1] for n in section["motif"]) if section["motif"] else self.steps
        whole = -(-span // self.steps)  # bars of the motif
        for again in range(0, bars, whole):
            for step, length, degree in motif:
                place = again * self.steps + step + delay
                if place >= bars * self.steps:
                    continue
                chord = section["chords"][place // self.steps]
                pitch = self.pitch(chord + degree, octave) + section["shift"]
                self.add(beat + place / 4, length / 4 * .95, channel, pitch, loud + (8 if step % 4 == 0 else 0))

    def play_bar(self, section, parts, start, chord, loud, fill, number):
        rng, shift, style = self.rng, section["shift"], self.style
        if "drums" in parts and section["kit"]:
            self.drum_bar(section["kit"], start, loud, fill, number)
        if "bass" in parts:
            for step, length, degree in section["bass"]:
                degree = rng.choice((0, 2, 4, 6, 1)) if degree is None and step else degree or 0
                self.add(start + step / 4, length / 4 * .9, self.channels["bass"][0], self.pitch(chord + degree) + shift, loud + 5)
        triad = [chord, chord + 2, chord + 4] + ([chord + 6] if style.get("swing") else [])
        if "comp" in parts:
            for step, length in section["comp"]:
                for degree in triad if not style.get("riff") else (chord, chord + 4):
                    pitch = self.pitch(degree, 1 if style.get("riff") else 2) + shift
                    self.add(start + step / 4, length / 4 * .85, self.channels["comp"][0], pitch, loud - 12 + (6 if step % 8 == 0 else 0))
        if "pad" in parts and "pad" in self.channels:
            for degree in triad:
                self.add(start, self.bar * .99, self.channels["pad"][0], self.pitch(degree, 2) + shift, loud - 20)
        if "arp" in parts and "arp" in self.channels:
            order, wide = section["arp"], section["arp_step"]
            for i, step in enumerate(range(0, self.steps, wide)):
                degree = chord + 2 * order[i % len(order)]
                self.add(start + step / 4, wide / 4 * .9, self.channels["arp"][0], self.pitch(degree, 2) + shift, loud - 10 + (8 if step % 4 == 0 else 0))
        if style.get("pump"):
            for beat in range(int(self.bar)):
                for i, level in enumerate((45, 70, 95, 115)):
                    for part in ("pad", "comp"):
                        if part in self.channels:
                            self.controls.append((start + beat + i * .2, self.channels[part][0], 11, level))

    def drum_bar(self, kit, start, loud, fill, number):
        for note, pattern in kit:
            for step in range(self.steps):
                if fill and step >= self.steps - 4 and note not in (KICK,):
                    continue
                mark = pattern[step % len(pattern)]
                if mark != ".":
                    self.add(start + step / 4, .1, DRUMS, note, loud + (12 if mark == "x" else -22))
        if fill:
            kind = self.rng.choice((TOMS, (SNARE,), (CRASH, RIDE), (HAT,)))
            for step in range(self.steps - 4, self.steps):
                if self.rng.random() < .8:
                    self.add(start + step / 4, .1, DRUMS, self.rng.choice(kind), loud + 5)
        if number == 0:
            self.add(start, .5, DRUMS, CRASH, loud)

    def midi(self):
        rng, events = self.rng, []
        for channel, program in self.channels.values():
            events.append((0, 0, bytes((0xC0 | channel, program))))
            pan = 64 if channel == 0 else rng.randrange(30, 98)
            for control, value in ((7, rng.randrange(75, 118)), (10, pan), (91, rng.randrange(0, 90)), (93, rng.choice((0, 0, 30, 60)))):
                events.append((0, 0, bytes((0xB0 | channel, control, value))))
        if self.style["drums"]:
            events.append((0, 0, bytes((0xC0 | DRUMS, rng.choice((0, 0, 8, 16, 24, 25, 48) if self.style["drums"] != "timpani" else (48,))))))
            events.append((0, 0, bytes((0xB0 | DRUMS, 7, rng.randrange(85, 122)))))
            events.append((0, 0, bytes((0xB0 | DRUMS, 91, rng.randrange(0, 60)))))
        for beat, channel, control, value in self.controls:
            events.append((round(beat * PPQ), 1, bytes((0xB0 | channel, control, value))))
        for beat, length, channel, pitch, velocity in self.notes:
            on, off = round(beat * PPQ), round((beat + length) * PPQ)
            events.append((on, 2, bytes((0x90 | channel, min(127, pitch), velocity))))
            events.append((max(on + 1, off), 0, bytes((0x80 | channel, min(127, pitch), 0))))
        rubato, tempo = self.style.get("rubato", 0), self.tempo
        for bar in range(int(self.end / self.bar) + 1):  # the tempo breathes where players would let it
            tempo += (self.tempo - tempo) * .3 + rng.gauss(0, rubato * self.tempo * .5)
            tempo = max(.8 * self.tempo, min(1.2 * self.tempo, tempo))
            if bar == 0 or rubato:
                events.append((round(bar * self.bar * PPQ), 0, b"\xff\x51\x03" + struct.pack(">I", round(6e7 / tempo))[1:]))
        events.sort(key=lambda event: event[:2])
        track, now = bytearray(), 0
        for tick, _, message in events:
            track += variable_length(tick - now) + message
            now = tick
        track += variable_length(PPQ) + b"\xff\x2f\x00"
        return b"MThd" + struct.pack(">IHHH", 6, 0, 1, PPQ) + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def variable_length(value):
    out = [value & 127]
    while value := value >> 7:
        out.insert(0, 128 | value & 127)
    return bytes(out)


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


def make(folder, seed, number):
    rng = random.Random(f"{seed}/{number}")
    style = sorted(STYLES)[number % len(STYLES)]
    piece = Piece(style, rng)
    font, rate = rng.choice(FONTS[:1] * 2 + FONTS[1:]), rng.choice((44100, 44100, 48000))
    suffix, codec = rng.choice(ENCODERS)
    reverb, gain = rng.random() < .75, rng.uniform(.3, .6)
    chain, hiss = master(rng, style), rng.choice((None, None, None, rng.uniform(.0005, .004)))
    name = f"composed_{number:04d}_{style}.{suffix}"
    if (folder / name).exists():
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
    return name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pieces", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(make, options.folder, options.seed, number) for number in range(options.pieces)]
        for done, one in enumerate(concurrent.futures.as_completed(waiting), 1):
            name = one.result()
            if done % 12 == 0 or done == options.pieces:
                print(f"{done} of {options.pieces}: {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
