#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proxy/check/url.hpp"

/// What the steps ask of the network, and what comes back: the border between core and shell.
namespace eastap::check {

struct LookUp {
  enum class Kind : std::uint8_t { addresses, service };  ///< A and AAAA; SRV
  Kind kind = Kind::addresses;
  std::string name;
};

struct LookedUp {
  enum class Outcome : std::uint8_t { found, no_such_name, no_data, failed };
  struct Service {
    std::string host;
    std::uint16_t port = 0, priority = 0, weight = 0;
  };
  Outcome outcome = Outcome::failed;
  std::vector<std::string> addresses;  ///< literals; at most `kAddresses`
  std::vector<std::string> aliases;    ///< CNAME targets, in order
  std::vector<Service> services;       ///< best first (RFC 2782: lowest priority)
  std::string error;                   ///< the resolver's words for `failed`
};

/// Records kept of one name: Microsoft 365 answers with a dozen.
inline constexpr std::size_t kAddresses = 32;

enum class Scheme : std::uint8_t { none, basic, bearer, ntlm, negotiate };

/// One HTTP request. The shell adds Host, Content-Length and the credential.
struct Ask {
  std::string method = "GET";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Scheme scheme = Scheme::none;
  bool handshake_only = false;     ///< connect and shake hands; no request
  bool any_certificate = false;    ///< do not verify: nothing secret is sent
  bool own_connection = false;     ///< not one that was used before, nor later
  bool old_tls = false;            ///< offer TLS 1.0 and all suites: what does it speak at all?
  std::chrono::seconds limit{30};  ///< for all of it
};

/// How a request ended.
struct Answered {
  enum class End : std::uint8_t {
    answered,
    no_name,
    no_connection,
    proxy_refused,
    no_tls,     ///< the handshake failed
    untrusted,  ///< the certificate was refused
    timed_out,
    closed,  ///< the server ended without an answer, or inside of it
    not_http,
    too_large,  ///< head or body beyond the limits of the shell
    other,
  };
  End end = End::other;
  std::string error;               ///< the library's words; of the proxy's answer its status line
  std::string head;                ///< of the final answer, from its status line to the blank line
  std::string body;                ///< transfer coding undone
  std::vector<std::string> chain;  ///< DER, as sent, the server's own certificate first
  std::string tls_version, cipher;
  bool certificate_requested = false;  ///< of us, and none was given
  std::string certificate_shown;       ///< whose was given when it was requested; "": none
  std::string peer;                    ///< "203.0.113.5:443"; the proxy's when there is one
};

using Action = std::variant<LookUp, Ask>;
using Observation = std::variant<LookedUp, Answered>;

}  // namespace eastap::check
