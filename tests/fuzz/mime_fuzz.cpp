// The mail reader on arbitrary octets. Properties: lists and values stay within their limits and
// are UTF-8; sizes of attachments lie inside the message; words without encoded words stay as they
// are; a redacted message has attachments when the message has, the same method, and a bounded
// size. (Recipients of a header that is broken in the middle of an address may be lost.)
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/eas/mime.hpp"
#include "decoder/findings/mime_text.hpp"
#include "proxy/redact/mime.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;

const redact::Pseudonyms kNames{"a key of at least 16 octets"};

eas::MimeFacts facts_of(std::string_view message, const eas::MimeLimits& limits) {
  const eas::MimeFacts facts = eas::read_mime(message, limits);
  require(facts.to.size() + facts.cc.size() + facts.bcc.size() <= limits.addresses);
  require(facts.attendees.size() <= limits.addresses);
  require(facts.attachments.size() <= limits.attachments);
  require(facts.attachments.size() == facts.attachment_names.size());
  for (const eas::MimeAttachment& file : facts.attachments) {
    require(file.octets.value_or(0) <= message.size());
    require(is_utf8(file.name) && is_utf8(file.type));
  }
  for (const std::string* text : {&facts.subject, &facts.from, &facts.message_id,
                                  &facts.calendar_uid, &facts.organizer, &facts.calendar_method}) {
    require(is_utf8(*text) && text->size() <= 3 * limits.value_octets);
  }
  return facts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  eas::MimeLimits limits;
  limits.addresses = 8;
  limits.attachments = 4;
  limits.value_octets = 64;
  (void)facts_of(input, limits);
  require(is_utf8(eas::decoded_words(input)));
  if (input.find("=?") == input.npos) require(eas::decoded_words(input) == repaired_utf8(input));
  require(eas::addresses(input, 5).size() <= 5);
  const findings::MimeText text = findings::read_mime_text(input);
  require(text.calendar_uid.size() <= 256 && text.calendar_organizer.size() <= 256);

  redact::Scope scope;
  scope.names = &kNames;
  const eas::MimeLimits wide;
  const eas::MimeFacts before = facts_of(input, wide);
  for (const auto level : {redact::Level::content, redact::Level::identity}) {
    scope.level = level;
    const std::string changed = redact::redacted_mime(scope, input);
    const eas::MimeFacts after = facts_of(changed, wide);
    require(before.attachments.empty() == after.attachments.empty());
    require(before.calendar_method == after.calendar_method);
    require(changed.size() <= 8 * input.size() + 1024);  // pseudonyms are longer than short names
  }
  return 0;
}
