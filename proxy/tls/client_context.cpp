#include <utility>

#include "proxy/tls/context.hpp"
#include "proxy/tls/context_parts.hpp"

namespace eastap::tls {
namespace {

/// What a client-side connection is to, for the session cache; owned by its SSL.
struct ClientRequest {
  ClientContext* context = nullptr;
  std::string key;
  std::shared_ptr<const certs::Identity> identity;
  std::unique_ptr<CertificateRequest> asked;
  bool legacy = false;
  bool renegotiation_requested = false;
  certs::CertHandle rejected;  // OpenSSL forgets the peer's certificate when it does not verify
};

}  // namespace

struct ClientCallbacks {
  static int verified(int success, X509_STORE_CTX* check) noexcept {
    if (success == 1) return 1;
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* request = ex_data<ClientRequest>(ssl);
    X509* leaf = X509_STORE_CTX_get0_cert(check);
    if (request != nullptr && leaf != nullptr) request->rejected = certs::share(leaf);
    return 0;
  }

  /// The server wants to know who we are: in the handshake, in another one once it knows the path
  /// (TLS 1.2, IIS), or after the handshake (TLS 1.3). Without an identity none is sent, as the
  /// device's key is not here; the server then goes on or ends the connection.
  static int choose_identity(SSL* ssl, void*) noexcept {
    auto* request = ex_data<ClientRequest>(ssl);
    if (request == nullptr) return 1;
    try {
      request->asked = requested(ssl);
      if (request->identity == nullptr) return 1;
      request->asked->answered = certs::show(ssl, *request->identity);
      return request->asked->answered ? 1 : 0;
    } catch (const std::exception&) {
      return 0;
    }
  }

  static std::unique_ptr<CertificateRequest> requested(const SSL* ssl) {
    auto made = std::make_unique<CertificateRequest>();
    const STACK_OF(X509_NAME)* names = SSL_get0_peer_CA_list(ssl);
    const int count = names != nullptr ? sk_X509_NAME_num(names) : 0;
    if (count == 0) return made;
    made->names.reset(SSL_dup_CA_list(names));
    for (int at = 0; at < count && made->issuers.size() < CertificateRequest::kShown; ++at) {
      made->issuers.push_back(certs::name_text(*sk_X509_NAME_value(names, at)));
    }
    made->more = static_cast<std::size_t>(count) - made->issuers.size();
    return made;
  }

  /// Notes our refusal of a renegotiation, which OpenSSL makes without a word.
  static void progress(const SSL* ssl, int where, int value) noexcept {
    constexpr int kRefusal = (SSL3_AL_WARNING << 8) | SSL_AD_NO_RENEGOTIATION;
    if (where != SSL_CB_WRITE_ALERT || value != kRefusal) return;
    if (auto* request = ex_data<ClientRequest>(ssl)) request->renegotiation_requested = true;
  }

  static int new_session(SSL* ssl, SSL_SESSION* session) noexcept {
    const auto* request = ex_data<ClientRequest>(ssl);
    if (request == nullptr) return 0;
    try {
      SSL_SESSION_up_ref(session);
      request->context->remember(request->key, certs::TlsSessionHandle{session});
    } catch (const std::exception&) {
      return 0;  // out of memory: the next connection does a full handshake
    }
    return 0;  // OpenSSL keeps its own reference
  }

