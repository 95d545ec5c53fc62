#include "decoder/explain/catalogue.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/explain/command_table.hpp"
#include "decoder/explain/rule_notes.hpp"
#include "decoder/explain/tag_facts.hpp"

namespace eastap::explain {

namespace {

bool is_watched(std::string_view id) { return findings::rule_from(id).has_value(); }

/// Rules of the table, then those of `kUnwatchedRules` that it does not hold.
std::vector<const findings::Rule*> all_rules() {
  std::vector<const findings::Rule*> out;
  for (const findings::Rule& rule : findings::rules()) out.push_back(&rule);
  for (const UnwatchedRule& known : kUnwatchedRules) {
    if (!is_watched(known.rule.id)) out.push_back(&known.rule);
  }
  return out;
}

const std::vector<const findings::Rule*>& rule_list() {
  static const std::vector<const findings::Rule*> list = all_rules();
  return list;
}

std::vector<TagPlace> all_tags() {
  std::vector<TagPlace> out;
  for (const codepages::Page* page : codepages::kPages) {
    for (std::size_t row = 0; row < page->rows.size(); ++row) out.push_back({page->number, row});
  }
  return out;
}

const std::vector<TagPlace>& tag_list() {
  static const std::vector<TagPlace> list = all_tags();
  return list;
}

class Builder {
 public:
  Catalogue finish() && {
    add_commands();
    add_rules();
    add_headers();
    add_http_statuses();
    add_statuses();
    add_pages();
    add_tags();
    std::sort(out_.keys.begin(), out_.keys.end(), [](const Key& left, const Key& right) {
      return std::tie(left.name, left.rank, left.topic) <
             std::tie(right.name, right.rank, right.topic);
    });
    return std::move(out_);
  }

 private:
  void add(Kind kind, std::size_t row, std::string ask, std::string title) {
    out_.topics.push_back({kind, row, std::move(ask), std::move(title)});
  }

  void name(std::string_view text, Rank rank = Rank::exact) {
    out_.keys.push_back(
        {simplified(text), rank, static_cast<std::uint32_t>(out_.topics.size() - 1)});
  }

  void add_commands() {
    for (std::size_t row = 0; const CommandFact& command : command_facts()) {
      add(Kind::command, row++, "command " + std::string{command.name},
          std::string{command.purpose});
      name(command.name);
      if (command.code < 0) continue;
      name("cmd" + std::to_string(command.code));
      name(std::to_string(command.code), Rank::loose);
    }
  }

  void add_rules() {
    for (std::size_t row = 0; row < rule_count(); ++row) {
      const findings::Rule& rule = rule_row(row);
      add(Kind::rule, row, "rule " + std::string{rule.id}, std::string{rule.title});
      name(rule.id);
    }
  }

  void add_headers() {
    for (std::size_t row = 0; const HeaderFact& header : header_facts()) {
      add(Kind::header, row++, "header " + std::string{header.name}, std::string{header.meaning});
      name(header.name);
      for (const std::string_view prefix : {"X-MS-", "MS-", "X-"}) {
        if (!header.name.starts_with(prefix)) continue;
        name(header.name.substr(prefix.size()), Rank::loose);
        break;
      }
    }
  }

  void add_http_statuses() {
    for (std::size_t row = 0; const eas::HttpStatusRow& status : eas::http_status_rows()) {
      const std::string code = std::to_string(status.code);
      add(Kind::http_status, row++, "http " + code,
          std::string{status.name} + ": " + std::string{status.meaning});
      name("http" + code);
      name(code);
      name(status.name);
    }
  }

  void add_statuses() {
    for (std::size_t row = 0; const eas::StatusRow& status : eas::status_rows()) {
      const std::string code = std::to_string(status.code);
      const std::string scope{status.scope};
      const bool common = scope == "Common";
      add(Kind::status, row++, to_lower(scope) + " " + code,
          std::string{status.name} + ": " + std::string{status.meaning});
      name(scope + code);
      name(status.name);
      name(scope + std::string{status.name});
      if (common) {
        name(code);
        name("status" + code);
        continue;
      }
      name(code, Rank::loose);
      const std::size_t dot = scope.find('.');
      if (dot == std::string::npos) continue;
      name(scope.substr(0, dot) + code, Rank::loose);
      name(scope.substr(dot + 1) + code, Rank::loose);
    }
  }

  void add_pages() {
    for (const codepages::Page* page : codepages::kPages) {
      add(Kind::page, page->number, "page " + std::string{page->name},
          "code page " + std::to_string(page->number) + ": " + std::to_string(page->rows.size()) +
              " tags");
      name(page->name);
      name("page" + std::to_string(page->number));
      name(std::to_string(page->number), Rank::loose);
    }
  }

  void add_tags() {
    for (std::size_t row = 0; row < tag_list().size(); ++row) {
      const TagPlace place = tag_list()[row];
      const codepages::Page& page = *codepages::kPages[place.page];
      const std::string tag{page.rows[place.row].name};
      const TagFact& fact = kPageFacts[place.page].tags[place.row];
      const std::string_view used =
          fact.used_in.empty() ? kPageFacts[place.page].used_in : fact.used_in;
      add(Kind::tag, row, std::string{page.name} + ":" + tag,
          page.rows[place.row].versions == 0 ? "obsolete" : "element of " + std::string{used});
      name(tag);
      name(std::string{page.name} + tag);
    }
  }

  Catalogue out_;
};

}  // namespace

std::string_view to_string(Kind kind) {
  static constexpr std::array<std::string_view, 7> kWords{
      "command", "rule", "header", "http_status", "status", "page", "tag"};
  return kWords[static_cast<std::size_t>(kind)];
}

const Catalogue& catalogue() {
  static const Catalogue built = Builder{}.finish();
  return built;
}

std::string simplified(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    const bool small = c >= 'a' && c <= 'z';
    const bool large = c >= 'A' && c <= 'Z';
    if (digit || small) out += c;
    if (large) out += static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::size_t rule_count() { return rule_list().size(); }
const findings::Rule& rule_row(std::size_t row) { return *rule_list()[row]; }

std::string_view unwatched_because(std::string_view id) {
  if (is_watched(id)) return {};
  for (const UnwatchedRule& known : kUnwatchedRules) {
    if (known.rule.id == id) return known.why;
  }
  return {};
}

TagPlace tag_place(std::size_t row) { return tag_list()[row]; }

}  // namespace eastap::explain
