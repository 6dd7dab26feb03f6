# SPDX-License-Identifier: Apache-2.0
#
# What every target of this project is compiled with, whatever its language.
add_library(ffp8_options INTERFACE)
target_compile_options(ffp8_options INTERFACE
  -Wall -Wextra -Wundef -Wpointer-arith -Wshadow
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  # A product and a sum are fused where the source says fma, and nowhere else: results are bitwise the same on every tier.
  -ffp-contract=off)
if(FFP8_WERROR)
  target_compile_options(ffp8_options INTERFACE -Werror)
endif()
if(FFP8_SANITIZE)
  target_compile_options(ffp8_options INTERFACE -fsanitize=${FFP8_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(ffp8_options INTERFACE -fsanitize=${FFP8_SANITIZE})
endif()
