#include "proxy/tls/context.hpp"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace eastap::tls {
namespace {

constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// What a server-side handshake needs and learns; owned by its SSL.
struct ServerRequest {
  const ServerContext* context = nullptr;
  std::string fallback_host;
  std::string error;
  bool chosen = false;
};

/// What a client-side connection is to, for the session cache; owned by its SSL.
struct ClientRequest {
  ClientContext* context = nullptr;
  std::string key;
  bool certificate_requested = false;
  bool renegotiation_requested = false;
  certs::CertHandle rejected;  // OpenSSL forgets the peer's certificate when it does not verify
};

template <class T>
void free_ex_data(void*, void* data, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<T*>(data);
}

template <class T>
int ex_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_ex_data<T>);
  return index;
}

template <class T>
T* ex_data(const SSL* ssl) {
  return static_cast<T*>(SSL_get_ex_data(ssl, ex_index<T>()));
}

bool is_address(const std::string& host) {
  in6_addr octets{};
  return inet_pton(AF_INET, host.c_str(), &octets) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &octets) == 1;
}

void require(bool success, const char* what) {
  if (!success) throw std::runtime_error{certs::drain_errors(what).detail};
}

void common_settings(SSL_CTX* context) {
  require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1,
          "set the lowest TLS version");
  // Without SSL_MODE_RELEASE_BUFFERS, which would free and allocate four buffers of 17 kB an
  // exchange (3 us): Stream::release_buffers frees them once a connection has been quiet for a
  // moment.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // header and body of a record by one system call
  // Renegotiation has no use on either side, and toward a phone it is a way to burn CPU. A FIN
  // without close_notify ends one direction only: without this option OpenSSL answers it with a
  // fatal alert and refuses to write from then on. Stream tells it from a close_notify.
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

}  // namespace

struct ServerCallbacks {
  static int choose_certificate(SSL* ssl, void*) noexcept {
    auto* request = ex_data<ServerRequest>(ssl);
    try {
      const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      const std::string host = name != nullptr && *name != '\0' ? name : request->fallback_host;
      const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
      const auto leaf = request->context->leaves_.leaf_for(host, now);
      if (!leaf) {
        request->error = leaf.error().detail;
        return 0;
      }
      if (const auto applied = (*leaf)->apply(ssl); !applied) {
        request->error = applied.error().detail;
        return 0;
      }
      request->chosen = true;
      return 1;
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

ServerContext::ServerContext(certs::LeafCache& leaves, KeyLog key_log)
    : leaves_{leaves}, key_log_{std::move(key_log)}, context_{SSL_CTX_new(TLS_server_method())} {
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

certs::TlsHandle ServerContext::make(std::string fallback_host, std::string& error) const {
  certs::TlsHandle ssl{SSL_new(context_.get())};
  if (!ssl) {
    error = certs::drain_errors("create a TLS connection").detail;
    return nullptr;
  }
  auto request = std::make_unique<ServerRequest>();
  request->context = this;
  request->fallback_host = std::move(fallback_host);
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

  /// The server wants to know who we are. No certificate is ever sent: the device's key is not
  /// here.
  static int client_certificate(SSL* ssl, X509**, EVP_PKEY**) noexcept {
    if (auto* request = ex_data<ClientRequest>(ssl)) request->certificate_requested = true;
    return 0;
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

ClientContext::ClientContext(X509_STORE* trusted, bool verify, KeyLog key_log)
    : verify_{verify}, key_log_{std::move(key_log)}, context_{SSL_CTX_new(TLS_client_method())} {
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
  SSL_CTX_set_client_cert_cb(context_.get(), &ClientCallbacks::client_certificate);
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

bool ClientContext::certificate_requested(const SSL* ssl) {
  const auto* request = ex_data<ClientRequest>(ssl);
  return request != nullptr && request->certificate_requested;
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
