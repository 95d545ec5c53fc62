#include "tests/unit/decoder/findings/scenario_items.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page04_calendar.hpp"
#include "decoder/codepages/pages/page17_airsync_base.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

namespace eastap::findings::testing {

namespace {

namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
namespace calendar = codepages::calendar;

/// "-60" or "-60/dst" (last Sundays of March and October).
std::string zone_blob(const std::string& text) {
  std::string blob(172, '\0');
  const auto put = [&](std::size_t at, std::int64_t value, unsigned octets) {
    for (unsigned octet = 0; octet < octets; ++octet)
      blob[at + octet] = static_cast<char>((value >> (8 * octet)) & 0xFF);
  };
  const auto parts = split(text, '/');
  put(0, to_integer(parts.at(0)).value_or(0), 4);
  if (parts.size() > 1) {
    put(68 + 2, 10, 2);
    put(68 + 6, 5, 2);
    put(68 + 8, 3, 2);
    put(152 + 2, 3, 2);
    put(152 + 6, 5, 2);
    put(152 + 8, 2, 2);
    put(168, -60, 4);
  }
  if (parts.size() > 2) blob[4] = parts[2].front();  // a name, which does not count
  return to_base64(blob);
}

void add_exception(wbxml::Builder& body, const std::string& text) {
  body.open(calendar::kException);
  const auto parts = split(text, ',');
  body.add(calendar::kExceptionStartTime, parts.at(0));
  for (std::size_t index = 1; index < parts.size(); ++index) {
    const std::size_t colon = parts[index].find(':');
    const auto tag = codepages::find_row(calendar::kPage.number, parts[index].substr(0, colon));
    if (tag != nullptr) body.add(tag->tag, parts[index].substr(colon + 1));
  }
  body.close();
}

/// "type/octets/estimate/truncated[/native]"
void add_body(wbxml::Builder& body, const std::string& text) {
  const auto parts = split(text, '/');
  const auto at = [&](std::size_t index) { return index < parts.size() ? parts[index] : "0"; };
  body.open(base::kBody).add(base::kType, at(0));
  if (at(2) != "0") body.add(base::kEstimatedDataSize, at(2));
  if (at(3) != "0") body.add(base::kTruncated, "1");
  body.add(base::kData, std::string(static_cast<std::size_t>(to_integer(at(1)).value_or(0)), 'x'));
  body.close();
  if (at(4) != "0") body.add(base::kNativeBodyType, at(4));
}

bool add_property(wbxml::Builder& body, const std::string& name, const std::string& value) {
  if (name == "Attendees") {
    body.open(calendar::kAttendees);
    for (const std::string& one : split(value, ',')) {
      body.open(calendar::kAttendee).add(calendar::kEmail, one + "@contoso.test").close();
    }
    body.close();
  } else if (name == "Recurrence") {
    const auto parts = split(value, '/');
    body.open(calendar::kRecurrence).add(calendar::kType, parts.at(0));
    if (parts.size() > 1) body.add(calendar::kDayOfMonth, parts[1]);
    body.close();
  } else if (name == "TimeZone") {
    body.add(calendar::kTimezone, value == "broken" ? "AAAA" : zone_blob(value));
  } else if (name == "Body") {
    add_body(body, value);
  } else if (name == "MailSubject") {  // "_" stands for a space
    std::string text = value;
    std::replace(text.begin(), text.end(), '_', ' ');
    body.add(*codepages::find_tag("Email", "Subject"), text);
  } else if (name == "MeetingRequest") {
    body.add(*codepages::find_tag("Email", "MeetingRequest"), value);
  } else {
    const std::string full = name == "Organizer" ? "OrganizerEmail"
                             : name == "Status"  ? "MeetingStatus"
                                                 : name;
    for (const std::uint8_t page : {std::uint8_t{4}, std::uint8_t{2}, std::uint8_t{1}}) {
      const auto* row = codepages::find_row(page, full);
      // Subject and Location exist on several pages: mails are given by From.
      if (row == nullptr) continue;
      body.add(row->tag, name == "Organizer" ? value + "@contoso.test" : value);
      return true;
    }
    return false;
  }
  return true;
}

std::optional<codepages::Tag> tag_of(const std::string& word) {
  if (word == "Add") return airsync::kAdd;
  if (word == "Change") return airsync::kChange;
  if (word == "Delete") return airsync::kDelete;
  if (word == "SoftDelete") return airsync::kSoftDelete;
  return std::nullopt;
}

eas::Item::Kind kind_of(codepages::Tag tag) {
  if (tag == airsync::kAdd) return eas::Item::Kind::add;
  if (tag == airsync::kChange) return eas::Item::Kind::change;
  if (tag == airsync::kDelete) return eas::Item::Kind::remove;
  return eas::Item::Kind::soft_delete;
}

void count(eas::Collection& folder, eas::Item::Kind kind, bool from_server) {
  using Kind = eas::Item::Kind;
  if (from_server) {
    ++(kind == Kind::add      ? folder.adds
       : kind == Kind::change ? folder.changes
       : kind == Kind::remove ? folder.deletes
                              : folder.soft_deletes);
  } else {
    ++(kind == Kind::add      ? folder.client_adds
       : kind == Kind::change ? folder.client_changes
                              : folder.client_deletes);
  }
}

std::string plain_address(const std::string& text) {
  return text.find('@') == std::string::npos ? text + "@contoso.test" : text;
}

int status_in(const std::string& word) {
  return static_cast<int>(to_integer(std::string_view{word}.substr(2)).value_or(0));
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t next = std::min(text.find(separator, at), text.size());
    if (const auto part = trimmed(text.substr(at, next - at)); !part.empty())
      out.emplace_back(part);
    at = next + 1;
  }
  return out;
}

std::string add_items(eas::Command& command, const std::string& text, bool from_server) {
  if (command.collections.empty()) return "items without a collection";
  eas::Collection& folder = command.collections.front();
  wbxml::Builder body;
  body.open(airsync::kSync).open(airsync::kCommands);
  std::vector<eas::Item> items;
  for (const std::string& one : split(text, ';')) {
    const auto words = split(one, ' ');
    const auto tag = words.size() > 1 ? tag_of(words[0]) : std::nullopt;
    if (!tag) return "Add|Change|Delete|SoftDelete ID NAME=VALUE …";
    body.open(*tag);
    eas::Item& item = items.emplace_back();
    item.kind = kind_of(*tag);
    item.from_server = from_server;
    const bool by_client_id = !from_server && item.kind == eas::Item::Kind::add;
    (by_client_id ? item.client_id : item.server_id) = words[1];
    count(folder, item.kind, from_server);
    std::vector<std::string> exceptions;
    std::string instance;
    if (words.size() > 2) body.open(airsync::kApplicationData);
    for (std::size_t index = 2; index < words.size(); ++index) {
      const std::size_t equals = words[index].find('=');
      const std::string name = words[index].substr(0, equals);
      const std::string value = equals == std::string::npos ? "" : words[index].substr(equals + 1);
      if (name == "Exception") {
        exceptions.push_back(value);
      } else if (name == "InstanceId") {
        instance = value;
      } else if (!add_property(body, name, value)) {
        return "unknown property " + name;
      }
    }
    if (!exceptions.empty()) {
      body.open(calendar::kExceptions);
      for (const std::string& exception : exceptions) add_exception(body, exception);
      body.close();
    }
    if (words.size() > 2) body.close();
    if (!instance.empty()) body.add(base::kInstanceId, instance);
    body.close();
  }
  auto document = std::make_shared<wbxml::Document>(
      wbxml::decode(std::make_shared<const std::string>(std::move(body).finish())));
  const auto commands = document->root()->child(airsync::kCommands);
  std::size_t index = 0;
  for (const wbxml::Element element : commands->children()) {
    if (index >= items.size()) break;
    items[index].node = element.index();
    folder.items.push_back(items[index]);
    ++index;
  }
  eas::Body& side = from_server ? command.response : command.request;
  side.kind = eas::Body::Kind::wbxml;
  side.document = document;
  side.octets = document->body;
  if (from_server) folder.in_response = true;
  return {};
}

std::string add_answers(eas::Command& command, const std::string& text) {
  if (command.collections.empty()) return "answers without a collection";
  eas::Collection& folder = command.collections.front();
  folder.in_response = true;
  for (const std::string& one : split(text, ';')) {
    const auto words = split(one, ' ');
    eas::Item item;
    item.from_server = item.is_response = true;
    item.status = words.size() > 1 ? static_cast<int>(to_integer(words[1]).value_or(1)) : 1;
    const std::size_t arrow = words.at(0).find('>');
    item.kind = arrow != std::string::npos || words[0].starts_with("c") ? eas::Item::Kind::add
                                                                        : eas::Item::Kind::change;
    if (words.size() > 2 && words[2] == "fetch") item.kind = eas::Item::Kind::fetch;
    (item.kind == eas::Item::Kind::add ? item.client_id : item.server_id) =
        words[0].substr(0, arrow);
    if (arrow != std::string::npos) item.server_id = words[0].substr(arrow + 1);
    folder.items.push_back(item);
    eas::Status status;
    status.scope = "Sync";
    status.code = *item.status;
    status.place = "item " + words[0];
    status.success = *item.status == 1;
    command.statuses.push_back(status);
  }
  return {};
}

std::string add_mail(eas::Command& command, const std::string& text) {
  eas::SentMail& mail = command.mail.emplace();
  std::string uid, organizer, body = "hello";
  mail.from = "alice@contoso.test";
  for (const std::string& one : split(text, ';')) {
    const std::size_t space = std::min(one.find(' '), one.size());
    const std::string name = one.substr(0, space);
    const std::string value = space < one.size() ? std::string{trimmed(one.substr(space))} : "";
    if (name == "id") {
      mail.client_id = value;
    } else if (name == "to" || name == "cc") {
      for (const std::string& address : split(value, ','))
        (name == "to" ? mail.to : mail.cc).push_back(plain_address(address));
    } else if (name == "from") {
      mail.from = plain_address(value);
    } else if (name == "method") {
      mail.calendar_method = value;
    } else if (name == "uid") {
      uid = value;
    } else if (name == "organizer") {
      organizer = plain_address(value);
    } else if (name == "source") {
      mail.source_item = value;
      mail.source_folder = value.substr(0, value.find(':'));
    } else if (name == "text") {
      body = value;
    } else {
      return "unknown word of a mail: " + name;
    }
  }
  std::string message = "From: " + mail.from + "\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
  if (mail.calendar_method.empty()) {
    message += "Content-Type: text/plain\r\n\r\n" + body + "\r\n";
  } else {
    message +=
        "Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\n"
        "Content-Type: text/plain\r\n\r\n" +
        body + "\r\n--b1\r\nContent-Type: text/calendar; method=" + mail.calendar_method +
        "\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nORGANIZER:mailto:" + organizer +
        "\r\nUID:" + uid + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--b1--\r\n";
  }
  mail.mime_octets = message.size();
  command.request.kind = eas::Body::Kind::mime;
  command.request.octets = std::make_shared<const std::string>(std::move(message));
  return {};
}

std::string add_fetch(eas::Command& command, const std::string& text) {
  eas::FetchedItem& fetched = command.fetched.emplace_back();
  fetched.store = "Mailbox";
  const auto words = split(text, ' ');
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (word == "ref" && index + 1 < words.size()) {
      fetched.file_reference = words[++index];
    } else if (word.starts_with("St")) {
      fetched.status = status_in(word);
    } else if (word.find('/') != std::string::npos) {
      fetched.octets =
          static_cast<std::uint64_t>(to_integer(word.substr(0, word.find('/'))).value_or(0));
      fetched.total =
          static_cast<std::uint64_t>(to_integer(word.substr(word.find('/') + 1)).value_or(0));
    } else {
      fetched.server_id = word;
      fetched.collection_id = word.substr(0, word.find(':'));
    }
  }
  if (!fetched.status) fetched.status = 1;
  eas::Status status;
  status.scope = "ItemOperations";
  status.code = *fetched.status;
  status.place = "item";
  status.success = *fetched.status == 1;
  command.statuses.push_back(status);
  return {};
}

