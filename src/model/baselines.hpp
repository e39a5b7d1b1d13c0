// Systems that learn nothing, for comparison with those that do.
#pragma once

#include "model/successor_model.hpp"

namespace segue {

// `random`: a score drawn for each pair, the same each time it is asked.
std::unique_ptr<SuccessorModel> make_random_model();

// `edge`: minus the L2 distance between the last four visible log-mel frames of the fragment playing
// and the first four of the candidate, frame by frame in the order of time. Of shorter fragments,
// as many frames as both have.
std::unique_ptr<SuccessorModel> make_edge_model();

}  // namespace segue
