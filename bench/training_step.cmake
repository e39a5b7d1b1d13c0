# One training step of each recipe, beside the same step in PyTorch's Python: training_step.py runs
# this program and takes turns with it (no Google Benchmark, hence no bench_ in its name).
add_executable(training_step ${CMAKE_CURRENT_LIST_DIR}/training_step.cpp)
target_link_libraries(training_step PRIVATE segue::model_torch)
segue_warnings(training_step)
