#include "tests/unit/decoder/findings/scenario_line.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/wbxml/decode.hpp"
#include "tests/unit/decoder/findings/scenario_items.hpp"

namespace eastap::findings::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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
      const std::string& ids = words_[index++];
      for (const std::string& id : split(ids == "-" ? std::string{} : ids, ',')) {
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

}  // namespace

std::string read_words(Case& owner, std::vector<std::string> words, Timestamp at,
                       std::vector<Step>& out) {
  return LineReader{owner, std::move(words)}.read(at, out);
}

}  // namespace eastap::findings::testing
