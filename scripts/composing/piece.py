"""A piece as notes, and as a MIDI file."""
import struct

from composing.styles import CRASH, DRUMS, HARMONY, HAT, KICK, KITS, RIDE, SCALES, SNARE, STYLES, TOMS

PPQ = 480


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
        self.tempi = []  # (quarter, quarters a minute) where it changes; known once midi() was called
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
                self.tempi.append((bar * self.bar, tempo))
                events.append((round(bar * self.bar * PPQ), 0, b"\xff\x51\x03" + struct.pack(">I", round(6e7 / tempo))[1:]))
        events.sort(key=lambda event: event[:2])
        track, now = bytearray(), 0
        for tick, _, message in events:
            track += variable_length(tick - now) + message
            now = tick
        track += variable_length(PPQ) + b"\xff\x2f\x00"
        return b"MThd" + struct.pack(">IHHH", 6, 0, 1, PPQ) + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


    def truth(self):
        """When its beats and bars begin, in seconds; None where people would not tap threes or fours. After midi()."""
        tapped = {"2/4": 1, "3/4": 1, "4/4": 1, "6/8": 1.5}.get(self.metre)  # quarters
        if not tapped:
            return None
        beats = [self.seconds(i * tapped) for i in range(int(self.end / tapped))]
        in_bar = round(self.bar / tapped)
        return {"kind": "composed", "beats": beats, "downbeats": beats[::in_bar], "beats_per_bar": in_bar,
                "tempo_bpm": 60 * (len(beats) - 1) / (beats[-1] - beats[0]), "key": None, "drift": len(self.tempi) > 1}

    def seconds(self, quarter):
        now = 0
        for (begin, tempo), (end, _) in zip(self.tempi, self.tempi[1:] + [(quarter, 0)]):
            now += max(0, min(end, quarter) - begin) * 60 / tempo
        return now


def variable_length(value):
    out = [value & 127]
    while value := value >> 7:
        out.insert(0, 128 | value & 127)
    return bytes(out)
