#include "proxy/net/admission.hpp"

#include <chrono>
#include <utility>

#include "proxy/net/target.hpp"

namespace eastap::net {
namespace {

using Clock = std::chrono::steady_clock;

// A phone whose stored password is old tries it a few times; a guesser tries for hours.
constexpr tunnel::ClientRate::Settings kPasswords{.per_second = 1, .burst = 10};

// After a rest a phone, or an office behind one address, may open what it needs at once.
constexpr std::uint32_t kBurstSeconds = 5;

}  // namespace

std::string_view Admission::over_limit(const tunnel::Address& client,
                                       const config::Limits& limits) {
  if (counts_.open >= limits.connections) return "all";
  const auto found = clients_.find(client);
  if (found != clients_.end() && found->second >= limits.connections_per_client) return "client";
  const tunnel::ClientRate::Settings rate{limits.connection_rate,
                                          limits.connection_rate * kBurstSeconds};
  return new_connections_.admit(client, rate, Clock::now()) ? "" : "rate";
}

bool Admission::admit(const boost::asio::ip::address& client, const config::Limits& limits) {
  const tunnel::Address counted = tunnel::client_of(to_address(client));
  const std::scoped_lock lock{mutex_};
  ++counts_.accepted;
  if (const std::string_view which = over_limit(counted, limits); !which.empty()) {
    ++counts_.refused;
    const auto now = Clock::now();
    if (now - last_note_ > std::chrono::seconds{10}) {
      last_note_ = now;
      note(client, which, limits);
    }
    return false;
  }
  ++clients_[counted];
  ++counts_.open;
  return true;
}

void Admission::note(const boost::asio::ip::address& client, std::string_view which,
                     const config::Limits& limits) {
  model::ConnectionEvent event;
  event.kind = model::ConnectionEvent::Kind::proxy_note;
  event.time = std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
  event.reason = which == "rate" ? "connection_rate" : "connection_limit";
  if (which == "all") {
    event.detail = "new connections are closed: " + std::to_string(limits.connections) +
                   " are open already (--limit-connections)";
  } else if (which == "client") {
    event.detail = "new connections of " + client.to_string() + " are closed: it has " +
                   std::to_string(limits.connections_per_client) +
                   " open already (--limit-connections-per-client)";
  } else {
    event.detail = "new connections of " + client.to_string() + " are closed: it opens more than " +
                   std::to_string(limits.connection_rate) +
                   " a second. A gateway in front of many phones needs more "
                   "(--limit-connection-rate); a loop of forwarding rules looks like this too";
  }
  output_.take(std::move(event));
}

void Admission::release(const boost::asio::ip::address& client) {
  const std::scoped_lock lock{mutex_};
  const auto entry = clients_.find(tunnel::client_of(to_address(client)));
  if (entry != clients_.end() && --entry->second == 0) clients_.erase(entry);
  --counts_.open;
}

std::optional<std::uint64_t> Admission::note_due(const boost::asio::ip::address& client,
                                                 const std::string& what) {
  const std::scoped_lock lock{mutex_};
  return notes_.tell(to_address(client), what, Clock::now());
}

bool Admission::password_attempt(const boost::asio::ip::address& client) {
  const std::scoped_lock lock{mutex_};
  return passwords_.admit(to_address(client), kPasswords, Clock::now());
}

Admission::Counts Admission::counts() const {
  const std::scoped_lock lock{mutex_};
  return counts_;
}

}  // namespace eastap::net
