#include "proxy/net/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_set>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <openssl/rand.h>
#include <pthread.h>

#include "certs/leaf_cache.hpp"
#include "config/invocation.hpp"
#include "decoder/base/text.hpp"
#include "proxy/net/admission.hpp"
#include "proxy/net/client_connection.hpp"
#include "proxy/net/listener.hpp"
#include "proxy/net/resolver.hpp"

namespace eastap::net {
namespace {

using asio::ip::tcp;

template <std::size_t Size>
std::array<std::uint8_t, Size> random_octets() {
  std::array<std::uint8_t, Size> octets{};
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) {
    throw config::ConfigError{"the system's random generator failed: " +
                              certs::drain_errors("RAND_bytes").detail};
  }
  return octets;
}

/// The host that the self-test calls. A CA that is limited to some hosts cannot sign for ours: then
/// it is one below the first name it may sign for, which nobody else will look up meanwhile.
std::string probe_host(const certs::Authority& authority) {
  const std::string permitted = authority.permitted_text();
  for (std::size_t at = 0; at < permitted.size();) {
    const std::size_t end = std::min(permitted.find(", ", at), permitted.size());
    std::string candidate = "eastap-probe." + permitted.substr(at, end - at);
    if (authority.permits(candidate)) return candidate;
    at = end + 2;
  }
  return std::string{portal::kProbeName};
}

/// What every policy's pages tell; the key of their form is new in each run.
PageBase page_base(ServerStart& start) {
  PageBase base;
  base.facts.ca_pem = start.authority->pem();
  base.facts.ca_der = start.authority->der();
  const auto ca = start.authority->facts();
  base.facts.ca_name = ca.subject;
  base.facts.ca_sha256 = ca.sha256;
  const auto key = random_octets<16>();
  base.facts.form_key = to_hex(as_chars(std::as_bytes(std::span{key})));
  base.probe = probe_host(*start.authority);
  base.no_ca = start.authority->stand_in;
  base.routes = std::move(start.routes);
  return base;
}

/// One relay thread with its connections.
struct Worker {
  /// A connection, and what ends whatever its coroutine waits for (a name, a dial).
  struct Served {
    ClientConnection connection;
    asio::cancellation_signal cancel;
    Served(Services& services, PolicyPtr policy, ConnectionId id, ClientConnection::Arrival arrival)
        : connection{services, std::move(policy), id, std::move(arrival)} {}
  };
  // Before the context: coroutine frames that end with it still take themselves out of the set.
  std::unordered_set<Served*> connections;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

}  // namespace

class Server::Core {
 public:
  Core(const config::Config& config, ServerStart start, pipeline::Output& output,
       spdlog::logger& log)
      : log_{log},
        masker_{random_octets<32>()},
        leaves_{start.authority, config.limits.leaf_cache},
        exchange_ids_{start.first_exchange},
        next_connection_{start.first_connection},
        page_base_{page_base(start)},
        addresses_{std::move(start.addresses)},
        addresses_every_{start.addresses_every},
        pages_{output},
        admission_{output},
        services_{output, exchange_ids_, masker_,          pages_,
                  trust_, admission_,    own_connections_, {}} {
    workers_.push_back(std::make_unique<Worker>());
    for (const auto& listen : config.ways_in.listeners) {
      listeners_.push_back(std::make_unique<Listener>(workers_[0]->context, listen));
    }
    reload(config);

    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    const unsigned threads = config.threads != 0 ? config.threads : std::max(1u, cores - 1);
    while (workers_.size() < threads) workers_.push_back(std::make_unique<Worker>());
    for (auto& listener : listeners_) start_accepting(*listener);
    asio::co_spawn(workers_[0]->context, follow_addresses(), at_end("the watch of addresses"));
    for (auto& worker : workers_) {
      asio::co_spawn(worker->context, idle_sweep(*worker), at_end("the idle sweep"));
      worker->thread = std::thread{[this, &worker = *worker] { run(worker); }};
      pthread_setname_np(worker->thread.native_handle(), "relay");  // for top -H and profilers
    }
  }

  ~Core() {
    stop();
    listeners_.clear();
    resolver_.close();  // look-ups under way may end after the threads they would answer to
    workers_.clear();   // coroutine frames that are left end here, while all they use is alive
  }

  void reload(const config::Config& config) {
    const std::scoped_lock turn{reload_mutex_};
    exchange_policy(config);
  }

