#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/ip/address.hpp>

#include "config/config.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/tunnel/client_rate.hpp"

namespace eastap::net {

/// Counts the open connections, in all and of each client, and new ones a second, against the
/// limits; an IPv6 network of a client (/64) counts as one. Keeps what strangers do from filling
/// the tail. Thread-safe.
class Admission {
 public:
  /// `output` is told when connections are turned away, at most every ten seconds.
  explicit Admission(pipeline::Output& output) : output_{output} {}

  /// True: the connection counts from now on, until `release`. False: it is one too many.
  [[nodiscard]] bool admit(const boost::asio::ip::address& client, const config::Limits& limits);
  void release(const boost::asio::ip::address& client);

  /// Whether a note about `what` ("source", "proxy_user") of that client is due: nothing when there
  /// was one within the last minute; else how many have been left out since.
  [[nodiscard]] std::optional<std::uint64_t> note_due(const boost::asio::ip::address& client,
                                                      const std::string& what);

  /// Whether the client may have a password checked that costs CPU: ten at once, one a second.
  [[nodiscard]] bool password_attempt(const boost::asio::ip::address& client);

  struct Counts {
    std::uint64_t accepted = 0, refused = 0, open = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  /// One word, "" when nothing is over its limit.
  [[nodiscard]] std::string_view over_limit(const tunnel::Address& client,
                                            const config::Limits& limits);
  void note(const boost::asio::ip::address& client, std::string_view which,
            const config::Limits& limits);

  struct AddressHash {
    std::size_t operator()(const tunnel::Address& address) const {
      const auto& octets = address.octets;
      return std::hash<std::string_view>{}(
          {reinterpret_cast<const char*>(octets.data()), octets.size()});
    }
  };

  pipeline::Output& output_;
  mutable std::mutex mutex_;
  Counts counts_;
  std::unordered_map<tunnel::Address, std::uint32_t, AddressHash> clients_;
  tunnel::ClientRate new_connections_;
  tunnel::ClientRate passwords_;
  tunnel::RepeatedNotes notes_;
  std::chrono::steady_clock::time_point last_note_{};
};

}  // namespace eastap::net
