#include "tests/unit/decoder/findings/scenario.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "decoder/base/text.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/analyzer.hpp"
#include "decoder/model/exchange.hpp"
#include "decoder/wbxml/decode.hpp"
#include "tests/unit/decoder/findings/scenario_items.hpp"

namespace eastap::findings::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Words; `name{…}` and `(…)` stay whole.
std::vector<std::string> tokens_of(std::string_view line) {
  std::vector<std::string> out;
  std::string current;
  int depth = 0;
  for (const char c : line) {
    if (c == '{' || c == '(') ++depth;
    if (c == '}' || c == ')') --depth;
    if ((c == ' ' || c == '\t') && depth == 0) {
      if (!current.empty()) out.push_back(current);
      current.clear();
    } else {
      current += c;
    }
  }
  if (!current.empty()) out.push_back(current);
  return out;
}

std::optional<Timestamp> time_of(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hours = to_integer(parts[0]), minutes = to_integer(parts[1]);
  char* end = nullptr;
  const double fraction = std::strtod(parts[2].c_str(), &end);
  if (!hours || !minutes || *end != '\0') return std::nullopt;
  const auto day = *from_rfc3339("2026-11-20T00:00:00Z");
  return day + std::chrono::hours{*hours} + std::chrono::minutes{*minutes} +
         milliseconds{static_cast<std::int64_t>(fraction * 1000 + 0.5)};
}

struct Verdict {
  std::string text;
  std::set<std::string> wanted;  ///< "rule severity" or "rule severity xN"
};

struct Happening {
  Timestamp at{};
  std::size_t order = 0;
  std::optional<model::Exchange> exchange;
  eas::Command command;
  std::optional<model::ConnectionEvent> event;
  bool end = false;
  Timestamp shown_end{};  ///< of `end`, when the clock was set
  std::optional<Verdict> verdict;
  std::size_t line = 0;
};

struct Step {
  model::Exchange exchange;
  eas::Command command;
  Timestamp began{}, ended{};
};

struct Case {
  std::string name;
  std::size_t line = 0;
  std::vector<std::string> rules;
  Settings settings;
  std::vector<Happening> happenings;
  std::uint64_t exchanges = 0;
  std::map<std::string, std::shared_ptr<const model::Connection>> connections;
  struct ClockStep {
    Timestamp at{};
    seconds by{};
  };
  std::vector<ClockStep> clock_steps;

  /// What the clock shows at that moment.
  [[nodiscard]] Timestamp shown(Timestamp time) const {
    for (const ClockStep& step : clock_steps) {
      if (time != Timestamp{} && step.at <= time) time += step.by;
    }
    return time;
  }
};

/// What the words of one line say.
class LineReader {
 public:
  LineReader(Case& owner, std::vector<std::string> words)
      : case_{owner}, words_{std::move(words)} {}

  /// An error text, or "" when the line was understood.
  std::string read(Timestamp at, std::vector<Step>& out) {
    began_ = at;
    command_.name = words_[1];
    command_.is_activesync = true;
    command_.protocol_version = "16.1";
    command_.policy_key = "F";
    command_.user = "alice@contoso.test";
    command_.device_id = "A1";
    command_.device_type = "iPhone";
    std::size_t index = read_arguments();
    for (; index < words_.size(); ++index) {
      if (std::string error = read_word(index); !error.empty()) return error;
    }
    for (int round = 0; round < rounds_; ++round) {
      out.push_back(make());
      began_ += spacing_;
      if (stepping_) step_keys();
    }
    return {};
  }

 private:
  /// Paging: the key answered is the next one asked.
  void step_keys() {
    const auto next = [](const std::string& key) {
      const auto number = to_integer(key);
      return number ? std::to_string(*number + 1) : key;
    };
    for (eas::Collection& collection : command_.collections) {
      collection.sync_key = next(collection.sync_key);
      collection.new_sync_key = next(collection.new_sync_key);
    }
  }

  static bool is_key(std::string_view word) {
    return word.find('>') != std::string_view::npos || to_integer(word);
  }

