"""How near two tracks are in key and tempo, by what the library says of them."""
import math

CAMELOT = {name: number for number, names in enumerate(
    ("G# minor/B major", "D# minor/F# major", "A# minor/C# major", "F minor/G# major", "C minor/D# major",
     "G minor/A# major", "D minor/F major", "A minor/C major", "E minor/G major", "B minor/D major",
     "F# minor/A major", "C# minor/E major")) for name in names.split("/")}


def key_distance(a, b):
    around = abs(CAMELOT[a] - CAMELOT[b])
    return min(around, 12 - around) + (a.split()[1] != b.split()[1])


def tempo_change(a, b):
    octaves = math.log2(b / a)
    return 2 ** abs(octaves - (round(octaves) if abs(octaves) <= 1.5 else 0)) - 1
