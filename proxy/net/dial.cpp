#include "proxy/net/dial.hpp"

#include <chrono>
#include <utility>

#include "certs/trust.hpp"
#include "proxy/net/client_certificate.hpp"
#include "proxy/net/tls_failure.hpp"

namespace eastap::net {
namespace {

/// The words of a TLS failure that is not about the certificate.
DialFailure tls_failure(const Target& target, const tls::Stream& stream, tls::End end) {
  const std::string where = authority(target.host, target.port);
  if (tls::ClientContext::certificate_request(stream.ssl()) != nullptr) {
    const auto facts = client_certificate_facts(stream.ssl(), nullptr, target.host, target.port);
    return dial_failure("client_certificate", where + " asks for a client certificate",
                        explain_client_certificate(CertificateAsked::handshake_failed, facts) +
                            (stream.last_error().empty() ? "" : " (" + stream.last_error() + ")"));
  }
  if (looks_old(stream.last_error(), stream.received_alert())) {
    return dial_failure(
        "old_tls", where + " speaks no TLS that is accepted today: " + stream.last_error(),
        tls::ClientContext::legacy(stream.ssl())
            ? "Not even TLS 1.0 with old ciphers helped. Try: openssl s_client -connect " + where
            : "Phones of today refuse such a server too. " + legacy_remedy(target.host, "server"));
  }
  switch (end) {
    case tls::End::fin:
    case tls::End::close_notify:
      return dial_failure(
          "tls", where + " closed the connection during the TLS handshake",
          "The server (or a firewall before it) does not speak TLS on this port, wants "
          "another TLS version than 1.2 or 1.3, or refuses this client. Try: openssl "
          "s_client -connect " +
              where);
    case tls::End::reset:
      return dial_failure(
          "tls", where + " reset the connection during the TLS handshake",
          "A firewall or the server broke it off. Try: openssl s_client -connect " + where);
    default:
      return dial_failure(
          "tls", "TLS with " + where + " failed: " + stream.last_error(),
          stream.received_alert() >= 0
              ? "The server sent a TLS alert: it does not accept this client's versions, "
                "ciphers or name, or wants a client certificate. If the server is old: " +
                    legacy_remedy(target.host, "server")
              : "What the server sent is not TLS 1.2 or 1.3 as this program accepts it.");
  }
}

}  // namespace

Dialler::Dialler(const config::Config& config, const tunnel::HostRules& insecure,
                 Connector& connector, tls::ClientContext& verifying,
                 tls::ClientContext& unverifying)
    : config_{config},
      insecure_{insecure},
      connector_{connector},
      verifying_{verifying},
      unverifying_{unverifying} {}

asio::awaitable<DialResult> Dialler::connect(Target target, Purpose purpose) {
  auto connected = co_await connector_.connect(std::move(target), purpose);
  if (!connected) co_return tl::unexpected(std::move(connected.error()));
  Dialled dialled{std::move(*connected)};
  co_return std::move(dialled);
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
        dial_failure("tls", "TLS with " + target.host + " cannot start: " + error,
                     "The host name is not one that certificates can be checked for."));
  }
  dialled->stream.start_tls(std::move(ssl));
  auto handshake = dialled->stream.handshake();
  const auto [in_time, end] = co_await within(std::move(handshake), config_.deadlines.upstream_tls);
  if (!in_time) {
    co_return tl::unexpected(dial_failure(
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
      co_return tl::unexpected(dial_failure(
          "certificate", why.summary, why.phone + " " + why.next_step + " (" + why.detail + ")"));
    }
    co_return tl::unexpected(tls_failure(target, dialled->stream, end));
  }
  co_return std::move(*dialled);
}

}  // namespace eastap::net
