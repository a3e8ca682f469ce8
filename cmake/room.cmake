# niwaki_room(NAME
#   SOURCES a.cpp ...        the room's files
#   TESTS a_test.cpp ...     its GoogleTests, one program a room: niwaki_<room>_test
#   ROOMS core ...           rooms it may include (the table in docs/architecture.md)
#   PRIVATE Lib::lib ...     third-party libraries behind its interface
#   TEST_LINKS Lib::lib ...  what only its tests need
# )
# makes the static library niwaki_<room>.
function(niwaki_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;TESTS;ROOMS;PRIVATE;TEST_LINKS" ${ARGN})
  set(target niwaki_${name})
  add_library(${target} STATIC ${ROOM_SOURCES})
  niwaki_compile_options(${target})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  # fmt is in core's public header (NIWAKI_CHECK), so every room has it.
  target_link_libraries(${target} PUBLIC fmt::fmt PRIVATE ${ROOM_PRIVATE})
  foreach(room ${ROOM_ROOMS})
    target_link_libraries(${target} PUBLIC niwaki_${room})
  endforeach()
  if(NIWAKI_TESTS AND ROOM_TESTS)
    add_executable(${target}_test ${ROOM_TESTS})
    niwaki_compile_options(${target}_test)
    target_compile_definitions(${target}_test PRIVATE NIWAKI_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target}_test PRIVATE ${target} GTest::gtest_main GTest::gmock ${ROOM_TEST_LINKS})
    gtest_discover_tests(${target}_test TEST_PREFIX "${name}/" DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
  endif()
endfunction()

function(niwaki_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wno-missing-field-initializers)  # designated initialisers name what they set
  if(NIWAKI_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(NIWAKI_SANITIZE OR NIWAKI_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(NIWAKI_SANITIZE_THREADS)
    target_compile_options(${target} PRIVATE -fsanitize=thread -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=thread)
  endif()
endfunction()

# niwaki_kernel(NAME file.cpp) compiles a room's kernel once for each instruction set, NIWAKI_KERNEL naming it; on another
# processor than x86-64 all are the baseline. kernel_of() in core/instruction_set.hpp says which one runs. Contraction is off, so that all round alike.
function(niwaki_kernel name source)
  set(flags_baseline "")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(flags_avx2 -mavx2 -mfma)
    set(flags_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512)
  endif()
  cmake_path(GET source STEM stem)
  foreach(set baseline avx2 avx512)
    set(target niwaki_${name}_${stem}_${set})
    add_library(${target} OBJECT ${source})
    niwaki_compile_options(${target})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_compile_definitions(${target} PRIVATE NIWAKI_KERNEL=${set})
    # GCC 12 takes the undefined operands of its own AVX-512 header for variables that nobody set.
    target_compile_options(${target} PRIVATE -O3 -ffp-contract=off -Wno-psabi -Wno-maybe-uninitialized ${flags_${set}})
    target_sources(niwaki_${name} PRIVATE $<TARGET_OBJECTS:${target}>)
  endforeach()
endfunction()
