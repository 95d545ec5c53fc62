#include <string>
#include <unordered_map>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page10_resolve_recipients.hpp"
#include "decoder/codepages/pages/page11_validate_cert.hpp"
#include "decoder/eas/reading.hpp"

/// ResolveRecipients and ValidateCert, [MS-ASCMD] 2.2.1.15 and 2.2.1.22.
namespace eastap::eas {
namespace {

namespace certs = codepages::validate_cert;
namespace resolve = codepages::resolve_recipients;

/// Availability, Certificates or Picture.
void read_part(Reading& reading, ResolvedRecipient& to, wbxml::Element part) {
  for (const wbxml::Element child : part.children()) {
    if (child.is(resolve::kMergedFreeBusy) && to.free_busy.empty()) {
      to.free_busy = reading.text(child);
    } else if (child.is(resolve::kCertificate) || child.is(resolve::kMiniCertificate)) {
      ++to.certificates;
    } else if (child.is(resolve::kData)) {
      to.picture_octets += child.value().size();
    }
  }
}

void read_recipient(Reading& reading, ResolvedRecipient& to, wbxml::Element element) {
  std::string address = reading.child_text(element, resolve::kEmailAddress);
  const std::string place = "recipient " + (address.empty() ? to.asked : address);
  if (!address.empty() && to.addresses.size() < reading.limits.recipients) {
    to.addresses.push_back(std::move(address));
  }
  struct Row {
    codepages::Tag tag;
    std::string_view scope;
  };
  constexpr Row kParts[] = {{resolve::kAvailability, "ResolveRecipients.Availability"},
                            {resolve::kCertificates, "ResolveRecipients.Certificates"},
                            {resolve::kPicture, "ResolveRecipients.Picture"}};
  for (const wbxml::Element child : element.children()) {
    for (const Row& row : kParts) {
      if (child.is(row.tag)) {
        reading.child_status(Level::item, row.scope, place, child, resolve::kStatus);
        read_part(reading, to, child);
      }
    }
  }
}

std::string resolved_words(const Command& command) {
  std::size_t resolved = 0;
  for (const ResolvedRecipient& recipient : command.recipients) {
    if (recipient.status == 1) ++resolved;
  }
  if (resolved == 0) return {};
  if (command.recipients.size() == 1) {
    const auto& addresses = command.recipients.front().addresses;
    return addresses.empty() ? "resolved" : joined(addresses, 2);
  }
  return std::to_string(resolved) + " of " + std::to_string(command.recipients.size()) +
         " resolved";
}

}  // namespace

void read_resolve_recipients(Reading& reading) {
  Command& command = reading.command;
  std::unordered_map<std::string, std::size_t> places;
  if (reading.asked) {
    std::vector<std::string> names;
    for (const wbxml::Element child : reading.asked->children()) {
      if (!child.is(resolve::kTo)) continue;
      if (command.recipients.size() >= reading.limits.entries) {
        reading.remark_limit("recipients", reading.limits.entries);
        break;
      }
      ResolvedRecipient& recipient = command.recipients.emplace_back();
      recipient.asked = reading.text(child);
      places.emplace(recipient.asked, command.recipients.size() - 1);
      names.push_back(recipient.asked);
    }
    command.asked = joined(names, 3);
    if (const auto options = reading.asked->child(resolve::kOptions)) {
      if (options->has(resolve::kAvailability)) command.asked += ", free/busy";
      if (options->has(resolve::kCertificateRetrieval)) command.asked += ", certificates";
      if (options->has(resolve::kPicture)) command.asked += ", photo";
    }
    command.asked = clipped(command.asked, reading.limits.line_octets);
  }
  if (!reading.answered) return;
  reading.child_status(Level::command, "ResolveRecipients", "", *reading.answered,
                       resolve::kStatus);
  std::size_t seen = 0;
  for (const wbxml::Element element : reading.answered->children()) {
    if (!element.is(resolve::kResponse)) continue;
    if (++seen > reading.limits.entries) break;
    const std::string asked = reading.child_text(element, resolve::kTo);
    const auto [place, is_new] = places.try_emplace(asked, command.recipients.size());
    if (is_new) command.recipients.emplace_back().asked = asked;
    ResolvedRecipient& recipient = command.recipients[place->second];
    recipient.status = reading.child_status(Level::part, "ResolveRecipients.Response",
                                            "recipient " + asked, element, resolve::kStatus);
    recipient.count = reading.child_number(element, resolve::kRecipientCount, true);
    for (const wbxml::Element child : element.children()) {
      if (child.is(resolve::kRecipient)) read_recipient(reading, recipient, child);
    }
  }
  command.outcome = clipped(resolved_words(command), reading.limits.line_octets);
}

void read_validate_cert(Reading& reading) {
  Command& command = reading.command;
  if (reading.asked) {
    if (const auto list = reading.asked->child(certs::kCertificates)) {
      for (const wbxml::Element child : list->children()) {
        if (!child.is(certs::kCertificate)) continue;
        if (command.certificates.size() >= reading.limits.entries) {
          reading.remark_limit("certificates", reading.limits.entries);
          break;
        }
        const std::string_view base64 = trimmed(child.value());
        const std::size_t padding = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
        CheckedCertificate& certificate = command.certificates.emplace_back();
        certificate.octets = child.is_opaque() ? base64.size() : base64.size() / 4 * 3;
        if (!child.is_opaque() && certificate.octets >= padding) certificate.octets -= padding;
      }
    }
    command.asked = counted(command.certificates.size(), "certificate", "certificates");
    if (reading.child_text(*reading.asked, certs::kCheckCRL) == "1") {
      command.asked += ", with revocation list";
    }
  }
  if (!reading.answered) return;
  reading.child_status(Level::command, "ValidateCert", "", *reading.answered, certs::kStatus);
  std::size_t number = 0, valid = 0;
  for (const wbxml::Element element : reading.answered->children()) {
    if (!element.is(certs::kCertificate)) continue;
    if (++number > reading.limits.entries) break;
    const auto status =
        reading.child_status(Level::part, "ValidateCert.Certificate",
                             "certificate " + std::to_string(number), element, certs::kStatus);
    if (status == 1) ++valid;
    if (number > command.certificates.size()) command.certificates.emplace_back();
    command.certificates[number - 1].status = status;
  }
  if (valid > 0) {
    command.outcome = valid == number
                          ? "valid"
                          : std::to_string(valid) + " of " + std::to_string(number) + " valid";
  }
}

}  // namespace eastap::eas
