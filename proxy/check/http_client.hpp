#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "certs/identity.hpp"
#include "config/config.hpp"
#include "proxy/check/name_client.hpp"
#include "proxy/check/observation.hpp"
#include "proxy/check/settings.hpp"

namespace eastap::check {

/// What a user signs in with; in memory only.
struct Secret {
  std::string user;  ///< "alice@contoso.com" or "CONTOSO\\alice"
  std::string password;
  std::string token;  ///< OAuth access token
};

/// Sends what the steps ask for, one after the other, by libcurl and OpenSSL. HTTP/1.1, no
/// redirects, no environment proxies; cookies are kept while the check lasts.
class HttpClient {
 public:
  struct Options {
    std::string proxy;  ///< "192.168.1.5:8888"; empty: none
    std::vector<config::ConnectTo> connect_to;
    X509_STORE* roots = nullptr;  ///< borrowed
    Secret secret;
    /// Who we are to a host that asks for a certificate; null: nobody. `verified`: its own
    /// certificate is good and names it. Empty: there is none for any host.
    std::function<std::shared_ptr<const certs::Identity>(const std::string& host, bool verified)>
        identity;
  };

  /// Throws std::runtime_error when libcurl cannot be used.
  HttpClient(Options options, NameClient& names);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Blocks for `ask.limit` at most. Answers are cut off (`too_large`) above 64 KiB of head and
  /// 8 MiB of body.
  [[nodiscard]] Answered send(const Ask& ask);

 private:
  class Transfer;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eastap::check