  /// Called by one thread at a time.
  void exchange_policy(const config::Config& config) {
    auto present = addresses_();
    PolicyBase base{leaves_, resolver_, page_base_, {}, present, nullptr};
    for (const auto& listener : listeners_) {
      base.listeners.push_back({listener->mode(), listener->endpoint()});
      if (listener->mode() == config::ListenMode::transparent) base.own = &own_connections_;
    }
    auto next = std::make_shared<const Policy>(config, base);
    known_addresses_ = std::move(present);  // not before: a failure is tried again
    raise_file_limit(config.limits.connections, log_);
    trust_.change({config.trust.tunnel_after_failures, config.trust.tunnel_for});
    const std::scoped_lock lock{policy_mutex_};
    policy_.swap(next);
  }

  [[nodiscard]] PolicyPtr policy() const {
    const std::scoped_lock lock{policy_mutex_};
    return policy_;
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    stopping_ = true;
    const auto deadline = std::chrono::steady_clock::now() + policy()->deadlines().stop;
    for (auto& worker : workers_) {
      asio::post(worker->context,
                 [this, &worker = *worker, deadline] { stop_worker(worker, deadline); });
    }
    for (auto& worker : workers_) worker->thread.join();
  }

  [[nodiscard]] const std::vector<std::unique_ptr<Listener>>& listeners() const {
    return listeners_;
  }

  [[nodiscard]] ServerCounts counts() const {
    const auto counts = admission_.counts();
    return {counts.accepted, counts.refused, counts.open};
  }

 private:
  void stop_worker(Worker& worker, std::chrono::steady_clock::time_point deadline) {
    if (&worker == workers_[0].get()) {
      for (auto& listener : listeners_) listener->close();
    }
    const std::vector<Worker::Served*> open{worker.connections.begin(), worker.connections.end()};
    for (Worker::Served* served : open) {
      served->connection.stop(model::Ending::proxy_stopped, "eastap was stopped");
    }
    for (Worker::Served* served : open) {
      // One may end, and free itself, while another is cancelled.
      if (worker.connections.contains(served)) {
        served->cancel.emit(asio::cancellation_type::terminal);
      }
    }
    worker.work.reset();
    end_when_idle(worker, deadline);
  }

  /// Stops a thread when its connections have ended; what is left at `deadline` ends with the
  /// context.
  void end_when_idle(Worker& worker, std::chrono::steady_clock::time_point deadline) {
    if (worker.connections.empty() || std::chrono::steady_clock::now() >= deadline) {
      worker.context.stop();
      return;
    }
    auto timer = std::make_shared<asio::steady_timer>(worker.context, std::chrono::milliseconds{2});
    timer->async_wait(
        [this, &worker, deadline, timer](error_code) { end_when_idle(worker, deadline); });
  }