  std::size_t read_arguments() {
    std::size_t index = 2;
    const std::string& name = command_.name;
    if (name == "Sync" && index < words_.size()) {
      for (const std::string& id : split(words_[index++], ',')) {
        eas::Collection collection;
        collection.id = id;
        collection.in_request = true;
        command_.collections.push_back(collection);
      }
      if (index < words_.size()) read_key(words_[index++]);
    } else if (name == "Ping") {
      command_.waiting.emplace();
      if (index < words_.size() && words_[index] == "empty") {
        ++index;
      } else if (index < words_.size() && !words_[index].starts_with("hb") &&
                 !words_[index].starts_with("St") && !words_[index].starts_with("(") &&
                 !words_[index].starts_with("H") && words_[index] != "cut") {
        for (const std::string& id : split(words_[index++], ','))
          command_.waiting->folders.push_back({id, "", ""});
      }
    } else if (name == "Autodiscover") {
      command_.is_activesync = false;
      command_.protocol_version.clear();
      command_.device_id.clear();
      command_.device_type.clear();
      command_.autodiscover.emplace();
      if (index < words_.size() && words_[index].find('@') != std::string::npos)
        command_.autodiscover->email = command_.user = words_[index++];
    } else if (name == "Provision") {
      command_.provision.emplace();
      command_.policy_key = "0";
      if (index < words_.size() && is_key(words_[index])) read_key(words_[index++]);
    } else if (index < words_.size() && is_key(words_[index])) {
      read_key(words_[index++]);
    }
    return index;
  }

  void read_key(const std::string& word) {
    const std::size_t arrow = word.find('>');
    const std::string asked = word.substr(0, arrow);
    std::string answered = arrow == std::string::npos ? "" : word.substr(arrow + 1);
    if (answered == "-") {
      answered.clear();
      empty_answer_ = true;
    }
    if (arrow != std::string::npos) answered_ = true;
    if (command_.provision) {
      command_.policy_key = asked;
      command_.provision->request_key = asked;
      command_.provision->response_key = answered;
      return;
    }
    command_.sync_key = asked;
    command_.new_sync_key = answered;
    for (eas::Collection& collection : command_.collections) {
      collection.sync_key = asked;
      collection.new_sync_key = answered;
      collection.in_response = !answered.empty();
    }
  }

  eas::Collection& first() {
    if (command_.collections.empty()) command_.collections.emplace_back();
    return command_.collections.front();
  }

