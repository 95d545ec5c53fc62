#include "proxy/check/url.hpp"

#include <memory>

#include <curl/urlapi.h>

#include "certs/leaf.hpp"
#include "decoder/base/text.hpp"

namespace eastap::check {
namespace {

struct UrlReleaser {
  void operator()(CURLU* handle) const noexcept { curl_url_cleanup(handle); }
};
struct TextReleaser {
  void operator()(char* text) const noexcept { curl_free(text); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlReleaser>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  const std::unique_ptr<char, TextReleaser> owner{text};
  return text;
}

bool is_sound(std::string_view text) {
  if (text.empty() || text.size() > kUrlOctets) return false;
  for (const char letter : text) {
    const auto octet = static_cast<unsigned char>(letter);
    if (octet <= 0x20 || octet >= 0x7F) return false;
  }
  return true;
}

std::optional<Url> from_handle(CURLU* handle) {
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty()) {
    return std::nullopt;
  }
  Url url;
  const std::string scheme = part(handle, CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") return std::nullopt;
  url.tls = scheme == "https";
  const auto host = certs::normalized_host(part(handle, CURLUPART_HOST));
  if (!host) return std::nullopt;
  url.host = *host;
  const auto port = to_integer(part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT));
  if (!port || *port < 1 || *port > 65'535) return std::nullopt;
  url.port = static_cast<std::uint16_t>(*port);
  url.path = part(handle, CURLUPART_PATH);
  if (url.path.empty()) url.path = "/";
  url.query = part(handle, CURLUPART_QUERY);
  return url;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != (tls ? 443 : 80)) text += ':' + std::to_string(port);
  return text;
}

std::string Url::target() const { return query.empty() ? path : path + '?' + query; }

std::string Url::text() const { return (tls ? "https://" : "http://") + authority() + target(); }

std::optional<Url> parse_url(std::string_view text) {
  text = trimmed(text);
  if (!is_sound(text)) return std::nullopt;
  const UrlHandle handle{curl_url()};
  const std::string terminated{text};
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, terminated.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  return from_handle(handle.get());
}

std::optional<Url> resolve_url(const Url& base, std::string_view location) {
  location = trimmed(location);
  if (!is_sound(location)) return std::nullopt;
  const UrlHandle handle{curl_url()};
  const std::string start = base.text();
  const std::string terminated{location};
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, start.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, terminated.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  return from_handle(handle.get());
}

}  // namespace eastap::check
