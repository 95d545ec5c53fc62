#include "proxy/check/http_client.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/openssl.hpp"
#include "proxy/check/names.hpp"

namespace eastap::check {
namespace {

constexpr std::size_t kHeadOctets = 64 * 1'024;
constexpr std::size_t kBodyOctets = 8U << 20U;  // one page of mail, cut to 512 octets each
constexpr long kConnectMilliseconds = 15'000;

// What iOS 15 and later offer below TLS 1.3 (Apple, "TLS security").
constexpr const char* kPhoneSuites =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA:"
    "ECDHE-RSA-AES128-SHA:AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:"
    "AES256-SHA:AES128-SHA:@SECLEVEL=0";
constexpr const char* kOldSuites = "ALL:@SECLEVEL=0";

struct HandleReleaser {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct ListReleaser {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using ListHandle = std::unique_ptr<curl_slist, ListReleaser>;

void add(ListHandle& list, const std::string& line) {
  // On failure the old list stays with its owner.
  if (curl_slist* const longer = curl_slist_append(list.get(), line.c_str())) {
    static_cast<void>(list.release());
    list.reset(longer);
  }
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

Answered::End end_of(CURLcode code) {
  using End = Answered::End;
  switch (code) {
    case CURLE_OK: return End::answered;
    case CURLE_COULDNT_RESOLVE_HOST: return End::no_name;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_PROXY: return End::no_connection;
    case CURLE_OPERATION_TIMEDOUT: return End::timed_out;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER: return End::no_tls;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR: return End::untrusted;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return End::closed;
    case CURLE_WRITE_ERROR: return End::too_large;
    case CURLE_UNSUPPORTED_PROTOCOL:  // an answer without head, HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY: return End::not_http;
    default: return End::other;
  }
}

}  // namespace

/// One request under way: what libcurl and OpenSSL call back into.
class HttpClient::Transfer {
 public:
  Transfer(const Ask& ask, const Options& options) : ask_{ask}, options_{options} {}

  Answered answer;
  std::array<char, CURL_ERROR_SIZE> words{};

  static std::size_t take_head(char* octets, std::size_t size, std::size_t count,
                               void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view line{octets, size * count};
    // Each of several heads (100 Continue, the legs of NTLM) begins anew: the last one counts.
    if (line.starts_with("HTTP/")) {
      transfer.answer.head.clear();
      transfer.answer.body.clear();
    }
    return append(transfer.answer.head, line, kHeadOctets);
  }

  static std::size_t take_body(char* octets, std::size_t size, std::size_t count,
                               void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    return append(transfer.answer.body, {octets, size * count}, kBodyOctets);
  }

  /// `self` is the client's state, since a connection that is kept outlives its first transfer.
  static CURLcode prepare_tls(CURL*, void* context, void* self) noexcept;

 private:
  static std::size_t append(std::string& to, std::string_view octets, std::size_t most) noexcept {
    if (octets.size() > most - std::min(to.size(), most)) return 0;  // CURLE_WRITE_ERROR
    to += octets;
    return octets.size();
  }

  static Transfer* current(void* state) noexcept;

  static int verify(X509_STORE_CTX* context, void* state) noexcept {
    Transfer* const self = current(state);
    if (self == nullptr) return 0;
    self->keep_chain(context);
    const bool good = X509_verify_cert(context) == 1;
    // libcurl compares the name only when all is done, which is too late for our own certificate.
    const bool verified =
        good && names_host(X509_STORE_CTX_get0_cert(context), self->ask_.url.host);
    auto* const connection = static_cast<SSL*>(
        X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (connection != nullptr)
      SSL_set_ex_data(connection, verdict_index(), verified ? self : nullptr);
    if (good || !self->ask_.any_certificate) return good ? 1 : 0;
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }

  /// Whether the server was verified stays with its connection, which may serve several requests,
  /// and may ask for a certificate in a later one. Not null: it was. Never followed.
  static int verdict_index() noexcept {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
  }

  static bool names_host(X509* certificate, const std::string& host) noexcept {
    if (certificate == nullptr) return false;
    return is_address(host)
               ? X509_check_ip_asc(certificate, host.c_str(), 0) == 1
               : X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
  }

  /// As it was sent.
  void keep_chain(X509_STORE_CTX* context) {
    answer.chain.clear();
    STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(context);  // borrowed
    std::size_t octets = 0;
    for (int at = 0; at < sk_X509_num(sent) && answer.chain.size() < kChainCertificates; ++at) {
      const int length = i2d_X509(sk_X509_value(sent, at), nullptr);
      if (length <= 0 || (octets += static_cast<std::size_t>(length)) > kChainOctets) break;
      std::string der(static_cast<std::size_t>(length), '\0');
      auto* to = reinterpret_cast<unsigned char*>(der.data());
      i2d_X509(sk_X509_value(sent, at), &to);
      answer.chain.push_back(std::move(der));
    }
  }

  /// The server asks who we are: in the handshake, or later. Without a certificate it goes on or
  /// ends the connection.
  static int choose_identity(SSL* connection, void* state) noexcept {
    Transfer* const self = current(state);
    if (self == nullptr) return 1;
    try {
      const auto& identity_for = self->options_.identity;
      const auto identity =
          identity_for ? identity_for(self->ask_.url.host,
                                      SSL_get_ex_data(connection, verdict_index()) != nullptr)
                       : nullptr;
      self->answer.certificate_requested = identity == nullptr;
      if (identity == nullptr) return 1;
      self->answer.certificate_shown = certs::facts_of(*identity->certificate).subject;
      return certs::show(connection, *identity) ? 1 : 0;
    } catch (const std::exception&) {
      return 0;
    }
  }

  static void take_state(const SSL* connection, int where, int /*value*/) noexcept {
    Transfer* const self = current(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    if (self == nullptr || (where & SSL_CB_HANDSHAKE_DONE) == 0) return;
    self->answer.tls_version = SSL_get_version(connection);
    const char* const cipher = SSL_get_cipher_name(connection);
    self->answer.cipher = cipher != nullptr ? cipher : "";
  }

  const Ask& ask_;
  const Options& options_;
};

struct HttpClient::State {
  State(Options given, NameClient& resolver) : options{std::move(given)}, names{resolver} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    handle.reset();
    curl_global_cleanup();
  }

  Options options;
  NameClient& names;
  std::unique_ptr<CURL, HandleReleaser> handle;
  Transfer* current = nullptr;

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle.get(), option, value);
  }

