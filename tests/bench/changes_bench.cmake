# The program beside nginx; not a ctest entry: tests/run.sh --long runs it where nginx is installed.
add_executable(changes_bench changes_bench.cpp)
target_link_libraries(changes_bench PRIVATE meshgate_flags meshgate_serve)
