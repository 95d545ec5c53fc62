#include "decoder/explain/explain.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "decoder/base/nearest.hpp"
#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/explain/catalogue.hpp"
#include "decoder/explain/command_table.hpp"

namespace eastap::explain {

namespace {

struct Hit {
  std::uint32_t topic = 0;
  Rank rank = Rank::exact;
};
using Hits = std::vector<Hit>;

/// The question taken apart.
struct Question {
  std::vector<std::string> words;  ///< small, without the kind
  std::optional<Kind> kind;        ///< "http", "rule", …: the first of several words
  std::optional<int> value;        ///< the last word, when it is a number
};

std::optional<Kind> kind_of(std::string_view word) {
  struct Row {
    std::string_view word;
    Kind kind;
  };
  static constexpr Row kRows[] = {
      {"command", Kind::command}, {"cmd", Kind::command},   {"rule", Kind::rule},
      {"finding", Kind::rule},    {"header", Kind::header}, {"http", Kind::http_status},
      {"status", Kind::status},   {"page", Kind::page},     {"codepage", Kind::page},
      {"namespace", Kind::page},  {"tag", Kind::tag},       {"element", Kind::tag},
  };
  for (const Row& row : kRows) {
    if (row.word == word) return row.kind;
  }
  return std::nullopt;
}

bool is_number(std::string_view word) {
  return !word.empty() && word.size() <= 9 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string joined(std::span<const std::string> words, std::string_view between = " ") {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

Question question_from(std::string_view asked) {
  Question question;
  for (std::size_t at = 0; at < asked.size();) {
    const std::size_t end = std::min(asked.find_first_of(" \t\n=,", at), asked.size());
    if (end > at) question.words.push_back(to_lower(asked.substr(at, end - at)));
    at = end + 1;
  }
  if (question.words.size() > 1) {
    question.kind = kind_of(question.words.front());
    if (question.kind) question.words.erase(question.words.begin());
  }
  if (!question.words.empty() && is_number(question.words.back())) {
    question.value = static_cast<int>(*to_integer(question.words.back()));
  }
  return question;
}

/// Without words that only fill: "sync status 3" is "sync 3".
std::vector<std::string> without_fillers(std::vector<std::string> words) {
  static constexpr std::array<std::string_view, 8> kFillers{"status", "code",       "error", "the",
                                                            "eas",    "activesync", "token", "tag"};
  const auto filler = [](const std::string& word) {
    return std::find(kFillers.begin(), kFillers.end(), word) != kFillers.end();
  };
  words.erase(std::remove_if(words.begin(), words.end(), filler), words.end());
  return words;
}

bool fits(const Question& question, const Topic& topic) {
  return !question.kind || *question.kind == topic.kind;
}

void add_named(Hits& hits, const Question& question, const std::string& name) {
  const Catalogue& all = catalogue();
  const auto by_name = [](const Key& key, const std::string& wanted) { return key.name < wanted; };
  for (auto key = std::lower_bound(all.keys.begin(), all.keys.end(), name, by_name);
       key != all.keys.end() && key->name == name; ++key) {
    const bool known = std::any_of(hits.begin(), hits.end(),
                                   [&](const Hit& hit) { return hit.topic == key->topic; });
    if (!known && fits(question, all.topics[key->topic])) hits.push_back({key->topic, key->rank});
  }
}

/// The topic of a tag: tags stand last, in the order of the tables.
std::optional<std::uint32_t> topic_of(codepages::Tag tag) {
  const Catalogue& all = catalogue();
  const codepages::TagRow* const row = codepages::find_row(tag);
  if (row == nullptr) return std::nullopt;
  for (std::size_t at = 0; at < all.topics.size(); ++at) {
    if (all.topics[at].kind != Kind::tag) continue;
    const TagPlace place = tag_place(all.topics[at].row);
    if (&codepages::kPages[place.page]->rows[place.row] == row)
      return static_cast<std::uint32_t>(at);
  }
  return std::nullopt;
}

/// "AirSync:SyncKey": a colon stands between namespace and tag only.
Hits by_qualified_tag(const Question& question) {
  Hits hits;
  const std::string asked = joined(question.words);
  const std::size_t colon = asked.find(':');
  if (colon == std::string::npos) return hits;
  const codepages::Page* const page = codepages::find_page(asked.substr(0, colon));
  if (page == nullptr) return hits;
  const std::string_view name = std::string_view{asked}.substr(colon + 1);
  for (const codepages::TagRow& row : page->rows) {
    if (!equals_ignoring_case(row.name, name)) continue;
    if (const auto topic = topic_of(row.tag)) hits.push_back({*topic, Rank::exact});
  }
  return hits;
}

Hits by_name(const Question& question) {
  Hits hits;
  const std::string whole = simplified(joined(question.words));
  const std::string brief = simplified(joined(without_fillers(question.words)));
  // "Sync status 3" is the status, though a rule is called sync-status3.
  const bool number_of_status =
      question.value &&
      std::find(question.words.begin(), question.words.end(), "status") != question.words.end();
  for (const std::string& name :
       number_of_status ? std::array{brief, whole} : std::array{whole, brief}) {
    if (hits.empty() && !name.empty()) add_named(hits, question, name);
  }
  return hits;
}

/// "sync 143": a common status answers any command.
Hits by_common_status(const Question& question) {
  Hits hits;
  if (!question.value || question.words.size() < 2) return hits;
  std::vector<std::string> scope = without_fillers(question.words);
  if (scope.size() < 2) return hits;
  scope.pop_back();
  const std::string name = simplified(joined(scope));
  const auto rows = eas::status_rows();
  const bool known = std::any_of(rows.begin(), rows.end(), [&](const eas::StatusRow& row) {
    return simplified(row.scope) == name;
  });
  if (known) add_named(hits, {{}, Kind::status, {}}, "common" + std::to_string(*question.value));
  return hits;
}

std::optional<unsigned> hex_from(std::string_view word) {
  if (word.starts_with("0x")) word.remove_prefix(2);
  if (word.empty() || word.size() > 2) return std::nullopt;
  unsigned value = 0;
  for (const char c : word) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

void add_token(Hits& hits, unsigned page, unsigned token, Rank rank) {
  if (page >= codepages::kPageCount) return;
  // The two upper bits say "has attributes" and "has content"; hex dumps show them.
  const auto topic =
      topic_of({static_cast<std::uint8_t>(page), static_cast<std::uint8_t>(token & 0x3FU)});
  const bool known = topic && std::any_of(hits.begin(), hits.end(),
                                          [&](const Hit& hit) { return hit.topic == *topic; });
  if (topic && !known) hits.push_back({*topic, rank});
}

std::optional<unsigned> page_from(std::string_view word) {
  if (is_number(word)) return static_cast<unsigned>(*to_integer(word));
  if (word.starts_with("0x")) return hex_from(word);
  const codepages::Page* const page = codepages::find_page(word);
  return page != nullptr ? std::optional<unsigned>{page->number} : std::nullopt;
}

/// "0 0x0b", "airsync 0x4b", "page 0 token 0x0b", "0x0b" on every page.
Hits by_token(const Question& question) {
  Hits hits;
  if (question.kind && *question.kind != Kind::tag && *question.kind != Kind::page) return hits;
  const std::vector<std::string> words = without_fillers(question.words);
  if (words.size() == 1 && words.front().starts_with("0x")) {
    if (const auto token = hex_from(words.front())) {
      for (unsigned page = 0; page < codepages::kPageCount; ++page)
        add_token(hits, page, *token, Rank::exact);
    }
  }
  if (words.size() != 2) return hits;
  const auto page = page_from(words.front());
  const auto token = hex_from(words.back());
  const bool hexadecimal = words.back().starts_with("0x");
  if (!page || !token || (!hexadecimal && !is_number(words.front()))) return hits;
  add_token(hits, *page, *token, Rank::exact);
  // "0 11" may be meant either way.
  if (!hexadecimal && question.value && *question.value < 0x40)
    add_token(hits, *page, static_cast<unsigned>(*question.value), Rank::exact);
  return hits;
}

/// "FilterType 5": a tag and a value of it.
Hits by_value(const Question& question) {
  Hits hits;
  if (!question.value || question.words.size() < 2) return hits;
  std::vector<std::string> name = question.words;
  name.pop_back();
  add_named(hits, {{}, Kind::tag, {}}, simplified(joined(name)));
  const auto silent = [&](const Hit& hit) {
    return value_words(catalogue().topics[hit.topic], *question.value).empty();
  };
  hits.erase(std::remove_if(hits.begin(), hits.end(), silent), hits.end());
  return hits;
}

/// Topics with the fewest edits from `name`, nearest first, within `most` edits.
struct Near {
  std::size_t edits = 0;
  std::uint32_t topic = 0;
};
std::vector<Near> near(const Question& question, const std::string& name, std::size_t most) {
  std::vector<Near> out;
  const Catalogue& all = catalogue();
  for (const Key& key : all.keys) {
    if (key.rank != Rank::exact || !fits(question, all.topics[key.topic])) continue;
    const std::size_t length_apart =
        std::max(key.name.size(), name.size()) - std::min(key.name.size(), name.size());
    if (length_apart > most) continue;
    const std::size_t edits = edit_distance(name, key.name);
    if (edits > most) continue;
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const Near& one) { return one.topic == key.topic; });
    if (same == out.end()) {
      out.push_back({edits, key.topic});
    } else {
      same->edits = std::min(same->edits, edits);
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Near& left, const Near& right) { return left.edits < right.edits; });
  return out;
}

/// "syn 3", "filtertyp 5": the name is corrected where the number fits, never the number.
Hits by_slip_before_number(const Question& question) {
  std::vector<std::string> words = without_fillers(question.words);
  if (!question.value || words.size() < 2) return {};
  words.pop_back();
  const std::string name = simplified(joined(words));
  if (name.size() < 3) return {};
  std::size_t least = std::max<std::size_t>(1, name.size() / 5);
  Hits hits;
  const Catalogue& all = catalogue();
  for (std::uint32_t at = 0; at < all.topics.size(); ++at) {
    const Topic& topic = all.topics[at];
    std::string called;
    if (topic.kind == Kind::status) {
      const eas::StatusRow& row = eas::status_rows()[topic.row];
      if (row.code == *question.value) called = simplified(row.scope);
    } else if (topic.kind == Kind::tag && !value_words(topic, *question.value).empty()) {
      const TagPlace place = tag_place(topic.row);
      called = simplified(codepages::kPages[place.page]->rows[place.row].name);
    }
    if (called.empty() || !fits(question, topic)) continue;
    const std::size_t edits = edit_distance(name, called);
    if (edits > least) continue;
    if (edits < least) hits.clear();
    least = edits;
    hits.push_back({at, Rank::exact});
  }
  return hits;
}

/// A slip of the fingers: what is called nearly so. Numbers are never corrected.
Hits by_slip(const Question& question) {
  const bool numbers = std::any_of(
      question.words.begin(), question.words.end(),
      [](const std::string& word) { return is_number(word) || word.starts_with("0x"); });
  const std::string name = simplified(joined(question.words));
  Hits hits;
  if (numbers || name.size() < 4) return hits;
  const auto found = near(question, name, std::max<std::size_t>(1, name.size() / 5));
  for (const Near& one : found) {
    if (one.edits == found.front().edits) hits.push_back({one.topic, Rank::exact});
  }
  return hits;
}

/// "rule", "headers": all of a kind.
Hits by_kind(const Question& question) {
  if (question.kind || question.words.size() != 1) return {};
  std::string_view word = question.words.front();
  if (word.ends_with('s')) word.remove_suffix(1);
  const std::optional<Kind> kind = kind_of(word);
  // The statuses and tags are too many to read.
  if (!kind || *kind == Kind::status || *kind == Kind::tag) return {};
  Hits hits;
  const Catalogue& all = catalogue();
  for (std::uint32_t at = 0; at < all.topics.size(); ++at) {
    if (all.topics[at].kind == *kind) hits.push_back({at, Rank::loose});
  }
  return hits;
}

/// Names that hold the name asked for, then texts that hold each of its words.
Hits by_part(const Question& question) {
  Hits hits;
  const std::string name = simplified(joined(question.words));
  if (name.size() < 3) return hits;
  const Catalogue& all = catalogue();
  std::vector<bool> seen(all.topics.size());
  const auto take = [&](std::uint32_t topic) {
    if (seen[topic] || !fits(question, all.topics[topic])) return;
    seen[topic] = true;
    hits.push_back({topic, Rank::loose});
  };
  for (const Key& key : all.keys) {
    if (key.rank == Rank::exact && key.name.find(name) != std::string::npos) take(key.topic);
  }
  for (std::uint32_t topic = 0; topic < all.topics.size(); ++topic) {
    const std::string text = to_lower(all.topics[topic].ask + " " + all.topics[topic].title);
    const bool has_all =
        std::all_of(question.words.begin(), question.words.end(), [&](const std::string& word) {
          return word.size() >= 3 && text.find(word) != std::string::npos;
        });
    if (has_all) take(topic);
  }
  return hits;
}

/// Statuses of the command asked for, by the distance of their numbers; else names by edits.
std::vector<std::string> nearest(const Question& question) {
  std::vector<std::string> out;
  const Catalogue& all = catalogue();
  if (question.value) {
    std::vector<std::string> scope = without_fillers(question.words);
    if (!scope.empty()) scope.pop_back();
    const std::string name = simplified(joined(scope));
    std::vector<std::pair<int, std::string>> codes;
    for (const Topic& topic : all.topics) {
      if (topic.kind == Kind::status && !name.empty()) {
        const eas::StatusRow& row = eas::status_rows()[topic.row];
        if (simplified(row.scope) != name) continue;
        codes.emplace_back(std::abs(row.code - *question.value), topic.ask);
      } else if (topic.kind == Kind::http_status && question.kind == Kind::http_status) {
        const int code = eas::http_status_rows()[topic.row].code;
        codes.emplace_back(std::abs(code - *question.value), topic.ask);
      }
    }
    std::stable_sort(codes.begin(), codes.end(),
                     [](const auto& left, const auto& right) { return left.first < right.first; });
    for (auto& [apart, ask] : codes) {
      if (out.size() < kMostNearest) out.push_back(std::move(ask));
    }
  }
  if (!out.empty()) return out;
  const std::string name = simplified(joined(question.words));
  if (name.empty()) return out;
  for (const Near& one : near(question, name, std::max<std::size_t>(2, name.size() / 2))) {
    if (out.size() < kMostNearest) out.push_back(all.topics[one.topic].ask);
  }
  return out;
}

/// The first, when it alone is meant; all others by name only, `most` of them.
void fill(Answer& answer, Hits hits, const Question& question, const Settings& settings,
          bool list_only, std::size_t most = kMostListed) {
  const Catalogue& all = catalogue();
  std::stable_sort(hits.begin(), hits.end(), [&](const Hit& left, const Hit& right) {
    return std::pair{left.rank, all.topics[left.topic].kind} <
           std::pair{right.rank, all.topics[right.topic].kind};
  });
  const auto differ = [&] {
    return hits[0].rank == Rank::exact &&
           (hits[1].rank != Rank::exact ||
            all.topics[hits[0].topic].kind != all.topics[hits[1].topic].kind);
  };
  const bool alone = hits.size() == 1 || (!list_only && differ());
  std::size_t first = 0;
  if (alone) {
    const Topic& topic = all.topics[hits[0].topic];
    answer.entry = describe(topic, settings);
    const std::string words = question.value ? value_words(topic, *question.value) : std::string{};
    if (!words.empty()) {
      answer.entry->facts.insert(answer.entry->facts.begin(),
                                 {"value", std::to_string(*question.value) + " = " + words,
                                  std::nullopt, Fact::Shown::everywhere});
    }
    first = 1;
  }
  for (std::size_t at = first; at < hits.size(); ++at) {
    const Topic& topic = all.topics[hits[at].topic];
    if (answer.others.size() < most) {
      answer.others.push_back({topic.kind, topic.ask, topic.title});
    } else {
      ++answer.left_out;
    }
  }
}

}  // namespace

Answer explain(std::span<const std::string> words, const Settings& settings) {
  Answer answer;
  for (const std::string& word : words) {
    if (answer.asked.size() > kMostAsked) break;
    if (!answer.asked.empty()) answer.asked += ' ';
    answer.asked.append(word, 0, kMostAsked + 1);
  }
  if (answer.asked.size() > kMostAsked) answer.asked.resize(kMostAsked);
  const Question question = question_from(answer.asked);
  if (question.words.empty()) return answer;

  for (const auto search : {by_token, by_qualified_tag, by_name, by_common_status, by_value}) {
    Hits hits = search(question);
    if (hits.empty()) continue;
    fill(answer, std::move(hits), question, settings, false);
    return answer;
  }
  if (Hits hits = by_kind(question); !hits.empty()) {
    const std::size_t most = hits.size();
    fill(answer, std::move(hits), question, settings, true, most);
    return answer;
  }
  for (const auto search : {by_slip_before_number, by_slip}) {
    Hits hits = search(question);
    if (hits.empty()) continue;
    fill(answer, std::move(hits), question, settings, false);
    if (answer.entry) answer.assumed = answer.entry->ask;
    return answer;
  }
  if (Hits hits = by_part(question); !hits.empty()) {
    fill(answer, std::move(hits), question, settings, true);
    return answer;
  }
  answer.nearest = nearest(question);
  return answer;
}

std::vector<OverviewLine> overview() {
  const auto count = [](Kind kind) {
    const auto& topics = catalogue().topics;
    return std::to_string(std::count_if(topics.begin(), topics.end(),
                                        [&](const Topic& topic) { return topic.kind == kind; }));
  };
  return {
      {"statuses of a command, by number", count(Kind::status), "sync 3"},
      {"common statuses, 101 to 177", {}, "143"},
      {"HTTP codes as ActiveSync means them", count(Kind::http_status), "http 449"},
      {"headers", count(Kind::header), "X-MS-PolicyKey"},
      {"commands, by name or code", count(Kind::command), "Ping"},
      {"tags, by name or by page and token", count(Kind::tag), "AirSync:SyncKey"},
      {"values of a tag", {}, "FilterType 5"},
      {"code pages", count(Kind::page), "page AirSync"},
      {"rules behind findings", count(Kind::rule), "provision-loop"},
      {"all rules (headers, commands, pages)", {}, "rules"},
      {"anything with a word in it", {}, "heartbeat"},
  };
}

}  // namespace eastap::explain
