#include "decoder/eas/values/credential.hpp"

#include <chrono>

#include "decoder/base/text.hpp"
#include "decoder/base/time.hpp"

namespace eastap::eas::values {
namespace {

/// The value of ` name="…"`, whose special characters the masker has written as %XX.
std::string attribute(std::string_view text, std::string_view name) {
  constexpr std::size_t kMost = 1'024;
  const std::string wanted = ' ' + std::string{name} + "=\"";
  const std::size_t found = text.find(wanted);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + wanted.size());
  return repaired_utf8(percent_decoded(text.substr(0, text.find('"')).substr(0, kMost)));
}

}  // namespace

Credential read_credential(std::string_view masked_authorization) {
  Credential credential;
  const std::size_t mark = masked_authorization.find("<masked");
  if (mark == std::string_view::npos) return credential;
  const std::string_view facts = masked_authorization.substr(mark);
  credential.scheme = trimmed(masked_authorization.substr(0, mark)).substr(0, 32);
  credential.user = attribute(facts, "upn");
  if (credential.user.empty()) credential.user = attribute(facts, "user");
  credential.audience = attribute(facts, "aud");
  credential.issuer = attribute(facts, "iss");
  credential.app = attribute(facts, "appid");
  const auto expires = to_integer(attribute(facts, "exp"));
  // Up to the year 9999.
  if (expires && *expires > 0 && *expires < 253'402'300'800) {
    std::string text = to_rfc3339(Timestamp{std::chrono::seconds{*expires}});
    credential.expires = text.substr(0, 19) + 'Z';
  }
  return credential;
}

std::string words(const Credential& credential) {
  std::string out;
  const auto add = [&out](std::string_view label, std::string_view text) {
    if (text.empty()) return;
    if (!out.empty()) out += ", ";
    out.append(label).append(text);
  };
  if (!credential.user.empty()) {
    out = credential.scheme + (credential.scheme.empty() ? "for " : " for ") + credential.user;
  } else if (!credential.audience.empty() || !credential.app.empty()) {
    out = credential.scheme;
  }
  add("audience ", credential.audience);
  // The best-known client, Apple's accounts: its id says nothing to a reader.
  const bool apple = credential.app == "f8d98a96-0999-43f5-8af3-69971c7bb423";
  add("app ", apple ? "Apple Internet Accounts" : credential.app);
  add("issuer ", credential.issuer);
  add("until ", credential.expires);
  return out;
}

}  // namespace eastap::eas::values
