#include "decoder/base/nearest.hpp"

#include <doctest/doctest.h>

using eastap::edit_distance;

TEST_SUITE("decoder.base.nearest") {
  TEST_CASE("insertions, removals and replacements count one each") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "sync") == 4);
    CHECK(edit_distance("sync", "") == 4);
    CHECK(edit_distance("synk", "sync") == 1);
    CHECK(edit_distance("folersync", "foldersync") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
  }

  TEST_CASE("two neighbours swapped are one slip") {
    CHECK(edit_distance("snyc", "sync") == 1);
    CHECK(edit_distance("pign", "ping") == 1);
    CHECK(edit_distance("ab", "ba") == 1);
    CHECK(edit_distance("ysnc", "sync") == 1);
    CHECK(edit_distance("aa", "aa") == 0);
    CHECK(edit_distance("abcd", "badc") == 2);
    CHECK(edit_distance("ca", "abc") == 3);  // what was swapped is not edited again
  }
}
