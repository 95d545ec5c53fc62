#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/base/ids.hpp"
#include "decoder/base/time.hpp"
#include "decoder/model/header_list.hpp"

/// The plain values that travel from the wire to the screen and into the capture: octets and
/// times, never an interpretation. Credentials are masked before a value of these is made.
namespace eastap::model {

/// One direction of an exchange, as received.
struct Message {
  HeaderList head;   ///< credentials masked (proxy/http/mask.hpp)
  std::string body;  ///< transfer coding undone, content coding as received
  std::uint64_t body_size =
      0;  ///< octets that arrived; more than `body.size()` when only the first part was kept
  std::uint64_t wire_size = 0;  ///< octets of head and body on the wire, chunk framing included
  bool complete = false;        ///< ended as its framing said
  Timestamp began{};            ///< first octet
  Timestamp ended{};            ///< last octet, or the moment it was given up
  bool operator==(const Message&) const = default;
};

/// Facts of a client connection, known when its first exchange is handed over.
struct Connection {
  ConnectionId id;
  Timestamp opened{};
  std::string client;  ///< "192.168.1.20:53211", IPv6 in brackets
  std::string host;    ///< what the client asked for, lower case, no port
  std::uint16_t port = 0;
  bool tls = false;  ///< intercepted TLS (else plain HTTP)
  std::string sni;
  std::string client_tls;  ///< e.g. "TLSv1.3 TLS_AES_128_GCM_SHA256"; empty without TLS
  std::string upstream_tls;
  std::string upstream;  ///< "203.0.113.5:443", where the proxy dialled
  bool operator==(const Connection&) const = default;
};

/// How an exchange ended.
enum class Ending : std::uint8_t {
  open,           ///< the response has not come to its end yet
  complete,       ///< the response came to its end and was handed to the operating system whole
  device_closed,  ///< the device's side closed first; the response is missing or cut
  device_reset,
  server_closed,  ///< the server's side closed first; the response is missing or cut
  server_reset,
  proxy_stopped,  ///< eastap was told to stop
  proxy_failed,   ///< a limit or failure of the proxy itself; `Exchange::error` says which
};

/// The word used in records, e.g. "device_reset".
[[nodiscard]] std::string_view to_string(Ending ending);
[[nodiscard]] std::optional<Ending> ending_from(std::string_view word);

/// One request with its response. Handed on twice: when the request is complete (`ending == open`,
/// no response), and when the exchange has ended. The second value carries the same request.
struct Exchange {
  ExchangeId id;
  std::shared_ptr<const Connection> connection;  ///< never null
  std::shared_ptr<const Message> request;        ///< never null
  std::shared_ptr<const Message> response;       ///< null: not one octet came
  Ending ending = Ending::open;
  std::string error;                   ///< words for `ending` other than open and complete
  std::uint64_t delivered_octets = 0;  ///< of the response's `wire_size`, written toward the device
  bool bodies_dropped = false;         ///< the queue was full: heads only, shown as "not decoded"
  Timestamp ended{};  ///< when `ending` came about, also without a response; the epoch while open
};

/// What happens to a connection outside of any exchange.
struct ConnectionEvent {
  enum class Kind : std::uint8_t {
    tunnelled,          ///< passed through undecrypted: the host is not on the intercept list
    client_tls_failed,  ///< the device broke off the TLS handshake, or sent no TLS
    upstream_failed,  ///< name look-up, TCP connect or TLS toward the server failed (answered 502)
    refused,          ///< the proxy's own rules: source, target, port, limit (answered 403)
    malformed,        ///< not HTTP, where HTTP was expected
    proxy_note,       ///< of the proxy itself: capture trouble, queue full
  };
  Kind kind = Kind::tunnelled;
  Timestamp time{};
  std::shared_ptr<const Connection> connection;  ///< null only for `proxy_note`
  std::string reason;  ///< one word: "unknown_ca", "resolve", "connect", "certificate", …
  std::string detail;  ///< what happened and what to do, for the admin
  std::uint64_t octets_up = 0, octets_down = 0;  ///< tunnels, when they close
};

[[nodiscard]] std::string_view to_string(ConnectionEvent::Kind kind);
[[nodiscard]] std::optional<ConnectionEvent::Kind> connection_event_kind_from(
    std::string_view word);

}  // namespace eastap::model
