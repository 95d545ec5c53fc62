#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "decoder/base/time.hpp"

namespace eastap::portal {

/// What the proxy saw of one client address that matters for its set-up. The epoch stands for
/// "never".
struct ClientFacts {
  Timestamp proxied{};     ///< last request through the proxy, for whatever host
  Timestamp downloaded{};  ///< last time it got the certificate from our page
  Timestamp probed{};      ///< last CONNECT for the probe's name
  Timestamp accepted{};    ///< last handshake for the probe that it completed
  Timestamp refused{};     ///< last handshake for the probe that failed
  std::string reason;      ///< of `refused`, as in records: "unknown_ca", …
  Timestamp decrypted{};   ///< last handshake with our certificate for any other host
  std::string told;        ///< word of the verdict last told to the admin
  bool operator==(const ClientFacts&) const = default;
};

/// Those facts by client address, at most `limit` (an office's phones), the longest silent
/// forgotten first. A forgotten client is as one never seen: its page asks it to try again.
class ClientLog {
 public:
  explicit ClientLog(std::size_t limit = 4096) : limit_{limit == 0 ? 1 : limit} {}

  void proxied(std::string_view client, Timestamp at) { of(client).proxied = at; }
  void downloaded(std::string_view client, Timestamp at) { of(client).downloaded = at; }
  void probed(std::string_view client, Timestamp at) { of(client).probed = at; }
  void accepted(std::string_view client, Timestamp at) { of(client).accepted = at; }
  void refused(std::string_view client, Timestamp at, std::string reason);
  void decrypted(std::string_view client, Timestamp at) { of(client).decrypted = at; }
  /// False: that is what the admin was told last.
  bool tell(std::string_view client, std::string_view verdict);

  [[nodiscard]] ClientFacts facts(std::string_view client) const;
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    std::string client;
    ClientFacts facts;
  };
  ClientFacts& of(std::string_view client);

  std::size_t limit_;
  std::list<Entry> order_;                                                  ///< latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  ///< views: client
};

}  // namespace eastap::portal
