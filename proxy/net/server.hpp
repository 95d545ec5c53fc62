#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <spdlog/logger.h>

#include "certs/authority.hpp"
#include "config/config.hpp"
#include "proxy/pipeline/assembler.hpp"

namespace eastap::net {

struct ServerStart {
  std::uint64_t first_connection = 1;  ///< a continued capture counts on
  std::uint64_t first_exchange = 1;
  std::shared_ptr<const certs::Authority> authority;
};

struct ServerCounts {
  std::uint64_t connections = 0, refused = 0, open = 0;
};

/// Throws `config::ConfigError` for patterns and ranges that cannot be read. For before anything is
/// created on disk.
void check_rules(const config::Config& config);

/// The running proxy: listener, relay threads, everything between accept and close.
class Server {
 public:
  /// Binds and starts. Throws `config::ConfigError` or `certs::CertificateError` with file or
  /// option, and the remedy, when it cannot. `output` and `log` must outlive it.
  Server(const config::Config& config, ServerStart start, pipeline::Output& output,
         spdlog::logger& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "0.0.0.0:8888" with the port that was really bound.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::uint16_t port() const;

  /// Ends every connection, hands on what is open as stopped, and joins the threads.
  void stop();

  [[nodiscard]] ServerCounts counts() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

/// This machine's own addresses that a phone on the local network can reach, best guess first.
[[nodiscard]] std::vector<std::string> lan_addresses();

}  // namespace eastap::net
