#pragma once

#include <cstdio>
#include <cstdlib>

/// A property of the input under test; the line of the one that does not hold is printed.
inline void require(bool holds, int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "the property of line %d does not hold\n", line);
  std::abort();
}
