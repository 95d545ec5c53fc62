#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/eas/values/meaning.hpp"
#include "decoder/explain/catalogue.hpp"
#include "decoder/explain/command_table.hpp"
#include "decoder/explain/rule_notes.hpp"
#include "decoder/explain/tag_facts.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

namespace eastap::explain {

namespace {

using Shown = Fact::Shown;

void add(Entry& entry, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  entry.facts.push_back({name, std::string{text}, std::nullopt, Shown::everywhere});
}

void add_list(Entry& entry, std::string_view name, std::string_view items) {
  add(entry, name, items);
  if (!items.empty()) entry.facts.back().list = true;
}

void add_json(Entry& entry, std::string_view name, std::string text) {
  if (!text.empty()) entry.facts.push_back({name, std::move(text), std::nullopt, Shown::as_json});
}

void add_number(Entry& entry, std::string_view name, std::int64_t number, Shown shown) {
  entry.facts.push_back({name, std::to_string(number), number, shown});
}

void append(std::string& list, std::string_view more, std::string_view between = ", ") {
  if (!list.empty()) list += between;
  list += more;
}

/// "2.5, 12.0, …" as "all" or "12.1 and later" or the list.
std::string versions_words(std::uint8_t bits) {
  static constexpr std::array<std::string_view, 7> kVersions{"2.5",  "12.0", "12.1", "14.0",
                                                             "14.1", "16.0", "16.1"};
  constexpr unsigned kAll = (1U << kVersions.size()) - 1;
  if (bits == 0) return "none: obsolete";
  if (bits == kAll) return "all";
  std::size_t first = 0;
  while ((static_cast<unsigned>(bits) >> first & 1U) == 0) ++first;
  if (first + 1 == kVersions.size()) return std::string{kVersions[first]};
  if ((static_cast<unsigned>(bits) >> first) == (kAll >> first))
    return std::string{kVersions[first]} + " and later";
  std::string list;
  for (std::size_t at = 0; at < kVersions.size(); ++at) {
    if ((static_cast<unsigned>(bits) >> at & 1U) != 0) append(list, kVersions[at]);
  }
  return list;
}

std::string hex_byte(unsigned value) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'0', 'x', kDigits[value >> 4U & 15U], kDigits[value & 15U]};
}

std::string_view type_words(Type type) {
  switch (type) {
    case Type::none: return "not defined";
    case Type::container: return "container: holds elements";
    case Type::empty: return "empty: its presence is the value";
    case Type::text: return "text";
    case Type::number: return "integer";
    case Type::truth: return "boolean: 0 or 1";
    case Type::decimal: return "decimal number";
    case Type::date: return "date and time, UTC";
    case Type::base64: return "octets, as base64 text";
    case Type::octets: return "octets, sent as OPAQUE";
  }
  return "";
}

/// True when `text` has `word` between characters that are neither letters nor digits.
bool mentions(std::string_view text, std::string_view word) {
  const auto part_of_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !part_of_word(text[at - 1])) &&
        (end == text.size() || !part_of_word(text[end])))
      return true;
  }
  return false;
}

/// The rules whose trigger names one of `words`.
std::string rules_about(std::span<const std::string> words) {
  std::string list;
  for (const RuleNote& note : kRuleNotes) {
    for (const std::string& word : words) {
      if (!mentions(note.trigger, word)) continue;
      append(list, note.id);
      break;
    }
  }
  return list;
}

std::string rules_about(const std::string& word) { return rules_about(std::span{&word, 1}); }

std::string_view fault_words(std::string_view fault) {
  struct Row {
    std::string_view fault, words;
  };
  static constexpr Row kRows[] = {{"client", "the device or its mail app"},
                                  {"server", "the server"},
                                  {"transient", "nobody's for long: it should pass"},
                                  {"access", "rights, quota or account"},
                                  {"item", "this one item or message"},
                                  {"policy", "the policy"}};
  for (const Row& row : kRows) {
    if (row.fault == fault) return row.words;
  }
  return fault;
}

// ---- kind by kind ----

