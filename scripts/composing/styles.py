"""What the styles of composed music are made of."""

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
