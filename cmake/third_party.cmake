# Every third-party library, found once. Which room may use which is in docs/architecture.md.
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(Boost 1.74 REQUIRED)
find_package(zstd REQUIRED)
find_package(PkgConfig REQUIRED)
# Debian's libzip-config.cmake wants command-line tools of other packages, so pkg-config finds it.
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET GLOBAL libzip)
add_library(libzip::zip ALIAS PkgConfig::libzip)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Threads REQUIRED)

# oneDNN, by hand: Debian's dnnl-config.cmake wants OpenCL's headers, which nothing here uses.
find_path(ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(ONEDNN_LIBRARY dnnl REQUIRED)
add_library(niwaki_onednn INTERFACE)
target_include_directories(niwaki_onednn SYSTEM INTERFACE ${ONEDNN_INCLUDE_DIR})
target_link_libraries(niwaki_onednn INTERFACE ${ONEDNN_LIBRARY})

# DCMTK, by hand too: Debian's DCMTKConfig.cmake wants the development files of all that its tools are linked with.
find_path(DCMTK_INCLUDE_DIR dcmtk/dcmdata/dctk.h REQUIRED)
add_library(niwaki_dcmtk INTERFACE)
target_include_directories(niwaki_dcmtk SYSTEM INTERFACE ${DCMTK_INCLUDE_DIR})
foreach(part dcmjpls dcmjpeg dcmdata oflog ofstd)
  find_library(DCMTK_${part}_LIBRARY ${part} REQUIRED)
  target_link_libraries(niwaki_dcmtk INTERFACE ${DCMTK_${part}_LIBRARY})
endforeach()
# JPEG 2000, which Debian's DCMTK does not decode.
pkg_check_modules(libopenjp2 REQUIRED IMPORTED_TARGET GLOBAL libopenjp2)
if(NIWAKI_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# ONNX: only its protobuf schema is used.
find_package(Protobuf REQUIRED)
find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h REQUIRED)
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
add_library(niwaki_onnx_schema INTERFACE)
target_include_directories(niwaki_onnx_schema SYSTEM INTERFACE ${ONNX_INCLUDE_DIR})
target_compile_definitions(niwaki_onnx_schema INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_link_libraries(niwaki_onnx_schema INTERFACE ${ONNX_PROTO_LIBRARY} protobuf::libprotobuf)

# libtorch: Debian's by default; a newer one (with CUDA) through -DTorch_DIR=.../share/cmake/Torch.
find_package(Torch REQUIRED)
add_library(niwaki_libtorch INTERFACE)
target_include_directories(niwaki_libtorch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(niwaki_libtorch INTERFACE ${TORCH_LIBRARIES})
