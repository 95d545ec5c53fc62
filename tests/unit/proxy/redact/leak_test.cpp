#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/render/command_facts.hpp"
#include "decoder/render/hex.hpp"
#include "decoder/render/line.hpp"
#include "decoder/render/record_json.hpp"
#include "proxy/pipeline/pipeline.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/redactor.hpp"
#include "tests/unit/proxy/redact/traffic.hpp"

namespace eastap::redact {
namespace {

using pipeline::Input;
using pipeline::Record;

Redactor redactor(Level level) {
  return Redactor{Settings{level, "a key of at least 16 octets", {}, {}}};
}

std::vector<Input> redacted(const std::vector<Input>& inputs, Level level) {
  const Redactor redactor = redact::redactor(level);
  std::vector<Input> out;
  for (const Input& input : inputs) {
    if (const auto* exchange = std::get_if<model::Exchange>(&input)) {
      out.emplace_back(redactor.exchange(*exchange));
    } else {
      out.emplace_back(redactor.event(std::get<model::ConnectionEvent>(input)));
    }
  }
  return out;
}

std::vector<pipeline::RecordPtr> records(std::vector<Input> inputs, Level level) {
  std::vector<pipeline::RecordPtr> out;
  pipeline::PipelineSettings settings;
  settings.finish_document = [level](wbxml::Document& document) { mark_hidden(document, level); };
  pipeline::Pipeline pipeline{
      settings, [&](pipeline::RecordPtr record) { out.push_back(std::move(record)); }};
  for (Input& input : inputs) pipeline.take(std::move(input));
  pipeline.finish(*from_rfc3339("2026-11-20T15:00:00Z"));
  return out;
}

void append_everything(std::string& out, const Record& record) {
  for (const std::size_t width : {std::size_t{0}, std::size_t{80}, std::size_t{200}}) {
    render::LineStyle style;
    style.width = width;
    if (const auto* done = std::get_if<pipeline::ExchangeRecord>(&record.what)) {
      render::append_waiting_line(out, done->exchange, done->command, style);
      if (done->exchange.ending == model::Ending::open) continue;
      render::append_exchange_line(out, done->exchange, done->command, style);
      render::append_bodies(out, done->command, style, 1'000'000);
    } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
      render::append_event_lines(out, *event, style);
    } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
      render::append_finding_lines(out, *finding, style);
    }
  }
  if (const auto* done = std::get_if<pipeline::ExchangeRecord>(&record.what)) {
    render::append_waiting_json(out, done->exchange, done->command);
    if (done->exchange.ending != model::Ending::open) {
      render::append_exchange_json(out, done->exchange, done->command);
    }
    for (const eas::Body* body : {&done->command.request, &done->command.response}) {
      if (body->octets) render::append_hexdump(out, *body->octets);
      if (body->octets) out += *body->octets;
      if (body->document) render::append_annotated_hex(out, *body->document);
    }
    if (done->exchange.request) out += done->exchange.request->head.raw();
    if (done->exchange.response) out += done->exchange.response->head.raw();
  } else if (const auto* event = std::get_if<model::ConnectionEvent>(&record.what)) {
    render::append_event_json(out, *event);
  } else if (const auto* finding = std::get_if<findings::Finding>(&record.what)) {
    render::append_finding_json(out, *finding);
  }
}

/// `text`, and again as it is once its %XX are undone: three times at most.
std::string with_escapes_undone(std::string text) {
  std::string last = text;
  for (int i = 0; i < 3; ++i) {
    last = percent_decoded(last);
    text += '\n' + last;
  }
  return text;
}

/// As it stands, in hex, and in base64 at each of the three places in a group of three octets.
std::vector<std::string> forms_of(const std::string& word) {
  std::vector<std::string> forms{to_lower(word), to_hex(word), to_hex(to_lower(word))};
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string all = to_base64(std::string(shift, '\0') + word);
    const std::size_t begin = shift == 0 ? 0 : 4, end = (shift + word.size()) / 3 * 4;
    if (end > begin + 5) forms.push_back(to_lower(all.substr(begin, end - begin)));
  }
  std::string spaced;
  for (const char c : word) spaced += (spaced.empty() ? "" : " ") + to_hex(std::string{c});
  if (word.size() <= 8) forms.push_back(spaced);
  return forms;
}

std::string shown(const std::vector<Input>& inputs, Level level) {
  std::string out;
  for (const auto& record : records(inputs, level)) append_everything(out, *record);
  return out;
}

/// What a reader of a redacted output still must be able to rely on.
struct Essence {
  std::vector<std::string> exchanges;
  std::map<std::uint64_t, std::string> findings;
};

