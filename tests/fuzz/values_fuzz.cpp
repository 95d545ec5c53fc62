// Every reader of decoder/eas/values and the table of meanings on arbitrary
// octets. Properties: what is read encodes to the same octets (meeting ids), errors point into the
// input, words are UTF-8 and short, and XML with meanings encodes
// to the same body as without them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/eas/charset.hpp"
#include "decoder/eas/values/conversation.hpp"
#include "decoder/eas/values/credential.hpp"
#include "decoder/eas/values/dates.hpp"
#include "decoder/eas/values/global_object_id.hpp"
#include "decoder/eas/values/meaning.hpp"
#include "decoder/eas/values/names.hpp"
#include "decoder/eas/values/policy.hpp"
#include "decoder/eas/values/time_zone.hpp"
#include "decoder/eas/values/user_agent.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;
using namespace eastap::eas::values;

void octets_of_values(std::string_view input) {
  if (const auto zone = parse_time_zone(input)) {
    require(input.size() == kTimeZoneOctets);
    require(is_utf8(words(*zone)));
  } else {
    require(zone.error().offset <= input.size());
  }
  if (const auto index = parse_conversation_index(input)) {
    require(index->replies.size() <= kMostReplies && index->reply_count * 5 <= input.size());
    require(is_utf8(words(*index)));
  } else {
    require(index.error().offset <= input.size());
  }
  if (const auto id = parse_global_object_id(input)) {
    require(id->octets() == input);
    require(is_utf8(words(*id)));
  } else {
    require(id.error().offset <= input.size());
  }
  if (const auto id = global_object_id_of(input)) {
    const auto again = parse_global_object_id(id->octets());
    require(again && *again == *id);
    require(same_meeting(input, input));
  }
}

void texts_of_values(std::string_view input) {
  if (const auto date = parse_date(input)) require(date_words(*date).size() >= 27);
  (void)parse_time_zone_text(input);
  (void)user_agent_words(input);
  (void)user_agent_words("Apple-" + std::string{input});
  const FileReference split = split_file_reference(input);
  require(split.index.empty() == split.folder.empty());
  (void)free_busy_words(input);
  (void)setting_words("MaxInactivityTimeDeviceLock", input);
  (void)policy_words({{"DevicePasswordEnabled", "1"}, {"MaxAttachmentSize", std::string{input}}});
  require(is_utf8(words(read_credential("Bearer <masked upn=\"" + std::string{input}))));
  for (const char* charset : {"iso-8859-1", "iso-8859-15", "windows-1252"}) {
    require(is_utf8(*eas::to_utf8(input, charset)));
  }
}

void meanings(const wbxml::Document& document) {
  for (std::uint32_t i = 0; i < document.nodes.size(); ++i) {
    const std::string text = meaning({document, i});
    require(text.size() <= kMeaningOctets && is_utf8(text));
  }
  if (document.nodes.empty()) return;
  const auto plain = wbxml::encode_xml(render::to_xml(document));
  const auto annotated = wbxml::encode_xml(render::to_xml(document, {.meanings = true}));
  require(plain.has_value() == annotated.has_value());
  if (plain) require(*plain == *annotated);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  switch (data[0] % 4) {
    case 0: octets_of_values(input.substr(1)); break;
    case 1: texts_of_values(input.substr(1)); break;
    case 2: meanings(wbxml::decode(std::make_shared<const std::string>(input.substr(1)))); break;
    case 3: {  // one value in the element that the input names
      wbxml::Builder body;
      const codepages::Tag tag{data[1], static_cast<std::uint8_t>(data[2] & 0x3FU)};
      if (tag.page >= std::size(codepages::kPages) || tag.token < 5) return 0;
      body.open(codepages::airsync::kSync).open(tag).opaque(input.substr(3)).close();
      meanings(wbxml::decode(std::make_shared<const std::string>(std::move(body).finish())));
      break;
    }
  }
  return 0;
}
