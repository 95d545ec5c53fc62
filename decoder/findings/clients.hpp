#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "decoder/base/time.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::findings {

/// What each client address achieved on the way to a host: a failure of TLS means one thing before
/// the first success and another after it. At most `limit` addresses, the stalest forgotten first.
class Clients {
 public:
  /// Connections to one host that failed before any exchange, for one reason.
  struct Failure {
    model::ConnectionEvent::Kind kind = model::ConnectionEvent::Kind::client_tls_failed;
    std::string host, reason;
    std::string detail;  ///< of the latest, its first 256 octets
    Timestamp first{}, last{};
    std::uint64_t count = 0;
  };
  struct Client {
    std::string address;
    std::vector<std::string> hosts;    ///< decrypted; at most kHosts
    std::vector<std::string> failing;  ///< their latest handshake failed; at most kHosts
    std::vector<Failure> failures;     ///< at most kHosts, in the order of their beginning
    bool has_certificate = false;      ///< downloaded from our page
  };

  explicit Clients(std::size_t limit) : limit_{limit == 0 ? 1 : limit} {}
  /// The client let us decrypt a request to the host. True: it had failed for it before.
  bool decrypted(std::string_view client, std::string_view host);
  /// A handshake for the host failed.
  void failed(std::string_view client, std::string_view host);
  /// Keeps the failure, whichever side's it is, for the way of this client.
  void note_failure(const model::ConnectionEvent& event);
  /// It got our certificate from our page.
  void downloaded(std::string_view client) { of(client).has_certificate = true; }
  [[nodiscard]] bool any_decrypted(std::string_view client) const;
  [[nodiscard]] bool decrypted_host(std::string_view client, std::string_view host) const;
  [[nodiscard]] bool has_certificate(std::string_view client) const;
  /// Null when nothing is known of it.
  [[nodiscard]] const Client* find(std::string_view client) const;
  /// All of them, sorted by address.
  [[nodiscard]] std::vector<const Client*> all() const;

 private:
  static constexpr std::size_t kHosts = 16;  // a phone's mail hosts; more change nothing
  Client& of(std::string_view client);

  std::size_t limit_;
  std::list<Client> order_;  ///< latest first
  boost::unordered_flat_map<std::string_view, std::list<Client>::iterator>
      index_;  ///< views: Client::address
};

}  // namespace eastap::findings
