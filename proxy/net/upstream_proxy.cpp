#include "proxy/net/upstream_proxy.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/net/plain_http.hpp"

namespace eastap::net {
namespace {

// Proxies answer with a few hundred octets; an error page is the body, which is not read.
constexpr std::size_t kMaxHead = 16 * 1024;

DialFailure failure(std::string summary, std::string detail) {
  return dial_failure("upstream_proxy", std::move(summary), std::move(detail));
}

std::string name_of(const UpstreamProxy& proxy) {
  return "the upstream proxy " + authority(proxy.address.host, proxy.address.port);
}

/// Takes octets up to the blank line; what came when there is none.
asio::awaitable<std::string> read_head(tls::Stream& stream, std::chrono::milliseconds limit) {
  std::string head;
  std::array<char, 2048> piece{};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (head.size() < kMaxHead) {
    const int handle = stream.socket().native_handle();
    const ssize_t there = ::recv(handle, piece.data(), piece.size(), MSG_PEEK);
    if (there > 0) {
      const std::size_t before = head.size();
      head.append(piece.data(), static_cast<std::size_t>(there));
      const std::size_t end = head_end(head, before < 3 ? 0 : before - 3);
      if (end != std::string::npos) head.resize(end);
      (void)::recv(handle, piece.data(), head.size() - before, 0);
      if (end != std::string::npos) break;
      continue;
    }
    if (there == 0 || (errno != EAGAIN && errno != EINTR)) break;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    auto waiting = stream.readable();
    const auto [in_time, error] = co_await within(std::move(waiting), left);
    if (!in_time || error) break;
  }
  co_return head;
}

}  // namespace

std::string connect_request(const Target& target, const std::string& authorization) {
  const std::string where = authority(target.host, target.port);
  std::string request = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
  if (!authorization.empty()) request += "Proxy-Authorization: " + authorization + "\r\n";
  return request + "\r\n";
}

std::optional<DialFailure> connect_refusal(const UpstreamProxy& proxy, const Target& target,
                                           std::string_view head) {
  const std::string where = authority(target.host, target.port);
  if (head.empty()) {
    return failure(name_of(proxy) + " gave no answer to CONNECT " + where,
                   "It closed the connection or kept silent: look at its own log, and whether "
                   "--upstream-proxy names the port of an HTTP proxy.");
  }
  const auto answer = http::read_head(head, http::Direction::response, "CONNECT", nullptr);
  if (!answer) {
    return failure(
        "what is at " + authority(proxy.address.host, proxy.address.port) + " does not speak HTTP",
        "--upstream-proxy wants the address and port of an HTTP proxy. (" + answer.error().detail +
            ")");
  }
  if (answer->status / 100 == 2) return std::nullopt;
  // "HTTP/1.1 403 Forbidden": the status and what the proxy calls it, which is its own text.
  std::string said{head.substr(0, head.find_first_of("\r\n")).substr(0, 120)};
  said.erase(0, said.find(' ') + 1);
  if (answer->status == 407) {
    return failure(
        name_of(proxy) + (proxy.authorization.empty() ? " wants a user and password"
                                                      : " does not take our user and password"),
        "Put user:password into a file of mode 0600 and name it with "
        "--upstream-proxy-credentials; only Basic is spoken here.");
  }
  if (answer->status == 502 || answer->status == 503 || answer->status == 504) {
    return failure(name_of(proxy) + " cannot reach " + where + ": " + said,
                   "The name is wrong or unknown there, the server is down, or a firewall is "
                   "between that proxy and the server.");
  }
  return failure(
      name_of(proxy) + " refuses " + where + ": " + said,
      "Its administrator decides what may pass. To go past it: --no-upstream-proxy " + target.host);
}

asio::awaitable<std::optional<DialFailure>> open_tunnel(tls::Stream& stream,
                                                        const UpstreamProxy& proxy, Target target,
                                                        std::chrono::milliseconds limit) {
  const std::string request = connect_request(target, proxy.authorization);
  auto writing = stream.write_all(as_octets(request));
  const auto [written, end] = co_await within(std::move(writing), limit);
  std::string head;
  if (written && end == tls::End::none) head = co_await read_head(stream, limit);
  co_return connect_refusal(proxy, target, head);
}

}  // namespace eastap::net