  void set_request(const Ask& ask, ListHandle& headers) {
    set(CURLOPT_URL, ask.url.text().c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    for (const auto& [name, value] : ask.headers) add(headers, name + ": " + value);
    add(headers, "Expect:");  // no phone waits for 100 Continue
    set(CURLOPT_HTTPHEADER, headers.get());
    if (ask.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask.body.size()));
      set(CURLOPT_POSTFIELDS, ask.body.data());
    } else if (ask.method != "GET") {
      set(CURLOPT_CUSTOMREQUEST, ask.method.c_str());
    }
    if (ask.handshake_only) set(CURLOPT_CONNECT_ONLY, 1L);
  }

  void set_secret(const Ask& ask) {
    const Secret& secret = options.secret;
    long way = CURLAUTH_NONE;
    switch (ask.scheme) {
      case Scheme::none: return;
      case Scheme::basic: way = CURLAUTH_BASIC; break;
      case Scheme::ntlm: way = CURLAUTH_NTLM; break;
      case Scheme::negotiate: way = CURLAUTH_NEGOTIATE; break;
      case Scheme::bearer:
        set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        set(CURLOPT_XOAUTH2_BEARER, secret.token.c_str());
        return;
    }
    set(CURLOPT_HTTPAUTH, way);
    set(CURLOPT_USERNAME, secret.user.c_str());
    set(CURLOPT_PASSWORD, secret.password.c_str());
  }

  void set_limits(const Ask& ask) {
    const long all = static_cast<long>(ask.limit.count()) * 1'000;
    set(CURLOPT_TIMEOUT_MS, all);
    set(CURLOPT_CONNECTTIMEOUT_MS, std::min(all, kConnectMilliseconds));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a resumed session would show no chain
  }

  /// Where to dial: the proxy, the place that --connect-to names, or what the resolver says.
  bool set_route(const Ask& ask, ListHandle& places, ListHandle& resolved, Answered& answer) {
    set(CURLOPT_PROXY, options.proxy.c_str());  // "" ignores the environment's
    set(CURLOPT_NOPROXY, "");
    for (const config::ConnectTo& one : options.connect_to) {
      const auto port = [](std::uint16_t number) {
        return number != 0 ? std::to_string(number) : std::string{};
      };
      add(places, bracketed(one.from.address) + ':' + port(one.from.port) + ':' +
                      bracketed(one.to.address) + ':' + port(one.to.port));
    }
    if (places) set(CURLOPT_CONNECT_TO, places.get());
    if (!options.proxy.empty() || is_address(ask.url.host) || is_redirected(ask.url)) return true;
    const LookedUp found = names.look_up({LookUp::Kind::addresses, ask.url.host});
    if (found.addresses.empty()) {
      answer.end = Answered::End::no_name;
      answer.error = address_words(found);
      return false;
    }
    std::string line = ask.url.host + ':' + std::to_string(ask.url.port) + ':';
    for (const std::string& address : found.addresses) line += bracketed(address) + ',';
    line.pop_back();
    add(resolved, line);
    set(CURLOPT_RESOLVE, resolved.get());
    return true;
  }

