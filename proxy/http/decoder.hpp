#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/base/result.hpp"

namespace eastap::http {

enum class Direction : std::uint8_t { request, response };

struct Limits {
  /// Every server in the field refuses heads above 64 KiB (IIS: 16 KiB). Also bounds trailers.
  std::size_t head_bytes = 64 * 1024;
  /// One chunk-size line with its extensions; nobody sends any, the limit ends a stream of garbage.
  std::size_t chunk_line_bytes = 4 * 1024;
  /// Methods of unanswered requests remembered; answers beyond are read as those of a POST.
  std::size_t outstanding = 1024;
};

/// How the end of a message is found.
enum class Framing : std::uint8_t {
  none,    ///< no body
  length,  ///< Content-Length
  chunked,
  until_close,  ///< responses only
  opaque,       ///< after this head the connection no longer speaks HTTP (101, CONNECT)
};

/// What the framing of a message needs of its head. The views lie in the head's octets.
struct Head {
  std::string_view method;         ///< as sent; requests
  std::string_view target;         ///< as sent; requests
  std::uint16_t status = 0;        ///< responses
  std::uint8_t minor_version = 1;  ///< 0 is HTTP/1.0
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  ///< with Framing::length
  bool keep_alive = true;            ///< what version and Connection say
  bool expects_continue = false;
  bool upgrade = false;  ///< Upgrade together with `Connection: upgrade`
};

struct Event {
  enum class Kind : std::uint8_t {
    head,       ///< `octets`: start line to blank line, both included; `head` is set
    interim,    ///< the same for a 1xx answer other than 101; no `end` follows
    body,       ///< `octets`: a piece of the body, transfer coding undone
    trailers,   ///< `octets`: the lines after the last chunk, blank line included; only when there
                ///< are any
    end,        ///< the message ended as its framing says; offset == end_offset
    remark,     ///< odd, but read all the same; `code`, `text`
    malformed,  ///< `code`, `text`; at most once, and only `opaque` and nothing else follows
    opaque,  ///< `octets` that are not HTTP: after an upgrade, CONNECT, or from the malformed unit
             ///< on
    truncated,  ///< the peer closed inside a message; `octets`: what there was of an unfinished
                ///< head
  };
  Kind kind = Kind::end;
  std::uint64_t offset = 0;      ///< of the first octet, from the start of the stream
  std::uint64_t end_offset = 0;  ///< after the last octet: where the next event's unit may begin
  /// Into the piece that was fed, or into the decoder; valid until the next call that changes it.
  std::string_view octets;
  Head head;
  Errc code = Errc::malformed;
  std::string text;
};

/// Reads a head without a stream: what a Decoder would say of it. `head` reaches from the start
/// line to the blank line. `remarks` take what is odd (`offset` counts from the start of the head);
/// `answers` is the method of the request, for responses.
[[nodiscard]] Result<Head> read_head(std::string_view head, Direction direction,
                                     std::string_view answers, std::vector<Diagnostic>* remarks);

/// Reads a request line or status line (line end optional): method and target, or status, and
/// version.
[[nodiscard]] Result<Head> read_start_line(std::string_view line, Direction direction);

/// Turns one direction of an HTTP/1.x connection into events. A watcher: it accepts whatever it can
/// find the end of (bare LF, no reason phrase, odd case, leading empty lines, folded lines), and
/// becomes opaque, after one `malformed` event, where it cannot. Feeding the same octets in any
/// pieces gives the same events, adjoining body and opaque pieces joined. Holds at most
/// `limits.head_bytes` between calls; nothing between messages.
class Decoder {
 public:
  explicit Decoder(Direction direction, const Limits& limits = {});

  /// Appends the events of `input` to `out`.
  void feed(std::span<const std::byte> input, std::vector<Event>& out);

  /// Ends a read-until-close body, or reports `truncated`; the latter always when the connection
  /// ended `abruptly` (reset, or given up by us). Nothing may be fed afterwards.
  void peer_closed(std::vector<Event>& out, bool abruptly = false);

  /// Responses: a request of that method has been sent; answers come in that order.
  void expect(std::string_view method);

  /// The other direction shows that HTTP has ended (101, or a 2xx to CONNECT): all that follows is
  /// opaque.
  void become_opaque();
  /// The CONNECT that made this direction opaque was refused, so HTTP goes on. No effect once
  /// opaque octets have been seen.
  void resume_after_connect();

  /// Gives back what is allocated and not in use.
  void shrink();

  [[nodiscard]] bool is_opaque() const { return state_ == State::opaque; }
  /// Between two messages, with not one octet of the next.
  [[nodiscard]] bool is_idle() const { return state_ == State::idle; }
  [[nodiscard]] std::uint64_t octets_fed() const { return at_; }

 private:
  enum class State : std::uint8_t {
    idle,
    head,
    length_body,
    until_close,
    chunk_size,
    chunk_extension,
    chunk_data,
    chunk_data_end,
    trailers,
    opaque,
  };
  enum class Method : std::uint8_t { other, head, connect };

  // Each takes from the front of `rest`, which stands at `at_`, and returns how much; 0 with the
  // state changed means that another state is to look at the same octets.
  std::size_t take(std::string_view rest, std::vector<Event>& out);
  std::size_t take_section(std::string_view rest, std::vector<Event>& out);
  std::size_t take_body(std::string_view rest, std::vector<Event>& out);
  std::size_t take_chunk_size(std::string_view rest, std::vector<Event>& out);
  std::size_t take_chunk_end(std::string_view rest, std::vector<Event>& out);
  std::optional<Error> head_complete(std::string_view text, std::vector<Event>& out);
  void begin_chunk_line();
  [[nodiscard]] Method next_method() const;
  void answered();
  void begin_section(State state, std::uint64_t at);
  void message_ended(std::uint64_t at, std::vector<Event>& out);
  void broken(std::uint64_t at, Errc code, std::string text, std::vector<Event>& out);

  Direction direction_;
  State state_ = State::idle;
  bool connect_pending_ = false;  // opaque because of CONNECT, nothing opaque seen yet
  bool opaque_next_ = false;      // opaque as soon as the message under way has ended
  bool first_line_done_ = false;  // of a head
  bool chunk_digits_ = false;     // a chunk size has begun
  bool after_cr_ = false;         // in chunk framing: only LF may follow
  Limits limits_;
  std::uint64_t at_ = 0;          // offset of the next octet to read
  std::uint64_t unit_at_ = 0;     // offset of the head or trailers under way
  std::uint64_t remaining_ = 0;   // octets of a body or chunk
  std::size_t line_bytes_ = 0;    // of the chunk line under way
  std::size_t scanned_ = 0;       // octets of the section under way that hold no unread line end
  std::size_t line_start_ = 0;    // of the line under way, in the section
  std::string buffer_;            // an unfinished section
  std::string emitted_;           // keeps the octets of events alive until the next call
  std::vector<Method> expected_;  // answered from expected_at_ on
  std::size_t expected_at_ = 0;
};

}  // namespace eastap::http