  /// What becomes of a coroutine's exception: only cancellation is ordinary.
  std::function<void(std::exception_ptr)> at_end(std::string what) {
    return [this, what = std::move(what)](std::exception_ptr failure) {
      if (!failure) return;
      try {
        std::rethrow_exception(failure);
      } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) return;
        log_.error("{} ended by an error that is a defect of this program: {}", what, error.what());
      } catch (const std::exception& error) {
        log_.error("{} ended by an error that is a defect of this program: {}", what, error.what());
      }
    };
  }

  void run(Worker& worker) {
    for (;;) {
      try {
        worker.context.run();
        return;
      } catch (const std::exception& error) {
        log_.error("a relay thread met an error that is a defect of this program: {}",
                   error.what());
      }
    }
  }

  /// All listeners are on the first thread; connections are dealt out to the threads in turn.
  void start_accepting(Listener& listener) {
    auto next = [this]() -> asio::io_context& {
      next_worker_ = (next_worker_ + 1) % workers_.size();
      return workers_[next_worker_]->context;
    };
    auto accepted = [this, &listener](tcp::socket socket, const tcp::endpoint& client) {
      auto current = policy();
      if (!admission_.admit(client.address(), current->config().limits)) return;
      Worker& worker = worker_of(socket);
      ClientConnection::Arrival arrival{listener, std::move(socket), client};
      asio::co_spawn(worker.context, serve(worker, std::move(current), std::move(arrival)),
                     at_end("a connection"));
    };
    asio::co_spawn(workers_[0]->context,
                   listener.accept(std::move(next), std::move(accepted), log_),
                   at_end("a listener"));
  }

  [[nodiscard]] Worker& worker_of(tcp::socket& socket) {
    const auto& context = socket.get_executor().context();
    const auto found = std::find_if(workers_.begin(), workers_.end(), [&](const auto& worker) {
      return &context == &static_cast<const asio::execution_context&>(worker->context);
    });
    return **found;
  }

  asio::awaitable<void> serve(Worker& worker, PolicyPtr policy, ClientConnection::Arrival arrival) {
    struct Registration {
      Core& core;
      Worker& worker;
      Worker::Served served;
      Registration(Core& owner, Worker& on, PolicyPtr&& rules, ClientConnection::Arrival&& arrived)
          : core{owner},
            worker{on},
            served{owner.services_, std::move(rules), ConnectionId{owner.next_connection_++},
                   std::move(arrived)} {
        worker.connections.insert(&served);
      }
      ~Registration() {
        worker.connections.erase(&served);
        core.admission_.release(served.connection.client_address());
      }
    };
    const auto registration =
        std::make_unique<Registration>(*this, worker, std::move(policy), std::move(arrival));
    if (stopping_) co_return;
    auto token = asio::bind_cancellation_slot(registration->served.cancel.slot(), nothrow);
    auto running = registration->served.connection.run();
    const auto [failure] = co_await asio::co_spawn(worker.context, std::move(running), token);
    if (failure) std::rethrow_exception(failure);
  }

  /// A laptop goes from one network to another: its new addresses are its own too.
  asio::awaitable<void> follow_addresses() {
    asio::steady_timer timer{workers_[0]->context};
    while (!stopping_) {
      timer.expires_after(addresses_every_);
      const auto [error] = co_await timer.async_wait(nothrow);
      if (error) co_return;
      try {
        const std::scoped_lock turn{reload_mutex_};
        if (addresses_() != known_addresses_) exchange_policy(policy()->config());
      } catch (const std::exception& failure) {
        log_.warn("this machine has other addresses now, and the rules could not follow: {}",
                  failure.what());
      }
    }
  }

  /// One timer a thread instead of one a connection: quiet connections give their TLS buffers
  /// back, answers that hang are shown as far as they came, and connections beyond the waiting
  /// limit end.
  asio::awaitable<void> idle_sweep(Worker& worker) {
    constexpr std::chrono::milliseconds quiet{500};
    asio::steady_timer timer{worker.context};
    while (!stopping_) {
      const auto limit = policy()->deadlines().waiting;
      const auto interval =
          std::clamp<std::chrono::milliseconds>(limit / 8, std::chrono::milliseconds{100}, quiet);
      timer.expires_after(interval);
      const auto [error] = co_await timer.async_wait(nothrow);
      if (error) co_return;
      const auto now = std::chrono::steady_clock::now();
      const Timestamp time = std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
      for (Worker::Served* served : worker.connections) {
        const auto idle = now - served->connection.last_activity();
        if (idle > quiet) served->connection.release_buffers();
        served->connection.show_progress(time);
        if (idle <= limit) continue;
        served->connection.stop(model::Ending::proxy_failed,
                                "no octet passed for longer than the waiting limit of this proxy");
      }
    }
  }

  spdlog::logger& log_;
  const http::Masker masker_;
  certs::LeafCache leaves_;
  pipeline::ExchangeIds exchange_ids_;
  std::atomic<std::uint64_t> next_connection_;
  const PageBase page_base_;
  const AddressSource addresses_;
  const std::chrono::milliseconds addresses_every_;
  LocalPages pages_;
  TrustWatch trust_;
  Admission admission_;
  OwnConnections own_connections_;
  Services services_;
  Resolver resolver_;
  std::mutex reload_mutex_;
  std::vector<asio::ip::address> known_addresses_;  // of the policy; under reload_mutex_
  mutable std::mutex policy_mutex_;
  PolicyPtr policy_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::size_t next_worker_ = 0;  // of the first thread
  std::atomic<bool> stopping_ = false;
  bool stopped_ = false;
};

Server::Server(const config::Config& config, ServerStart start, pipeline::Output& output,
               spdlog::logger& log)
    : core_{std::make_unique<Core>(config, std::move(start), output, log)} {}

Server::~Server() = default;

std::string Server::address() const { return authority(core_->listeners().front()->endpoint()); }
std::uint16_t Server::port() const { return core_->listeners().front()->endpoint().port(); }

std::vector<BoundListener> Server::listeners() const {
  std::vector<BoundListener> bound;
  for (const auto& listener : core_->listeners()) {
    bound.push_back(
        {listener->mode(), authority(listener->endpoint()), listener->endpoint().port()});
  }
  return bound;
}

void Server::reload(const config::Config& config) { core_->reload(config); }
PolicyPtr Server::policy() const { return core_->policy(); }
void Server::stop() { core_->stop(); }
ServerCounts Server::counts() const { return core_->counts(); }

}  // namespace eastap::net
