#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

namespace eastap::net {

/// The proxy's own ends of its connections to servers. A redirect rule of the firewall that takes
/// in the proxy's own packets leads them back to a listener of ours: then a client's end is one of
/// these. Thread-safe.
class OwnConnections {
 public:
  using Endpoint = boost::asio::ip::tcp::endpoint;

  /// Takes the endpoint out when it goes.
  class Token {
   public:
    Token() = default;
    Token(Token&& other) noexcept
        : of_{std::exchange(other.of_, nullptr)}, endpoint_{other.endpoint_} {}
    Token& operator=(Token&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(endpoint_, other.endpoint_);
      return *this;
    }
    ~Token() {
      if (of_ != nullptr) of_->remove(endpoint_);
    }

   private:
    friend class OwnConnections;
    OwnConnections* of_ = nullptr;
    Endpoint endpoint_;
  };

  [[nodiscard]] Token add(const Endpoint& endpoint) {
    const std::scoped_lock lock{mutex_};
    open_.insert(endpoint);
    Token token;
    token.of_ = this;
    token.endpoint_ = endpoint;
    return token;
  }

  [[nodiscard]] bool contains(const Endpoint& endpoint) const {
    const std::scoped_lock lock{mutex_};
    return open_.contains(endpoint);
  }

 private:
  void remove(const Endpoint& endpoint) {
    const std::scoped_lock lock{mutex_};
    open_.erase(endpoint);
  }

  mutable std::mutex mutex_;
  std::set<Endpoint> open_;
};

}  // namespace eastap::net