void describe_status(Entry& entry, std::size_t row) {
  const eas::StatusRow& status = eas::status_rows()[row];
  const std::string scope{status.scope};
  const std::string code = std::to_string(status.code);
  const bool common = scope == "Common";
  const bool success = !common && eas::is_success(scope, status.code);
  entry.title = (common ? "Status " : scope + " status ") + code + ": " + std::string{status.name};
  entry.summary = std::string{status.meaning} + ".";
  add(entry, "next step", status.next_step);
  add(entry, "success", success ? "yes" : "");
  entry.facts.push_back(
      {"fault", std::string{fault_words(status.fault)}, std::nullopt, Shown::as_text});
  if (status.fault.empty()) entry.facts.pop_back();
  add_json(entry, "fault", std::string{status.fault});
  add(entry, "where",
      common ? "may answer any command, in place of the statuses of its own" : std::string_view{});
  add(entry, "versions", status.versions.empty() ? std::string_view{"all"} : status.versions);
  std::vector<std::string> words{scope + " " + code, scope + " Status " + code};
  if (common) words = {code, std::string{status.name}};
  if (scope == "Sync") words.push_back("Collection Status " + code);
  if (scope == "Sync") words.push_back("Item Status " + code);
  add_list(entry, "rules", success ? std::string{} : rules_about(words));
  add_json(entry, "scope", scope);
  add_number(entry, "code", status.code, Shown::as_json);
  add_json(entry, "name", std::string{status.name});
  const std::string_view source = common                           ? "[MS-ASCMD] 2.2.2"
                                  : scope.starts_with("Provision") ? "[MS-ASPROV] 2.2.2, Status"
                                  : scope.starts_with("Autodiscover")
                                      ? "[MS-ASCMD] 2.2.1.1, Autodiscover"
                                      : "[MS-ASCMD] 2.2.3.177";
  add(entry, "source", source);
}

void describe_http(Entry& entry, std::size_t row) {
  const eas::HttpStatusRow& status = eas::http_status_rows()[row];
  const std::string code = std::to_string(status.code);
  entry.title = "HTTP " + code + " " + std::string{status.name} + ", in ActiveSync";
  entry.summary = std::string{status.meaning} + ".";
  add(entry, "next step", status.next_step == "None" ? std::string_view{} : status.next_step);
  // 200 and 302 stand in too many triggers to say something.
  add_list(entry, "rules", status.code >= 400 ? rules_about(code) : std::string{});
  add_number(entry, "code", status.code, Shown::as_json);
  add_json(entry, "name", std::string{status.name});
  add(entry, "source", "[MS-ASHTTP] 2.2.2.1.1, 3.1.5.2");
}

void describe_header(Entry& entry, std::size_t row) {
  const HeaderFact& header = header_facts()[row];
  entry.title = "Header " + std::string{header.name};
  entry.summary = header.meaning;
  add(entry, "of the", header.where);
  add_list(entry, "rules", rules_about(std::string{header.name}));
  add_json(entry, "name", std::string{header.name});
  add(entry, "source",
      header.section.empty() ? std::string{"seen in practice, in no specification"}
                             : "[MS-ASHTTP] " + std::string{header.section});
}

/// The statuses of a command: "1 Success, 3 InvalidSyncKey".
std::string statuses_of(std::string_view scope) {
  std::vector<const eas::StatusRow*> rows;
  for (const eas::StatusRow& status : eas::status_rows()) {
    if (status.scope == scope) rows.push_back(&status);
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto* left, const auto* right) { return left->code < right->code; });
  std::string list;
  for (const eas::StatusRow* status : rows)
    append(list, std::to_string(status->code) + " " + std::string{status->name});
  return list;
}

void add_statuses(Entry& entry, std::string_view command) {
  std::string parts;
  for (const eas::StatusRow& status : eas::status_rows()) {
    const bool part = status.scope.starts_with(command) && status.scope.size() > command.size() &&
                      status.scope[command.size()] == '.';
    const std::string ask = to_lower(status.scope);
    if (part && !mentions(parts, ask)) append(parts, ask);
  }
  add_list(entry, "statuses", statuses_of(command));
  add(entry, "statuses of parts",
      parts.empty() ? std::string{} : "ask for " + parts + " and a number");
}

void describe_command(Entry& entry, std::size_t row) {
  const CommandFact& command = command_facts()[row];
  const codepages::TagRow* root = nullptr;
  if (const codepages::Page* page = codepages::find_page(command.page);
      page != nullptr && !command.page.empty()) {
    root = codepages::find_row(page->number, command.name);
  }
  entry.title = "Command " + std::string{command.name};
  entry.summary = std::string{command.purpose} + ".";
  add(entry, "request", command.asks);
  add(entry, "answer", command.answers);
  add(entry, "note", command.remark);
  if (command.code >= 0) add_number(entry, "code", command.code, Shown::everywhere);
  add(entry, "code page", command.page);
  add(entry, "versions",
      !command.versions.empty() ? std::string{command.versions}
      : root != nullptr         ? versions_words(root->versions)
                                : std::string{});
  add_statuses(entry, command.name);
  add_json(entry, "name", std::string{command.name});
  add(entry, "source", command.section);
}

