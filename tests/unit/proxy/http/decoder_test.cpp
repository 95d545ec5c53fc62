#include "proxy/http/decoder.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"

namespace eastap::http {
namespace {

using Kind = Event::Kind;

/// An event with its octets copied, so that whole streams compare.
struct Seen {
  Kind kind = Kind::end;
  std::uint64_t offset = 0;
  std::uint64_t end_offset = 0;
  std::string octets;
  Framing framing = Framing::none;
  Errc code = Errc::malformed;
  std::string text;
  bool operator==(const Seen&) const = default;
};

std::string name(Kind kind) {
  static const char* const kNames[] = {"head",   "interim",   "body",   "trailers", "end",
                                       "remark", "malformed", "opaque", "truncated"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// Body and opaque pieces joined. Chunks that adjoin in the body do not adjoin in the stream, so
/// joined body events keep the first offset and the last end.
void collect(const std::vector<Event>& events, std::vector<Seen>& seen) {
  for (const Event& event : events) {
    const bool piece = event.kind == Kind::body || event.kind == Kind::opaque;
    if (piece && !seen.empty() && seen.back().kind == event.kind) {
      seen.back().octets += event.octets;
      seen.back().end_offset = event.end_offset;
      continue;
    }
    seen.push_back({event.kind, event.offset, event.end_offset, std::string{event.octets},
                    event.head.framing, event.code, event.text});
  }
}

struct Playback {
  Direction direction = Direction::request;
  std::vector<std::string> methods;
  Limits limits;
  bool close = true;

  std::vector<Seen> run(std::string_view stream, const std::vector<std::size_t>& cuts) const {
    Decoder decoder{direction, limits};
    for (const std::string& method : methods) decoder.expect(method);
    std::vector<Seen> seen;
    std::size_t at = 0;
    const auto feed = [&](std::size_t end) {
      // A copy of its own: octets read beyond the piece are then an error for the sanitizer.
      const std::string piece{stream.substr(at, end - at)};
      std::vector<Event> events;
      decoder.feed(as_octets(piece), events);
      collect(events, seen);
      at = end;
    };
    for (const std::size_t cut : cuts) feed(cut);
    feed(stream.size());
    CHECK(decoder.octets_fed() == stream.size());
    if (close) {
      std::vector<Event> events;
      decoder.peer_closed(events);
      collect(events, seen);
    }
    return seen;
  }
  std::vector<Seen> run(std::string_view stream) const { return run(stream, {}); }
};

std::vector<std::size_t> every_octet(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

std::vector<std::size_t> random_cuts(std::size_t size, std::mt19937& random) {
  std::vector<std::size_t> cuts;
  std::uniform_int_distribution<std::size_t> place{0, size};
  for (std::size_t i = random() % 8; i > 0; --i) cuts.push_back(place(random));
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

std::string kinds(const std::vector<Seen>& seen) {
  std::string out;
  for (const Seen& event : seen) out += (out.empty() ? "" : " ") + name(event.kind);
  return out;
}

std::string bodies(const std::vector<Seen>& seen) {
  std::string out;
  for (const Seen& event : seen) {
    if (event.kind == Kind::body) out += event.octets + "|";
  }
  return out;
}

const Playback kRequests{Direction::request, {}, {}, true};
Playback answers(std::vector<std::string> methods) {
  return {Direction::response, std::move(methods), {}, true};
}

struct Sample {
  Playback playback;
  std::string stream;
};

std::vector<Sample> samples() {
  return {
      {kRequests,
       "POST /Microsoft-Server-ActiveSync?Cmd=Ping HTTP/1.1\r\nHost: mail\r\nContent-Length: 5\r\n"
       "\r\nhello"
       "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
       "\r\n\nOPTIONS * HTTP/1.0\nX: folded\n\tvalue\n\n"},
      {kRequests,
       "POST /a HTTP/1.1\r\ntransfer-ENCODING: Chunked\r\n\r\n"
       "5\r\nhello\r\n00A;name=\"v;\" ; x\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
       "POST /b HTTP/1.1\nTransfer-Encoding:\n chunked\n\n3  \nabc\n0\n\n"},
      {kRequests, "CONNECT mail.contoso.com:443 HTTP/1.1\r\n\r\n\x16\x03\x01 opaque"},
      {kRequests, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n"},
      {kRequests, "\x16\x03\x01\x02tls"},
      {kRequests, "EHLO there\r\nMAIL FROM:<a>\r\n"},
      {kRequests, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {kRequests, "POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n0123456789"},
      {kRequests,
       "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcGET / "
       "HTTP/1.1\r\n\r\n"},
      {kRequests, "GET / HTTP/1.1\r\nno colon\r\n: no name\r\n Odd : x\r\n\r\n"},
      {answers({"POST", "HEAD", "GET", "GET", "GET"}),
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
       "HTTP/1.1 304\r\nContent-Length: 7\r\n\r\n"
       "http/1.1 204 No Content\r\n\r\n"
       "HTTP/1.0 200 fine\n\nuntil the end\r\n\r\n"},
      {answers({"GET"}),
       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"},
      {answers({"CONNECT"}), "HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x03"},
      {answers({"CONNECT", "GET"}),
       "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
       "1\r\n\r\nx"},
      {answers({"GET"}), "SSH-2.0-OpenSSH_9\r\n"},
      {answers({"GET"}), "HTTP/1.1 OK\r\n\r\n"},
      {answers({"GET"}), "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nall of it"},
      {answers({"GET"}),
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"},
  };
}

}  // namespace

TEST_SUITE("proxy.http.decoder") {
  TEST_CASE("a request with a length gives head, body and end with their places") {
    const std::string stream =
        "POST /x HTTP/1.1\r\n"   // 18
        "Content-Length: 3\r\n"  // 19
        "\r\n"                   // 2, so the body begins at 39
        "abc";
    const auto seen = kRequests.run(stream);
    REQUIRE(kinds(seen) == "head body end");
    CHECK(seen[0].offset == 0);
    CHECK(seen[0].end_offset == 39);
    CHECK(seen[1].offset == 39);
    CHECK(seen[2].offset == 42);
    CHECK(seen[2].end_offset == 42);
  }

  TEST_CASE("a head says method, target, version and what is expected") {
    std::vector<Event> events;
    Decoder decoder{Direction::request};
    const std::string stream =
        "POST /a b?c HTTP/1.1\r\nExpect: 100-Continue\r\nConnection: Keep-Alive, "
        "Upgrade\r\nUpgrade: "
        "x\r\nContent-Length: 5, 5\r\n\r\n";
    decoder.feed(as_octets(stream), events);
    REQUIRE(events.size() == 1);
    const Head& head = events[0].head;
    CHECK(head.method == "POST");
    CHECK(head.target == "/a b?c");
    CHECK(head.minor_version == 1);
    CHECK(head.expects_continue);
    CHECK(head.upgrade);
    CHECK(head.keep_alive);
    CHECK(head.framing == Framing::length);
    CHECK(head.content_length == 5);
  }

  TEST_CASE("keep-alive follows version and Connection") {
    const auto keep_alive = [](std::string_view head) {
      return read_head(head, Direction::request, "", nullptr)->keep_alive;
    };
    CHECK(keep_alive("GET / HTTP/1.1\r\n\r\n"));
    CHECK_FALSE(keep_alive("GET / HTTP/1.1\r\nConnection: x, CLOSE\r\n\r\n"));
    CHECK_FALSE(keep_alive("GET / HTTP/1.0\r\n\r\n"));
    CHECK(keep_alive("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"));
  }

  TEST_CASE("any fragmentation gives the same events") {
    std::mt19937 random{7};
    for (const Sample& sample : samples()) {
      CAPTURE(sample.stream);
      const auto whole = sample.playback.run(sample.stream);
      CHECK(sample.playback.run(sample.stream, every_octet(sample.stream.size())) == whole);
      for (int i = 0; i < 200; ++i) {
        CHECK(sample.playback.run(sample.stream, random_cuts(sample.stream.size(), random)) ==
              whole);
      }
    }
  }

  TEST_CASE("pipelined requests with folds, bare LF and empty lines between them") {
    const auto seen = kRequests.run(samples()[0].stream);
    CHECK(kinds(seen) == "head body end head end head end");
    CHECK(bodies(seen) == "hello|");
    CHECK(seen[5].octets == "OPTIONS * HTTP/1.0\nX: folded\n\tvalue\n\n");
  }

  TEST_CASE("chunks are joined, extensions skipped, trailers given") {
    const auto seen = kRequests.run(samples()[1].stream);
    CHECK(kinds(seen) == "head body trailers end head body end");
    CHECK(bodies(seen) == "hello0123456789|abc|");
    CHECK(seen[2].octets == "X-Sum: 1\r\n\r\n");
  }

  TEST_CASE("answers without body are told by status and method; interim ones end nothing") {
    const auto seen = samples()[10].playback.run(samples()[10].stream);
    CHECK(kinds(seen) == "interim head body end head end head end head end head body end");
    CHECK(bodies(seen) == "ok|until the end\r\n\r\n|");
  }

  TEST_CASE("after 101 and after a 2xx to CONNECT all is opaque") {
    CHECK(kinds(samples()[11].playback.run(samples()[11].stream)) == "head end opaque");
    CHECK(kinds(samples()[12].playback.run(samples()[12].stream)) == "head end opaque");
    CHECK(kinds(samples()[13].playback.run(samples()[13].stream)) == "head end head body end");
    CHECK(kinds(kRequests.run(samples()[2].stream)) == "head end opaque");
  }

  TEST_CASE(
      "what is not HTTP is malformed at its first impossible octet, and nothing of it is lost") {
    const auto tls = kRequests.run(samples()[4].stream);
    REQUIRE(kinds(tls) == "malformed opaque");
    CHECK(tls[0].offset == 0);
    CHECK(tls[1].octets == samples()[4].stream);
    const auto smtp = kRequests.run(samples()[5].stream);
    REQUIRE(kinds(smtp) == "malformed opaque");
    CHECK(smtp[1].octets == samples()[5].stream);
    const auto http2 = kRequests.run(samples()[6].stream);
    CHECK(http2[0].text == "HTTP/2 where HTTP/1.1 was agreed");
    const auto ssh = answers({"GET"}).run("SSH-2.0-x\r\n");
    REQUIRE(kinds(ssh) == "malformed opaque");
    CHECK(ssh[0].offset == 0);
  }

  TEST_CASE("TLS is recognised by its first octet alone") {
    Decoder decoder{Direction::request};
    std::vector<Event> events;
    decoder.feed(as_octets("\x16"), events);
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == Kind::malformed);
    CHECK(decoder.is_opaque());
  }

  TEST_CASE("broken chunk framing says at which octet") {
    const auto seen = kRequests.run(samples()[3].stream);
    REQUIRE(kinds(seen) == "head body malformed opaque");
    CHECK(seen[2].offset == samples()[3].stream.find('X'));
    CHECK(seen[3].octets == "X\r\n0\r\n\r\n");
  }

  TEST_CASE("conflicting lengths are a remark, equal ones are not") {
    const auto conflict = kRequests.run(samples()[8].stream);
    CHECK(kinds(conflict) == "head remark body end head end");
    CHECK(bodies(conflict) == "abc|");
    const auto equal =
        kRequests.run("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(kinds(equal) == "head body end");
  }

  TEST_CASE("a request whose end cannot be known is malformed; an answer is read until close") {
    CHECK(kinds(kRequests.run(samples()[7].stream)) == "malformed opaque");
    CHECK(kinds(kRequests.run("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nx")) ==
          "malformed opaque");
    CHECK(kinds(answers({"GET"}).run("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx")) ==
          "head remark body end");
    CHECK(kinds(samples()[16].playback.run(samples()[16].stream)) == "head remark body end");
  }

  TEST_CASE("heads end at the limit, whether they come whole or octet by octet") {
    Playback small = kRequests;
    small.limits.head_bytes = 64;
    const std::string start = "GET / HTTP/1.1\r\n";  // 16
    const auto head_of = [&](std::size_t size) {
      return start + "X: " + std::string(size - 16 - 3 - 4, 'x') + "\r\n\r\n";
    };
    for (const std::size_t size : {std::size_t{63}, std::size_t{64}}) {
      const std::string fits = head_of(size);
      REQUIRE(fits.size() == size);
      CHECK(kinds(small.run(fits)) == "head end");
      CHECK(kinds(small.run(fits, every_octet(size))) == "head end");
    }
    for (const std::size_t size : {std::size_t{65}, std::size_t{66}, std::size_t{500}}) {
      const std::string large = head_of(size);
      const auto seen = small.run(large);
      REQUIRE(kinds(seen) == "malformed opaque");
      CHECK(seen[0].code == Errc::too_large);
      CHECK(seen[0].offset == 64);
      CHECK(seen[1].octets == large);
      CHECK(small.run(large, every_octet(size)) == seen);
    }
  }

  TEST_CASE("the ordinary limit takes a head of 64 KiB and not one octet more") {
    const std::string start = "GET / HTTP/1.1\r\nCookie: ";
    const auto head_of = [&](std::size_t size) {
      return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    };
    CHECK(kinds(kRequests.run(head_of(65536))) == "head end");
    CHECK(kinds(kRequests.run(head_of(65537))) == "malformed opaque");
  }

  TEST_CASE("trailers and chunk lines have limits as well") {
    Playback small = kRequests;
    small.limits.head_bytes = 64;
    small.limits.chunk_line_bytes = 32;
    const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto trailers = small.run(head + "0\r\nX: " + std::string(100, 'x'));
    CHECK(kinds(trailers) == "head malformed opaque");
    CHECK(trailers[1].code == Errc::too_large);
    const auto line = small.run(head + "5;" + std::string(100, 'x'));
    CHECK(kinds(line) == "head malformed opaque");
    CHECK(line[1].code == Errc::too_large);
  }

  TEST_CASE("every cut of a valid message is told, with nothing of it lost") {
    const std::string stream = samples()[1].stream;
    for (std::size_t kept = 0; kept < stream.size(); ++kept) {
      CAPTURE(kept);
      const auto seen = kRequests.run(std::string_view{stream}.substr(0, kept));
      const bool between = kept == 0 || (!seen.empty() && seen.back().kind == Kind::end);
      CHECK((between || (!seen.empty() && seen.back().kind == Kind::truncated)));
      for (const Seen& event : seen) CHECK(event.end_offset <= kept);
    }
  }

  TEST_CASE("every flipped bit gives events whose places lie in the stream, in order") {
    for (const Sample& sample : samples()) {
      for (std::size_t at = 0; at < sample.stream.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
          std::string stream = sample.stream;
          stream[at] = static_cast<char>(stream[at] ^ (1 << bit));
          const auto seen = sample.playback.run(stream);
          std::uint64_t before = 0;
          int malformed = 0;
          for (const Seen& event : seen) {
            CHECK(event.offset <= event.end_offset);
            CHECK(event.end_offset <= stream.size());
            if (event.kind == Kind::malformed) ++malformed;
            if (event.kind == Kind::remark || event.kind == Kind::malformed ||
                (malformed > 0 && event.kind == Kind::opaque)) {
              continue;
            }
            CHECK(event.offset >= before);
            before = event.end_offset;
          }
          CHECK(malformed <= 1);
        }
      }
    }
  }

  TEST_CASE("a reset does not end a read-until-close body") {
    Decoder decoder{Direction::response};
    std::vector<Event> events;
    const std::string stream = "HTTP/1.0 200 OK\r\n\r\nsome";
    decoder.feed(as_octets(stream), events);
    events.clear();
    decoder.peer_closed(events, true);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == Kind::truncated);
  }

  TEST_CASE("a refused CONNECT lets HTTP go on") {
    Decoder decoder{Direction::request};
    std::vector<Event> events;
    decoder.feed(as_octets("CONNECT a:1 HTTP/1.1\r\n\r\n"), events);
    CHECK(decoder.is_opaque());
    decoder.resume_after_connect();
    events.clear();
    decoder.feed(as_octets("GET / HTTP/1.1\r\n\r\n"), events);
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == Kind::head);
    CHECK(events[0].offset == 24);
  }

  TEST_CASE("told of an upgrade in the midst of a head, it gives back what it had taken") {
    Decoder decoder{Direction::request};
    std::vector<Seen> seen;
    std::vector<Event> events;
    decoder.feed(as_octets("GET /"), events);
    decoder.become_opaque();
    decoder.feed(as_octets(" x"), events);
    collect(events, seen);
    REQUIRE(kinds(seen) == "opaque");
    CHECK(seen[0].octets == "GET / x");
  }

  TEST_CASE("more expected answers than the limit are read as those of a POST") {
    Playback two = answers({"HEAD", "HEAD", "HEAD"});
    two.limits.outstanding = 2;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    CHECK(kinds(two.run(answer + answer + answer + "x")) == "head end head end head body end");
  }
}

}  // namespace eastap::http
