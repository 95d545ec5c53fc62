#include "proxy/net/dial.hpp"

#include <chrono>
#include <utility>

#include "certs/trust.hpp"
#include "proxy/net/client_certificate.hpp"
#include "proxy/net/tls_failure.hpp"

namespace eastap::net {
namespace {

using asio::ip::tcp;

DialFailure failure(std::string reason, std::string summary, std::string detail) {
  DialFailure result;
  result.reason = std::move(reason);
  result.summary = std::move(summary);
  result.detail = std::move(detail);
  return result;
}

/// The words of a TLS failure that is not about the certificate.
DialFailure tls_failure(const Target& target, const tls::Stream& stream, tls::End end) {
  const std::string where = authority(target.host, target.port);
  if (tls::ClientContext::certificate_request(stream.ssl()) != nullptr) {
    const auto facts = client_certificate_facts(stream.ssl(), nullptr, target.host, target.port);
    return failure("client_certificate", where + " asks for a client certificate",
                   explain_client_certificate(CertificateAsked::handshake_failed, facts) +
                       (stream.last_error().empty() ? "" : " (" + stream.last_error() + ")"));
  }
  if (looks_old(stream.last_error(), stream.received_alert())) {
    return failure(
        "old_tls", where + " speaks no TLS that is accepted today: " + stream.last_error(),
        tls::ClientContext::legacy(stream.ssl())
            ? "Not even TLS 1.0 with old ciphers helped. Try: openssl s_client -connect " + where
            : "Phones of today refuse such a server too. " + legacy_remedy(target.host, "server"));
  }
  switch (end) {
    case tls::End::fin:
    case tls::End::close_notify:
      return failure("tls", where + " closed the connection during the TLS handshake",
                     "The server (or a firewall before it) does not speak TLS on this port, wants "
                     "another TLS version than 1.2 or 1.3, or refuses this client. Try: openssl "
                     "s_client -connect " +
                         where);
    case tls::End::reset:
      return failure(
          "tls", where + " reset the connection during the TLS handshake",
          "A firewall or the server broke it off. Try: openssl s_client -connect " + where);
    default:
      return failure(
          "tls", "TLS with " + where + " failed: " + stream.last_error(),
          stream.received_alert() >= 0
              ? "The server sent a TLS alert: it does not accept this client's versions, "
                "ciphers or name, or wants a client certificate. If the server is old: " +
                    legacy_remedy(target.host, "server")
              : "What the server sent is not TLS 1.2 or 1.3 as this program accepts it.");
  }
}

}  // namespace

std::string authority(const std::string& host, std::uint16_t port) {
  const bool literal6 = host.find(':') != std::string::npos;
  return (literal6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string authority(const tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return authority(address.to_string(), endpoint.port());
}

Dialler::Dialler(const config::Config& config, const tunnel::AddressRules& targets,
                 const tunnel::HostRules& insecure, Resolver& resolver,
                 tls::ClientContext& verifying, tls::ClientContext& unverifying)
    : config_{config},
      targets_{targets},
      insecure_{insecure},
      resolver_{resolver},
      verifying_{verifying},
      unverifying_{unverifying} {}

tunnel::Address to_address(const asio::ip::address& address) {
  const auto v6 = address.is_v6() ? address.to_v6()
                                  : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
  tunnel::Address result;
  result.octets = v6.to_bytes();
  return result;
}

std::optional<config::Endpoint> Dialler::redirected(const Target& target) const {
  for (const auto& rule : config_.connect_to) {
    const bool host_fits = rule.from.address.empty() || rule.from.address == target.host;
    const bool port_fits = rule.from.port == 0 || rule.from.port == target.port;
    if (host_fits && port_fits) {
      config::Endpoint to = rule.to;
      if (to.address.empty()) to.address = target.host;
      if (to.port == 0) to.port = target.port;
      return to;
    }
  }
  return std::nullopt;
}

std::optional<DialFailure> Dialler::refusal(const Target& target,
                                            const tcp::endpoint& endpoint) const {
  const std::string where = authority(target.host, target.port);
  const auto word = targets_.target_refused(to_address(endpoint.address()), endpoint.port());
  if (!word) return std::nullopt;
  const std::string address = endpoint.address().to_string();
  DialFailure result;
  result.refused_by_rule = true;
  result.reason = *word;
  if (*word == "self") {
    result.summary = where + " is this proxy itself";
    result.detail =
        "The client asked the proxy to connect to its own port. Point the client at the mail "
        "server's name.";
  } else {
    result.summary =
        where + " leads to " + address + ", which clients may not reach through the proxy";
    result.detail =
        "Loopback, link-local and this machine's own addresses are refused so that a client cannot "
        "reach services here. If it is wanted: --allow-target " +
        address + (endpoint.address().is_v4() ? "/32" : "/128");
  }
  return result;
}

asio::awaitable<DialResult> Dialler::connect(Target target) {
  const auto redirect = redirected(target);
  const std::string host = redirect ? redirect->address : target.host;
  const std::uint16_t port = redirect ? redirect->port : target.port;
  auto answer = co_await resolver_.resolve(host, config_.deadlines.resolve);
  if (answer.addresses.empty()) {
    co_return tl::unexpected(failure(
        "resolve", "the name " + host + " cannot be resolved: " + answer.error,
        "Check the spelling of the host in the phone's account, and that this machine's DNS knows "
        "it: getent hosts " +
            host));
  }
  auto executor = co_await asio::this_coro::executor;
  std::string errors;
  bool out_of_files = false;
  std::optional<DialFailure> refused;
  for (const auto& address : answer.addresses) {
    const tcp::endpoint endpoint{address, port};
    if (!redirect) {
      refused = refusal(target, endpoint);
      if (refused) continue;
    }
    tcp::socket socket{executor};
    auto connecting = socket.async_connect(endpoint, nothrow);
    auto [in_time, outcome] =
        co_await within(std::move(connecting), config_.deadlines.upstream_connect);
    const error_code error = in_time ? std::get<0>(outcome) : asio::error::timed_out;
    if (!error) {
      co_return Dialled{tls::Stream{std::move(socket)}, authority(endpoint)};
    }
    out_of_files = out_of_files || error == asio::error::no_descriptors;
    if (!errors.empty()) errors += "; ";
    errors += authority(endpoint) + ": " + error.message();
  }
  if (errors.empty() && refused) co_return tl::unexpected(std::move(*refused));
  co_return tl::unexpected(failure(
      "connect", authority(target.host, target.port) + " cannot be reached: " + errors,
      out_of_files ? std::string{"This machine has no file left to open: raise it with ulimit -n, "
                                 "or allow fewer connections."}
                   : "The server is down, a firewall is between, or the port is wrong. Try from "
                     "this machine: openssl s_client -connect " +
                         authority(host, port)));
}

asio::awaitable<DialResult> Dialler::connect_tls(Target target) {
  auto dialled = co_await connect(target);
  if (!dialled) co_return tl::unexpected(std::move(dialled.error()));
  const bool insecure =
      insecure_.decide(target.host).action == tunnel::HostRules::Action::intercept;
  dialled->verified = !insecure;
  tls::ClientContext& context = insecure ? unverifying_ : verifying_;
  std::string error;
  certs::TlsHandle ssl = context.make(target.host, target.port, error);
  if (!ssl) {
    co_return tl::unexpected(
        failure("tls", "TLS with " + target.host + " cannot start: " + error,
                "The host name is not one that certificates can be checked for."));
  }
  dialled->stream.start_tls(std::move(ssl));
  auto handshake = dialled->stream.handshake();
  const auto [in_time, end] = co_await within(std::move(handshake), config_.deadlines.upstream_tls);
  if (!in_time) {
    co_return tl::unexpected(failure(
        "tls", authority(target.host, target.port) + " did not finish the TLS handshake in time",
        "The server accepts connections but does not answer: overloaded, or no TLS on this port."));
  }
  if (end != tls::End::none) {
    const long verdict = SSL_get_verify_result(dialled->stream.ssl());
    if (verdict != X509_V_OK && !insecure) {
      const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
      const auto why = certs::explain_trust_failure(
          verdict, tls::ClientContext::rejected_certificate(dialled->stream.ssl()), target.host,
          now);
      co_return tl::unexpected(failure("certificate", why.summary,
                                       why.phone + " " + why.next_step + " (" + why.detail + ")"));
    }
    co_return tl::unexpected(tls_failure(target, dialled->stream, end));
  }
  co_return std::move(*dialled);
}

}  // namespace eastap::net
