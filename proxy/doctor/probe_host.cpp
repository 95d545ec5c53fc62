#include "proxy/doctor/probe_host.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "proxy/doctor/descriptor.hpp"
#include "proxy/doctor/firewall.hpp"
#include "proxy/doctor/run_tool.hpp"

namespace eastap::doctor {
namespace {

constexpr std::chrono::milliseconds kToolLimit{3'000};

std::string words_of(int error) { return std::generic_category().message(error); }

/// Inodes of the sockets that listen on `port`, from one of the kernel's tables.
void add_listening_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream input{table};
  std::string line;
  std::getline(input, line);  // the heading
  while (std::getline(input, line)) {
    // "  0: 00000000:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 …"
    std::vector<std::string> fields;
    std::size_t at = 0;
    while ((at = line.find_first_not_of(' ', at)) != std::string::npos && fields.size() < 10) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      fields.push_back(line.substr(at, end - at));
      at = end;
    }
    constexpr const char* kListening = "0A";
    if (fields.size() < 10 || fields[3] != kListening) continue;
    const std::string digits = fields[1].substr(fields[1].find(':') + 1);
    unsigned found = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), found, 16);
    if (found == port) inodes.insert("socket:[" + fields[9] + "]");
  }
}

/// "nginx (process 812)": the first process that holds one of the sockets and may be seen.
std::string holder_of(const std::set<std::string>& sockets) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (const auto& process : fs::directory_iterator{"/proc", ignored}) {
    const std::string pid = process.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code unreadable;
    for (const auto& file : fs::directory_iterator{process.path() / "fd", unreadable}) {
      const auto target = fs::read_symlink(file.path(), unreadable);
      if (unreadable || !sockets.contains(target.string())) continue;
      std::string name;
      std::ifstream input{process.path() / "comm"};
      std::getline(input, name);
      return name + " (process " + pid + ")";
    }
  }
  return {};
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

struct Filter {
  const char* name;
  std::vector<std::string> command;
  FirewallFacts (*read)(std::string_view, std::uint16_t);
};

/// What holds for every port is said once.
void add_filter(const Filter& filter, const std::vector<std::uint16_t>& ports,
                std::vector<FirewallFacts>& all) {
  using State = FirewallFacts::State;
  const auto output = run_tool(filter.command, kToolLimit);
  if (!output) return;  // not installed
  if (output->status != 0) {
    all.push_back({filter.name, State::unreadable, {}});
    return;
  }
  const auto begin = static_cast<std::ptrdiff_t>(all.size());
  for (const std::uint16_t port : ports) {
    FirewallFacts facts = filter.read(output->text, port);
    if (facts.state == State::admits || facts.state == State::refuses) facts.port = port;
    if (std::find(all.begin() + begin, all.end(), facts) == all.end()) {
      all.push_back(std::move(facts));
    }
  }
}

/// Bridges, containers and tunnels: the phone is on none of them.
bool is_virtual(const std::string& interface) {
  for (const char* prefix :
       {"docker", "br-", "veth", "virbr", "tun", "tap", "wg", "lxc", "cni", "vmnet"}) {
    if (interface.starts_with(prefix)) return true;
  }
  return false;
}

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* octets =
      address->sa_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr)
          : &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  const char* made =
      inet_ntop(address->sa_family, octets, text.data(), static_cast<socklen_t>(text.size()));
  return made == nullptr ? std::string{} : std::string{made};
}

bool is_reachable(const ifaddrs& entry) {
  if (entry.ifa_addr == nullptr || (entry.ifa_flags & IFF_UP) == 0 ||
      (entry.ifa_flags & IFF_LOOPBACK) != 0) {
    return false;
  }
  if (entry.ifa_addr->sa_family == AF_INET) return true;
  if (entry.ifa_addr->sa_family != AF_INET6) return false;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
  return !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
}

/// Asks the routing table only: connecting a datagram socket sends nothing.
bool has_ipv6_route() {
  const Descriptor socket{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return false;
  sockaddr_in6 far{};
  far.sin6_family = AF_INET6;
  far.sin6_port = htons(443);
  // 2001:db8:: of RFC 3849 has the way of any address outside.
  if (inet_pton(AF_INET6, "2001:db8::1", &far.sin6_addr) != 1) return false;
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&far), sizeof far) == 0;
}

/// Without user and password.
std::string without_credentials(std::string url) {
  const std::size_t at = url.rfind('@');
  const std::size_t slashes = url.find("//");
  if (at == std::string::npos) return url;
  return url.erase(slashes == std::string::npos ? 0 : slashes + 2,
                   at + 1 - (slashes == std::string::npos ? 0 : slashes + 2));
}

}  // namespace

