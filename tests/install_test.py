#!/usr/bin/env python3
"""Installs into an empty folder; builds a program against it with find_package(segue); runs both.

Usage: install_test.py BUILD_FOLDER
"""
import os
import pathlib
import subprocess
import sys
import tempfile

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(segue 0.1 REQUIRED)
add_executable(consumer main.cpp)
target_link_libraries(consumer PRIVATE segue::segue)
"""
PROGRAM = """
#include <iostream>
#include "base/error.hpp"
#include "library/library.hpp"
#include "model/registry.hpp"
#include "planning/planner.hpp"
int main() {
  segue::MixConfig config;
  config.validate();
  segue::Library library("library");
  std::cout << library.tracks({}).size() << ' ' << segue::Segmentation::parse("3").text() << '\\n';
  try {
    segue::find_weights("none");
  } catch (const segue::Error& error) {
    std::cout << error.what() << '\\n';
  }
}
"""


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, **options).stdout


def main():
    build = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("cmake", "--install", build, "--prefix", folder / "usr")
        assert "segue 0.1" in run(folder / "usr/bin/segue", "--version")
        environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"))
        models = subprocess.run([folder / "usr/bin/segue", "mix", "--model", "none"], env=environment,
                                capture_output=True, text=True).stderr
        assert "successor" in models, models  # the installed models are found
        assert (folder / "usr/share/segue/models/critics/100ms/cnn.safetensors").exists()
        (folder / "CMakeLists.txt").write_text(PROJECT)
        (folder / "main.cpp").write_text(PROGRAM)
        run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={folder}/usr")
        run("cmake", "--build", folder / "build")
        output = run(folder / "build/consumer", cwd=folder)
        assert output.startswith("0 3\n"), output
        assert "there is no model 'none'" in output, output
    print("installs and is found")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.stdout}\n{error.stderr}")
