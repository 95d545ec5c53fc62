#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/findings/settings.hpp"

/// What a status, HTTP code, header, command, tag or rule means: the tables of the decoder and the
/// findings, asked by number or name.
namespace eastap::explain {

/// In the order in which equal names are preferred.
enum class Kind : std::uint8_t { command, rule, header, http_status, status, page, tag };

[[nodiscard]] std::string_view to_string(Kind kind);  ///< "http_status": the word in JSON

/// One line of an explanation.
struct Fact {
  enum class Shown : std::uint8_t { everywhere, as_text, as_json };

  std::string_view name;  ///< "next step"; in JSON with '_' for the space
  std::string text;
  std::optional<std::int64_t> number;  ///< JSON has it instead of the text
  Shown shown = Shown::everywhere;
  bool list = false;  ///< items with ", " between them, each to stay on one line
};

/// One thing explained in full.
struct Entry {
  Kind kind = Kind::status;
  std::string ask;      ///< the words that ask for this and nothing else: "sync 3"
  std::string title;    ///< "Sync status 3: InvalidSyncKey"
  std::string summary;  ///< what it means, one to three sentences
  std::vector<Fact> facts;
};

/// One thing named only.
struct Mention {
  Kind kind = Kind::status;
  std::string ask;
  std::string title;
};

/// What is set for a rule, and where each value was set ("--rule", "eastap.toml:12"), by the key of
/// the config file.
struct RuleSetting {
  findings::RuleSettings changes;
  std::map<std::string, std::string, std::less<>> set_at;
};

/// The user's settings, for the current values of a rule.
struct Settings {
  std::map<std::string, RuleSetting, std::less<>> rules;  ///< by rule id
  std::vector<findings::Mute> mutes;
};

struct Answer {
  std::string asked;           ///< the words, joined; at most `kMostAsked` octets
  std::optional<Entry> entry;  ///< the one thing that is meant
  std::string
      assumed;  ///< not empty: nothing is called as asked, `entry` is the nearest, by its name
  /// Further ones of that name; at most `kMostListed`, unless a whole kind is asked for.
  std::vector<Mention> others;
  std::size_t left_out = 0;          ///< of `others`
  std::vector<std::string> nearest;  ///< when there is nothing: how to ask for what is called alike
  [[nodiscard]] bool found() const { return entry.has_value() || !others.empty(); }
};

inline constexpr std::size_t kMostAsked = 200;  ///< longer questions are cut: no name is longer
inline constexpr std::size_t kMostListed = 40;
inline constexpr std::size_t kMostNearest = 5;

/// Answers a question such as {"sync", "3"}, {"143"}, {"http", "449"}, {"X-MS-PolicyKey"},
/// {"command", "18"}, {"AirSync:SyncKey"}, {"0", "0x0b"}, {"provision-loop"}. Case, hyphens and the
/// word "status" do not matter. `words` is untrusted; so is `Answer::asked`.
[[nodiscard]] Answer explain(std::span<const std::string> words, const Settings& settings = {});

/// How to ask, kind by kind, with an example each: what `eastap explain` says without a word.
struct OverviewLine {
  std::string_view what;
  std::string count;
  std::string_view example;
};
[[nodiscard]] std::vector<OverviewLine> overview();

}  // namespace eastap::explain