  std::string read_word(std::size_t& index) {
    const std::string& word = words_[index];
    const auto next = [&]() -> std::string {
      return index + 1 < words_.size() ? words_[++index] : "";
    };
    const auto inside = [&] {
      const std::size_t open = word.find('{');
      return word.substr(open + 1, word.size() - open - 2);
    };
    const auto integer_after = [&](std::size_t skip) {
      return static_cast<int>(to_integer(word.substr(skip)).value_or(-1));
    };
    if (word.starts_with("St") && to_integer(word.substr(2))) {
      status_ = integer_after(2);
    } else if (word.starts_with("H") && to_integer(word.substr(1))) {
      http_ = integer_after(1);
    } else if (word.starts_with("(")) {
      lasts_ =
          milliseconds{static_cast<std::int64_t>(std::strtod(word.c_str() + 1, nullptr) * 1000)};
    } else if (word.starts_with("+") && to_integer(word.substr(1))) {
      first().adds = static_cast<std::uint32_t>(integer_after(1));
      first().in_response = true;
    } else if (word == "MA") {
      first().more_available = true;
    } else if (word == "cut") {
      cut_ = next();
      if (cut_ != "dev" && cut_ != "srv") return "cut dev or cut srv";
    } else if (word.starts_with("BE")) {
      headers_ += "X-BEServer: " + word + "\r\n";
    } else if (word.starts_with("hdr{")) {
      headers_ += inside() + "\r\n";
    } else if (word.starts_with("hb")) {
      if (!command_.waiting) command_.waiting.emplace();
      command_.waiting->seconds = integer_after(2);
    } else if (word.starts_with("items{")) {
      for (const std::string& id : split(inside(), ' ')) {
        eas::Item item;
        item.from_server = true;
        item.server_id = id;
        first().items.push_back(item);
      }
    } else if (word.starts_with("down{")) {
      for (const std::string& change : split(inside(), ';')) {
        const auto parts = split(change, ' ');
        eas::FolderChange folder;
        folder.kind = parts.at(0) == "Delete" ? eas::FolderChange::Kind::remove
                                              : eas::FolderChange::Kind::add;
        folder.id = parts.at(1);
        if (parts.size() > 2) folder.name = parts[2];
        if (parts.size() > 3) folder.type = static_cast<int>(to_integer(parts[3]).value_or(0));
        command_.folder_changes.push_back(folder);
      }
    } else if (word.starts_with("up{") || word.starts_with("body{")) {
      body_ += inside();
    } else if (word.starts_with("send{")) {
      body_ += inside();
      return add_items(command_, inside(), false);
    } else if (word.starts_with("give{")) {
      answered_ = true;
      return add_items(command_, inside(), true);
    } else if (word.starts_with("re{")) {
      answered_ = true;
      return add_answers(command_, inside());
    } else if (word.starts_with("mail{")) {
      body_ += inside();
      return add_mail(command_, inside());
    } else if (word.starts_with("fetch{")) {
      body_ += inside();
      return add_fetch(command_, inside());
    } else if (word.starts_with("meet{")) {
      body_ += inside();
      return add_meeting(command_, inside());
    } else if (word.starts_with("addresses{")) {
      eas::SettingsGroup& group = command_.settings.emplace_back();
      group.name = "UserInformation";
      for (const std::string& address : split(inside(), ' '))
        group.values.emplace_back("SmtpAddress", address);
    } else if (word == "offered") {
      command_.offered_versions = split(next(), ',');
    } else if (word == "window") {
      first().window_size = static_cast<int>(to_integer(next()).value_or(0));
    } else if (word == "class") {
      first().class_name = next();
    } else if (word == "changes") {
      first().client_changes = static_cast<std::uint32_t>(to_integer(next()).value_or(0));
    } else if (word == "repeat") {
      command_.request_repeats_last = true;
    } else if (word == "policyst") {
      command_.provision->policy_status = static_cast<int>(to_integer(next()).value_or(0));
    } else if (word == "limit") {
      if (!command_.waiting) command_.waiting.emplace();
      command_.waiting->limit_seconds = static_cast<int>(to_integer(next()).value_or(0));
    } else if (word == "pk") {
      command_.policy_key = next();
    } else if (word == "bearer") {
      const std::string token = next();
      authorization_ = token == "-" ? "Bearer" : "Bearer <masked digest=\"" + token + "\">";
    } else if (word == "ntlm") {
      authorization_ = "NTLM <masked digest=\"" + next() + "\">";
    } else if (word == "as") {
      spelling_ = next();
    } else if (word == "kb") {
      request_octets_ = static_cast<std::uint64_t>(to_integer(next()).value_or(0)) * 1024;
    } else if (word == "got") {  // 32768/48090: octets of the body that came, and were announced
      const std::string parts = next();
      got_ = static_cast<std::uint64_t>(to_integer(parts.substr(0, parts.find('/'))).value_or(0));
      headers_ += "Content-Length: " + parts.substr(parts.find('/') + 1) + "\r\n";
    } else if (word == "step") {
      stepping_ = true;
    } else if (word == "foreign") {
      foreign_ = true;
    } else if (word == "broken") {
      broken_ = true;
    } else if (word == "url") {
      command_.autodiscover->url = next();
    } else if (word == "error") {
      command_.autodiscover->error_code = static_cast<int>(to_integer(next()).value_or(0));
    } else if (word == "expires") {
      expires_ = static_cast<int>(to_integer(next()).value_or(0));
    } else if (word.starts_with("title{")) {
      title_ = inside();
    } else if (word == "changed") {
      for (const std::string& id : split(next(), ','))
        command_.waiting->changed.push_back({id, "", ""});
    } else if (word == "rp") {
      headers_ += "X-MS-RP: " + next() + "\r\n";
    } else if (word == "filter") {
      first().filter_type = static_cast<int>(to_integer(next()).value_or(0));
    } else if (word == "GetChanges") {
      first().get_changes = true;
      body_ += "GetChanges";
    } else if (word == "ack" || (word.starts_with("ack") && to_integer(word.substr(3)))) {
      command_.provision->phase = eas::Provision::Phase::acknowledge;
      command_.provision->acknowledged_status = word == "ack" ? 1 : integer_after(3);
    } else if (word.starts_with("policy{")) {
      const auto parts = split(inside(), ' ');
      command_.provision->settings.emplace_back(parts.at(0), parts.at(1));
    } else if (word == "wipe") {
      command_.provision->remote_wipe = true;
    } else if (word.starts_with("wiped")) {
      command_.provision->phase = eas::Provision::Phase::wipe_acknowledge;
      command_.provision->wipe_status = integer_after(5);
    } else if (word == "user") {
      command_.user = next();
    } else if (word == "dev") {
      command_.device_id = next();
    } else if (word == "host") {
      host_ = next();
    } else if (word == "ua") {
      command_.user_agent = next();
    } else if (word == "client") {
      client_ = next();
    } else if (word == "conn") {
      connection_ = next();
    } else if (word == "until") {
      certificate_end_ = next();
    } else if (word == "auth") {
      digest_ = next();
    } else if (word == "noauth") {
      digest_.clear();
    } else if (word == "page") {
      page_ = next();
      headers_ += "Content-Type: text/html\r\n";
    } else if (word.starts_with("v") && word.find('.') != std::string::npos) {
      command_.protocol_version = word.substr(1);
    } else if (word.starts_with("x") && word.find('/') != std::string::npos) {
      rounds_ = std::atoi(word.c_str() + 1);
      spacing_ = milliseconds{static_cast<std::int64_t>(
          std::strtod(word.c_str() + word.find('/') + 1, nullptr) * 1000)};
    } else {
      return "unknown word \"" + word + "\"";
    }
    return {};
  }

