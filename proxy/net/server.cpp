#include "proxy/net/server.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "certs/leaf_cache.hpp"
#include "certs/trust.hpp"
#include "config/invocation.hpp"
#include "proxy/net/client_connection.hpp"
#include "proxy/net/dial.hpp"
#include "proxy/net/resolver.hpp"
#include "proxy/tls/context.hpp"

namespace eastap::net {
namespace {

using asio::ip::tcp;
using config::ConfigError;

std::vector<tunnel::Network> networks(const std::vector<std::string>& texts, const char* option) {
  std::vector<tunnel::Network> result;
  for (const auto& text : texts) {
    auto network = tunnel::parse_network(text);
    if (!network) {
      throw ConfigError{std::string{option} + " " + text + ": " + network.error().detail +
                        ". Write an address or a range, like 192.168.1.0/24."};
    }
    result.push_back(*network);
  }
  return result;
}

tunnel::HostRules host_rules(const std::vector<std::string>& intercept,
                             const std::vector<std::string>& tunnel_list, const char* options) {
  auto rules = tunnel::HostRules::make(intercept, tunnel_list);
  if (!rules) throw ConfigError{std::string{options} + ": " + rules.error().detail};
  return std::move(*rules);
}

/// Every address of this machine, for the rule that the proxy must not call itself.
std::vector<asio::ip::address> machine_addresses(bool only_reachable) {
  std::vector<asio::ip::address> result;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return result;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (only_reachable &&
        ((entry->ifa_flags & IFF_LOOPBACK) != 0 || (entry->ifa_flags & IFF_UP) == 0)) {
      continue;
    }
    if (entry->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
      result.push_back(asio::ip::make_address_v4(ntohl(v4->sin_addr.s_addr)));
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
      asio::ip::address_v6::bytes_type octets{};
      std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr), octets.begin());
      const asio::ip::address_v6 address{octets};
      if (only_reachable && address.is_link_local()) continue;
      result.push_back(address);
    }
  }
  freeifaddrs(list);
  return result;
}

/// Appends NSS key log lines to a 0600 file; shared by all threads.
class KeyLogFile {
 public:
  explicit KeyLogFile(const std::string& path)
      : file_{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)} {
    if (file_ < 0) {
      throw ConfigError{"--keylog " + path + ": " + std::system_category().message(errno) +
                        ". Name a file in a folder that can be written."};
    }
  }
  ~KeyLogFile() { ::close(file_); }
  KeyLogFile(const KeyLogFile&) = delete;
  KeyLogFile& operator=(const KeyLogFile&) = delete;

  void append(std::string_view line) {
    std::string text{line};
    text += '\n';
    // One write a line: O_APPEND keeps lines of several threads whole. A full disk costs the key
    // log its line and the traffic nothing.
    [[maybe_unused]] const auto written = ::write(file_, text.data(), text.size());
  }

 private:
  int file_;
};

tls::KeyLog key_log(const std::optional<std::string>& path) {
  if (!path) return {};
  auto file = std::make_shared<KeyLogFile>(*path);
  return [file](std::string_view line) { file->append(line); };
}

http::Masker make_masker() {
  std::array<std::uint8_t, 32> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
    throw ConfigError{"the system's random generator failed: " +
                      certs::drain_errors("RAND_bytes").detail};
  }
  return http::Masker{salt};
}