void describe_page(Entry& entry, std::size_t row) {
  const codepages::Page& page = *codepages::kPages[row];
  const PageFact& fact = kPageFacts[row];
  entry.title =
      "Code page " + std::to_string(page.number) + ", namespace " + std::string{page.name};
  std::string list;
  for (const codepages::TagRow& tag : page.rows) {
    append(list, hex_byte(tag.tag.token) + " " + std::string{tag.name} +
                     (tag.versions == 0 ? " (obsolete)" : ""));
  }
  add(entry, "used in", fact.used_in);
  add_list(entry, "tags", list);
  add_number(entry, "page", page.number, Shown::as_json);
  add_json(entry, "name", std::string{page.name});
  add(entry, "source",
      std::string{fact.specification} + "; [MS-ASWBXML] 2.1.2.1." +
          std::to_string(page.number + 1));
}

/// A number in words, by the reader that the tail and the XML use.
std::string meaning_of(codepages::Tag tag, int value) {
  if (!eas::values::may_have_meaning(tag)) return {};
  wbxml::Builder builder;
  builder.open(tag).text(std::to_string(value)).close();
  const auto body = std::make_shared<const std::string>(std::move(builder).finish());
  const wbxml::Document document = wbxml::decode(body);
  const auto root = document.root();
  return root ? eas::values::meaning(*root) : std::string{};
}

/// "0 all, 1 1 day …" when the tag's numbers stand for something.
std::string values_words(const codepages::TagRow& tag, Type type) {
  if (type != Type::truth && type != Type::number) return {};
  constexpr int kMost = 21;
  // A bit for each day; their sums would only fill the line.
  const bool days = tag.name == "DayOfWeek";
  // Where 17 is told as 17 of something, the number is an amount and no name.
  if (mentions(meaning_of(tag.tag, 17), "17")) return {};
  std::string list;
  for (int at = 0; at < (days ? 7 : type == Type::truth ? 2 : kMost); ++at) {
    const int value = days ? 1 << at : at;
    const std::string words = meaning_of(tag.tag, value);
    if (!words.empty()) append(list, std::to_string(value) + " = " + words);
  }
  if (days) list += "; sums for several";
  return list;
}

/// Commands whose statuses a Status of that page may hold.
std::string status_scopes(std::uint8_t page) {
  std::string list;
  for (const CommandFact& command : command_facts()) {
    if (command.page == codepages::kPages[page]->name && !statuses_of(command.name).empty())
      append(list, to_lower(command.name));
  }
  return list;
}

void describe_tag(Entry& entry, std::size_t row) {
  const TagPlace place = tag_place(row);
  const codepages::Page& page = *codepages::kPages[place.page];
  const codepages::TagRow& tag = page.rows[place.row];
  const PageFact& of_page = kPageFacts[place.page];
  const TagFact& fact = of_page.tags[place.row];
  entry.title = "Tag " + std::string{page.name} + ":" + std::string{tag.name};
  add(entry, "type", tag.versions == 0 ? std::string_view{} : type_words(fact.type));
  add_list(entry, "values", values_words(tag, fact.type));
  if (tag.name == "Status") {
    const std::string scopes = status_scopes(place.page);
    if (!scopes.empty()) add(entry, "numbers", "ask for a command and a number: " + scopes);
  }
  if (tag.versions != 0) {
    add(entry, "inside",
        fact.inside.empty() ? std::string_view{"nothing: the root of a body"} : fact.inside);
    add(entry, "used in", fact.used_in.empty() ? of_page.used_in : fact.used_in);
  }
  add(entry, "versions", versions_words(tag.versions));
  entry.facts.push_back({"code page",
                         std::to_string(page.number) + " (" + std::string{page.name} + ")",
                         page.number, Shown::everywhere});
  const unsigned token = tag.tag.token;
  entry.facts.push_back({"token", hex_byte(token) + "; with content " + hex_byte(token | 0x40U),
                         token, Shown::everywhere});
  add_json(entry, "namespace", std::string{page.name});
  add_json(entry, "name", std::string{tag.name});
  add(entry, "source",
      std::string{of_page.specification} + "; [MS-ASWBXML] 2.1.2.1." +
          std::to_string(page.number + 1));
}

}  // namespace

Entry describe(const Topic& topic, const Settings& settings) {
  if (topic.kind == Kind::rule) return describe_rule(topic, settings);
  Entry entry;
  entry.kind = topic.kind;
  entry.ask = topic.ask;
  switch (topic.kind) {
    case Kind::command: describe_command(entry, topic.row); break;
    case Kind::header: describe_header(entry, topic.row); break;
    case Kind::http_status: describe_http(entry, topic.row); break;
    case Kind::status: describe_status(entry, topic.row); break;
    case Kind::page: describe_page(entry, topic.row); break;
    case Kind::tag: describe_tag(entry, topic.row); break;
    case Kind::rule: break;
  }
  return entry;
}

std::string value_words(const Topic& topic, int value) {
  if (topic.kind != Kind::tag) return {};
  const TagPlace place = tag_place(topic.row);
  return meaning_of(codepages::kPages[place.page]->rows[place.row].tag, value);
}

}  // namespace eastap::explain