  std::shared_ptr<const model::Connection> connection() {
    const std::string name = host_ + ' ' + client_ + ' ' + connection_ + ' ' + certificate_end_;
    auto& known = case_.connections[name];
    if (!known) {
      auto made = std::make_shared<model::Connection>();
      made->id = ConnectionId{case_.connections.size()};
      made->client = client_ + ":5" + std::to_string(1000 + case_.connections.size());
      made->host = host_;
      made->port = 443;
      made->tls = true;
      made->upstream_tls = "TLSv1.3 TLS_AES_128_GCM_SHA256";
      if (!certificate_end_.empty())
        made->upstream_tls += ", certificate until " + certificate_end_;
      known = made;
    }
    return known;
  }

  void add_status(eas::Command& command, int code, const std::string& place) const {
    eas::Status status;
    status.scope = command.name;
    status.code = code;
    status.place = place;
    status.success = code == 1 || (command.name == "MoveItems" && code == 3) ||
                     (command.name == "Ping" && code == 2);
    command.statuses.push_back(status);
    if (!command.eas_status) command.eas_status = code;
  }

  Step make() {
    Step step;
    step.command = command_;
    step.began = began_;
    step.ended = began_ + lasts_;
    eas::Command& command = step.command;
    const bool hangs_cut = !cut_.empty() && !answered_ && status_ == 0 && http_ == 0;
    const int http = http_ != 0 ? http_ : (hangs_cut ? 0 : 200);

    auto request = std::make_shared<model::Message>();
    std::string head = (command.name == "OPTIONS" ? "OPTIONS" : "POST") +
                       std::string{" /Microsoft-Server-ActiveSync?Cmd="} + command.name +
                       " HTTP/1.1\r\nHost: " + host_ + "\r\n";
    if (!authorization_.empty()) {
      command.credential.scheme = authorization_.substr(0, authorization_.find(' '));
      head += "Authorization: " + authorization_ + "\r\n";
    } else if (!digest_.empty()) {
      command.credential.scheme = "Basic";
      head +=
          "Authorization: Basic <masked user=\"" + spelling_ + "\" digest=\"" + digest_ + "\">\r\n";
    }
    request->head = model::HeaderList{head + "\r\n"};
    request->body = body_;
    if (command.waiting) {
      for (const auto& folder : command.waiting->folders) request->body += folder.id + ',';
    }
    request->complete = true;
    request->body_size = std::max<std::uint64_t>(request->body.size(), request_octets_);
    request->began = request->ended = began_;

    model::Exchange& exchange = step.exchange;
    exchange.id = ExchangeId{++case_.exchanges};
    exchange.connection = connection();
    exchange.request = request;
    exchange.ended = step.ended;
    exchange.ending = cut_ == "dev"   ? model::Ending::device_reset
                      : cut_ == "srv" ? model::Ending::server_closed
                                      : model::Ending::complete;
    if (http == 0) return step;

    auto response = std::make_shared<model::Message>();
    const bool own = http == 200 && page_.empty();
    response->head =
        model::HeaderList{"HTTP/1.1 " + std::to_string(http) + " x\r\n" +
                          (own ? "MS-Server-ActiveSync: 15.2\r\n" : "") + headers_ + "\r\n"};
    response->body = empty_answer_ ? "" : page_.empty() ? "answer" : page_;
    response->body_size = got_ != 0 ? got_ : response->body.size();
    response->wire_size = 300;
    response->complete = cut_.empty();
    response->began = response->ended = step.ended;
    exchange.response = response;
    exchange.delivered_octets = cut_.empty() ? 300 : 200;
    command.http_status = http;
    if (!title_.empty() || expires_ != 0) {
      command.server.emplace().page_title = title_;
      if (expires_ != 0) command.server->password_days_left = expires_;
    }
    if (foreign_) {
      command.response.kind = eas::Body::Kind::wbxml;
      command.response.document = std::make_shared<wbxml::Document>(wbxml::decode(
          std::make_shared<const std::string>(std::string("\x03\x01\x6A\x00\x45\x3F\x01", 7))));
    }
    if (broken_) {
      auto document = std::make_shared<wbxml::Document>();
      document->body = std::make_shared<const std::string>("\x03\x01\x6A");
      document->decoded_octets = 3;
      command.response.kind = eas::Body::Kind::wbxml;
      command.response.document = document;
    }
    if (http != 200 || empty_answer_) {
      for (auto& collection : command.collections) collection.in_response = false;
      return step;
    }
    const bool of_collection =
        command.name == "Sync" && status_ > 0 && status_ < 100 && status_ != 13 && status_ != 14;
    if (of_collection) {
      for (auto& collection : command.collections) {
        collection.status = status_;
        collection.in_response = true;
        add_status(command, status_, "collection " + collection.id);
      }
    } else {
      for (auto& collection : command.collections) {
        if (collection.in_response) collection.status = 1;
      }
      const bool has_parts = !command.fetched.empty() || !command.meetings.empty();
      if (!has_parts || status_ != 0)
        add_status(command, status_ == 0 ? (command.name == "MoveItems" ? 3 : 1) : status_, "");
    }
    return step;
  }

