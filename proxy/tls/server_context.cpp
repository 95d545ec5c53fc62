#include <chrono>
#include <utility>

#include "proxy/tls/context.hpp"
#include "proxy/tls/context_parts.hpp"

namespace eastap::tls {
namespace {

/// What a server-side handshake needs and learns; owned by its SSL.
struct ServerRequest {
  const ServerContext* context = nullptr;
  std::string fallback_host;
  std::string error;
  bool chosen = false;
  bool legacy = false;
};

}  // namespace

struct ServerCallbacks {
  static int use(SSL* ssl, ServerRequest& request,
                 const Result<std::shared_ptr<const certs::Leaf>>& leaf) {
    if (!leaf) {
      request.error = leaf.error().detail;
      return 0;
    }
    if (const auto applied = (*leaf)->apply(ssl); !applied) {
      request.error = applied.error().detail;
      return 0;
    }
    request.chosen = true;
    return 1;
  }

  static int choose_certificate(SSL* ssl, void*) noexcept {
    auto* request = ex_data<ServerRequest>(ssl);
    try {
      const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      const std::string host = name != nullptr && *name != '\0' ? name : request->fallback_host;
      const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
      const ServerContext& context = *request->context;
      if (const auto own = context.rules_.own_leaf ? context.rules_.own_leaf(host) : nullptr) {
        return use(ssl, *request, own);
      }
      // First, as the last one set is what OpenSSL takes when the phone can do with either.
      if (request->legacy && use(ssl, *request, context.leaves_.rsa_leaf_for(host, now)) == 0) {
        return 0;
      }
      return use(ssl, *request, context.leaves_.leaf_for(host, now));
    } catch (const std::exception& error) {
      request->error = error.what();
      return 0;
    }
  }

  /// Acknowledges SNI (RFC 6066 3), so that OpenSSL keeps the name in the session: a resumed
  /// TLS 1.2 connection would have none, and a ticket could be used under another name.
  static int acknowledge_name(SSL*, int*, void*) noexcept { return SSL_TLSEXT_ERR_OK; }

  /// `http/1.1` when the phone offers it; no ALPN answer at all otherwise (RFC 7301 lets it go on).
  static int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                             const unsigned char* offered, unsigned int offered_length,
                             void*) noexcept {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, kHttp11.data(), kHttp11.size(), offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED) {
      return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
  }

  /// The phone's certificate is looked at and goes nowhere: it is the server's to judge.
  static int accept_any(int, X509_STORE_CTX*) noexcept { return 1; }

  static void log_key(const SSL* ssl, const char* line) noexcept {
    const auto* context =
        static_cast<const ServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    try {
      context->key_log_(line);
    } catch (const std::exception&) {
      return;  // a key log that cannot be written must not touch the connection
    }
  }
};

ServerContext::ServerContext(certs::LeafCache& leaves, KeyLog key_log, PhoneRules rules)
    : leaves_{leaves},
      key_log_{std::move(key_log)},
      rules_{std::move(rules)},
      context_{SSL_CTX_new(TLS_server_method())} {
  require(context_ != nullptr, "create the TLS context for phones");
  common_settings(context_.get());
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_set_cert_cb(context_.get(), &ServerCallbacks::choose_certificate, nullptr);
  SSL_CTX_set_alpn_select_cb(context_.get(), &ServerCallbacks::choose_protocol, nullptr);
  // SSL_CTX_set_tlsext_servername_callback without its macro's C cast
  SSL_CTX_callback_ctrl(context_.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&ServerCallbacks::acknowledge_name));
  // Tickets carry the session, so no memory is held for a phone that went away. One ticket a
  // handshake is enough: phones keep few connections, and each ticket costs CPU and 250 octets.
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context_.get(), 1);
  constexpr std::array<unsigned char, 6> kSessionContext{'e', 'a', 's', 't', 'a', 'p'};
  require(SSL_CTX_set_session_id_context(context_.get(), kSessionContext.data(),
                                         kSessionContext.size()) == 1,
          "set the session context");
  if (key_log_) SSL_CTX_set_keylog_callback(context_.get(), &ServerCallbacks::log_key);
}

std::optional<std::string> ServerContext::refusal(std::string_view host) const {
  if (rules_.own_leaf && rules_.own_leaf(host)) return std::nullopt;
  return leaves_.refusal(host);
}

certs::TlsHandle ServerContext::make(std::string fallback_host, std::string& error,
                                     const CertificateRequest* ask) const {
  certs::TlsHandle ssl{SSL_new(context_.get())};
  if (!ssl) {
    error = certs::drain_errors("create a TLS connection").detail;
    return nullptr;
  }
  const bool legacy = rules_.legacy && rules_.legacy(fallback_host);
  if (legacy && !allow_legacy(ssl.get())) {
    error = certs::drain_errors("allow legacy TLS").detail;
    return nullptr;
  }
  if (ask != nullptr) {
    // As the server asked, so that the phone behaves as it does without the proxy.
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, &ServerCallbacks::accept_any);
    SSL_set0_CA_list(ssl.get(), ask->names ? SSL_dup_CA_list(ask->names.get()) : nullptr);
  }
  auto request = std::make_unique<ServerRequest>();
  request->context = this;
  request->fallback_host = std::move(fallback_host);
  request->legacy = legacy;
  if (SSL_set_ex_data(ssl.get(), ex_index<ServerRequest>(), request.get()) != 1) {
    error = certs::drain_errors("prepare a TLS connection").detail;
    return nullptr;
  }
  request.release();  // the SSL owns it now
  SSL_set_accept_state(ssl.get());
  return ssl;
}

std::string ServerContext::server_name(const SSL* ssl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

bool ServerContext::certificate_sent(const SSL* ssl) {
  const auto* request = ex_data<ServerRequest>(ssl);
  return request != nullptr && request->chosen;
}

std::string ServerContext::leaf_error(const SSL* ssl) {
  const auto* request = ex_data<ServerRequest>(ssl);
  return request != nullptr ? request->error : std::string{};
}

bool ServerContext::legacy(const SSL* ssl) {
  const auto* request = ex_data<ServerRequest>(ssl);
  return request != nullptr && request->legacy;
}

}  // namespace eastap::tls
