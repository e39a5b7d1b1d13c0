"""Plans written by hand, of tracks that a library knows: what is done at each seam does not depend on what a
network would choose."""
import fractions
import math

RATE = 44100  # of the mix, Hz


def source_of(row):
    """A source of a plan, from what `library list --json` says of its track."""
    return {"track": row["id"], "path": row["file"], "sample_rate": row["sample_rate"],
            "pcm_frames": round(row["seconds"] * row["sample_rate"]), "title": row["title"], "artist": row["artist"]}


def side_of(tempo, shift=.5, release=RATE):
    return {"tempo": tempo, "shift": shift, "gain_db": 1, "spectrum_db": [1, -1, 0, 2, -2], "release": release}


def blend():
    """Two seconds in which both tracks are stretched, and a second of release on either side."""
    return {"kind": "blend", "before": RATE, "after": RATE, "low": [-2000, 2000], "mid": [-RATE, RATE],
            "high": [-RATE, RATE], "out": side_of(.96), "in": side_of(1.04), "why": "by hand"}


def crossfade():
    return {"kind": "equal_power_crossfade", "before": 2205, "after": 2205}


def plan_of(sources, order, transitions, seconds=6):
    """So many seconds of the sources in this order, each from its fifth second on."""
    placements = [{"source": i, "start": 5 * sources[i]["sample_rate"], "length": seconds * sources[i]["sample_rate"],
                   "gain_db": 0, "known": False, "score": 0, "why": "by hand", "runners_up": []} for i in order]
    plan = {"plan_version": 2, "segue_version": "0", "system": "hand", "model": "hand", "weights": "",
            "analysis_version": 1, "style": "mix", "segmentation":
            {"kind": "bars", "count": 1, "shortest": 2, "longest": 2, "seed": 0, "version": 1}, "seed": 1,
            "sample_rate": RATE, "target_lufs": -16, "ceiling_dbtp": -1, "sources": sources, "placements": placements,
            "transitions": transitions}
    plan["length"] = seams(plan)[-1]
    return plan


def stretch(side, sounding, source_rate, rate):
    """PCM frames of the source that play while it sounds for so long and is released, and how long that is."""
    if side["tempo"] == 1 and side["shift"] == 0:
        return 0, 0
    release = side["release"]
    landing = release // 4  # at the source's own speed
    played = sounding * side["tempo"] + (release - landing) * (1 + side["tempo"]) / 2 + landing
    return math.floor(played * source_rate / rate + .5), sounding + release


def seams(plan):
    """Output PCM frames where the placements begin, and where the last one ends."""
    rate, transitions = plan["sample_rate"], plan["transitions"]
    at, result = fractions.Fraction(0), [0]
    for i, placement in enumerate(plan["placements"]):
        source_rate = plan["sources"][placement["source"]]["sample_rate"]
        own = placement["length"]  # what plays at its own speed
        for transition, end, span in ((transitions[i - 1] if i else None, "in", "after"),
                                      (transitions[i] if i < len(transitions) else None, "out", "before")):
            if transition and transition["kind"] == "blend":
                source, output = stretch(transition[end], transition[span], source_rate, rate)
                own -= source
                at += output
        at += fractions.Fraction(own * rate, source_rate)
        result.append(math.floor(at + fractions.Fraction(1, 2)))
    return result
