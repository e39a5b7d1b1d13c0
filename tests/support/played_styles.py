"""What tests/support/played.py composes from: drum patterns, bands, chords, rhythms."""
# Kick, snare, rim, clap, hats (closed, pedal, open), ride, tambourine, cowbell, maracas, congas.
DRUM = dict(zip("KSRCHPODTWMGL", (36, 38, 37, 39, 42, 44, 46, 51, 54, 56, 70, 63, 64)))
LOUD = {"X": 108, "x": 84, "o": 48}
HATS = {4: "X...", 8: "X.x.", 16: "Xoxo"}
BACK = "....X..."
# name: beats in a bar, steps in a beat, slowest and fastest BPM, hats (notes in a 4/4 bar; () = as written),
# lines of steps, which repeat, X loud, o soft. Tempi are those at which people tap the notated quarters.
PATTERNS = {
    "ballad": (4, 4, 60, 96, (8, 16), {"K": "X.....x.X.......X.....x.x.x.....", "S": BACK}),
    "sidestick ballad": (4, 4, 60, 92, (8, 16), {"K": "X.......X.x.....", "R": BACK}),
    "slow rock": (4, 3, 60, 84, (), {"K": "X.....X.x...", "S": "...X..", "H": "Xxx"}),
    "soul": (4, 4, 64, 106, (16, 8), {"K": "X..x..x...x.....", "S": "....X..o.o..X..o"}),
    "halftime": (4, 4, 70, 98, (4, 8, 16), {"K": "X.....x.........X.....x....x....",
                                            "S": "........X......."}),
    "pop": (4, 4, 82, 136, (8, 16), {"K": "X.......X.x.....X..x....X.x.....", "S": BACK}),
    "rock": (4, 4, 90, 150, (8, 4), {"K": "X.....x.X.......X.x...x.X.......", "S": BACK}),
    "breakbeat": (4, 4, 80, 122, (8,), {"K": "X.x.......xx....X.x.......x.....",
                                        "S": "....X..o.o..X..o....X..o.o....X."}),
    "train": (4, 4, 84, 132, (), {"K": "X...x...", "S": "ooXo", "P": "....x..."}),
    "four on the floor": (4, 4, 100, 144, (16, 4), {"K": "X...", "C": BACK, "O": "..x."}),
    "disco": (4, 4, 104, 134, (), {"K": "X...", "S": BACK, "H": "x.xx", "O": "..x."}),
    "march": (4, 4, 96, 140, (), {"K": "X.......", "S": "x.o.X.oox.o.X.oo", "H": "x..."}),
    "cha-cha": (4, 4, 100, 132, (), {"K": "X.......x.......", "W": "X...x...x...x...", "M": "x.ox",
                                     "G": "....x.......x.x.", "L": "......xx........"}),
    "motown": (4, 4, 108, 160, (8,), {"K": "X.....x.X.x.....", "S": "X...", "T": "x.o.X.o."}),
    "shuffle": (4, 3, 84, 170, (), {"K": "X.....X.x...", "S": "...X..", "H": "X.x"}),
    "bossa": (4, 2, 112, 160, (), {"K": "X..x", "R": "x..x..x...x..x..", "H": "Xx"}),
    "swing": (4, 3, 116, 180, (), {"D": "x..X.x", "P": "...x..", "K": "x..o..o..o..",
                                   "S": "........o...o....o......"}),
    "driving": (4, 4, 138, 180, (8, 4), {"K": "X.......X.x.....X.....x.X.......", "S": BACK}),
    "punk": (4, 4, 150, 180, (), {"K": "X.....x.X.x.....", "S": BACK, "O": "X...x..."}),
    "two-step": (4, 4, 156, 180, (8,), {"K": "X.........x.....", "S": "....X..o....X..."}),
    "slow waltz": (3, 4, 60, 100, (8, 16), {"K": "X.....x.....X...........", "S": "........X..."}),
    "nine-eight": (3, 3, 60, 90, (), {"K": "X....x...", "S": "......X..", "H": "Xxx"}),
    "soul waltz": (3, 4, 60, 104, (16, 8), {"K": "X..x........X..x......x.", "S": "....o...X..o"}),
    "rock waltz": (3, 4, 84, 160, (8, 4), {"K": "X...........X.........x.", "S": "....X...X..."}),
    "waltz": (3, 4, 90, 180, (), {"K": "X...........", "S": "....x...x...", "D": "x..."}),
    "folk waltz": (3, 4, 88, 172, (), {"K": "X...........", "T": "....X...x...", "M": "x.o."}),
    "jazz waltz": (3, 3, 108, 180, (), {"K": "X.......o", "P": "...x.....", "D": "X..x.xx..",
                                        "R": "......o.........o."})}

