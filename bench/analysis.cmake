# Decoding and analysis as multiples of real time; analysis_vs_ffmpeg.py runs this program beside
# ffmpeg.
add_executable(bench_analysis ${CMAKE_CURRENT_LIST_DIR}/analysis.cpp)
target_link_libraries(bench_analysis PRIVATE segue::analysis benchmark::benchmark)
segue_warnings(bench_analysis)
add_dependencies(bench_analysis segue-media)  # loaded with the first file
