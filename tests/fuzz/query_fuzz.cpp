// The query of a request in both forms, [MS-ASHTTP] 2.2.1.1.1, on arbitrary octets. Properties:
// errors and remarks lie inside the input; what is kept is bounded; a query that parses says the
// same when it is written anew; redacted it is a query of the same form that says the same but for
// who asks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/eas/request_query.hpp"
#include "proxy/redact/url.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;

const redact::Pseudonyms kNames{"a key of at least 16 octets"};

/// The base64 form of a query of 16.1, [MS-ASHTTP] 2.2.1.1.1.1; parameters aside.
std::string written(const eas::RequestQuery& query) {
  std::string out{static_cast<char>(query.protocol_version),
                  static_cast<char>(query.command_code.value_or(0))};
  const auto word = [&](std::uint64_t value, int octets) {
    for (int i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 255U);
  };
  const auto text = [&](const std::string& value) {
    out += static_cast<char>(value.size());
    out += value;
  };
  word(query.locale.value_or(0), 2);
  text(query.device_id);
  out += query.policy_key ? '\4' : '\0';
  if (query.policy_key) word(*query.policy_key, 4);
  text(query.device_type);
  return out;
}

void check(const eas::RequestQuery& query, std::size_t size) {
  require(query.parameters.size() <= eas::kMaxQueryParameters);
  for (const Diagnostic& remark : query.diagnostics) require(remark.offset <= size);
}

void redacted_says_the_same(std::string_view text, redact::Level level) {
  redact::Scope scope;
  scope.names = &kNames;
  scope.level = level;
  const eas::RequestQuery before = eas::read_query(text);
  const std::string changed = redact::redacted_query(scope, text);
  const eas::RequestQuery after = eas::read_query(changed);
  check(after, changed.size());
  if (!before.diagnostics.empty()) return;
  require(after.diagnostics.empty());
  require(before.base64 == after.base64);
  // A Cmd that ActiveSync does not know may be anything, and an address is hidden.
  if (eas::command_code(before.command)) require(before.command == after.command);
  require(before.policy_key == after.policy_key);
  require(before.protocol_version == after.protocol_version);
  // An id of other octets than text is shown in hexadecimal digits, its pseudonym may be text.
  require(before.device_id.empty() == after.device_id.empty());
  require(before.user.empty() == after.user.empty());
  if (level == redact::Level::content) {
    require(before.user == after.user && before.device_id == after.device_id);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  check(eas::read_query(input), size);
  if (const auto plain = eas::parse_plain_query(input)) check(*plain, size);
  if (const auto strict = eas::parse_base64_query(to_base64(input))) {
    check(*strict, size);
    const bool guid = strict->device_id.size() == 32;  // shown in hex, 16 octets on the wire
    if (!guid && strict->device_id.size() < 128 && strict->device_type.size() < 128) {
      const auto again = eas::parse_base64_query(to_base64(written(*strict)));
      require(again && again->device_id == strict->device_id);
      require(again->device_type == strict->device_type && again->policy_key == strict->policy_key);
      require(again->command_code == strict->command_code);
    }
  } else {
    require(strict.error().offset <= size);
  }
  for (const auto level : {redact::Level::content, redact::Level::identity}) {
    redacted_says_the_same(input, level);
    redacted_says_the_same(to_base64(input), level);
  }
  return 0;
}
