"""How well beats, bars, tempo and key were heard, beside the truth."""

TOLERANCE = .07  # seconds by which a beat may be off
SKIPPED = 5.0  # seconds at the beginning that do not count, as in MIREX
TEMPO_SHARE = .02
OCTAVES = (2, 1 / 2, 3, 1 / 3, 3 / 2, 2 / 3)
TONICS = "C C# D D# E F F# G G# A A# B".split()


def beat_f(truth, heard, skip=SKIPPED, tolerance=TOLERANCE):
    """F-measure of the largest one-to-one matching of moments in seconds; 0 where either side has none."""
    truth, heard = (sorted(moment for moment in side if moment >= skip) for side in (truth, heard))
    hits = i = j = 0
    while i < len(truth) and j < len(heard):
        if abs(truth[i] - heard[j]) <= tolerance:
            hits, i, j = hits + 1, i + 1, j + 1
        elif truth[i] < heard[j]:
            i += 1
        else:
            j += 1
    return 2 * hits / (len(truth) + len(heard)) if hits else 0.0


def near_tempo(truth, heard):
    return heard is not None and abs(heard - truth) <= TEMPO_SHARE * truth


def tempo_class(truth, heard):
    """"right", "octave" (double, half, triple … of the truth) or "wrong"; no tempo is wrong."""
    if near_tempo(truth, heard):
        return "right"
    return "octave" if any(near_tempo(truth * factor, heard) for factor in OCTAVES) else "wrong"


def parse_key(name):
    """(semitones above C, mode) of "F# minor"."""
    tonic, mode = name.split()
    if mode not in ("major", "minor"):
        raise ValueError(f"no mode: {name}")
    return TONICS.index(tonic), mode


def key_class(truth, heard):
    """"right", "relative", "fifth" (a fifth up or down, same mode), "parallel" or "other"; none is other."""
    if heard is None:
        return "other"
    (tonic, mode), (other, other_mode) = parse_key(truth), parse_key(heard)
    step = (other - tonic) % 12
    if mode == other_mode:
        return {0: "right", 7: "fifth", 5: "fifth"}.get(step, "other")
    if step == (9 if mode == "major" else 3):
        return "relative"
    return "parallel" if step == 0 else "other"


def judge(truth, heard):
    """All measures of one piece: `truth` as of played.Piece, `heard` as of `segue library info --json`. Where
    no beat was heard, tempo, beats and bars are wrong."""
    beat = bool(heard.get("has_beat"))
    tempo = heard.get("tempo_bpm") if beat else None
    return {"tempo": tempo_class(truth["tempo_bpm"], tempo),
            "beat_f": beat_f(truth["beats"], heard.get("beats") or [] if beat else []),
            "downbeat_f": beat_f(truth["downbeats"], heard.get("downbeats") or [] if beat else []),
            "metre": beat and heard.get("beats_per_bar") == truth["beats_per_bar"],
            "key": key_class(truth["key"], heard.get("key")) if truth["key"] else None}
