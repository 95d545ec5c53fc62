#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eastap::findings {

/// Which hosts each client address let us decrypt: a failure of TLS means one thing before the
/// first success and another after it. At most `limit` addresses, the stalest forgotten first.
class Clients {
 public:
  explicit Clients(std::size_t limit) : limit_{limit == 0 ? 1 : limit} {}
  void decrypted(std::string_view client, std::string_view host);
  [[nodiscard]] bool any_decrypted(std::string_view client) const;
  [[nodiscard]] bool decrypted_host(std::string_view client, std::string_view host) const;

 private:
  static constexpr std::size_t kHosts = 16;  // a phone's mail hosts; more change nothing
  struct Client {
    std::string address;
    std::vector<std::string> hosts;
  };
  std::size_t limit_;
  std::list<Client> order_;  ///< latest first
  std::unordered_map<std::string_view, std::list<Client>::iterator>
      index_;  ///< views: Client::address
};

}  // namespace eastap::findings
