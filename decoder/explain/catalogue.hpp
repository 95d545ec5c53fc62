#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/explain/explain.hpp"
#include "decoder/findings/rule_table.hpp"

/// Inside of decoder/explain: everything that can be asked for, with the names it goes by.
namespace eastap::explain {

/// How sure it is that a name means a topic.
enum class Rank : std::uint8_t { exact, loose };

struct Topic {
  Kind kind = Kind::status;
  std::size_t row = 0;  ///< of the kind's table
  std::string ask, title;
};

struct Key {
  std::string name;  ///< as `simplified` leaves it
  Rank rank = Rank::exact;
  std::uint32_t topic = 0;
};

struct Catalogue {
  std::vector<Topic> topics;  ///< by kind
  std::vector<Key> keys;      ///< sorted by name, rank, topic
};

/// Built once; some 1 200 topics.
[[nodiscard]] const Catalogue& catalogue();

/// Letters and digits only, small.
[[nodiscard]] std::string simplified(std::string_view text);

/// The rules that are looked for, then those that are only known.
[[nodiscard]] std::size_t rule_count();
[[nodiscard]] const findings::Rule& rule_row(std::size_t row);
/// Why a rule is not looked for; "" when it is.
[[nodiscard]] std::string_view unwatched_because(std::string_view id);

/// Tags by row: page after page, in the order of the tables.
struct TagPlace {
  std::uint8_t page = 0;
  std::size_t row = 0;
};
[[nodiscard]] TagPlace tag_place(std::size_t row);

/// The topic in full.
[[nodiscard]] Entry describe(const Topic& topic, const Settings& settings);
[[nodiscard]] Entry describe_rule(const Topic& topic, const Settings& settings);

/// "1 month" for the value 5 of AirSync:FilterType; "" when the number stands for nothing.
[[nodiscard]] std::string value_words(const Topic& tag, int value);

}  // namespace eastap::explain