  Case& case_;
  std::vector<std::string> words_;
  eas::Command command_;
  Timestamp began_{};
  milliseconds lasts_{50}, spacing_{};
  int status_ = 0, http_ = 0, rounds_ = 1;
  bool answered_ = false, empty_answer_ = false;
  std::string cut_, headers_, body_, page_, authorization_, title_, spelling_ = "alice";
  std::uint64_t request_octets_ = 0, got_ = 0;
  int expires_ = 0;
  bool broken_ = false, foreign_ = false, stepping_ = false;
  std::string certificate_end_;
  std::string host_ = "mail.contoso.test", client_ = "10.0.0.7", connection_ = "1", digest_ = "d0";
};

class Runner {
 public:
  Runner(std::string name, ScenarioResult& result, bool split = false)
      : name_{std::move(name)}, result_{result}, split_{split} {}

  void run(std::istream& in) {
    std::string line;
    while (std::getline(in, line)) {
      ++line_;
      if (const std::size_t comment = line.find("# ");
          comment != std::string::npos && trimmed(line).starts_with('#'))
        continue;
      const std::string text{trimmed(line)};
      if (text.empty() || text == "#") continue;
      read_line(text);
    }
    close_case();
  }

 private:
  std::string place(const Case& one, std::size_t line) const {
    return name_ + ":" + std::to_string(line) + ", " + one.name;
  }
  void fail(const std::string& why) {
    result_.errors.push_back(name_ + ":" + std::to_string(line_) + ": " + why);
  }

