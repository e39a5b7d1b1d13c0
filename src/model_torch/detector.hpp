// Detectors of seams, behind the plugin's border.
#pragma once

#include <filesystem>
#include <memory>

#include "evaluation/seam_detector.hpp"

namespace segue {

// Writes the weights of a detector that learnt from these examples: AdamW with warm-up and cosine,
// binary cross-entropy, both classes weighing the same. Windows are cut short on both sides,
// reversed, made a little more or less contrasting and shifted by a few bands as it learns. The same
// lesson gives the same weights bit for bit on the same machine with as many threads.
// Throws Error(input) if a class has no example, Error(output), Error(interrupted).
void train_detector(const DetectorLesson& lesson, const std::filesystem::path& weights);

// Reads the card beside the weights, then the weights. Throws Error(model).
std::unique_ptr<SeamDetector> load_detector(const std::filesystem::path& weights);

}  // namespace segue
