# SPDX-License-Identifier: Apache-2.0
#
# Libraries that FFP8 is measured against, in programs only.

# ffp8_use_openblas(TARGET): FFP8_OPENBLAS_PATH is the shared library of PyPI's scipy-openblas32, which the set-up script puts into build/venv.
# A path for dlopen, not a link: OpenBLAS picks its kernels from the environment while it is loaded, so the program must clean that first.
function(ffp8_use_openblas target)
  file(GLOB found ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/scipy_openblas32/lib/libscipy_openblas.so)
  if(found)
    list(GET found 0 path)
    target_compile_definitions(${target} PRIVATE FFP8_OPENBLAS_PATH="${path}")
  endif()
endfunction()

# ffp8_use_numkong(TARGET): FFP8_NUMKONG_PYTHON is the interpreter of build/venv, if PyPI's NumKong is there; FFP8_NUMKONG_WORKER what it is to run.
function(ffp8_use_numkong target)
  file(GLOB found ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/numkong)
  if(found)
    target_compile_definitions(${target} PRIVATE FFP8_NUMKONG_PYTHON="${PROJECT_SOURCE_DIR}/build/venv/bin/python3"
      FFP8_NUMKONG_WORKER="${PROJECT_SOURCE_DIR}/bench/numkong_worker.py")
  endif()
endfunction()

# ffp8_use_onnxruntime(TARGET): the same for ONNX Runtime, which also needs ONNX to make its models; FFP8_NETWORKS_DIR is where they are kept.
function(ffp8_use_onnxruntime target)
  file(GLOB runtime ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/onnxruntime)
  file(GLOB onnx ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/onnx)
  if(runtime AND onnx)
    target_compile_definitions(${target} PRIVATE FFP8_ONNXRUNTIME_PYTHON="${PROJECT_SOURCE_DIR}/build/venv/bin/python3"
      FFP8_ONNXRUNTIME_WORKER="${PROJECT_SOURCE_DIR}/bench/onnxruntime_worker.py" FFP8_NETWORKS_DIR="${PROJECT_BINARY_DIR}/networks")
  endif()
endfunction()

# Target DNNL::dnnl where oneDNN is installed. Not by its own CMake package: Debian's asks for OpenCL's headers, which only GPUs need.
find_library(DNNL_LIBRARY dnnl)
find_path(DNNL_INCLUDE_DIR dnnl.h)
if(DNNL_LIBRARY AND DNNL_INCLUDE_DIR AND NOT TARGET DNNL::dnnl)
  add_library(DNNL::dnnl UNKNOWN IMPORTED GLOBAL)
  set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${DNNL_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${DNNL_INCLUDE_DIR}")
endif()
