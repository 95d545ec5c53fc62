#include "proxy/net/admission.hpp"

#include <chrono>
#include <utility>

namespace eastap::net {

bool Admission::admit(const boost::asio::ip::address& client, const config::Limits& limits) {
  const std::scoped_lock lock{mutex_};
  ++counts_.accepted;
  const auto found = clients_.find(client);
  const std::uint32_t of_client = found == clients_.end() ? 0 : found->second;
  if (counts_.open >= limits.connections || of_client >= limits.connections_per_client) {
    ++counts_.refused;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_note_ > std::chrono::seconds{10}) {
      last_note_ = now;
      note(client, of_client >= limits.connections_per_client, limits);
    }
    return false;
  }
  ++clients_[client];
  ++counts_.open;
  return true;
}

void Admission::note(const boost::asio::ip::address& client, bool one_client,
                     const config::Limits& limits) {
  model::ConnectionEvent event;
  event.kind = model::ConnectionEvent::Kind::proxy_note;
  event.time = std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
  event.reason = "connection_limit";
  event.detail = one_client ? "new connections of " + client.to_string() + " are closed: it has " +
                                  std::to_string(limits.connections_per_client) + " open already"
                            : "new connections are closed: " + std::to_string(limits.connections) +
                                  " are open already";
  output_.take(std::move(event));
}

void Admission::release(const boost::asio::ip::address& client) {
  const std::scoped_lock lock{mutex_};
  const auto entry = clients_.find(client);
  if (entry != clients_.end() && --entry->second == 0) clients_.erase(entry);
  --counts_.open;
}

Admission::Counts Admission::counts() const {
  const std::scoped_lock lock{mutex_};
  return counts_;
}

}  // namespace eastap::net
