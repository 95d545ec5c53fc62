#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/wbxml/encode.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

namespace eastap::wbxml {
namespace {

using properties::decoded;
using properties::violation;

std::vector<std::pair<std::string, std::string>> bodies() {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& entry : std::filesystem::directory_iterator{EASTAP_TEST_DATA "/wbxml"}) {
    if (entry.path().extension() != ".wbxml") continue;
    std::ifstream file{entry.path(), std::ios::binary};
    std::stringstream content;
    content << file.rdbuf();
    found.emplace_back(entry.path().filename().string(), content.str());
  }
  return found;
}

}  // namespace

TEST_SUITE("decoder.wbxml.real_bodies") {
  TEST_CASE("the set of bodies is there") { CHECK(bodies().size() >= 15); }

  TEST_CASE("every cut of every body keeps the promises, and what came before it") {
    for (const auto& [name, body] : bodies()) {
      CAPTURE(name);
      const Document whole = decoded(body);
      for (std::size_t kept = 0; kept < body.size(); ++kept) {
        CAPTURE(kept);
        const Document cut = decoded(body.substr(0, kept));
        CHECK(violation(cut) == "");
        CHECK(cut.nodes.size() <= whole.nodes.size());
        if (cut.decoded_octets > whole.string_table_offset + whole.string_table_size) {
          CHECK_FALSE((cut.complete && kept < whole.decoded_octets));
        }
      }
    }
  }

  TEST_CASE("every flipped bit of every body gives a document that keeps its promises") {
    for (const auto& [name, body] : bodies()) {
      CAPTURE(name);
      for (std::size_t at = 0; at < body.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
          std::string flipped = body;
          flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
          const std::string broken = violation(decoded(std::move(flipped)));
          if (broken.empty()) continue;
          CAPTURE(at);
          CAPTURE(bit);
          CHECK(broken == "");
        }
      }
    }
  }
}

}  // namespace eastap::wbxml
