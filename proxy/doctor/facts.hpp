#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decoder/base/time.hpp"

/// What `eastap doctor` looked at: plain values, filled by the probes and judged by `judge`. A
/// probe that was not allowed to look says so; it never guesses.
namespace eastap::doctor {

struct ConfigFacts {
  std::string file;     ///< empty: none was named
  std::string problem;  ///< why it, a variable or a flag cannot be used; names the remedy
};

struct ListenerFacts {
  enum class State : std::uint8_t { free, taken, denied, no_such_address, failed };
  std::string where;  ///< "0.0.0.0:8888"
  std::uint16_t port = 0;
  bool loopback_only = false;
  State state = State::free;
  std::string reason;  ///< the system's words, of `failed`
  std::string holder;  ///< "nginx (process 812)", of `taken`; empty: not visible to this user
};

/// What one packet filter does with a new connection to one of the proxy's ports.
struct FirewallFacts {
  enum class State : std::uint8_t {
    absent,      ///< not installed, or no rules of this kind
    unreadable,  ///< only root may look
    open,        ///< nothing refuses it
    admits,      ///< refuses by default, and a rule lets the port in
    refuses,     ///< refuses by default, and no rule that was understood lets the port in
  };
  std::string name;  ///< "nftables", "iptables", "ufw"
  State state = State::absent;
  std::string evidence;    ///< the rule or policy, as the tool prints it
  std::uint16_t port = 0;  ///< of `admits` and `refuses`; the others hold for all ports
  bool operator==(const FirewallFacts&) const = default;
};

struct AuthorityFacts {
  enum class State : std::uint8_t {
    absent,
    unusable,
    present,
    not_needed,  ///< every decrypted host has a certificate of its own
  };
  std::string folder;
  State state = State::absent;
  std::string problem;  ///< of `unusable`: file and remedy
  std::string subject;
  bool key_encrypted = false;
  bool key_compared = false;  ///< the key was read, and is that of the certificate
  Timestamp not_after{};
  std::vector<std::string> warnings;   ///< of the loader: modes, an early end
  std::vector<std::string> permitted;  ///< name constraints; empty: may sign for every host
};

struct ClockFacts {
  enum class Sync : std::uint8_t { unknown, synchronised, free_running };
  Sync sync = Sync::unknown;
  Timestamp now{};
};

struct CaptureFacts {
  bool wanted = true;
  std::string folder;
  bool folder_exists = true;
  std::string denied;  ///< the system's words; empty: may be written
  std::uint64_t free_bytes = 0, total_bytes = 0;
};

struct FileLimitFacts {
  std::uint64_t hard = 0;    ///< RLIMIT_NOFILE, to which eastap raises itself
  std::uint64_t wanted = 0;  ///< for `limit.connections`
};

struct AddressFacts {
  std::string interface, address;
  bool is_virtual = false;  ///< a bridge, container or tunnel: no phone is there
};

struct NetworkFacts {
  std::vector<AddressFacts> addresses;  ///< not loopback, not link-local, up
  bool ipv6_route = false;              ///< the machine can reach IPv6 servers
  std::vector<std::string> proxies;     ///< "https_proxy=http://proxy:3128", passwords left out
  bool upstream_proxy = false;          ///< eastap is told to go through a proxy
};

/// One mail server, as far as the probe came.
struct ServerFacts {
  enum class Step : std::uint8_t { resolve, connect, tls, http, done };
  std::string host;
  std::uint16_t port = 443;
  std::string dialled;           ///< "192.0.2.10:443", the last address tried
  std::string from;              ///< own address that was chosen for it; empty: none was
  bool through_proxy = false;    ///< `dialled` is the upstream proxy's
  Step reached = Step::resolve;  ///< the step that failed; `done`: all well
  std::string problem;           ///< of that step
  std::string next_step;         ///< when the step knows a better one than the general one
  bool verification_off = false;
  std::string tls_version;
  std::optional<std::chrono::seconds> clock_offset;  ///< server's Date less this machine's time
};

struct Facts {
  ConfigFacts config;
  std::vector<ListenerFacts> listeners;
  std::vector<FirewallFacts> firewalls;
  AuthorityFacts authority;
  ClockFacts clock;
  CaptureFacts capture;
  FileLimitFacts files;
  NetworkFacts network;
  std::vector<ServerFacts> servers;
};

}  // namespace eastap::doctor
