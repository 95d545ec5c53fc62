#include "certs/leaf_cache.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/certs/support.hpp"

namespace eastap::certs {

using namespace test;
using std::chrono::days;

TEST_SUITE("certs.leaf_cache") {
  TEST_CASE("a host is minted once, in whatever spelling it is asked for") {
    LeafCache cache{new_authority()};
    const auto first = cache.leaf_for("mail.example.com", kNow);
    REQUIRE(first);
    CHECK(cache.leaf_for("MAIL.example.com.", kNow).value() == *first);
    CHECK(cache.counts().minted == 1);
    CHECK(cache.counts().hits == 1);
  }

  TEST_CASE("the least recently used host is dropped, and its leaf lives on with its user") {
    LeafCache cache{new_authority(), 2};
    const auto one = cache.leaf_for("one.test", kNow).value();
    const auto two = cache.leaf_for("two.test", kNow).value();
    CHECK(cache.leaf_for("one.test", kNow).value() == one);
    CHECK(cache.leaf_for("three.test", kNow));
    CHECK(cache.counts().hosts == 2);
    CHECK(cache.counts().dropped == 1);
    CHECK(cache.leaf_for("one.test", kNow).value() == one);
    CHECK(cache.leaf_for("two.test", kNow).value() != two);
    CHECK(X509_get_version(two->certificate()) == X509_VERSION_3);
  }

  TEST_CASE("made-up names cannot grow it beyond its bound") {
    LeafCache cache{new_authority(), 10};
    for (int count = 0; count < 100; ++count)
      REQUIRE(cache.leaf_for("h" + std::to_string(count) + ".test", kNow));
    CHECK(cache.counts().hosts == 10);
    CHECK(cache.counts().dropped == 90);
  }

  TEST_CASE("a leaf is minted anew a day before its end") {
    LeafCache cache{new_authority()};
    const auto first = cache.leaf_for("mail.example.com", kNow).value();
    CHECK(cache.leaf_for("mail.example.com", first->not_after() - days{1}).value() == first);
    const auto second =
        cache.leaf_for("mail.example.com", first->not_after() - days{1} + std::chrono::seconds{1})
            .value();
    CHECK(second != first);
    CHECK(second->not_after() > first->not_after());
    CHECK(cache.counts().hosts == 1);
  }

  TEST_CASE(
      "on the CA's last day a leaf is not minted for every connection, and after it not at all") {
    const auto ca = new_authority();
    LeafCache cache{ca};
    const SystemTime end = ca->facts().not_after;
    const auto first = cache.leaf_for("mail.example.com", end - std::chrono::hours{2}).value();
    CHECK(first->not_after() == end);
    CHECK(cache.leaf_for("mail.example.com", end - std::chrono::hours{1}).value() == first);
    CHECK_FALSE(cache.leaf_for("mail.example.com", end + std::chrono::seconds{1}));
  }

  TEST_CASE("what is no host is refused and leaves no trace") {
    LeafCache cache{new_authority()};
    CHECK_FALSE(cache.leaf_for("a b", kNow));
    CHECK(cache.counts().hosts == 0);
  }

  TEST_CASE("threads share it") {
    LeafCache cache{new_authority(), 8};
    std::vector<std::thread> threads;
    std::vector<int> good(4, 0);
    for (std::size_t thread = 0; thread < good.size(); ++thread) {
      threads.emplace_back([&, thread] {
        for (int count = 0; count < 100; ++count) {
          const auto leaf = cache.leaf_for("h" + std::to_string(count % 12) + ".test", kNow);
          if (leaf && (*leaf)->certificate() != nullptr) ++good[thread];
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == std::vector<int>(4, 100));
    CHECK(cache.counts().hosts == 8);
    CHECK(cache.counts().hits + cache.counts().minted == 400);
  }
}

}  // namespace eastap::certs
