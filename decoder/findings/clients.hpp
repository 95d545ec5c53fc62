#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eastap::findings {

/// What is known of the trust of each client address: a failure of TLS means one thing before the
/// first success and another after it. At most `limit` addresses, the stalest forgotten first.
class Clients {
 public:
  explicit Clients(std::size_t limit) : limit_{limit == 0 ? 1 : limit} {}
  /// The client let us decrypt a request to the host. True: it had failed for it before.
  bool decrypted(std::string_view client, std::string_view host);
  /// A handshake for the host failed.
  void failed(std::string_view client, std::string_view host);
  /// It got our certificate from our page.
  void downloaded(std::string_view client) { of(client).has_certificate = true; }

  [[nodiscard]] bool any_decrypted(std::string_view client) const;
  [[nodiscard]] bool decrypted_host(std::string_view client, std::string_view host) const;
  [[nodiscard]] bool has_certificate(std::string_view client) const;

 private:
  static constexpr std::size_t kHosts = 16;  // a phone's mail hosts; more change nothing
  struct Client {
    std::string address;
    std::vector<std::string> hosts, failing;
    bool has_certificate = false;
  };
  Client& of(std::string_view client);
  [[nodiscard]] const Client* find(std::string_view client) const;

  std::size_t limit_;
  std::list<Client> order_;  ///< latest first
  std::unordered_map<std::string_view, std::list<Client>::iterator>
      index_;  ///< views: Client::address
};

}  // namespace eastap::findings
