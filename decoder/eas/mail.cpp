#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page21_compose_mail.hpp"
#include "decoder/eas/mime.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/values/conversation.hpp"

/// SendMail, SmartForward and SmartReply, [MS-ASCMD] 2.2.1.17, 2.2.1.19 and 2.2.1.20. Up to 12.1
/// the body is the message and the rest stands in the query; from 14.0 all of it is WBXML.
namespace eastap::eas {
namespace {

namespace compose = codepages::compose_mail;

std::string parameter(const Command& command, std::string_view name) {
  for (const auto& [key, value] : command.parameters) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

/// [MS-OXOMSG] 2.2.1.3: Thread-Index is the conversation index in base64.
std::string thread_words(std::string_view thread_index) {
  const auto octets = from_base64(thread_index);
  if (!octets || octets->empty()) return {};
  const auto index = values::parse_conversation_index(*octets);
  return index ? values::words(*index) : std::string{};
}

void read_message(const Reading& reading, SentMail& mail, std::string_view message) {
  mail.mime_octets = message.size();
  MimeLimits limits;
  limits.octets = reading.limits.mime_octets;
  limits.addresses = reading.limits.recipients;
  limits.value_octets = reading.limits.value_octets;
  MimeFacts facts = read_mime(message, limits);
  mail.message_id = std::move(facts.message_id);
  mail.thread = thread_words(facts.thread_index);
  mail.from = std::move(facts.from);
  mail.sender = std::move(facts.sender);
  mail.subject = std::move(facts.subject);
  mail.to = std::move(facts.to);
  mail.cc = std::move(facts.cc);
  mail.bcc = std::move(facts.bcc);
  mail.calendar_method = std::move(facts.calendar_method);
  mail.calendar_uid = std::move(facts.calendar_uid);
  mail.organizer = std::move(facts.organizer);
  mail.attendees = std::move(facts.attendees);
  mail.attachment_names = std::move(facts.attachment_names);
  for (MimeAttachment& file : facts.attachments) {
    mail.attachments.push_back({std::move(file.name), std::move(file.type), file.octets});
  }
}

void read_source(const Reading& reading, SentMail& mail, wbxml::Element source) {
  mail.source_folder = reading.child_text(source, compose::kFolderId);
  mail.source_item = reading.child_text(source, compose::kItemId);
  mail.source_long_id = reading.child_text(source, compose::kLongId);
  mail.instance_id = reading.child_text(source, compose::kInstanceId);
}

void read_request(Reading& reading, SentMail& mail) {
  for (const wbxml::Element child : reading.asked->children()) {
    if (child.is(compose::kClientId)) {
      mail.client_id = reading.text(child);
    } else if (child.is(compose::kSaveInSentItems)) {
      mail.save_in_sent = true;
    } else if (child.is(compose::kReplaceMime)) {
      mail.replace_mime = true;
    } else if (child.is(compose::kSource)) {
      read_source(reading, mail, child);
    } else if (child.is(compose::kMime)) {
      if (!child.value().empty()) {
        read_message(reading, mail, child.value());
      } else if (!child.children().empty()) {
        read_message(reading, mail, child.whole_value());
      }
    } else if (child.is(compose::kForwardees)) {
      for (const wbxml::Element forwardee : child.children()) {
        if (mail.forwardees.size() >= reading.limits.recipients) break;
        std::string address = reading.child_text(forwardee, compose::kEmail);
        if (!address.empty()) mail.forwardees.push_back(std::move(address));
      }
    }
  }
}

/// "answers 5:12 in Inbox(5)": the mail that a reply or a forward is of.
std::string original_words(const Reading& reading, const SentMail& mail) {
  constexpr std::size_t kIdOctets = 60;
  const bool by_item = !mail.source_item.empty();
  if (!by_item && mail.source_long_id.empty()) return {};
  std::string words = reading.command.name == "SmartForward" ? "forwards " : "answers ";
  words += by_item ? clipped(mail.source_item, kIdOctets)
                   : "search hit " + clipped(mail.source_long_id, kIdOctets);
  if (!mail.source_folder.empty()) {
    words += " in " + clipped(reading.folder_label(mail.source_folder), kIdOctets);
  }
  return words;
}

std::string asked_words(const Reading& reading, const SentMail& mail) {
  std::vector<std::string> recipients = mail.to;
  for (const auto* list : {&mail.cc, &mail.bcc, &mail.forwardees}) {
    recipients.insert(recipients.end(), list->begin(), list->end());
  }
  std::string words;
  if (!recipients.empty()) words = "to " + joined(recipients, 2);
  if (!mail.calendar_method.empty()) {
    words += std::string{words.empty() ? "" : ", "} + "meeting " + to_lower(mail.calendar_method);
  }
  const std::string size = mail.mime_octets > 0 ? ", " + octets_words(mail.mime_octets) : "";
  const std::size_t room = reading.limits.line_octets > 120 ? reading.limits.line_octets - 40 : 80;
  words = clipped(words, room);
  if (!mail.subject.empty() && words.size() + 4 < room) {
    words += std::string{words.empty() ? "" : " "} + '"' +
             clipped(mail.subject, room - words.size() - 3) + '"';
  }
  if (!mail.attachment_names.empty()) {
    words += ", " + counted(mail.attachment_names.size(), "attachment", "attachments");
  }
  if (const std::string original = original_words(reading, mail); !original.empty()) {
    words += ", " + original;
  }
  words += size;
  if (words.starts_with(", ")) words.erase(0, 2);
  return words;
}

}  // namespace

void read_mail(Reading& reading) {
  Command& command = reading.command;
  SentMail& mail = command.mail.emplace();
  if (reading.asked) {
    read_request(reading, mail);
  } else if (command.request.kind == Body::Kind::mime && command.request.octets) {
    read_message(reading, mail, *command.request.octets);
    mail.source_folder = parameter(command, "CollectionId");
    mail.source_item = parameter(command, "ItemId");
    mail.source_long_id = parameter(command, "LongId");
    mail.instance_id = parameter(command, "Occurrence");
    mail.save_in_sent = equals_ignoring_case(parameter(command, "SaveInSent"), "T");
  }
  command.asked = asked_words(reading, mail);
  if (reading.answered) {
    const codepages::Tag status = compose::kStatus;
    reading.child_status(Level::command, command.name, "", *reading.answered, status);
  } else if (reading.empty_answer) {
    // Success is 200 with an empty body, [MS-ASCMD] 2.2.3.177.14.
    command.outcome = command.name == "SmartForward" ? "forwarded" : "sent";
  }
}

}  // namespace eastap::eas
