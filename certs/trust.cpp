#include "certs/trust.hpp"

#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/tls1.h>

#include "certs/extensions.hpp"
#include "certs/leaf.hpp"
#include "certs/names.hpp"

namespace eastap::certs {

namespace {

/// Adds every certificate of a PEM file; all or an error naming the file.
void add_file(X509_STORE* store, const std::string& file) {
  const std::string remedy =
      "; --upstream-ca wants PEM (-----BEGIN CERTIFICATE-----); convert DER with "
      "openssl x509 -inform der -in FILE -out FILE.pem";
  const BioHandle source{BIO_new_file(file.c_str(), "rb")};
  if (!source) {
    throw CertificateError{drain_errors(file).detail +
                           "; give a readable PEM file with --upstream-ca"};
  }
  int count = 0;
  while (true) {
    const CertHandle certificate{PEM_read_bio_X509_AUX(source.get(), nullptr, nullptr, nullptr)};
    if (!certificate) break;
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      throw CertificateError{
          drain_errors(file + ": certificate " + std::to_string(count + 1)).detail};
    }
    ++count;
  }
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = drain_errors("reading PEM").detail;
  if (count == 0 && end) throw CertificateError{file + ": holds no certificate" + remedy};
  if (!end) {
    throw CertificateError{file + ": certificate " + std::to_string(count + 1) + " is damaged (" +
                           why + ")" + remedy};
  }
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  if (names.empty()) return "no name";
  std::string text;
  for (std::size_t at = 0; at < names.size() && at < kShown; ++at)
    text += (at > 0 ? ", " : "") + names[at];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

struct Words {
  std::string summary, phone, next_step;
};

Words explain_time(bool expired, const X509& peer, const std::string& host, SystemTime now) {
  const SystemTime not_before = to_system_time(X509_get0_notBefore(&peer));
  const SystemTime not_after = to_system_time(X509_get0_notAfter(&peer));
  const std::string prompt =
      "an alert that the identity of the server cannot be verified; mail does not sync";
  if (expired && now > not_after) {
    return {"the certificate of " + host + " expired on " + date_text(not_after), prompt,
            "renew the certificate on the server or load balancer; to look at the traffic before "
            "that, add "
            "--upstream-insecure " +
                host};
  }
  if (!expired && now < not_before) {
    return {"the certificate of " + host + " is valid only from " + date_text(not_before), prompt,
            "compare the clock of this machine (" + date_text(now) +
                ") and of the server that issued it"};
  }
  return {std::string{"a CA certificate above "} + host +
              (expired ? " has expired" : " is not valid yet"),
          prompt,
          "renew the intermediate or root that the server sends (openssl s_client -showcerts shows "
          "which)"};
}

Words explain_name(const X509& peer, const std::string& host) {
  const bool has_names = X509_get_ext_by_NID(&peer, NID_subject_alt_name, -1) >= 0;
  if (!has_names) {
    return {"the certificate of " + host + " has no subjectAltName (its common name is " +
                joined(names_of(peer)) + ")",
            "iOS 13 and later refuse it, because they ignore the common name; old Android phones "
            "may accept it",
            "issue a certificate with " + host +
                " as DNS name in subjectAltName; to go on, add --upstream-insecure " + host};
  }
  return {"the certificate of " + host + " is for " + joined(names_of(peer)),
          "an alert that the identity of the server cannot be verified (name mismatch)",
          "put " + host +
              " into the certificate's subjectAltName, or correct the host name in DNS, "
              "Autodiscover and "
              "the virtual directory's ExternalUrl; to go on, add --upstream-insecure " +
              host};
}

Words explain_issuer(long result, const X509& peer, const std::string& host) {
  const std::string issuer = readable_name(X509_get_issuer_name(&peer));
  if (result == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
    return {"the certificate of " + host + " is self-signed",
            "a phone refuses it unless this very certificate was installed on it",
            "if the phones have it installed, give it to eastap with --upstream-ca FILE; else use "
            "a certificate of a "
            "known CA, or add --upstream-insecure " +
                host};
  }
  if (result == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) {
    return {"the certificate of " + host +
                " comes from a root that this machine does not know (issuer " + issuer + ")",
            "phones that have the organisation's root installed accept it, all others refuse it",
            "give that root to eastap with --upstream-ca FILE (PEM)"};
  }
  return {
      "the issuer of the certificate of " + host + " is unknown (" + issuer + ")",
      "phones without that CA refuse it; phones do not fetch a missing intermediate certificate",
      "let the server send its intermediate certificates too; if " + issuer +
          " belongs to your organisation, give its root to eastap with --upstream-ca FILE (PEM)"};
}

Words explain_other(long result, const std::string& host) {
  const std::string words = X509_verify_cert_error_string(result);
  return {"the certificate of " + host + " was not accepted: " + words, "most likely a refusal too",
          "replace the certificate; to go on, add --upstream-insecure " + host};
}

Words explain(long result, const X509* peer, const std::string& host, SystemTime now) {
  if (peer == nullptr) {
    return {host + " sent no certificate", "no connection",
            "check that a TLS server listens on this port"};
  }
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return explain_time(true, *peer, host, now);
    case X509_V_ERR_CERT_NOT_YET_VALID: return explain_time(false, *peer, host, now);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return explain_name(*peer, host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return explain_issuer(result, *peer, host);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {
          "the certificate of " + host + " uses a key or signature that is too weak (" +
              X509_verify_cert_error_string(result) + ")",
          "phones refuse RSA below 2048 bit and SHA-1",
          "issue a certificate with RSA 2048 or P-256, and SHA-256; to look at the traffic before "
          "that, add --legacy-tls '" +
              host + ";side=server'"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {"the certificate of " + host +
                  " is not for servers (extended key usage lacks serverAuth)",
              "iOS 13 and later refuse it",
              "issue a certificate with extended key usage serverAuth"};
    default: return explain_other(result, host);
  }
}

}  // namespace

StoreHandle make_trust_store(const std::vector<std::string>& extra_files) {
  StoreHandle store{X509_STORE_new()};
  // Roots are looked up by hash in the system's folder when a chain needs one; nothing is read
  // here.
  if (!store || X509_STORE_set_default_paths(store.get()) != 1) {
    throw CertificateError{drain_errors("prepare the system's root certificates").detail};
  }
  for (const std::string& file : extra_files) add_file(store.get(), file);
  // A file may hold an intermediate or the server's own certificate: who names it trusts it.
  if (!extra_files.empty()) X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

Result<void> expect_host(SSL* connection, std::string_view host) {
  const Result<std::string> name = normalized_host(host);
  if (!name) return tl::unexpected(name.error());
  X509_VERIFY_PARAM* const rules = SSL_get0_param(connection);  // borrowed from `connection`
  // Phones ignore the common name, and so do we: the admin is to hear of it.
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const auto address = address_from(*name);
  bool done = false;
  if (address) {
    done = X509_VERIFY_PARAM_set1_ip(rules, address->octets.data(), address->length) == 1;
  } else {
    // SSL_set_tlsext_host_name, without its C cast. OpenSSL copies the name.
    done = X509_VERIFY_PARAM_set1_host(rules, name->data(), name->size()) == 1 &&
           SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    const_cast<char*>(name->c_str())) == 1;
  }
  if (!done) return tl::unexpected(drain_errors("prepare the check of the host name"));
  SSL_set_verify(connection, SSL_VERIFY_PEER, nullptr);
  return {};
}

std::string name_text(const X509_NAME& name) { return readable_name(&name); }

TrustFailure explain_trust_failure(long verify_result, const X509* peer, std::string_view host,
                                   SystemTime now) {
  Words words = explain(verify_result, peer, readable_text(host), now);
  TrustFailure failure{
      std::move(words.summary), std::move(words.phone), std::move(words.next_step), {}};
  failure.detail = X509_verify_cert_error_string(verify_result);
  if (peer != nullptr) {
    const CertificateFacts facts = facts_of(*peer);
    failure.detail += "; subject " + facts.subject + "; issuer " + facts.issuer + "; names " +
                      joined(names_of(*peer)) + "; valid " + date_text(facts.not_before) + " to " +
                      date_text(facts.not_after) + "; key " + facts.key;
  }
  return failure;
}

}  // namespace eastap::certs
