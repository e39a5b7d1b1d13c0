// Trains a network from a manifest. Behind the plugin's border; declared without LibTorch.
#pragma once

#include "training/training_request.hpp"

namespace segue {

// Writes into request.folder, each file whole or not at all:
// checkpoint.safetensors  after every epoch: weights, optimizer, best weights so far, history
// curves.csv, curves.svg  after every epoch
// NAME.safetensors, NAME.card.json  at the end: the weights that are kept
//
// With weights to begin with (request.from) these count as epoch 0: they are measured before anything is
// learnt, and are the ones written where no epoch is better.
//
// The same manifest, recipe, seed and weights to begin with give the same weights bit for bit on the
// same machine with as many threads (on the CPU), whether the run was broken off and resumed or not.
//
// Throws Error(input) for too little data or a checkpoint of another run, Error(usage) for a
// setting or a device that does not fit, Error(output), Error(internal) if the loss is no
// longer a number, Error(interrupted): the last whole epoch is then in the checkpoint.
TrainingResult train(const TrainingRequest& request);

}  // namespace segue
