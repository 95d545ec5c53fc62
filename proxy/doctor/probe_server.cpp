#include "proxy/doctor/probe_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "certs/trust.hpp"
#include "decoder/base/text.hpp"
#include "proxy/doctor/descriptor.hpp"
#include "proxy/tls/context.hpp"

namespace eastap::doctor {
namespace {

using Step = ServerFacts::Step;
using std::chrono::milliseconds;

struct Address {
  sockaddr_storage octets{};
  socklen_t length = 0;
  int family = 0;
  std::string shown;
};

struct Found {
  std::vector<Address> addresses;
  std::string problem;
};

Found look_up(const std::string& host, std::uint16_t port) {
  Found found;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (failed != 0) {
    found.problem =
        failed == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(failed);
    return found;
  }
  constexpr std::size_t kMostAddresses = 4;
  for (const addrinfo* one = list; one != nullptr && found.addresses.size() < kMostAddresses;
       one = one->ai_next) {
    Address address;
    if (one->ai_addrlen > sizeof address.octets) continue;
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen,
                reinterpret_cast<char*>(&address.octets));
    address.length = one->ai_addrlen;
    address.family = one->ai_family;
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), static_cast<socklen_t>(text.size()),
                    nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    address.shown = text.data();
    if (one->ai_family == AF_INET6) address.shown = '[' + address.shown + ']';
    address.shown += ':' + std::to_string(port);
    found.addresses.push_back(std::move(address));
  }
  freeaddrinfo(list);
  if (found.addresses.empty()) found.problem = "the name has no address";
  return found;
}

/// getaddrinfo cannot be cut short: past the limit its thread ends on its own.
Found look_up_within(const std::string& host, std::uint16_t port, milliseconds limit) {
  auto promise = std::make_shared<std::promise<Found>>();
  auto answer = promise->get_future();
  std::thread{[promise, host, port] { promise->set_value(look_up(host, port)); }}.detach();
  if (answer.wait_for(limit) != std::future_status::ready) {
    return {{},
            "the name server has not answered for " + std::to_string(limit.count() / 1000) + " s"};
  }
  return answer.get();
}

/// Binds to the own address of that family, if one was chosen. False: `facts` says why not.
bool bind_own(int socket, int family, const std::vector<std::string>& from, ServerFacts& facts) {
  for (const std::string& text : from) {
    const Found own = look_up(text, 0);
    if (own.addresses.empty() || own.addresses.front().family != family) continue;
    facts.from = text;
    const Address& address = own.addresses.front();
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address.octets), address.length) == 0) {
      return true;
    }
    facts.problem = std::generic_category().message(errno);
    facts.next_step = "Name an address of this machine with --bind; ip address lists them.";
    return false;
  }
  return true;
}

Descriptor connect_within(const Address& address, const ServerProbe& probe, ServerFacts& facts) {
  Descriptor socket{::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const auto fail = [&](int error) {
    facts.problem = std::generic_category().message(error);
    return Descriptor{};
  };
  if (!socket) return fail(errno);
  if (!bind_own(socket.get(), address.family, probe.from, facts)) return Descriptor{};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.octets), address.length) ==
      0)
    return socket;
  if (errno != EINPROGRESS) return fail(errno);
  pollfd ready{socket.get(), POLLOUT, 0};
  const int polled = ::poll(&ready, 1, static_cast<int>(probe.connect_limit.count()));
  if (polled == 0) return fail(ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  if (polled < 0 || ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    return fail(errno);
  return error != 0 ? fail(error) : std::move(socket);
}

enum class Wait : std::uint8_t { done, failed, timed_out };

/// Repeats a TLS operation on a non-blocking socket until it is done, has failed or is late.
template <class Operation>
Wait complete(SSL* connection, int socket, std::chrono::steady_clock::time_point deadline,
              Operation operation) {
  for (;;) {
    const int result = operation();
    if (result > 0) return Wait::done;
    const int wants = SSL_get_error(connection, result);
    if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) return Wait::failed;
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd ready{socket, static_cast<short>(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) == 0) return Wait::timed_out;
  }
}

void explain_handshake(const ServerProbe& probe, const SSL* connection, Wait how, Timestamp now,
                       ServerFacts& facts) {
  if (how == Wait::timed_out) {
    facts.problem = "TCP connects, and TLS gets no answer";
    facts.next_step =
        "Something on the way takes connections and forwards nothing: a filter, or a balancer "
        "without servers.";
    return;
  }
  const long verified = SSL_get_verify_result(connection);
  if (const X509* rejected = tls::ClientContext::rejected_certificate(connection);
      rejected != nullptr) {
    const auto failure = certs::explain_trust_failure(
        verified, rejected, probe.host, std::chrono::floor<std::chrono::seconds>(now));
    facts.problem = failure.summary;
    facts.next_step = failure.next_step;
    return;
  }
  facts.problem = "TLS failed: " + certs::drain_errors("handshake").detail;
}

/// One HEAD request; the answer's head, at most 64 KiB.
std::string head_answer(SSL* connection, int socket, const std::string& host,
                        std::chrono::steady_clock::time_point deadline) {
  const std::string request = "HEAD / HTTP/1.1\r\nHost: " + host +
                              "\r\nUser-Agent: eastap-doctor\r\nConnection: close\r\n\r\n";
  if (complete(connection, socket, deadline, [&] {
        return SSL_write(connection, request.data(), static_cast<int>(request.size()));
      }) != Wait::done) {
    return {};
  }
  std::string head;
  std::array<char, 4096> piece{};
  while (head.size() < 65'536 && head.find("\r\n\r\n") == std::string::npos) {
    int got = 0;
    const auto how = complete(connection, socket, deadline, [&] {
      return got = SSL_read(connection, piece.data(), static_cast<int>(piece.size()));
    });
    if (how != Wait::done) break;
    head.append(piece.data(), static_cast<std::size_t>(got));
  }
  return head;
}