ListenerFacts probe_listener(const config::Endpoint& listen) {
  using State = ListenerFacts::State;
  ListenerFacts facts;
  const bool v6 = listen.address.find(':') != std::string::npos;
  const std::string port = std::to_string(listen.port);
  facts.where = (v6 ? '[' + listen.address + ']' : listen.address) + ':' + port;
  facts.port = listen.port;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(listen.address.c_str(), port.c_str(), &hints, &found) != 0) {
    facts.state = State::no_such_address;
    return facts;
  }
  facts.loopback_only = is_loopback(found->ai_addr);
  const Descriptor socket{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  int error = socket ? 0 : errno;
  if (error == 0) {
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
        ::listen(socket.get(), 1) != 0) {
      error = errno;
    }
  }
  freeaddrinfo(found);
  if (error == 0) return facts;
  facts.reason = words_of(error);
  facts.state = error == EADDRINUSE      ? State::taken
                : error == EACCES        ? State::denied
                : error == EADDRNOTAVAIL ? State::no_such_address
                                         : State::failed;
  if (facts.state == State::taken) {
    std::set<std::string> sockets;
    add_listening_inodes("/proc/net/tcp", listen.port, sockets);
    add_listening_inodes("/proc/net/tcp6", listen.port, sockets);
    facts.holder = holder_of(sockets);
  }
  return facts;
}

std::vector<FirewallFacts> probe_firewalls(const std::vector<std::uint16_t>& ports) {
  std::vector<FirewallFacts> all;
  if (ports.empty()) return all;
  add_filter({"nftables", {"nft", "list", "ruleset"}, &read_nftables}, ports, all);
  add_filter({"iptables", {"iptables", "-S"}, &read_iptables}, ports, all);
  add_filter({"ufw", {"ufw", "status"}, &read_ufw}, ports, all);
  return all;
}

AuthorityFacts probe_authority(const std::string& ca_dir, Timestamp now,
                               const certs::AskPassphrase& ask) {
  using State = AuthorityFacts::State;
  AuthorityFacts facts;
  facts.folder = ca_dir;
  std::error_code ignored;
  if (!std::filesystem::exists(certs::certificate_file(ca_dir), ignored) &&
      !std::filesystem::exists(certs::key_file(ca_dir), ignored)) {
    return facts;
  }
  try {
    const auto today = std::chrono::floor<std::chrono::seconds>(now);
    const auto report = certs::inspect(ca_dir, today);
    facts.key_encrypted = report.key_encrypted;
    facts.key_compared = !report.key_encrypted || ask;
    if (facts.key_compared) (void)certs::load(ca_dir, today, ask);
    facts.state = State::present;
    facts.subject = report.facts.subject;
    facts.not_after = report.facts.not_after;
    facts.warnings = report.warnings;
    facts.permitted = report.permitted;
  } catch (const certs::CertificateError& error) {
    facts.state = State::unusable;
    facts.problem = error.what();
  }
  return facts;
}

ClockFacts probe_clock(Timestamp now) {
  ClockFacts facts;
  facts.now = now;
  timex kernel{};
  const int state = adjtimex(&kernel);
  if (state < 0) return facts;
  const bool free_running = state == TIME_ERROR || (kernel.status & STA_UNSYNC) != 0;
  facts.sync = free_running ? ClockFacts::Sync::free_running : ClockFacts::Sync::synchronised;
  return facts;
}

CaptureFacts probe_capture(const std::filesystem::path& capture) {
  CaptureFacts facts;
  std::error_code ignored;
  const auto folder =
      capture.has_parent_path() ? capture.parent_path() : std::filesystem::path{"."};
  const auto absolute = std::filesystem::absolute(folder, ignored);
  facts.folder = (ignored ? folder : absolute).lexically_normal().string();
  if (facts.folder.size() > 1 && facts.folder.ends_with('/')) facts.folder.pop_back();
  facts.folder_exists = std::filesystem::is_directory(folder, ignored);
  if (!facts.folder_exists) return facts;
  // A read-only file system and the rights of the folder both show here.
  if (::access(folder.c_str(), W_OK | X_OK) != 0) facts.denied = words_of(errno);
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) == 0) {
    facts.free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    facts.total_bytes = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  }
  return facts;
}

FileLimitFacts probe_files(std::uint32_t connections) {
  FileLimitFacts facts;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.hard = limit.rlim_max;
  facts.wanted = std::uint64_t{connections} * 2 + 256;  // as the server asks for
  return facts;
}

NetworkFacts probe_network() {
  NetworkFacts facts;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) == 0) {
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
      if (!is_reachable(*entry)) continue;
      facts.addresses.push_back(
          {entry->ifa_name, text_of(entry->ifa_addr), is_virtual(entry->ifa_name)});
    }
    freeifaddrs(list);
  }
  // Phones are given an IPv4 address more often than not.
  std::stable_partition(
      facts.addresses.begin(), facts.addresses.end(),
      [](const AddressFacts& one) { return one.address.find(':') == std::string::npos; });
  facts.ipv6_route = has_ipv6_route();
  for (const char* name :
       {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      facts.proxies.push_back(std::string{name} + '=' + without_credentials(value));
    }
  }
  return facts;
}

}  // namespace eastap::doctor
