#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoder/base/time.hpp"
#include "proxy/portal/client_log.hpp"

/// The proxy's own pages: how a phone is set up, whether it worked, and what else the admin reads
/// by browser. Pure functions from the facts of a request to the octets of a page.
namespace eastap::portal {

/// The name that leads to these pages through the proxy, and the one the self-test calls when the
/// CA may issue for it. `.test` is reserved for such use (RFC 6761 6.2): no name server answers it.
inline constexpr std::string_view kPageName = "eastap.test";
inline constexpr std::string_view kProbeName = "probe.eastap.test";

/// One request for the proxy itself.
struct Request {
  std::string method;
  std::string path;   ///< without the query
  std::string query;  ///< after '?', as sent
  std::string host;   ///< `tunnel::normalised_host`, no port; empty: the request named none
  std::uint16_t host_port = 0;  ///< 0: none was named
  std::string user_agent;
  std::string client;            ///< address without port
  std::string proxy_address;     ///< address at which the client reached the proxy, no brackets
  std::uint16_t proxy_port = 0;  ///< what devices are set to; of an HTTP proxy where there is one
  bool socks_only = false;       ///< no: SOCKS5 alone is spoken there
  bool through_proxy = false;    ///< absolute form or CONNECT: the client uses us as its proxy
  bool tls = false;
  Timestamp time{};
  ClientFacts known;              ///< of this client, before this request
  std::string probe{kProbeName};  ///< the host that the self-test calls
  bool no_ca = false;             ///< `SiteRules::no_ca`
};

/// What the shell remembers and tells the admin because of a reply.
struct Note {
  enum class Kind : std::uint8_t {
    downloaded,  ///< the certificate went to the client; `word`: in which form
    tested,      ///< the self-test came to a verdict; `word`: `Verdict::word`
  };
  Kind kind = Kind::downloaded;
  std::string word;
  std::string text;  ///< one sentence for the tail
};

struct Reply {
  std::uint16_t status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  std::string file_name;  ///< to be saved under; empty: shown in the browser
  std::vector<std::pair<std::string, std::string>> fields;  ///< further header fields, ours
  std::optional<Note> note;
};

/// One page. A page is for GET and HEAD; `answer` is called from any relay thread.
struct Route {
  std::string path;  ///< "/metrics"
  std::function<Reply(const Request&)> answer;
};

/// A reply of one line of plain text.
[[nodiscard]] Reply plain(std::uint16_t status, std::string_view text);

/// The value of a field of a query or form, decoded ('+' is a space); nothing when it is absent.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// The whole HTTP/1.1 answer: `reply` with the fields every page has (nosniff, no-store, a content
/// security policy that allows nothing from elsewhere but a call to `probe_origin`, no referrer, no
/// framing, `Connection: close`). `with_body` false: HEAD.
[[nodiscard]] std::string to_octets(const Reply& reply, bool with_body,
                                    std::string_view probe_origin);

}  // namespace eastap::portal
