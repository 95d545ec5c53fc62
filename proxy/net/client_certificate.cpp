#include "proxy/net/client_certificate.hpp"

#include <utility>

#include "certs/identity.hpp"
#include "proxy/net/dial.hpp"
#include "proxy/tls/context.hpp"

namespace eastap::net {
namespace {

std::string accepted(const ClientCertificateFacts& facts) {
  if (facts.accepted.empty()) return {};
  std::string text = " It accepts those of: ";
  for (std::size_t at = 0; at < facts.accepted.size(); ++at) {
    text += (at > 0 ? ", " : "") + facts.accepted[at];
  }
  if (facts.more > 0) text += " and " + std::to_string(facts.more) + " more";
  return text + '.';
}

/// Who may have one, and how the server gets to see it.
std::string remedy(const ClientCertificateFacts& facts) {
  const std::string device =
      facts.device.empty()
          ? "The device's certificate and key never leave the device, so a connection that is "
            "decrypted cannot show them. "
          : "The device showed " + facts.device +
                ", which cannot be forwarded: it proves that the device talks to the proxy, and "
                "its key never leaves the device. ";
  return device +
         "To answer with one of your own, to which the server then takes every device: "
         "--client-certificate " +
         facts.host + "=FILE.pfx. To let the device log in itself, undecrypted: --tunnel " +
         facts.host;
}

std::string what_happened(CertificateAsked how, const std::string& where) {
  switch (how) {
    case CertificateAsked::handshake_failed:
      return where + " asked for a client certificate and broke off the TLS handshake.";
    case CertificateAsked::ended:
      return where + " asked for a client certificate and ended the connection.";
    case CertificateAsked::renegotiation:
      return where +
             " asked to renegotiate, most likely for a client certificate (IIS does so when it "
             "knows the path).";
    case CertificateAsked::told: break;
  }
  return where + " asks for a client certificate.";
}

}  // namespace

ClientCertificateFacts client_certificate_facts(const SSL* server, const SSL* device,
                                                std::string host, std::uint16_t port) {
  ClientCertificateFacts facts;
  facts.host = std::move(host);
  facts.port = port;
  if (const auto* asked = tls::ClientContext::certificate_request(server)) {
    facts.accepted = asked->issuers;
    facts.more = asked->more;
  }
  const auto described = [](const X509& certificate) {
    const auto of = certs::facts_of(certificate);
    return "the certificate of " + of.subject + " (issuer " + of.issuer;
  };
  if (const auto* identity = tls::ClientContext::identity(server)) {
    facts.ours = described(*identity->certificate) + ", " + identity->file + ')';
  }
  const X509* shown = device != nullptr ? SSL_get0_peer_certificate(device) : nullptr;
  if (shown != nullptr) facts.device = described(*shown) + ')';
  return facts;
}

std::string explain_client_certificate(CertificateAsked how, const ClientCertificateFacts& facts) {
  const std::string happened = what_happened(how, authority(facts.host, facts.port));
  if (facts.ours.empty()) {
    const std::string silent =
        how == CertificateAsked::told ? " It got none, and may go on without or refuse." : "";
    return happened + accepted(facts) + silent + ' ' + remedy(facts);
  }
  if (how == CertificateAsked::told) {
    return happened + " It got " + facts.ours +
           (facts.device.empty() ? "." : "; the device showed " + facts.device + '.');
  }
  return happened + " It got " + facts.ours + " and did not accept it." + accepted(facts) +
         " Compare issuer and expiry, and whether the server knows the user (in Active Directory: "
         "the UPN in the certificate)";
}

}  // namespace eastap::net