# name: slowest and fastest BPM, programs of bass, chords, pad, lead; drum patterns; how chords and bass go.
BANDS = {
    "piano trio": (60, 180, (32,), (0,), (), (0, 11),
                   "sidestick ballad,swing,shuffle,slow waltz,jazz waltz,waltz", "charleston,beats",
                   "walk,two"),
    "rock band": (60, 180, (33, 34), (27, 29), (), (30, 18),
                  "slow rock,halftime,ballad,rock,driving,punk,rock waltz,nine-eight,slow waltz",
                  "strum,eighths", "eighths,kick"),
    "strings": (60, 150, (42,), (48,), (48,), (40, 48), "", "beats,arpeggio", "two,root"),
    "synth pop": (60, 180, (38, 39), (80, 87, 4), (90, 50), (81, 80),
                  "ballad,pop,four on the floor,disco,driving,two-step,soul waltz,rock waltz",
                  "arpeggio,stabs", "octaves,eighths"),
    "guitar": (60, 180, (32,), (24, 25), (), (24, 73, 22), "", "oompah,arpeggio,strum", "two,root"),
    "organ": (60, 126, (19,), (19,), (), (19,), "", "beats,arpeggio", "two,walk"),
    "solo piano": (60, 180, (0,), (0, 1), (), (0,), "", "arpeggio,oompah", "root,two"),
    "folk band": (84, 172, (32,), (25, 105), (), (110, 21, 22), "train,pop,folk waltz,waltz", "strum,oompah",
                  "two"),
    "soul band": (64, 160, (33,), (4, 16), (50,), (65, 56),
                  "soul,breakbeat,motown,pop,shuffle,soul waltz,rock waltz", "stabs,strum", "kick,two"),
    "latin": (100, 160, (32,), (24, 0), (), (73, 11, 66), "bossa,cha-cha", "tresillo", "tumbao,two"),
    "brass band": (90, 180, (58,), (60, 61), (), (56, 71), "march,waltz", "oompah", "two"),
    "winds": (60, 150, (70,), (71,), (), (73, 68), "", "beats,arpeggio,oompah", "two,walk"),
    "harp": (60, 132, (42,), (46,), (48,), (73, 71), "", "arpeggio", "root")}
KITS = {"piano trio": (32, 40), "synth pop": (24, 25), "latin": (0, 32)}
# Seconds by which programs that speak slowly begin before the beat, as their players do.
EARLY = {19: .02, 21: .025, 22: .02, 40: .035, 42: .035, 48: .04, 50: .02, 57: .02, 58: .03, 60: .015,
         70: .01, 71: .025, 73: .035, 90: .02}

