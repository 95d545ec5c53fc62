#include "decoder/base/lru_map.hpp"

#include <algorithm>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace eastap {
namespace {

struct Named {
  std::string name;
};

TEST_CASE("a map by last use does what a list does that is searched from its front") {
  std::mt19937 random{7};
  LruMap<std::shared_ptr<Named>> map;
  std::list<std::shared_ptr<Named>> model;  // the latest used first
  const auto in_model = [&](const std::string& name) {
    return std::find_if(model.begin(), model.end(),
                        [&](const auto& named) { return named->name == name; });
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string name = "a name too long to lie inside " + std::to_string(random() % 40);
    const auto known = in_model(name);
    const auto* found = map.find(name);
    REQUIRE((found != nullptr) == (known != model.end()));
    if (found != nullptr) REQUIRE(*found == *known);
    switch (random() % 4) {
      case 0:
        if (known != model.end()) {
          REQUIRE(*map.use(name) == *known);
          model.splice(model.begin(), model, known);
        } else {
          REQUIRE(map.use(name) == nullptr);
        }
        break;
      case 1:
        if (known == model.end()) {
          model.push_front(std::make_shared<Named>(Named{name}));
          REQUIRE(map.add(model.front()->name, model.front()) == model.front());
        }
        break;
      case 2:
        map.erase(name);
        if (known != model.end()) model.erase(known);
        break;
      default:
        if (!model.empty()) {
          REQUIRE(map.oldest() == model.back());
          if (random() % 4 == 0) {
            map.erase(map.oldest()->name);
            model.pop_back();
          }
        }
    }
    REQUIRE(map.size() == model.size());
    REQUIRE(map.empty() == model.empty());
    std::vector<std::shared_ptr<Named>> order;
    map.newest_first([&](const auto& named) {
      order.push_back(named);
      return order.size() < 30;
    });
    std::size_t at = 0;
    for (const auto& named : model) {
      if (at == 30) break;
      REQUIRE(at < order.size());
      REQUIRE(order[at++] == named);
    }
    REQUIRE(order.size() == at);
  }
}

TEST_CASE("what leaves a map by last use is let go") {
  LruMap<std::shared_ptr<Named>> map;
  const auto kept = std::make_shared<Named>(Named{"kept by the test too"});
  map.add(kept->name, kept);
  CHECK(kept.use_count() == 2);
  map.erase(map.oldest()->name);
  CHECK(kept.use_count() == 1);
  map.add(kept->name, kept);
  CHECK(map.oldest() == kept);
}

}  // namespace
}  // namespace eastap
