find_package(OpenMP REQUIRED)
add_executable(index_growth ${CMAKE_CURRENT_LIST_DIR}/index_growth.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/index_growth_decision.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/index_growth_embeddings.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/index_growth_picture.cpp)
target_link_libraries(index_growth PRIVATE segue::planning faiss OpenMP::OpenMP_CXX)
add_dependencies(index_growth segue-torch)
segue_warnings(index_growth)
