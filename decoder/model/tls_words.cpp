#include "decoder/model/tls_words.hpp"

#include <algorithm>
#include <array>

#include "decoder/base/text.hpp"

namespace eastap::model {
namespace {

struct Alert {
  int code;
  const char* word;
};

// RFC 8446 6 and RFC 5246 7.2.2
constexpr std::array<Alert, 22> kAlerts{{
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {90, "user_canceled"},
    {112, "unrecognized_name"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
}};

constexpr std::string_view kAgentLead = " User-Agent of its CONNECT: ";
constexpr std::size_t kLongestAgent = 200;  // what tells app and system stands at the beginning

}  // namespace

std::string alert_word(int alert) {
  for (const auto& known : kAlerts) {
    if (known.code == alert) return known.word;
  }
  return "alert_" + std::to_string(alert);
}

int alert_number(std::string_view word) {
  for (const auto& known : kAlerts) {
    if (word == known.word) return known.code;
  }
  if (!word.starts_with("alert_")) return -1;
  const auto number = to_integer(word.substr(6));
  return number && *number >= 0 && *number <= 255 ? static_cast<int>(*number) : -1;
}

bool is_distrust(std::string_view reason) {
  static constexpr std::array<std::string_view, 7> kReasons{"unknown_ca",
                                                            "bad_certificate",
                                                            "certificate_unknown",
                                                            "unsupported_certificate",
                                                            "certificate_revoked",
                                                            "access_denied",
                                                            "closed_after_certificate"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

void append_agent(std::string& detail, std::string_view agent) {
  if (agent.empty()) return;
  detail += kAgentLead;
  detail += agent.substr(0, kLongestAgent);
}

std::string_view agent_of(std::string_view detail) {
  const std::size_t at = detail.rfind(kAgentLead);
  return at == std::string_view::npos ? std::string_view{} : detail.substr(at + kAgentLead.size());
}

}  // namespace eastap::model
