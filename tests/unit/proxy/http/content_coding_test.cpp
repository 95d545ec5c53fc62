#include "proxy/http/content_coding.hpp"

#include <string>
#include <vector>

#include <brotli/encode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/support/zlib_coded.hpp"

namespace eastap::http {
namespace {

using testing::gzip;
using testing::zlib_coded;

std::string brotli(const std::string& text) {
  std::string out(BrotliEncoderMaxCompressedSize(text.size()) + 64, '\0');
  std::size_t size = out.size();
  REQUIRE(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(),
                                reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE);
  out.resize(size);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  REQUIRE(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

std::string coded(const std::string& coding, const std::string& text) {
  if (coding == "gzip") return gzip(text);
  if (coding == "deflate") return zlib_coded(text, MAX_WBITS);
  if (coding == "raw deflate") return zlib_coded(text, -MAX_WBITS);
  if (coding == "br") return brotli(text);
  return zstd(text);
}

std::string varied_text(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>('a' + (state >> 24) % 16);
  }
  return text;
}

const std::vector<std::string> kCodings{"gzip", "deflate", "raw deflate", "br", "zstd"};

std::string header_name(const std::string& coding) {
  return coding == "raw deflate" ? "deflate" : coding;
}

}  // namespace

TEST_SUITE("proxy.http.content_coding") {
  TEST_CASE("every coding comes back as it was") {
    for (const std::string& coding : kCodings) {
      for (const std::size_t size : {0U, 1U, 4096U, 300'000U}) {
        CAPTURE(coding);
        CAPTURE(size);
        const std::string text = varied_text(size);
        const auto decoded =
            undo_content_codings({header_name(coding)}, coded(coding, text), "body");
        CHECK(decoded.octets == text);
        CHECK(decoded.whole);
        CHECK(decoded.diagnostics.empty());
      }
    }
  }

  TEST_CASE("several codings are undone from the last to the first") {
    const std::string text = varied_text(5000);
    const auto decoded = undo_content_codings({"gzip", "br"}, brotli(gzip(text)), "body");
    CHECK(decoded.octets == text);
    CHECK(decoded.whole);
  }

  TEST_CASE("gzip members that follow one another are one body") {
    CHECK(undo_content_codings({"gzip"}, gzip("one ") + gzip("two"), "body").octets == "one two");
  }

  TEST_CASE("the codings are read from all fields, without identity") {
    const model::HeaderList head{
        "HTTP/1.1 200 OK\r\nContent-Encoding: GZip, identity\r\ncontent-encoding:\r\n br\r\n\r\n"};
    CHECK(content_codings(head) == std::vector<std::string>{"gzip", "br"});
  }

  TEST_CASE("a body without octets has nothing to undo") {
    const auto decoded = undo_content_codings({"gzip"}, "", "body");
    CHECK(decoded.octets.empty());
    CHECK(decoded.diagnostics.empty());
  }

  TEST_CASE("every cut keeps what had decoded and says where it ended") {
    const std::string text = varied_text(3000);
    for (const std::string& coding : kCodings) {
      const std::string body = coded(coding, text);
      for (std::size_t kept = 1; kept < body.size(); ++kept) {
        CAPTURE(coding);
        CAPTURE(kept);
        const auto decoded =
            undo_content_codings({header_name(coding)}, body.substr(0, kept), "body");
        CHECK_FALSE(decoded.whole);
        REQUIRE(decoded.diagnostics.size() == 1);
        CHECK(decoded.diagnostics[0].offset <= kept);
        // A raw deflate of a few octets can look like broken zlib, and is then shown as received.
        if (decoded.diagnostics[0].code == Errc::truncated) {
          CHECK(text.starts_with(decoded.octets));
        }
      }
    }
  }

  TEST_CASE("every flipped bit decodes, or is told with a place inside the body") {
    const std::string text = varied_text(400);
    for (const std::string& coding : kCodings) {
      const std::string body = coded(coding, text);
      for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
        std::string flipped = body;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const auto decoded = undo_content_codings({header_name(coding)}, flipped, "body",
                                                  {.output = 1 << 20, .codings = 4});
        CHECK(decoded.octets.size() <= (1 << 20));
        for (const Diagnostic& diagnostic : decoded.diagnostics) {
          CHECK(diagnostic.offset <= flipped.size());
        }
      }
    }
  }

  TEST_CASE("a bomb stops at the limit, keeps the first part and tells its ratio") {
    const std::string bomb(4 << 20, 'a');
    for (const std::string& coding : kCodings) {
      CAPTURE(coding);
      const auto decoded = undo_content_codings({header_name(coding)}, coded(coding, bomb), "body",
                                                {.output = 1 << 20, .codings = 4});
      CHECK(decoded.octets.size() == (1 << 20));
      CHECK_FALSE(decoded.whole);
      REQUIRE(decoded.diagnostics.size() == 1);
      CHECK(decoded.diagnostics[0].code == Errc::too_large);
      CHECK(decoded.ratio > 100);
    }
  }

  TEST_CASE("a body of just the limit is whole") {
    const std::string text = varied_text(4096);
    for (const std::string& coding : kCodings) {
      CAPTURE(coding);
      const auto decoded = undo_content_codings({header_name(coding)}, coded(coding, text), "body",
                                                {.output = 4096, .codings = 4});
      CHECK(decoded.whole);
      CHECK(decoded.octets == text);
    }
  }

  TEST_CASE("a body that is not what its head names comes back as received") {
    const auto decoded =
        undo_content_codings({"gzip"}, "\x03\x01\x6A\x00 plain WBXML", "response body");
    CHECK(decoded.octets == std::string_view{"\x03\x01\x6A"});
    CHECK_FALSE(decoded.whole);
  }

  TEST_CASE("an unknown coding and too many of them are told") {
    const auto unknown = undo_content_codings({"compress"}, "abc", "body");
    REQUIRE(unknown.diagnostics.size() == 1);
    CHECK(unknown.diagnostics[0].code == Errc::unsupported);
    CHECK(unknown.octets == "abc");
    const auto many = undo_content_codings({"gzip", "gzip", "gzip", "gzip", "gzip"}, "abc", "body");
    REQUIRE(many.diagnostics.size() == 1);
    CHECK(many.diagnostics[0].code == Errc::too_large);
  }

  TEST_CASE("octets behind the end of the data are told, and the data kept") {
    const auto decoded = undo_content_codings({"gzip"}, gzip("text") + "tail", "body");
    CHECK(decoded.octets == "text");
    REQUIRE(decoded.diagnostics.size() == 1);
    CHECK(decoded.diagnostics[0].offset == gzip("text").size());
  }
}

}  // namespace eastap::http
