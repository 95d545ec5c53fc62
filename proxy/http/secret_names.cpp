#include "proxy/http/secret_names.hpp"

#include <algorithm>
#include <array>

namespace eastap::http {
namespace {

/// Compact names, sorted; beside them whatever holds one of kParts or ends in "token".
constexpr std::array<std::string_view, 40> kNames{"apikey",       "assertion",
                                                  "auth",         "authorization",
                                                  "canary",       "clientassertion",
                                                  "code",         "codeverifier",
                                                  "cred",         "credential",
                                                  "credentials",  "devicecode",
                                                  "flowtoken",    "idtokenhint",
                                                  "jsessionid",   "jwt",
                                                  "otc",          "otp",
                                                  "pass",         "passphrase",
                                                  "pin",          "privatekey",
                                                  "pw",           "pwd",
                                                  "pxauthpw",     "requestedproofkey",
                                                  "samlart",      "samlassertion",
                                                  "samlresponse", "session",
                                                  "sessionid",    "sessionkey",
                                                  "sid",          "sig",
                                                  "signature",    "ticket",
                                                  "usercode",     "wresult",
                                                  "xapikey",      "xowacanary"};
static_assert(std::is_sorted(kNames.begin(), kNames.end()));

constexpr std::array<std::string_view, 5> kParts{"password", "passwd", "secret", "securitytoken",
                                                 "ciphervalue"};
constexpr std::size_t kLongest = 64;  // of a compact name; longer ones are looked at in part

}  // namespace

bool is_secret_name(std::string_view name) {
  std::array<char, kLongest> compact{};
  std::size_t size = 0;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == '.') continue;
    if (size == compact.size()) {  // keep the end: "…password" is as telling as "password…"
      std::move(compact.begin() + kLongest / 2 + 1, compact.end(), compact.begin() + kLongest / 2);
      --size;
    }
    compact[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  const std::string_view text{compact.data(), size};
  if (std::binary_search(kNames.begin(), kNames.end(), text) || text.ends_with("token")) {
    return true;
  }
  return std::any_of(kParts.begin(), kParts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

}  // namespace eastap::http