Essence essence_of(const std::vector<pipeline::RecordPtr>& records) {
  Essence essence;
  for (const auto& record : records) {
    if (const auto* done = std::get_if<pipeline::ExchangeRecord>(&record->what)) {
      const eas::Command& command = done->command;
      std::string text = command.name + " " + std::to_string(command.eas_status.value_or(-1)) +
                         " " + command.policy_key + " " + command.protocol_version;
      for (const eas::Status& status : command.statuses) {
        text += " " + status.scope + std::to_string(status.code);
        if (!status.place.starts_with("recipient ")) text += status.place;  // named by address
      }
      for (const eas::Collection& one : command.collections) {
        text += " " + one.id + ":" + one.sync_key + ">" + one.new_sync_key + "+" +
                std::to_string(one.adds) + one.folder_name;
      }
      for (const eas::FolderChange& one : command.folder_changes) text += " " + one.id;
      if (command.mail) {
        text += " to " + std::to_string(command.mail->to.size()) + command.mail->client_id;
      }
      text += command.server ? " " + command.server->page_title : "";
      for (const Diagnostic& remark : command.diagnostics) {
        if (remark.code != Errc::bad_text) text += " " + std::string{to_string(remark.code)};
      }
      essence.exchanges.push_back(text);
    } else if (const auto* finding = std::get_if<findings::Finding>(&record->what)) {
      std::string text = finding->rule + " " + std::string{to_string(finding->severity)};
      for (const ExchangeId id : finding->exchanges) text += " " + std::to_string(id.value);
      essence.findings[finding->id.value] = text;
    }
  }
  return essence;
}

}  // namespace

TEST_SUITE("proxy.redact.leaks") {
  TEST_CASE("the traffic of these tests shows every secret when nothing is hidden") {
    const std::string all = to_lower(shown(testing::traffic(), Level::none));
    for (const auto* words : {&testing::contents(), &testing::identities()}) {
      for (const std::string& word : *words) CHECK(all.find(to_lower(word)) != std::string::npos);
    }
  }

  TEST_CASE("no secret shows in any output of its level, in no form") {
    for (const Level level : {Level::content, Level::identity}) {
      const std::string all =
          to_lower(with_escapes_undone(shown(redacted(testing::traffic(), level), level)));
      std::vector<std::string> words = testing::contents();
      if (level == Level::identity) {
        words.insert(words.end(), testing::identities().begin(), testing::identities().end());
      }
      for (const std::string& word : words) {
        for (const std::string& form : forms_of(word)) {
          CAPTURE(to_string(level));
          CAPTURE(word);
          const std::size_t at = all.find(form);
          const std::string around =
              at == std::string::npos ? "" : all.substr(at < 90 ? 0 : at - 90, 200);
          CHECK(around == "");
        }
      }
    }
  }

  TEST_CASE("free and busy hours are hidden in the record as in the body") {
    for (const Level level : {Level::none, Level::content, Level::identity}) {
      std::vector<Input> inputs = testing::traffic();
      if (level != Level::none) inputs = redacted(inputs, level);
      std::string found;
      for (const auto& record : records(inputs, level)) {
        const auto* done = std::get_if<pipeline::ExchangeRecord>(&record->what);
        if (done == nullptr || done->command.name != "ResolveRecipients") continue;
        for (const auto& one : done->command.recipients) found = one.free_busy;
      }
      CHECK(found.size() == 13);
      const bool digits = found.find_first_not_of("01234") == std::string::npos;
      CHECK(digits == (level == Level::none));
    }
  }

  TEST_CASE("statuses, keys, counts, remarks and findings are what they were") {
    const Essence before = essence_of(records(testing::traffic(), Level::none));
    CHECK(before.findings.size() >= 2);
    for (const Level level : {Level::content, Level::identity}) {
      CAPTURE(to_string(level));
      const Essence after = essence_of(records(redacted(testing::traffic(), level), level));
      REQUIRE(after.exchanges.size() == before.exchanges.size());
      for (std::size_t i = 0; i < before.exchanges.size(); ++i) {
        if (before.exchanges[i].find("Geheim") != std::string::npos) continue;
        CHECK(after.exchanges[i] == before.exchanges[i]);
      }
      CHECK(after.findings == before.findings);
    }
  }

  TEST_CASE("what was redacted and stored is redacted to the same again by the same key") {
    for (const Level level : {Level::content, Level::identity}) {
      const auto once = redacted(testing::traffic(), level);
      const auto again = redacted(testing::traffic(), level);
      for (std::size_t i = 0; i < once.size(); ++i) {
        const auto* left = std::get_if<model::Exchange>(&once[i]);
        const auto* right = std::get_if<model::Exchange>(&again[i]);
        if (left == nullptr) continue;
        CHECK(*left->request == *right->request);
        if (left->response) CHECK(*left->response == *right->response);
      }
    }
  }
}

}  // namespace eastap::redact
