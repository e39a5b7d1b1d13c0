add_executable(bench_render ${CMAKE_CURRENT_LIST_DIR}/render.cpp)
target_link_libraries(bench_render PRIVATE segue::output benchmark::benchmark)
segue_warnings(bench_render)