  [[nodiscard]] bool is_redirected(const Url& url) const {
    return std::any_of(options.connect_to.begin(), options.connect_to.end(), [&](const auto& one) {
      return (one.from.address.empty() || one.from.address == url.host) &&
             (one.from.port == 0 || one.from.port == url.port) && !one.to.address.empty();
    });
  }

  void set_tls(const Ask& ask) {
    // Default checks stay on (name too); `verify` replaces the one of the chain.
    set(CURLOPT_SSL_VERIFYPEER, ask.any_certificate ? 0L : 1L);
    set(CURLOPT_SSL_VERIFYHOST, ask.any_certificate ? 0L : 2L);
    set(CURLOPT_CAINFO, nullptr);
    set(CURLOPT_CAPATH, nullptr);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_0));
    set(CURLOPT_SSL_CTX_FUNCTION, Transfer::prepare_tls);
    set(CURLOPT_SSL_CTX_DATA, this);
  }
};

HttpClient::Transfer* HttpClient::Transfer::current(void* state) noexcept {
  return state != nullptr ? static_cast<State*>(state)->current : nullptr;
}

CURLcode HttpClient::Transfer::prepare_tls(CURL*, void* context, void* state) noexcept {
  const Transfer* const self = current(state);
  if (self == nullptr) return CURLE_ABORTED_BY_CALLBACK;
  auto* const tls = static_cast<SSL_CTX*>(context);
  const bool old = self->ask_.old_tls;
  SSL_CTX_set_min_proto_version(tls, old ? TLS1_VERSION : TLS1_2_VERSION);
  if (old) SSL_CTX_set_options(tls, SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set1_cert_store(tls, self->options_.roots);
  if (SSL_CTX_set_cipher_list(tls, old ? kOldSuites : kPhoneSuites) != 1) return CURLE_SSL_CIPHER;
  SSL_CTX_set_cert_verify_callback(tls, verify, state);
  SSL_CTX_set_cert_cb(tls, choose_identity, state);
  if (self->options_.identity) SSL_CTX_set_post_handshake_auth(tls, 1);
  SSL_CTX_set_info_callback(tls, take_state);
  SSL_CTX_set_app_data(tls, state);
  return CURLE_OK;
}

HttpClient::HttpClient(Options options, NameClient& names) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw std::runtime_error{"libcurl cannot be used"};
  }
  state_ = std::make_unique<State>(std::move(options), names);
  state_->handle.reset(curl_easy_init());
  if (!state_->handle) throw std::runtime_error{"libcurl cannot be used"};
  // Cookies are kept in memory from here on. CURLOPT_COOKIEFILE would do it too, but libcurl 7.88
  // forgets what that option allocates when the handle is reset.
  state_->set(CURLOPT_COOKIELIST, "Set-Cookie: none=; Max-Age=0");
}

HttpClient::~HttpClient() = default;

Answered HttpClient::send(const Ask& ask) {
  State& state = *state_;
  CURL* const handle = state.handle.get();
  curl_easy_reset(handle);  // keeps connections and cookies
  Transfer transfer{ask, state.options};
  Answered& answer = transfer.answer;
  ListHandle headers, places, resolved;
  if (!state.set_route(ask, places, resolved, answer)) return answer;
  state.set_request(ask, headers);
  state.set_secret(ask);
  state.set_limits(ask);
  state.set_tls(ask);
  state.current = &transfer;
  state.set(CURLOPT_ERRORBUFFER, transfer.words.data());
  state.set(CURLOPT_HEADERFUNCTION, Transfer::take_head);
  state.set(CURLOPT_HEADERDATA, &transfer);
  state.set(CURLOPT_WRITEFUNCTION, Transfer::take_body);
  state.set(CURLOPT_WRITEDATA, &transfer);
  // What a step must see is a handshake of its own, and a connection that was accepted unverified
  // must carry no later request.
  const bool alone = ask.handshake_only || ask.own_connection ||
                     (ask.any_certificate && ask.scheme == Scheme::none);
  state.set(CURLOPT_FRESH_CONNECT, alone ? 1L : 0L);
  state.set(CURLOPT_FORBID_REUSE, alone ? 1L : 0L);

  const CURLcode code = curl_easy_perform(handle);
  state.current = nullptr;
  answer.end = end_of(code);
  if (code != CURLE_OK) {
    answer.error = transfer.words[0] != '\0' ? transfer.words.data() : curl_easy_strerror(code);
  }
  long connect = 0;
  curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &connect);
  if (code != CURLE_OK && connect >= 400) answer.end = Answered::End::proxy_refused;
  char* address = nullptr;
  long port = 0;
  curl_easy_getinfo(handle, CURLINFO_PRIMARY_IP, &address);
  curl_easy_getinfo(handle, CURLINFO_PRIMARY_PORT, &port);
  if (address != nullptr && *address != '\0') {
    answer.peer = bracketed(address) + ':' + std::to_string(port);
  }
  return std::move(answer);
}

}  // namespace eastap::check