/// Two sockets a connection, and some for capture, log and look-ups.
void raise_file_limit(std::uint32_t connections, spdlog::logger& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = static_cast<rlim_t>(connections) * 2 + 256;
  if (limit.rlim_cur >= wanted) return;
  rlimit raised = limit;
  raised.rlim_cur = std::min(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  if (limit.rlim_cur < wanted) {
    const rlim_t left = limit.rlim_cur > 32 ? limit.rlim_cur - 32 : 0;  // capture, log, look-ups
    log.warn("only {} files may be open at once, so about {} connections; raise it with ulimit -n",
             limit.rlim_cur, left / 2);
  }
}

tcp::acceptor bind_listener(asio::io_context& context, const config::Endpoint& listen) {
  const std::string where = authority(listen.address, listen.port);
  error_code error;
  auto address = asio::ip::make_address(listen.address, error);
  if (error) {
    // A host name: looked up once, at start.
    tcp::resolver resolver{context};
    const auto found = resolver.resolve(listen.address, "", error);
    if (error || found.empty()) {
      throw ConfigError{"--listen " + where + ": the address cannot be resolved. Use 0.0.0.0:" +
                        std::to_string(listen.port) + " for all addresses of this machine."};
    }
    address = found.begin()->endpoint().address();
  }
  const tcp::endpoint endpoint{address, listen.port};
  tcp::acceptor acceptor{context};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only{false}, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(4096, error);
  if (error == asio::error::address_in_use) {
    throw ConfigError{
        "--listen " + where +
        ": another program (or another eastap) uses this port. Stop it (ss -ltnp shows "
        "which), or choose another port."};
  }
  if (error == asio::error::access_denied) {
    throw ConfigError{"--listen " + where + ": ports below 1024 need root; choose a higher one."};
  }
  if (error) {
    throw ConfigError{"--listen " + where + ": " + error.message() +
                      ". Use an address of this machine, or 0.0.0.0 for all."};
  }
  return acceptor;
}

/// One relay thread with its connections.
struct Worker {
  /// A connection, and what ends whatever its coroutine waits for (a name, a dial).
  struct Served {
    ClientConnection connection;
    asio::cancellation_signal cancel;
    Served(Services& services, ConnectionId id, tcp::socket&& socket, const tcp::endpoint& client)
        : connection{services, id, std::move(socket), client} {}
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
      : config_{config},
        log_{log},
        output_{output},
        masker_{make_masker()},
        hosts_{host_rules(config.intercept, config.tunnel, "--intercept / --tunnel")},
        insecure_{host_rules(config.upstream_insecure, {}, "--upstream-insecure")},
        leaves_{start.authority, config.limits.leaf_cache},
        key_log_{key_log(config.keylog)},
        trusted_{certs::make_trust_store(config.upstream_ca)},
        phone_tls_{leaves_, key_log_},
        verifying_{trusted_.get(), true, key_log_},
        unverifying_{trusted_.get(), false, key_log_},
        exchange_ids_{start.first_exchange},
        next_connection_{start.first_connection} {
    raise_file_limit(config.limits.connections, log);
    workers_.push_back(std::make_unique<Worker>());
    acceptor_ = std::make_unique<tcp::acceptor>(bind_listener(workers_[0]->context, config.listen));
    endpoint_ = acceptor_->local_endpoint();

    tunnel::AddressRules::Settings rules;
    rules.sources = networks(config.allow, "--allow");
    rules.targets = networks(config.allow_target, "--allow-target");
    for (const auto& address : machine_addresses(false)) {
      rules.own_addresses.push_back(to_address(address));
    }
    rules.own_port = endpoint_.port();
    addresses_ = tunnel::AddressRules{std::move(rules)};
    dialler_ = std::make_unique<Dialler>(config_, addresses_, insecure_, resolver_, verifying_,
                                         unverifying_);
    CaDownload ca;
    ca.pem = start.authority->pem();
    ca.der = start.authority->der();
    const auto facts = start.authority->facts();
    ca.name = facts.subject;
    ca.sha256 = facts.sha256;
    pipeline::AssemblerLimits limits;
    limits.body = static_cast<std::size_t>(config.limits.body_bytes);
    services_ =
        std::make_unique<Services>(Services{config_, addresses_, hosts_, *dialler_, phone_tls_,
                                            output, exchange_ids_, masker_, limits, std::move(ca)});
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    const unsigned threads = config.threads != 0 ? config.threads : std::max(1u, cores - 1);
    while (workers_.size() < threads) workers_.push_back(std::make_unique<Worker>());
    asio::co_spawn(workers_[0]->context, accept_loop(), at_end("the listener"));
    for (auto& worker : workers_) {
      asio::co_spawn(worker->context, idle_sweep(*worker), at_end("the idle sweep"));
      worker->thread = std::thread{[this, &worker = *worker] { run(worker); }};
      pthread_setname_np(worker->thread.native_handle(), "relay");  // for top -H and profilers
    }
  }

  ~Core() {
    stop();
    acceptor_.reset();
    resolver_.close();  // look-ups under way may end after the threads they would answer to
    workers_.clear();   // coroutine frames that are left end here, while all they use is alive
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    stopping_ = true;
    for (auto& worker : workers_) {
      asio::post(worker->context, [this, &worker = *worker] {
        if (&worker == workers_[0].get()) {
          error_code ignored;
          acceptor_->close(ignored);
        }
        const std::vector<Worker::Served*> open{worker.connections.begin(),
                                                worker.connections.end()};
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
        end_when_idle(worker, std::chrono::steady_clock::now() + config_.deadlines.stop);
      });
    }
    for (auto& worker : workers_) worker->thread.join();
  }

  [[nodiscard]] tcp::endpoint endpoint() const { return endpoint_; }

  [[nodiscard]] ServerCounts counts() const {
    return {accepted_.load(), refused_.load(), open_.load()};
  }

 private:
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

  asio::awaitable<void> accept_loop() {
    auto executor = co_await asio::this_coro::executor;
    std::size_t next_worker = 0;
    std::chrono::steady_clock::time_point last_warning{};
    while (!stopping_) {
      Worker& worker = *workers_[next_worker];
      next_worker = (next_worker + 1) % workers_.size();
      tcp::socket socket{worker.context};
      tcp::endpoint client;
      const auto [error] = co_await acceptor_->async_accept(socket, client, nothrow);
      if (error == asio::error::operation_aborted || !acceptor_->is_open()) co_return;
      if (error) {
        // Mostly "too many open files": existing connections go on, new ones wait a moment.
        const auto now = std::chrono::steady_clock::now();
        if (now - last_warning > std::chrono::seconds{10}) {
          last_warning = now;
          log_.warn("new connections cannot be accepted: {}", error.message());
        }
        asio::steady_timer pause{executor, std::chrono::milliseconds{100}};
        co_await pause.async_wait(nothrow);
        continue;
      }
      ++accepted_;
      if (!admit(client.address())) {
        ++refused_;
        continue;
      }
      asio::co_spawn(worker.context, serve(worker, std::move(socket), client),
                     at_end("a connection"));
    }
  }

  /// Limits on connections; what is over them is closed at once.
  bool admit(const asio::ip::address& client) {
    const std::scoped_lock lock{clients_mutex_};
    std::uint32_t& of_client = clients_[client];
    const bool fits =
        open_ < config_.limits.connections && of_client < config_.limits.connections_per_client;
    if (!fits) {
      const bool one_client = of_client >= config_.limits.connections_per_client;
      if (of_client == 0) clients_.erase(client);
      const auto now = std::chrono::steady_clock::now();
      if (now - last_limit_note_ > std::chrono::seconds{10}) {
        last_limit_note_ = now;
        note_limit(client, one_client);
      }
      return false;
    }
    ++of_client;
    ++open_;
    return true;
  }

  void note_limit(const asio::ip::address& client, bool one_client) {
    model::ConnectionEvent event;
    event.kind = model::ConnectionEvent::Kind::proxy_note;
    event.time = std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
    event.reason = "connection_limit";
    event.detail =
        one_client ? "new connections of " + client.to_string() + " are closed: it has " +
                         std::to_string(config_.limits.connections_per_client) + " open already"
                   : "new connections are closed: " + std::to_string(config_.limits.connections) +
                         " are open already";
    output_.take(std::move(event));
  }

  void release(const asio::ip::address& client) {
    const std::scoped_lock lock{clients_mutex_};
    const auto entry = clients_.find(client);
    if (entry != clients_.end() && --entry->second == 0) clients_.erase(entry);
    --open_;
  }

  asio::awaitable<void> serve(Worker& worker, tcp::socket socket, tcp::endpoint client) {
    struct Registration {
      Core& core;
      Worker& worker;
      Worker::Served served;
      Registration(Core& owner, Worker& on, tcp::socket&& accepted, const tcp::endpoint& from)
          : core{owner},
            worker{on},
            served{*owner.services_, ConnectionId{owner.next_connection_++}, std::move(accepted),
                   from} {
        worker.connections.insert(&served);
      }
      ~Registration() {
        worker.connections.erase(&served);
        core.release(served.connection.client_address());
      }
    };
    const auto registration =
        std::make_unique<Registration>(*this, worker, std::move(socket), client);
    if (stopping_) co_return;
    auto token = asio::bind_cancellation_slot(registration->served.cancel.slot(), nothrow);
    auto running = registration->served.connection.run();
    const auto [failure] = co_await asio::co_spawn(worker.context, std::move(running), token);
    if (failure) std::rethrow_exception(failure);
  }

  /// One timer a thread instead of one a connection: quiet connections give their TLS buffers
  /// back, and those beyond the waiting limit end.
  asio::awaitable<void> idle_sweep(Worker& worker) {
    const auto limit = config_.deadlines.waiting;
    constexpr std::chrono::milliseconds quiet{500};
    const auto interval =
        std::clamp<std::chrono::milliseconds>(limit / 8, std::chrono::milliseconds{100}, quiet);
    asio::steady_timer timer{worker.context};
    while (!stopping_) {
      timer.expires_after(interval);
      const auto [error] = co_await timer.async_wait(nothrow);
      if (error) co_return;
      const auto now = std::chrono::steady_clock::now();
      for (Worker::Served* served : worker.connections) {
        const auto idle = now - served->connection.last_activity();
        if (idle > quiet) served->connection.release_buffers();
        if (idle <= limit) continue;
        served->connection.stop(model::Ending::proxy_failed,
                                "no octet passed for longer than the waiting limit of this proxy");
      }
    }
  }

  struct AddressHash {
    std::size_t operator()(const asio::ip::address& address) const {
      return std::hash<std::string>{}(address.to_string());
    }
  };

  const config::Config& config_;
  spdlog::logger& log_;
  pipeline::Output& output_;
  const http::Masker masker_;
  const tunnel::HostRules hosts_;
  const tunnel::HostRules insecure_;
  certs::LeafCache leaves_;
  tls::KeyLog key_log_;
  certs::StoreHandle trusted_;
  tls::ServerContext phone_tls_;
  tls::ClientContext verifying_;
  tls::ClientContext unverifying_;
  pipeline::ExchangeIds exchange_ids_;
  std::atomic<std::uint64_t> next_connection_;
  Resolver resolver_;
  tunnel::AddressRules addresses_;
  std::unique_ptr<Dialler> dialler_;
  std::unique_ptr<Services> services_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  tcp::endpoint endpoint_;
  std::atomic<bool> stopping_ = false;
  bool stopped_ = false;
  std::atomic<std::uint64_t> accepted_ = 0, refused_ = 0, open_ = 0;
  std::mutex clients_mutex_;
  std::unordered_map<asio::ip::address, std::uint32_t, AddressHash> clients_;
  std::chrono::steady_clock::time_point last_limit_note_{};
};

void check_rules(const config::Config& config) {
  (void)networks(config.allow, "--allow");
  (void)networks(config.allow_target, "--allow-target");
  (void)host_rules(config.intercept, config.tunnel, "--intercept / --tunnel");
  (void)host_rules(config.upstream_insecure, {}, "--upstream-insecure");
}

Server::Server(const config::Config& config, ServerStart start, pipeline::Output& output,
               spdlog::logger& log)
    : core_{std::make_unique<Core>(config, std::move(start), output, log)} {}

Server::~Server() = default;

std::string Server::address() const { return authority(core_->endpoint()); }
std::uint16_t Server::port() const { return core_->endpoint().port(); }
void Server::stop() { core_->stop(); }
ServerCounts Server::counts() const { return core_->counts(); }

std::vector<std::string> lan_addresses() {
  std::vector<std::string> v4;
  std::vector<std::string> v6;
  for (const auto& address : machine_addresses(true)) {
    (address.is_v4() ? v4 : v6).push_back(address.to_string());
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  return v4;
}

}  // namespace eastap::net