  static void log_key(const SSL* ssl, const char* line) noexcept {
    const auto* context =
        static_cast<const ClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    try {
      context->key_log_(line);
    } catch (const std::exception&) {
      return;
    }
  }
};

ClientContext::ClientContext(X509_STORE* trusted, bool verify, KeyLog key_log, ServerRules rules)
    : verify_{verify},
      key_log_{std::move(key_log)},
      rules_{std::move(rules)},
      context_{SSL_CTX_new(TLS_client_method())} {
  require(context_ != nullptr, "create the TLS context for servers");
  common_settings(context_.get());
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_set1_cert_store(context_.get(), trusted);
  SSL_CTX_set_verify(context_.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     verify ? &ClientCallbacks::verified : nullptr);
  require(SSL_CTX_set_alpn_protos(context_.get(), kHttp11.data(), kHttp11.size()) == 0, "set ALPN");
  SSL_CTX_set_session_cache_mode(context_.get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_.get(), &ClientCallbacks::new_session);
  SSL_CTX_set_cert_cb(context_.get(), &ClientCallbacks::choose_identity, nullptr);
  SSL_CTX_set_info_callback(context_.get(), &ClientCallbacks::progress);
  if (key_log_) SSL_CTX_set_keylog_callback(context_.get(), &ClientCallbacks::log_key);
}

certs::TlsHandle ClientContext::make(const std::string& host, std::uint16_t port,
                                     std::string& error) {
  const auto fail = [&](const char* what) {
    error = certs::drain_errors(what).detail;
    return certs::TlsHandle{};
  };
  certs::TlsHandle ssl{SSL_new(context_.get())};
  if (!ssl) return fail("create a TLS connection");
  auto request = std::make_unique<ClientRequest>();
  request->context = this;
  request->key = host + ':' + std::to_string(port);
  request->identity = rules_.identity ? rules_.identity(host) : nullptr;
  request->legacy = rules_.legacy && rules_.legacy(host);
  if (request->identity != nullptr) {
    // Servers ask once they know the path, if they can; and only whoever can answer lets them.
    SSL_clear_options(ssl.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_set_post_handshake_auth(ssl.get(), 1);
  }
  if (request->legacy && !allow_legacy(ssl.get())) return fail("allow legacy TLS");
  const std::string key = request->key;
  if (SSL_set_ex_data(ssl.get(), ex_index<ClientRequest>(), request.get()) != 1) {
    return fail("prepare a TLS connection");
  }
  request.release();  // the SSL owns it now
  if (verify_) {
    if (const auto expected = certs::expect_host(ssl.get(), host); !expected) {
      error = expected.error().detail;
      return nullptr;
    }
  } else if (!is_address(host)) {
    // SSL_set_tlsext_host_name without its macro's C cast
    std::string name = host;
    if (SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) !=
        1) {
      return fail("set SNI");
    }
  }
  if (const auto session = take(key)) SSL_set_session(ssl.get(), session.get());
  SSL_set_connect_state(ssl.get());
  return ssl;
}

const X509* ClientContext::rejected_certificate(const SSL* ssl) {
  const auto* request = ex_data<ClientRequest>(ssl);
  return request != nullptr ? request->rejected.get() : nullptr;
}

const CertificateRequest* ClientContext::certificate_request(const SSL* ssl) {
  const auto* request = ex_data<ClientRequest>(ssl);
  return request != nullptr ? request->asked.get() : nullptr;
}

const certs::Identity* ClientContext::identity(const SSL* ssl) {
  const auto* request = ex_data<ClientRequest>(ssl);
  return request != nullptr ? request->identity.get() : nullptr;
}

bool ClientContext::legacy(const SSL* ssl) {
  const auto* request = ex_data<ClientRequest>(ssl);
  return request != nullptr && request->legacy;
}

bool ClientContext::renegotiation_requested(const SSL* ssl) {
  const auto* request = ex_data<ClientRequest>(ssl);
  return request != nullptr && request->renegotiation_requested;
}

void ClientContext::remember(const std::string& key, certs::TlsSessionHandle session) {
  const std::scoped_lock lock{mutex_};
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    sessions_.emplace_front(key, std::vector<certs::TlsSessionHandle>{});
    by_key_.emplace(sessions_.front().first, sessions_.begin());
    if (sessions_.size() > kMaxServers) {
      by_key_.erase(sessions_.back().first);
      sessions_.pop_back();
    }
  } else {
    sessions_.splice(sessions_.begin(), sessions_, found->second);
  }
  auto& tickets = sessions_.front().second;
  if (tickets.size() >= kTicketsAServer) tickets.erase(tickets.begin());
  tickets.push_back(std::move(session));
}

certs::TlsSessionHandle ClientContext::take(const std::string& key) {
  const std::scoped_lock lock{mutex_};
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second->second.empty()) return nullptr;
  auto& tickets = found->second->second;
  SSL_SESSION* newest = tickets.back().get();
  // TLS 1.2 sessions may be used many times, TLS 1.3 tickets once (RFC 8446 C.4)
  if (SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(newest);
    return certs::TlsSessionHandle{newest};
  }
  certs::TlsSessionHandle session = std::move(tickets.back());
  tickets.pop_back();
  return session;
}

}  // namespace eastap::tls
