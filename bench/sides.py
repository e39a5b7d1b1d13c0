"""Which files of the music given are on a side of a track split."""
import json

SOUND = {".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav"}


def files_of(music, split=None, side=None):
    """The files of these paths (folders: the music in and below them, but for segue's mixes); with a split those on its side alone."""
    files = [f for path in music for f in (sorted(path.rglob("*")) if path.is_dir() else [path])
             if f.is_file() and f.suffix.lower() in SOUND and not f.with_suffix(".plan.json").exists()]
    if split is None:
        return files
    names = set(json.loads(split.read_text())[side])
    return [f for f in files if any(prefix + f.stem in names for prefix in ("", "w_", "s_"))]