# Chords struck in a bar of four and of three: (beat, length).
STRIKES = {
    "beats": ([(0, .9), (1, .9), (2, .9), (3, .9)], [(0, .9), (1, .9), (2, .9)]),
    "eighths": ([(i / 2, .4) for i in range(8)], [(i / 2, .4) for i in range(6)]),
    "oompah": ([(1, .5), (3, .5)], [(1, .6), (2, .6)]),
    "strum": ([(0, 1), (1, .5), (1.5, 1), (2.5, .5), (3, .5), (3.5, .5)],
              [(0, 1), (1, .5), (1.5, .5), (2, .5), (2.5, .5)]),
    "stabs": ([(1, .4), (2.5, .4), (3, .4)], [(1, .4), (2, .4)]),
    "tresillo": ([(0, 1.4), (1.5, 1.4), (3, .9)], [(0, 1.9), (2, .9)]),
    "charleston": ([(0, .9), (5 / 3, 1)], [(0, .9), (5 / 3, .9)])}
# The bass in a bar: (beat, length, 0 root, 1 third, 2 fifth, 7 octave).
BASSES = {
    "root": ([(0, 4, 0)], [(0, 3, 0)]),
    "two": ([(0, 1.8, 0), (2, 1.8, 2)], [(0, 2.5, 0)]),
    "walk": ([(0, .95, 0), (1, .95, 1), (2, .95, 2), (3, .95, 1)], [(0, .95, 0), (1, .95, 1), (2, .95, 2)]),
    "eighths": ([(i / 2, .45, 0) for i in range(8)], [(i / 2, .45, 0) for i in range(6)]),
    "octaves": ([(i / 2, .4, 7 * (i % 2)) for i in range(8)], [(i / 2, .4, 7 * (i % 2)) for i in range(6)]),
    "kick": ([(0, 1.3, 0), (1.5, .45, 0), (2, 1, 0), (3.5, .45, 2)],
             [(0, 1.4, 0), (1.5, .45, 0), (2, .9, 2)]),
    "tumbao": ([(0, 1.4, 0), (1.5, .5, 2), (2, 1.4, 2), (3.5, .5, 0)], [(0, 1.9, 0), (2, .9, 2)])}

# Semitones above the tonic; the last, a seventh, is for V7 and for jazz.
CHORDS = {"I": (0, 4, 7, 11), "i": (0, 3, 7, 10), "ii": (2, 5, 9, 12), "iio": (2, 5, 8, 12),
          "III": (3, 7, 10, 14), "iii": (4, 7, 11, 14), "IV": (5, 9, 12, 16), "iv": (5, 8, 12, 15),
          "V": (7, 11, 14, 17), "vi": (9, 12, 16, 19), "VI": (8, 12, 15, 19), "VII": (10, 14, 17, 20)}
# Four bars each, in major and in minor. They begin on the tonic; open ones lead to it, closed ones cadence.
OPEN = (("I vi IV V", "I IV I V", "I vi ii V", "I iii IV V", "I IV ii V", "I V vi V", "I I IV V"),
        ("i VI iv V", "i iv i V", "i VII VI V", "i VI iio V", "i III iv V", "i V i V", "i i iv V"))
CLOSED = (("I IV V7 I", "I ii V7 I", "I vi V7 I", "I IV+V7 I+V7 I", "I ii+V7 I+V7 I"),
          ("i iv V7 i", "i iio V7 i", "i VI V7 i", "i iv+V7 i+V7 i", "i VI+V7 i+V7 i"))
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))  # minor: with 11 for 10 over the dominant
KEYS = [f"{tonic} {mode}" for tonic in "C C# D D# E F F# G G# A A# B".split() for mode in ("major", "minor")]
# Rhythms of melodies, from a beat on.
FIGURES = {"straight": [(1,), (1,), (.5, .5), (.5, .5), (1.5, .5), (2,), (.5, 1, .5)],
           "slow": [(1,), (.5, .5), (.5, .5), (.5, .25, .25), (.75, .25), (1.5, .5)],
           "fast": [(1,), (1,), (2,), (.5, .5), (1, 1), (1.5, .5)],
           "swing": [(1,), (2 / 3, 1 / 3), (2 / 3, 1 / 3), (5 / 3, 1 / 3), (2,)]}
