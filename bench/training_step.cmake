# One training step of both recipes, beside the same step in PyTorch's Python: training_step.py runs
# this program and takes turns with it.
add_executable(bench_training_step ${CMAKE_CURRENT_LIST_DIR}/training_step.cpp)
target_link_libraries(bench_training_step PRIVATE segue::model_torch)
segue_warnings(bench_training_step)