std::string add_meeting(eas::Command& command, const std::string& text) {
  eas::MeetingAnswer& answer = command.meetings.emplace_back();
  const auto words = split(text, ' ');
  answer.status = 1;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (word == "accept") {
      answer.response = 1;
    } else if (word == "decline") {
      answer.response = 3;
    } else if (word == "inst" && index + 1 < words.size()) {
      answer.instance_id = words[++index];
    } else if (word.starts_with("St")) {
      answer.status = status_in(word);
    } else {
      answer.request_id = word;
      answer.folder = word.substr(0, word.find(':'));
    }
  }
  eas::Status status;
  status.scope = "MeetingResponse";
  status.code = *answer.status;
  status.place = "meeting " + answer.request_id;
  status.success = *answer.status == 1;
  command.statuses.push_back(status);
  return {};
}

void take_answer_away(eas::Command& command) {
  command.http_status.reset();
  command.eas_status.reset();
  command.statuses.clear();
  command.new_sync_key.clear();
  command.response = {};
  command.server.reset();
  command.offered_versions.clear();
  if (command.name == "FolderSync") command.folder_changes.clear();
  for (eas::Collection& collection : command.collections) {
    collection.new_sync_key.clear();
    collection.status.reset();
    std::erase_if(collection.items, [](const eas::Item& item) { return item.from_server; });
    collection.adds = collection.changes = collection.deletes = collection.soft_deletes = 0;
    collection.more_available = collection.in_response = false;
  }
  if (command.waiting) {
    command.waiting->changed.clear();
    command.waiting->limit_seconds.reset();
  }
  if (command.provision) {
    command.provision->response_key.clear();
    command.provision->remote_wipe = false;
    command.provision->policy_status.reset();
    command.provision->settings.clear();
  }
  for (eas::FetchedItem& fetched : command.fetched) {
    fetched.status.reset();
    fetched.octets.reset();
    fetched.total.reset();
  }
  for (eas::MeetingAnswer& answer : command.meetings) answer.status.reset();
  if (command.autodiscover) {
    command.autodiscover->url.clear();
    command.autodiscover->error_code.reset();
    command.autodiscover->redirect.clear();
  }
}

}  // namespace eastap::findings::testing