void speak(const ServerProbe& probe, int socket, X509_STORE* trusted, ServerFacts& facts) {
  const auto deadline = std::chrono::steady_clock::now() + probe.tls_limit;
  const auto now = [] {
    return std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
  };
  facts.reached = Step::tls;
  tls::ClientContext context{trusted, probe.verify, {}};
  const certs::TlsHandle connection = context.make(probe.host, probe.port, facts.problem);
  if (!connection) return;
  if (SSL_set_fd(connection.get(), socket) != 1) {
    facts.problem = certs::drain_errors("prepare TLS").detail;
    return;
  }
  const auto shaken =
      complete(connection.get(), socket, deadline, [&] { return SSL_connect(connection.get()); });
  if (shaken != Wait::done) {
    explain_handshake(probe, connection.get(), shaken, now(), facts);
    return;
  }
  facts.tls_version = SSL_get_version(connection.get());
  facts.reached = Step::http;
  const std::string head = head_answer(connection.get(), socket, probe.host, deadline);
  if (!head.starts_with("HTTP/")) {
    facts.problem = head.empty() ? "no answer to an HTTP request" : "what answers is not HTTP";
    return;
  }
  facts.reached = Step::done;
  if (const auto date = date_of_answer(head)) {
    facts.clock_offset = std::chrono::floor<std::chrono::seconds>(*date - now());
  }
}

Found addresses_of(const ServerProbe& probe) {
  if (!probe.no_address.empty()) return {{}, probe.no_address};
  if (probe.addresses.empty()) {
    return look_up_within(probe.dial_host, probe.dial_port, probe.resolve_limit);
  }
  Found found;
  for (const std::string& literal : probe.addresses) {
    for (Address& address : look_up(literal, probe.dial_port).addresses) {
      found.addresses.push_back(std::move(address));
    }
  }
  return found;
}

/// Each address in turn; the last failure is told.
Descriptor connect_first(const Found& found, const ServerProbe& probe, ServerFacts& facts) {
  const std::string next_step = facts.next_step;
  for (const Address& address : found.addresses) {
    facts.dialled = address.shown;
    facts.from.clear();
    facts.problem.clear();
    facts.next_step = next_step;
    if (Descriptor socket = connect_within(address, probe, facts)) return socket;
  }
  return Descriptor{};
}

/// Sends `request` and takes octets up to the blank line, at most 16 KiB; what came when there is
/// none within `limit`.
std::string ask_proxy(int socket, std::string_view request, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return {};
  }
  std::string head;
  std::array<char, 2048> piece{};
  while (head.size() < 16'384 && head.find("\r\n\r\n") == std::string::npos) {
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd ready{socket, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) break;
    // Nothing follows the answer before we speak: TLS begins with the client.
    const ssize_t got = ::recv(socket, piece.data(), piece.size(), 0);
    if (got <= 0) break;
    head.append(piece.data(), static_cast<std::size_t>(got));
  }
  return head;
}

void go_through(const ByProxy& proxy, const ServerProbe& probe, X509_STORE* trusted,
                ServerFacts& facts) {
  facts.through_proxy = true;
  facts.next_step = "Check --upstream-proxy, and that the proxy runs. The server was not asked.";
  const Found found = look_up_within(proxy.host, proxy.port, probe.resolve_limit);
  if (found.addresses.empty()) {
    facts.problem = "the upstream proxy " + proxy.host + ": " + found.problem;
    return;
  }
  facts.reached = Step::connect;
  for (std::size_t at = 0; at < proxy.requests.size(); ++at) {
    const Descriptor socket = connect_first(found, probe, facts);
    if (!socket) return;
    const std::string head = ask_proxy(socket.get(), proxy.requests[at], probe.connect_limit);
    if (const auto refused = proxy.refusal(at, head)) {
      facts.problem = refused->problem;
      facts.next_step = refused->next_step;
      continue;
    }
    facts.next_step.clear();
    facts.problem.clear();
    speak(probe, socket.get(), trusted, facts);
    return;
  }
}

}  // namespace

std::optional<Timestamp> date_of_answer(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return std::nullopt;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !equals_ignoring_case(line.substr(0, colon), "Date"))
      continue;
    const std::string value{trimmed(line.substr(colon + 1))};
    std::tm parts{};
    const char* rest = strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (rest == nullptr || *rest != '\0') return std::nullopt;
    return Timestamp{std::chrono::seconds{timegm(&parts)}};
  }
  return std::nullopt;
}

ServerFacts probe_server(const ServerProbe& probe, X509_STORE* trusted) {
  ServerFacts facts;
  facts.host = probe.host;
  facts.port = probe.port;
  facts.verification_off = !probe.verify;
  if (probe.proxy) {
    go_through(*probe.proxy, probe, trusted, facts);
    return facts;
  }
  const Found found = addresses_of(probe);
  if (found.addresses.empty()) {
    facts.problem = (probe.dial_host == probe.host ? "" : probe.dial_host + ": ") + found.problem;
    return facts;
  }
  facts.reached = Step::connect;
  if (const Descriptor socket = connect_first(found, probe, facts)) {
    speak(probe, socket.get(), trusted, facts);
  }
  return facts;
}

}  // namespace eastap::doctor
