#include "proxy/net/resolver.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <netdb.h>

#include "proxy/net/name_servers.hpp"

namespace eastap::net {
namespace {

using Clock = std::chrono::steady_clock;

/// One caller that waits: its timer is cancelled, on its executor, when the answer is there.
struct Waiter {
  explicit Waiter(asio::any_io_executor executor) : timer{std::move(executor)} {}
  asio::steady_timer timer;
  bool answered = false;
  Resolver::Answer answer;
};

Resolver::Answer ask_system(const std::string& host) {
  Resolver::Answer answer;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) {
    answer.error = code == EAI_SYSTEM ? std::system_category().message(errno) : gai_strerror(code);
    return answer;
  }
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    answer.addresses.push_back(endpoint.address());
  }
  freeaddrinfo(found);
  if (answer.addresses.empty()) answer.error = "the name has no address";
  return answer;
}

Resolver::Answer look_up(const std::string& host, const std::string& servers) {
  auto answer = servers.empty() ? ask_system(host) : ask_name_servers(host, servers);
  if (answer.addresses.empty() && is_localhost(host)) {
    answer = {};
    answer.addresses = {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  }
  return answer;
}

}  // namespace

bool is_localhost(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost");
}

struct Resolver::Shared {
  explicit Shared(Limits chosen) : limits{chosen} {}

  struct Cached {
    std::string host;
    Answer answer;
    Clock::time_point until;
  };

  Limits limits;
  std::mutex mutex;
  bool closed = false;
  std::list<Cached> cache;  // most recently looked up first
  std::unordered_map<std::string, std::list<Cached>::iterator> by_host;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Waiter>>> under_way;

  void finished(const std::string& host, const Answer& answer) {
    // All of it under the lock: after `close` the waiters' executors may be gone, so nothing may be
    // posted to them then, and no waiter, whose timer belongs to one, may end here later.
    const std::scoped_lock lock{mutex};
    if (const auto entry = under_way.find(host); entry != under_way.end()) {
      for (auto& waiter : entry->second) {
        auto executor = waiter->timer.get_executor();
        asio::post(executor, [waiter = std::move(waiter), answer] {
          waiter->answer = answer;
          waiter->answered = true;
          waiter->timer.cancel();
        });
      }
      under_way.erase(entry);
    }
    if (closed) return;
    if (const auto old = by_host.find(host); old != by_host.end()) {
      cache.erase(old->second);
      by_host.erase(old);
    }
    const auto told = answer.keep.count() > 0 ? std::min(answer.keep, limits.keep) : limits.keep;
    const auto keep = answer.addresses.empty() ? limits.keep_failure : told;
    cache.push_front({host, answer, Clock::now() + keep});
    by_host[host] = cache.begin();
    if (cache.size() > limits.cached_names) {
      by_host.erase(cache.back().host);
      cache.pop_back();
    }
  }
};

Resolver::Resolver() : Resolver{Limits{}} {}
Resolver::Resolver(Limits limits) : shared_{std::make_shared<Shared>(limits)} {}
Resolver::~Resolver() { close(); }

void Resolver::close() {
  const std::scoped_lock lock{shared_->mutex};
  shared_->closed = true;
  shared_->under_way.clear();
}

asio::awaitable<Resolver::Answer> Resolver::resolve(std::string host,
                                                    std::chrono::milliseconds limit,
                                                    std::string servers) {
  error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    Answer answer;
    answer.addresses.push_back(literal);
    co_return answer;
  }
  // What one server says is not what another does.
  const std::string key = servers.empty() ? host : host + ' ' + servers;
  auto executor = co_await asio::this_coro::executor;
  auto waiter = std::make_shared<Waiter>(executor);
  {
    std::unique_lock lock{shared_->mutex};
    if (shared_->closed) {
      Answer answer;
      answer.error = "the proxy is stopping";
      co_return answer;
    }
    if (const auto entry = shared_->by_host.find(key);
        entry != shared_->by_host.end() && entry->second->until > Clock::now()) {
      co_return entry->second->answer;
    }
    auto found = shared_->under_way.find(key);
    if (found != shared_->under_way.end()) {
      found->second.push_back(waiter);
    } else if (shared_->under_way.size() >= shared_->limits.threads) {
      Answer answer;
      answer.error = "too many name look-ups are waiting for the DNS server";
      co_return answer;
    } else {
      try {
        std::thread{[shared = shared_, key, host, servers] {
          shared->finished(key, look_up(host, servers));
        }}.detach();
        shared_->under_way[key].push_back(waiter);
      } catch (const std::system_error& error) {
        Answer answer;
        answer.error = error.what();
        co_return answer;
      }
    }
  }
  waiter->timer.expires_after(limit);
  co_await waiter->timer.async_wait(nothrow);
  if (waiter->answered) co_return std::move(waiter->answer);
  Answer answer;
  answer.error = "timed out: the DNS server does not answer";
  co_return answer;
}

}  // namespace eastap::net
