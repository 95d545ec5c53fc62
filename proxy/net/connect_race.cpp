#include "proxy/net/connect_race.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/net/target.hpp"

namespace eastap::net {
namespace {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

/// What the attempts and the coroutine that waits for them share. Kept by the handlers of attempts
/// that end after the race.
struct Race {
  Race(const asio::any_io_executor& on, RaceSettings chosen)
      : settings{std::move(chosen)}, bell{on} {}

  struct Attempt {
    tcp::socket socket;
    tcp::endpoint endpoint;
    Clock::time_point until;
    bool under_way = true;
  };

  RaceSettings settings;
  asio::steady_timer bell;  // cancelled when an attempt has ended
  std::vector<std::unique_ptr<Attempt>> attempts;
  Attempt* winner = nullptr;
  std::string errors;
  bool out_of_files = false;
  bool all_refused = true;

  void failed(const Attempt& attempt, const error_code& error) {
    all_refused = all_refused && error == asio::error::connection_refused;
    out_of_files = out_of_files || error == asio::error::no_descriptors;
    if (!errors.empty()) errors += "; ";
    errors += authority(attempt.endpoint) + ": " + error.message();
  }

  [[nodiscard]] bool any_under_way() const {
    return std::any_of(attempts.begin(), attempts.end(),
                       [](const auto& attempt) { return attempt->under_way; });
  }

  void give_up_those_over(Clock::time_point now) {
    for (const auto& attempt : attempts) {
      if (!attempt->under_way || attempt->until > now) continue;
      attempt->under_way = false;
      error_code ignored;
      attempt->socket.close(ignored);
      failed(*attempt, asio::error::timed_out);
    }
  }

  void close_all_but_winner() {
    for (const auto& attempt : attempts) {
      error_code ignored;
      if (attempt.get() != winner) attempt->socket.close(ignored);
    }
  }
};

/// Binds to the own address of the endpoint's family, if one was chosen.
error_code prepare(Race::Attempt& attempt, const RaceSettings& settings) {
  error_code error;
  attempt.socket.open(attempt.endpoint.protocol(), error);
  const auto own = std::find_if(settings.from.begin(), settings.from.end(),
                                [&](const asio::ip::address& address) {
                                  return address.is_v4() == attempt.endpoint.address().is_v4();
                                });
  if (!error && own != settings.from.end()) {
    // The port is chosen by connect, so that one may serve connections to several servers.
    const int late = 1;
    ::setsockopt(attempt.socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late,
                 sizeof late);
    attempt.socket.bind(tcp::endpoint{*own, 0}, error);
  }
  return error;
}

void start(const std::shared_ptr<Race>& race, const asio::any_io_executor& executor,
           const tcp::endpoint& endpoint) {
  auto made = std::make_unique<Race::Attempt>(
      Race::Attempt{tcp::socket{executor}, endpoint, Clock::now() + race->settings.limit});
  Race::Attempt* const attempt = made.get();
  race->attempts.push_back(std::move(made));
  if (const error_code error = prepare(*attempt, race->settings)) {
    attempt->under_way = false;
    race->failed(*attempt, error);
    return;
  }
  attempt->socket.async_connect(endpoint, [race, attempt](const error_code& error) {
    if (!attempt->under_way) return;  // given up before
    attempt->under_way = false;
    if (error) {
      race->failed(*attempt, error);
    } else if (race->winner == nullptr) {
      race->winner = attempt;
    }
    race->bell.cancel();
  });
}

/// Ends what is left of a race when its coroutine does, however it does.
class Finish {
 public:
  explicit Finish(std::shared_ptr<Race> race) : race_{std::move(race)} {}
  ~Finish() {
    for (const auto& attempt : race_->attempts) attempt->under_way = false;
    race_->close_all_but_winner();
  }
  Finish(const Finish&) = delete;
  Finish& operator=(const Finish&) = delete;

 private:
  std::shared_ptr<Race> race_;
};

}  // namespace

std::vector<asio::ip::address> in_turns(const std::vector<asio::ip::address>& addresses) {
  std::vector<asio::ip::address> ordered;
  if (addresses.empty()) return ordered;
  const bool v6_first = addresses.front().is_v6();
  std::vector<asio::ip::address> first, second;
  for (const auto& address : addresses) {
    (address.is_v6() == v6_first ? first : second).push_back(address);
  }
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < second.size()) ordered.push_back(second[i]);
  }
  return ordered;
}

asio::awaitable<RaceResult> connect_first(std::vector<tcp::endpoint> endpoints,
                                          RaceSettings settings) {
  auto executor = co_await asio::this_coro::executor;
  auto race = std::make_shared<Race>(executor, std::move(settings));
  const Finish finish{race};
  std::size_t next = 0;
  while (race->winner == nullptr) {
    race->give_up_those_over(Clock::now());
    if (next < endpoints.size()) {
      start(race, executor, endpoints[next++]);
      // One that failed at once need not be waited for.
      if (!race->any_under_way()) continue;
    } else if (!race->any_under_way()) {
      break;
    }
    auto wake =
        next < endpoints.size() ? Clock::now() + race->settings.stagger : Clock::time_point::max();
    for (const auto& attempt : race->attempts) {
      if (attempt->under_way) wake = std::min(wake, attempt->until);
    }
    race->bell.expires_at(wake);
    co_await race->bell.async_wait(nothrow);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) break;
  }
  RaceResult result;
  if (race->winner != nullptr) {
    result.socket = std::move(race->winner->socket);
    result.endpoint = race->winner->endpoint;
  }
  result.errors = race->errors;
  result.out_of_files = race->out_of_files;
  result.all_refused = race->all_refused && race->winner == nullptr && !race->errors.empty();
  co_return result;
}

}  // namespace eastap::net
