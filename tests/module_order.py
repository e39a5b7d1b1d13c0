#!/usr/bin/env python3
"""Holds the order of the house: a module includes only what stands before it.

Usage: module_order.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

# Module -> the modules whose headers it may include. docs/architecture.md has the picture.
BELOW = {
    "base": [],
    "plan": ["base"],
    "features": ["base", "plan"],
    "audio": ["base"],
    "analysis": ["base", "audio", "features", "plan"],
    "media": ["base", "audio", "features", "analysis"],
    "library": ["base", "audio", "features", "plan", "analysis"],
    "model": ["base", "features"],
    "evaluation": ["base", "features", "model"],
    "training": ["base", "features", "model", "evaluation"],
    "model_torch": ["base", "features", "model", "evaluation", "training"],
    "adaptation": ["base", "features", "plan", "library", "model", "training"],
    "render": ["base", "plan", "audio"],
    "planning": ["base", "features", "plan", "audio", "analysis", "library", "model", "evaluation",
                 "render"],
    "output": ["base", "plan", "audio", "render"],
    "judge": ["base", "features", "plan", "audio", "analysis", "library", "model", "evaluation", "render",
              "planning", "output"],
}


def problems(root):
    for file in sorted((root / "src").rglob("*.[ch]pp")):
        module = file.relative_to(root / "src").parts[0]
        for line in file.read_text(encoding="utf-8").splitlines():
            found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not found:
                continue
            target = found.group(1).split("/")[0]
            if target in ("torch", "ATen", "c10") and module != "model_torch":
                yield f"{file}: only model_torch may see LibTorch"
            if target.startswith("libav") or target in ("libswresample", "chromaprint.h"):
                if module != "media":
                    yield f"{file}: only media may see FFmpeg and Chromaprint"
            if module == "cli" or target == module:
                continue
            if target in list(BELOW) + ["cli"] and target not in BELOW[module]:
                yield f"{file}: {module} may not include {found.group(1)}"
        if module != "cli" and module not in BELOW:
            yield f"{file}: module {module} has no place in the order"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
