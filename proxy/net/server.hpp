#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <spdlog/logger.h>

#include "certs/authority.hpp"
#include "config/config.hpp"
#include "proxy/net/machine.hpp"
#include "proxy/net/policy.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/portal/web.hpp"

namespace eastap::net {

/// This machine's own addresses at the moment. From any thread.
using AddressSource = std::function<std::vector<boost::asio::ip::address>()>;

struct ServerStart {
  std::uint64_t first_connection = 1;  ///< a continued capture counts on
  std::uint64_t first_exchange = 1;
  std::shared_ptr<const certs::Authority> authority;
  std::vector<portal::Route> routes;  ///< further pages, beside those of `portal::add_pages`
  AddressSource addresses = &machine_addresses;
  std::chrono::milliseconds addresses_every{20'000};  ///< how often they are looked at
};

struct ServerCounts {
  std::uint64_t connections = 0, refused = 0, open = 0;
};

struct BoundListener {
  config::ListenMode mode = config::ListenMode::proxy;
  std::string address;  ///< "0.0.0.0:8888" with the port that was really bound
  std::uint16_t port = 0;
};

/// The running proxy: listeners, relay threads, everything between accept and close.
class Server {
 public:
  /// Binds and starts. Throws `config::ConfigError` or `certs::CertificateError` with file or
  /// option, and the remedy, when it cannot. `output` and `log` must outlive it.
  Server(const config::Config& config, ServerStart start, pipeline::Output& output,
         spdlog::logger& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "0.0.0.0:8888" with the port that was really bound; of the first listener.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::uint16_t port() const;

  /// All of them, in the order of the configuration.
  [[nodiscard]] std::vector<BoundListener> listeners() const;

  /// Lets new connections follow `config`; open ones keep what they began with. Listeners, relay
  /// threads, the CA and the number of cached certificates stay as they were at the start. Throws
  /// as the constructor does, and nothing has changed then. From any thread but the relay's.
  void reload(const config::Config& config);

  /// What new connections consult now.
  [[nodiscard]] PolicyPtr policy() const;

  /// Ends every connection, hands on what is open as stopped, and joins the threads.
  void stop();

  [[nodiscard]] ServerCounts counts() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace eastap::net
