#pragma once

#include <string>

#include <doctest/doctest.h>
#include <zlib.h>

namespace eastap::testing {

/// `text` as zlib codes it; `window` as deflateInit2 takes it: 16 more for gzip, negative for raw.
inline std::string zlib_coded(const std::string& text, int window) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string gzip(const std::string& text) { return zlib_coded(text, MAX_WBITS + 16); }

}  // namespace eastap::testing