  void read_line(const std::string& text) {
    if (text.starts_with("rules:")) {
      auto patterns = split(std::string_view{text}.substr(6), ' ');
      (case_ ? case_->rules : rules_) = std::move(patterns);
      return;
    }
    if (text.starts_with("case:")) {
      close_case();
      case_.emplace();
      case_->name = trimmed(std::string_view{text}.substr(5));
      case_->line = line_;
      case_->rules = rules_;
      return;
    }
    if (!case_) return fail("a line before the first case");
    if (text.starts_with("mute:")) {
      const auto parts = split(std::string_view{text}.substr(5), ' ');
      Mute mute;
      for (std::size_t index = 0; index + 1 < parts.size(); index += 2) {
        (parts[index] == "rule"     ? mute.rule
         : parts[index] == "device" ? mute.device_id
         : parts[index] == "user"   ? mute.user
         : parts[index] == "host"   ? mute.host
                                    : mute.folder) = parts[index + 1];
      }
      case_->settings.mutes.push_back(mute);
      return;
    }
    if (text.starts_with("watch:")) {
      case_->settings.watched_items = split(std::string_view{text}.substr(6), ' ');
      return;
    }
    if (text.starts_with("failed-mail:")) {
      case_->settings.sync_failed_subjects.emplace_back(trimmed(std::string_view{text}.substr(12)));
      return;
    }
    if (text.starts_with("clock:")) {
      const auto parts = split(trimmed(std::string_view{text}.substr(6)), ' ');
      const auto at = parts.empty() ? std::nullopt : time_of(parts[0]);
      const auto by = parts.size() == 2 ? to_integer(parts[1]) : std::nullopt;
      if (!at || !by) return fail("clock: TIME SECONDS");
      case_->clock_steps.push_back({*at, seconds{*by}});
      return;
    }
    if (text.starts_with("set:")) return read_setting(split(std::string_view{text}.substr(4), ' '));
    const std::size_t arrow = text.find("=>");
    const auto words = tokens_of(std::string_view{text}.substr(0, arrow));
    const auto at = words.empty() ? std::nullopt : time_of(words[0]);
    if (!at || words.size() < 2) return fail("no time and command");
    std::optional<Verdict> verdict;
    if (arrow != std::string::npos)
      verdict = read_verdict(trimmed(std::string_view{text}.substr(arrow + 2)));
    if (words[1] == "end" || words[1] == "tls" || words[1] == "upstream")
      return read_event(*at, words, verdict);
    std::vector<Step> steps;
    if (const std::string error = LineReader{*case_, words}.read(*at, steps); !error.empty())
      return fail(error);
    for (std::size_t index = 0; index < steps.size(); ++index) {
      add_exchange(steps[index], index + 1 == steps.size() ? verdict : std::nullopt);
    }
  }

  void read_setting(const std::vector<std::string>& parts) {
    if (parts.size() != 3) return fail("set: RULE NAME VALUE");
    RuleSettings& rule = case_->settings.rules[parts[0]];
    const auto value = to_integer(parts[2]);
    if (parts[1] == "threshold") {
      rule.threshold = value;
    } else if (parts[1] == "window") {
      rule.window = seconds{value.value_or(0)};
    } else if (parts[1] == "escalate_at") {
      rule.escalate_at = value;
    } else if (parts[1] == "severity") {
      rule.severity = severity_from(parts[2]);
    } else if (parts[1] == "enabled") {
      rule.enabled = parts[2] == "true";
    } else {
      fail("set: unknown name " + parts[1]);
    }
  }

  static Verdict read_verdict(std::string_view text) {
    Verdict verdict{std::string{text}, {}};
    if (text == "none") return verdict;
    for (const std::string& one : split(text, ',')) verdict.wanted.insert(one);
    return verdict;
  }

  void read_event(Timestamp at, const std::vector<std::string>& words,
                  const std::optional<Verdict>& verdict) {
    Happening happening;
    happening.at = at;
    happening.order = order_++;
    happening.verdict = verdict;
    happening.line = line_;
    if (words[1] == "end") {
      happening.end = true;
    } else {
      if (words.size() < 4) return fail("tls|upstream REASON HOST [CLIENT]");
      auto connection = std::make_shared<model::Connection>();
      connection->id = ConnectionId{1000 + order_};
      connection->host = words[3];
      connection->client = (words.size() > 4 ? words[4] : "10.0.0.7") + ":40000";
      model::ConnectionEvent event;
      event.kind = words[1] == "tls" ? model::ConnectionEvent::Kind::client_tls_failed
                                     : model::ConnectionEvent::Kind::upstream_failed;
      event.time = at;
      event.connection = connection;
      event.reason = words[2];
      happening.event = event;
    }
    case_->happenings.push_back(std::move(happening));
  }

