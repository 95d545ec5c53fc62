#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include <boost/asio/ip/address.hpp>

#include "config/config.hpp"
#include "proxy/pipeline/assembler.hpp"

namespace eastap::net {

/// Counts the open connections, in all and of each client, against the limits. Thread-safe.
class Admission {
 public:
  /// `output` is told when connections are turned away, at most every ten seconds.
  explicit Admission(pipeline::Output& output) : output_{output} {}

  /// True: the connection counts from now on, until `release`. False: it is one too many.
  [[nodiscard]] bool admit(const boost::asio::ip::address& client, const config::Limits& limits);
  void release(const boost::asio::ip::address& client);

  struct Counts {
    std::uint64_t accepted = 0, refused = 0, open = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  void note(const boost::asio::ip::address& client, bool one_client, const config::Limits& limits);

  struct AddressHash {
    std::size_t operator()(const boost::asio::ip::address& address) const {
      return std::hash<std::string>{}(address.to_string());
    }
  };

  pipeline::Output& output_;
  mutable std::mutex mutex_;
  Counts counts_;
  std::unordered_map<boost::asio::ip::address, std::uint32_t, AddressHash> clients_;
  std::chrono::steady_clock::time_point last_note_{};
};

}  // namespace eastap::net
