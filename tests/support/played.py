"""Music whose beats, bars, tempo and key are known, since this module writes it: MIDI that FluidSynth plays.

piece(KIND, SEED) composes drums alone ("drums") or a short piece ("pieces"); collection(COUNT, SEED) covers
patterns, bands, tempi (60-180 BPM), metres and keys evenly; render(PIECE, WAV) plays it. The same kind and
seed give the same notes and the same truth. Needs fluidsynth, a General MIDI sound font and numpy.
"""
import hashlib
import itertools
import json
import math
import pathlib
import random
import struct
import subprocess
import tempfile
import wave

import numpy

from played_styles import (BANDS, BASSES, CHORDS, CLOSED, DRUM, EARLY, FIGURES, HATS, KEYS, KITS, LOUD, OPEN,
                           PATTERNS, SCALES, STRIKES)

FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2")
PPQ, RATE, SLOWEST, FASTEST = 960, 44100, 60, 180
# A drum sounds 2.5-5 ms after its tick: FluidSynth's blocks and the font's attacks. Clicks at the beats lie
# within 3 ms of the truth (s.d. .6 ms; .9 ms where each beat has a tempo of its own).
LATENCY = .004
BASS, COMP, PAD, LEAD, TIMPANI, DRUMS = 0, 1, 2, 3, 4, 9  # channels
LEVELS = {BASS: 104, COMP: 84, PAD: 66, LEAD: 100, TIMPANI: 104, DRUMS: 105}
PANS = {COMP: 44, LEAD: 76, PAD: 84}


def fitting(kind, metre, tempo):
    """Patterns or bands that would be played so."""
    if kind == "drums":
        return [name for name, row in PATTERNS.items() if row[0] == metre and row[2] <= tempo <= row[3]]
    return [name for name, band in BANDS.items() if band[0] <= tempo <= band[1]
            and (not band[6] or set(band[6].split(",")) & set(fitting("drums", metre, tempo)))]


