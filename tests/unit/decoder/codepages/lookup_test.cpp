#include "decoder/codepages/lookup.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace eastap::codepages {
namespace {

static_assert(find_tag("AirSync", "SyncKey") == airsync::kSyncKey);
static_assert(find_row(airsync::kSync)->name == "Sync");

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : line) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::uint8_t version_bits(const std::string& versions) {
  const std::vector<std::string> known{"2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1"};
  unsigned bits = 0;
  for (const std::string& version : split(versions, ',')) {
    const auto found = std::find(known.begin(), known.end(), version);
    if (found != known.end()) bits |= 1U << (found - known.begin());
  }
  return static_cast<std::uint8_t>(bits);
}

TEST_SUITE("decoder.codepages.lookup") {
  TEST_CASE("every row of the published tables is here, and nothing else") {
    std::ifstream facts{EASTAP_TEST_DATA "/facts/codepages.tsv"};
    REQUIRE(facts);
    std::string line;
    std::getline(facts, line);
    std::size_t rows = 0;
    while (std::getline(facts, line)) {
      CAPTURE(line);
      const auto fields = split(line, '\t');
      REQUIRE(fields.size() == 6);
      const Tag tag{static_cast<std::uint8_t>(std::stoi(fields[0])),
                    static_cast<std::uint8_t>(std::stoi(fields[2], nullptr, 16))};
      const TagRow* row = find_row(tag);
      REQUIRE(row != nullptr);
      CHECK(row->tag == tag);
      CHECK(row->name == fields[3]);
      CHECK(row->versions == version_bits(fields[4]));
      CHECK(row->opaque == (fields[5] == "opaque"));
      REQUIRE(find_page(tag.page) != nullptr);
      CHECK(find_page(tag.page)->name == fields[1]);
      CHECK(find_page(fields[1]) == find_page(tag.page));
      CHECK(find_row(tag.page, fields[3]) == row);
      CHECK(find_tag(fields[1], fields[3]) == tag);
      CHECK(((known_tokens(tag.page) >> tag.token) & 1) == 1);
      ++rows;
    }
    std::size_t in_tables = 0;
    for (const Page* page : kPages) in_tables += page->rows.size();
    CHECK(rows == in_tables);
    CHECK(rows == 655);
  }

  TEST_CASE("pages stand at their numbers") {
    for (std::size_t number = 0; number < kPageCount; ++number) {
      CHECK(kPages[number]->number == number);
    }
  }

  TEST_CASE("what the tables lack is nothing") {
    CHECK(find_row(Tag{0, 0x3F}) == nullptr);
    CHECK(find_row(Tag{26, 0x05}) == nullptr);
    CHECK(find_row(Tag{255, 0xFF}) == nullptr);
    CHECK(find_row(Tag{0, 0x00}) == nullptr);
    CHECK(find_page(std::uint8_t{26}) == nullptr);
    CHECK(find_page("AirSyncBases") == nullptr);
    CHECK(find_page("") == nullptr);
    CHECK(find_page(":") == nullptr);
    CHECK_FALSE(find_tag("AirSync", "synckey"));
    CHECK_FALSE(find_tag("Contacts", "SyncKey"));
    CHECK(known_tokens(200) == 0);
  }

  TEST_CASE("namespaces are found as others write them") {
    CHECK(find_page("AirSync:") == &airsync::kPage);
    CHECK(find_page("airsyncbase") == &airsync_base::kPage);
    CHECK(find_page("POOMMAIL") == nullptr);
  }
}

}  // namespace
}  // namespace eastap::codepages