  void add_exchange(const Step& step, std::optional<Verdict> verdict) {
    Happening begin;
    begin.at = step.began;
    begin.order = order_++;
    begin.line = line_;
    begin.exchange = step.exchange;
    begin.exchange->response = nullptr;
    begin.exchange->ending = model::Ending::open;
    begin.exchange->ended = {};
    begin.command = step.command;
    take_answer_away(begin.command);
    Happening end;
    end.at = step.ended;
    end.order = order_++;
    end.line = line_;
    end.exchange = step.exchange;
    end.command = step.command;
    end.verdict = std::move(verdict);
    case_->happenings.push_back(std::move(begin));
    case_->happenings.push_back(std::move(end));
  }

  void close_case() {
    if (!case_) return;
    Case one = std::move(*case_);
    case_.reset();
    ++result_.cases;
    std::stable_sort(one.happenings.begin(), one.happenings.end(),
                     [](const Happening& left, const Happening& right) {
                       return left.at != right.at ? left.at < right.at : left.order < right.order;
                     });
    for (Happening& happening : one.happenings) show_times(one, happening);
    const auto analyzer = std::make_shared<Analyzer>(one.settings);
    result_.analyzer = analyzer;
    CaseFacts facts{one.name, one.rules, {}};
    std::map<std::uint64_t, Finding> incidents;
    std::vector<std::vector<Finding>> told;
    for (const Happening& happening : one.happenings) {
      told.push_back(give(*analyzer, happening));
      for (const Finding& finding : told.back()) {
        result_.findings.push_back(finding);
        facts.fired.insert(finding.rule);
        incidents[finding.id.value] = finding;
      }
      if (happening.verdict) check(one, happening, incidents);
    }
    result_.told.push_back(std::move(facts));
    if (split_) check_parts(one, told);
  }

  /// As the clock of the machine showed them.
  static void show_times(const Case& one, Happening& happening) {
    if (one.clock_steps.empty()) return;
    const auto shown = [&](const std::shared_ptr<const model::Message>& message) {
      if (!message) return message;
      auto changed = std::make_shared<model::Message>(*message);
      changed->began = one.shown(message->began);
      changed->ended = one.shown(message->ended);
      return std::shared_ptr<const model::Message>{std::move(changed)};
    };
    if (happening.event) happening.event->time = one.shown(happening.event->time);
    if (happening.end) happening.shown_end = one.shown(happening.at);
    if (!happening.exchange) return;
    happening.exchange->request = shown(happening.exchange->request);
    happening.exchange->response = shown(happening.exchange->response);
    happening.exchange->ended = one.shown(happening.exchange->ended);
  }

  static std::vector<Finding> give(Analyzer& analyzer, const Happening& happening) {
    if (happening.end)
      return analyzer.finish(happening.shown_end == Timestamp{} ? happening.at
                                                                : happening.shown_end);
    if (happening.event) return analyzer.observe(*happening.event);
    return analyzer.observe(*happening.exchange, happening.command);
  }

  /// The time that the capture ends with when `happening` is its last.
  static Timestamp end_of(const Happening& happening) {
    if (happening.event) return happening.event->time;
    if (!happening.exchange) return happening.at;
    return happening.exchange->ending == model::Ending::open ? happening.exchange->request->ended
                                                             : happening.exchange->ended;
  }

  void deviate(const Case& one, std::size_t cut, std::string_view expected,
               const Finding& finding) {
    result_.deviations.push_back({place(one, one.happenings[cut].line), std::string{expected},
                                  finding.rule + ' ' + std::string{to_string(finding.severity)} +
                                      " (" + finding.summary + ")"});
  }