class Piece:
    """Notes as (beat, length in beats, channel, pitch, velocity), beat 0 being the first that counts."""

    def __init__(self, kind, seed, metre=None, tempo=None, drift=None, key=None, style=None):
        rng = self.rng = random.Random(f"{kind}/{seed}")
        any_metre, any_tempo = rng.choice((4, 4, 3)), SLOWEST * (FASTEST / SLOWEST) ** rng.random()
        drifts, any_key = rng.random() < .25, rng.choice(KEYS)
        self.kind, self.metre, self.tempo = kind, metre or any_metre, tempo or any_tempo
        self.key = (key or any_key) if kind == "pieces" else None
        drift = drifts if drift is None else drift
        self.style = style or rng.choice(fitting(kind, self.metre, self.tempo))
        self.notes, self.programs, self.human = [], {}, rng.uniform(.001, .006)
        seconds = rng.uniform(31, 46) if kind == "drums" else rng.uniform(30, 37)
        bars = seconds * self.tempo / 60 / self.metre
        self.us = self.drifting(drift, math.ceil(bars) * self.metre)  # microseconds of each beat
        self.bars = self.compose_drums(max(6, round(bars))) if kind == "drums" else self.compose_piece(bars)
        first = min(note[0] for note in self.notes)
        first = first if first < .2 else 0  # some begin after a silent first beat
        silence = rng.choice((0, 0, 0, rng.uniform(1, 4))) + rng.uniform(.1, .4)
        self.lead = math.ceil((silence / self.us[0] * 1e6 - first) * PPQ)  # ticks before beat 0
        at = itertools.accumulate(self.us[:self.bars * self.metre - 1], initial=self.us[0] * self.lead / PPQ)
        times = [us / 1e6 + LATENCY for us in at]  # what the tempo events of midi() add up to
        mean, times = 60 * (len(times) - 1) / (times[-1] - times[0]), [round(time, 5) for time in times]
        self.name = f"{kind}_{self.style.replace(' ', '-')}_{self.metre}-4_{mean:.0f}" + "_drift" * drift
        self.truth = {"kind": kind, "style": self.style, "tempo_bpm": round(mean, 4), "beats": times,
                      "downbeats": times[::self.metre], "beats_per_bar": self.metre, "key": self.key,
                      "drift": drift, "midi": hashlib.sha256(self.midi()).hexdigest()}

    def drifting(self, drift, beats):
        """A drift goes 3-8 % to either side of the tempo, slowly."""
        depth = self.rng.uniform(.03, .08) * self.rng.choice((-1, 1)) if drift else 0
        shape, phase = self.rng.choice(("ramp", "arch", "wave")), self.rng.random()
        bend = {"ramp": lambda x: 2 * x - 1, "arch": lambda x: 2 * math.sin(math.pi * x) - 1,
                "wave": lambda x: math.sin(2 * math.pi * (x + phase))}[shape]
        return [round(6e7 / (self.tempo * (1 + depth * bend(min(1, beat / beats)))))
                for beat in range(beats + 60)]

    def add(self, beat, length, channel, pitch, velocity):
        late = max(-.012, min(.012, self.rng.gauss(0, self.human)))
        late -= 0 if channel == DRUMS else EARLY.get(self.programs.get(channel), 0)
        beat += late * 1e6 / self.us[max(0, math.floor(beat))]
        velocity = max(12, min(127, round(velocity + self.rng.gauss(0, 5))))
        self.notes.append((beat, max(.05, length), channel, pitch, velocity))

    def make_kit(self, pattern):
        """The lines of a pattern, and hats as dense as the tempo bears."""
        _, self.grid, _, _, hats, lines = PATTERNS[pattern]
        self.lines = dict(lines)
        fit = [n for n in hats if (n != 16 or self.tempo <= 112) and (n != 4 or self.tempo >= 84)]
        if fit:
            self.lines["H"] = HATS[self.rng.choice(fit)]
        self.each = self.rng.choice((4, 8))  # bars from fill to fill
        self.extra = self.rng.choice((0, .1, .25))  # further kicks

    def drum_bar(self, bar, fill=False, crash=False, thin=False, ride=False):
        rng, steps, now = self.rng, self.metre * self.grid, bar * self.metre
        until = steps - rng.choice((1, 1, 2)) * self.grid if fill else steps
        for letter, line in self.lines.items():
            for step in range(0 if thin and letter not in "HDMTPW" else until):
                mark = line[(bar * steps + step) % len(line)]
                if letter == "K" and mark == "." and step % self.grid and rng.random() < self.extra / 8:
                    mark = "o"
                if mark != ".":
                    drum = DRUM["D" if ride and letter == "H" else letter]
                    self.add(now + step / self.grid, .2, DRUMS, drum, LOUD[mark])
        if fill:
            self.fill(now + until / self.grid, now + self.metre)
        if crash:
            self.add(now, 1.5, DRUMS, rng.choice((49, 57)), 100)

    def fill(self, begin, end):
        """Snare and toms, down to the next bar."""
        each = 1 / 3 if self.grid == 3 else .5 if self.tempo > 125 else .25
        count, falling = round((end - begin) / each), (38, 48, 45, 43, 41)
        for i, drum in enumerate(sorted(self.rng.choices((38, *falling), k=count), key=falling.index)):
            if self.rng.random() < .85:
                self.add(begin + i * each, .2, DRUMS, drum, 82 + 22 * i / count)

    def lead_in(self, drums):
        """Before the music: nothing, a fill as pick-up, or a bar counted in with sticks, which counts."""
        kind = self.rng.choice(("", "", "", "fill", "count"))
        if drums and kind == "fill":
            self.fill(-1, 0)
        for beat in range(self.metre if drums and kind == "count" else 0):
            self.add(beat, .2, DRUMS, 37, 105 if beat == 0 else 92)
        return int(bool(drums) and kind == "count")

    def compose_drums(self, bars):
        self.make_kit(self.style)
        self.programs[DRUMS] = self.rng.choice((0, 0, 8, 16, 24, 25, 32))
        begin, thin = self.lead_in(True), self.rng.choice((0, 0, 0, 2))  # bars of hats alone
        for number in range(bars):
            after = number - thin
            fill = after >= 0 and (after % self.each == self.each - 1 or number == bars - 1)
            crash = after > 0 and after % self.each == 0 and self.rng.random() < .7
            self.drum_bar(begin + number, fill, crash or after == 0, after < 0, after // 8 % 2 == 1)
        return begin + bars

    def compose_piece(self, want):
        rng, (_, _, *programs, patterns, strikes, basses) = self.rng, BANDS[self.style]
        patterns = [name for name in patterns.split(",") if name in fitting("drums", self.metre, self.tempo)]
        for channel, choice in zip((BASS, COMP, PAD, LEAD), programs):
            if choice:
                self.programs[channel] = rng.choice(choice)
        self.grid = 1
        if patterns:
            self.make_kit(rng.choice(patterns))
            self.programs[DRUMS] = rng.choice(KITS.get(self.style, (0, 0, 8, 16)))
        if self.style == "strings":
            self.programs[TIMPANI] = 47
        self.tonic, self.minor = divmod(KEYS.index(self.key), 2)
        self.how, self.bass = rng.choice(strikes.split(",")), rng.choice(basses.split(","))
        if self.how in (("strum", "stabs", "eighths") if self.grid == 3 else ("charleston",)):
            self.how = "beats"
        if self.grid == 3 and self.bass in ("eighths", "kick"):
            self.bass = "two"
        pace = "slow" if self.tempo < 88 else "fast" if self.tempo > 138 else "straight"
        feel = "swing" if self.grid == 3 else pace
        bar = begin = self.lead_in(patterns)
        intro = rng.choice((0, 0, 2, 4)) if want >= 12 else 0  # a phrase without drums; 2 goes to V at once
        phrases = max(2, math.ceil((want - begin - intro - 1) / 4))
        motifs, end = [self.motif(feel), self.motif(feel)], [(0, self.metre)]
        self.tune, opening = self.tonic + 72, rng.choice(OPEN[self.minor]).split()
        if not begin and intro == 0 and rng.random() < .4:  # upbeat of the melody: dominant to tonic
            self.add(-1, .9, LEAD, self.tonic + 67, 90)
        for number in range(-(intro > 0), phrases):
            closed = number % 2 == 1 or number == phrases - 1
            words = rng.choice(CLOSED[self.minor]).split() if closed else opening
            if number % 4 == 3:
                opening = rng.choice(OPEN[self.minor]).split()
            if number < 0 and intro == 2:
                words[1] = "V"
            sing = number >= 0 and (number == 0 or closed or rng.random() < .85)
            for place, word in enumerate(words):
                self.chord_bar(bar, word, full=number >= 0)
                home = closed and place == 3
                if sing:
                    self.melody_bar(bar, word, end if home else motifs[place % 2], home)
                if patterns and number >= 0:
                    last = place == 3 and (self.each == 4 or closed)
                    self.drum_bar(bar, last, place == 0 and number % 2 == 0, False, number % 4 > 1)
                bar += 1
        self.chord_bar(bar, "Ii"[self.minor], full=True, final=True)
        self.melody_bar(bar, "Ii"[self.minor], end, home=True)
        for drum in (36, 49) if patterns else ():
            self.add(bar * self.metre, 2, DRUMS, drum, 105)
        return bar + 1

    def chords(self, word):
        """(beat in the bar, length, notes above C) of a bar: one chord, or two."""
        parts, out = word.split("+"), []
        for span, part in zip([(0, self.metre)] if len(parts) == 1 else [(0, 2), (2, self.metre - 2)], parts):
            count = 4 if part.endswith("7") or self.how == "charleston" else 3
            out.append((*span, [self.tonic + note for note in CHORDS[part.rstrip("7")][:count]]))
        return out

    def chord_bar(self, bar, word, full, final=False):
        now, three, chords = bar * self.metre, self.metre == 3, self.chords(word)
        for begin, length, notes in chords:
            close = sorted(55 + (note - 55) % 12 for note in notes)
            if PAD in self.programs and (full or length == self.metre):
                for pitch in close:
                    self.add(now + begin, length * .97, PAD, pitch, 60)
            if TIMPANI in self.programs and (final or self.rng.random() < .7) and begin == 0:
                self.add(now, 1, TIMPANI, 40 + (notes[0] - 40) % 12, 100)
            struck = STRIKES.get(self.how, ((), ()))[three]
            if final or len(chords) > 1 and self.how == "oompah" and three:
                struck = [(begin, length)]
            elif self.how == "arpeggio":
                each, order = .25 if self.tempo < 76 else .5, (0, 1, 2, 3, 2, 1) if three else (0, 2, 1, 2)
                tones = close[:3] + [close[0] + 12]
                for i in range(round(length / each)):
                    pitch, loud = tones[order[i % len(order)]], 76 if i * each % 1 else 88
                    self.add(now + begin + i * each, each * 1.5, COMP, pitch, loud)
            for beat, span in struck:
                for pitch in close if begin <= beat < begin + length else ():
                    self.add(now + beat, span, COMP, pitch, 70 + 10 * (beat == 0))
            basses = [(begin, length, 0)] if final or len(chords) > 1 else BASSES[self.bass][three]
            for beat, span, tone in basses if full or self.how == "oompah" else ():
                pitch = 34 + (notes[0] - 34) % 12 + (12 if tone == 7 else notes[tone] - notes[0])
                self.add(now + beat, span, BASS, pitch, 98 if beat == 0 else 84)

    def motif(self, feel):
        """A bar's rhythm: (beat, length)."""
        out, beat = [], 0
        while beat < self.metre - .01:
            for length in self.rng.choice([f for f in FIGURES[feel] if beat + sum(f) < self.metre + .01]):
                out.append((beat, length))
                beat += length
        return out

    def melody_bar(self, bar, word, motif, home):
        """Notes of the chord on beats, steps of the scale between, back towards the middle of the range."""
        rng, middle = self.rng, 64 + self.tonic + (12 if self.tonic < 5 else 0)
        scale = set(SCALES[self.minor])

        def farness(pitch):
            leap = abs(pitch - self.tune - rng.choice((-2, -1, 1, 2)))
            return leap + abs(pitch - middle) / 8 + 2 * (pitch == self.tune)
        for beat, length in motif:
            notes = [n for begin, _, n in self.chords(word) if begin <= beat + .01][-1]
            tones = {(n - self.tonic) % 12 for n in notes[:3]}
            strong = abs(beat - round(beat)) < .01
            if self.minor and 11 in tones:
                scale = scale - {10} | {11}  # the leading tone belongs to the dominant
            allowed = {0} if home else tones if strong else scale
            near = [p for p in range(middle - 9, middle + 13) if (p - self.tonic) % 12 in allowed]
            self.tune = min(near, key=farness)
            if home or rng.random() < .93:
                loud = 92 + 8 * (beat == 0) - 8 * (not strong)
                self.add(bar * self.metre + beat, length * .92, LEAD, self.tune, loud)

    def midi(self):
        events = [(0, 0, bytes((0xC0 | channel, program))) for channel, program in self.programs.items()]
        events += [(0, 0, bytes((0xB0 | channel, *control))) for channel in self.programs
                   for control in ((7, LEVELS[channel]), (10, PANS.get(channel, 64)), (91, 36))]
        for beat, us in enumerate(self.us):
            if beat == 0 or us != self.us[beat - 1]:
                tick = beat * PPQ + self.lead if beat else 0
                events.append((tick, 0, b"\xff\x51\x03" + struct.pack(">I", us)[1:]))
        for beat, length, channel, pitch, velocity in self.notes:
            on = round(beat * PPQ) + self.lead
            events.append((on, 2, bytes((0x90 | channel, pitch, velocity))))
            events.append((on + max(1, round(length * PPQ)), 1, bytes((0x80 | channel, pitch, 0))))
        last, track, now = self.bars * self.metre * PPQ + self.lead, b"", 0
        events = sorted(event for event in events if event[0] <= last or event[2][0] >> 4 == 8)
        for tick, _, message in events:
            track += variable_length(tick - now) + message
            now = tick
        track += variable_length(PPQ) + b"\xff\x2f\x00"
        return b"MThd" + struct.pack(">IHHH", 6, 0, 1, PPQ) + b"MTrk" + struct.pack(">I", len(track)) + track


piece = Piece


def variable_length(value):
    groups = [place for place in (3, 2, 1, 0) if place == 0 or value >> 7 * place]
    return bytes(128 * (place > 0) | value >> 7 * place & 127 for place in groups)


def collection(count, seed):
    """Half drums, half pieces; of each a third in 3/4, a quarter drifting, tempi even by their logarithm."""
    rng, pieces, used, groups, tempo = random.Random(f"collection/{seed}"), [], {}, {}, {}
    keys = rng.sample(KEYS, len(KEYS))
    plans = [(("drums", "pieces")[i % 2], i // 2) for i in range(count)]
    for kind, number in plans:
        groups.setdefault((kind, number % 3 == 2), []).append((kind, number))
    for group in groups.values():
        strata = [(i + rng.random()) / len(group) for i in range(len(group))]
        tempo |= zip(group, (SLOWEST * (FASTEST / SLOWEST) ** x for x in rng.sample(strata, len(strata))))
    for i, (kind, number) in enumerate(plans):
        metre, bpm, drift = 3 if number % 3 == 2 else 4, tempo[kind, number], number // 3 % 4 == 1
        style = min(fitting(kind, metre, bpm), key=lambda name: (used.get(name, 0), rng.random()))
        used[style] = used.get(style, 0) + 1
        pieces.append(Piece(kind, f"{seed}/{i}", metre, bpm, drift, keys[number % len(keys)], style))
        pieces[-1].name = f"{i:03d}_{pieces[-1].name}"
    return pieces


def render(piece, path):
    """16-bit stereo at 44.1 kHz, its peak at -3 dBFS."""
    font = next(font for font in FONTS if pathlib.Path(font).exists())
    with tempfile.TemporaryDirectory() as scratch:
        score, raw = pathlib.Path(scratch, "score.mid"), pathlib.Path(scratch, "raw")
        score.write_bytes(piece.midi())
        subprocess.run(["fluidsynth", "-ni", "-q", "-g", ".4", "-r", str(RATE), "-C", "0", "-T", "raw",
                        "-O", "float", "-F", str(raw), font, str(score)], check=True, capture_output=True)
        sound = numpy.fromfile(raw, "<f4")  # floats, so that nothing clips before it is made to fit
    peak = numpy.abs(sound).max()
    last = numpy.flatnonzero(numpy.abs(sound) > 1e-3 * peak)[-1]  # cymbals end slowly
    sound = sound[:last // 2 * 2 + 2] * (10 ** (-3 / 20) / peak)
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        out.writeframes(numpy.round(sound * 32767).astype("<i2").tobytes())


def render_all(pieces, folder):
    """NAME.wav and NAME.json (the truth) of each; what lies there with the same notes and truth stays."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for piece in pieces:
        sound, truth = (pathlib.Path(folder, piece.name + suffix) for suffix in (".wav", ".json"))
        text = json.dumps(piece.truth, indent=1) + "\n"
        if not (sound.exists() and truth.exists() and truth.read_text() == text):
            truth.unlink(missing_ok=True)
            render(piece, sound)
            truth.write_text(text)
