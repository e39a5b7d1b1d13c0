add_executable(bench_ordering ${CMAKE_CURRENT_LIST_DIR}/ordering.cpp)
target_link_libraries(bench_ordering PRIVATE segue::evaluation benchmark::benchmark)
segue_warnings(bench_ordering)