  /// The same evidence in two captures, and in one capture of two runs.
  void check_parts(const Case& one, const std::vector<std::vector<Finding>>& whole) {
    const std::size_t size = one.happenings.size();
    const std::size_t stride = std::max<std::size_t>(size / 64, 1);
    for (std::size_t cut = 1; cut < size; cut += stride) {
      Analyzer before{one.settings}, after{one.settings}, both{one.settings};
      std::vector<Finding> found, continued;
      const auto take = [](std::vector<Finding>& to, const std::vector<Finding>& some) {
        to.insert(to.end(), some.begin(), some.end());
      };
      for (std::size_t index = 0; index < cut; ++index) {
        const auto told = give(before, one.happenings[index]);
        if (told != whole[index] && !told.empty())
          deviate(one, cut, "what was told before it was cut here", told.front());
        take(found, told);
        take(continued, give(both, one.happenings[index]));
      }
      const Timestamp end = end_of(one.happenings[cut - 1]);
      take(found, before.finish(end));
      take(continued, both.finish(end));
      both.forget();
      for (std::size_t index = cut; index < size; ++index) {
        take(found, give(after, one.happenings[index]));
        take(continued, give(both, one.happenings[index]));
      }
      for (std::size_t index = 0; index < found.size(); ++index) {
        if (index >= continued.size() || !equal_but_for_numbers(found[index], continued[index]))
          deviate(one, cut, "two runs of one capture tell the same as two captures", found[index]);
        if (!explained(found[index], whole))
          deviate(one, cut, "the same findings when cut here", found[index]);
      }
    }
  }

  static bool equal_but_for_numbers(Finding left, const Finding& right) {
    left.id = right.id;
    left.because_of = right.because_of;
    return left == right;
  }

  /// Told by the whole too, only for information, or said to rest on cut evidence.
  static bool explained(const Finding& finding, const std::vector<std::vector<Finding>>& whole) {
    if (finding.severity == Severity::info ||
        finding.summary.find("the evidence begins") != std::string::npos)
      return true;
    return std::any_of(whole.begin(), whole.end(), [&](const std::vector<Finding>& some) {
      return std::any_of(some.begin(), some.end(), [&](const Finding& other) {
        return other.rule == finding.rule && other.severity >= finding.severity;
      });
    });
  }

  /// " because heartbeat-cut+throttled"
  static std::string causes_of(const Finding& finding,
                               const std::map<std::uint64_t, Finding>& incidents) {
    std::set<std::string> names;
    for (const FindingId cause : finding.because_of) {
      const auto known = incidents.find(cause.value);
      names.insert(known == incidents.end() ? "?" : known->second.rule);
    }
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? " because " : "+") + name;
    return out;
  }

  void check(const Case& one, const Happening& happening,
             const std::map<std::uint64_t, Finding>& incidents) {
    ++result_.verdicts;
    std::set<std::string> got;
    std::string text;
    for (const auto& [id, finding] : incidents) {
      if (!fits(finding.rule, one.rules)) continue;
      const std::string word = finding.rule + ' ' + std::string{to_string(finding.severity)};
      const std::string counted = word + " x" + std::to_string(finding.count);
      const std::string causes = causes_of(finding, incidents);
      text += (text.empty() ? "" : "; ") + counted + causes + " (" + finding.summary + ")";
      // What the verdict does not tell of it is not judged.
      std::string got_word = word;
      for (const std::string& fuller : {counted, word + causes, counted + causes}) {
        if (happening.verdict->wanted.contains(fuller)) got_word = fuller;
      }
      got.insert(std::move(got_word));
    }
    if (got == happening.verdict->wanted) return;
    result_.deviations.push_back(
        {place(one, happening.line), happening.verdict->text, text.empty() ? "none" : text});
  }

  std::string name_;
  ScenarioResult& result_;
  bool split_;
  std::vector<std::string> rules_{"all"};
  std::optional<Case> case_;
  std::size_t line_ = 0, order_ = 0;
};

}  // namespace

bool fits(std::string_view rule, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern == "all") return true;
    if (pattern.ends_with('*')) return rule.starts_with(pattern.substr(0, pattern.size() - 1));
    return rule == pattern;
  });
}

ScenarioResult run_scenarios(const std::filesystem::path& file) {
  ScenarioResult result;
  std::ifstream in{file};
  if (!in) result.errors.push_back("cannot open " + file.string());
  Runner{file.filename().string(), result}.run(in);
  return result;
}

ScenarioResult split_scenarios(const std::filesystem::path& file) {
  ScenarioResult result;
  std::ifstream in{file};
  if (!in) result.errors.push_back("cannot open " + file.string());
  Runner{file.filename().string(), result, true}.run(in);
  return result;
}

ScenarioResult run_scenario_text(const std::string& name, const std::string& text) {
  ScenarioResult result;
  std::istringstream in{text};
  Runner{name, result}.run(in);
  return result;
}

}  // namespace eastap::findings::testing
