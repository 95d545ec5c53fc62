#include "decoder/model/exchange.hpp"

#include <doctest/doctest.h>

namespace eastap::model {
namespace {

TEST_SUITE("decoder.model.exchange") {
  TEST_CASE("the word of an ending names it again") {
    for (const Ending ending : {Ending::open, Ending::complete, Ending::device_closed,
                                Ending::device_reset, Ending::server_closed, Ending::server_reset,
                                Ending::proxy_stopped, Ending::proxy_failed}) {
      CHECK(ending_from(to_string(ending)) == ending);
    }
    CHECK_FALSE(ending_from("finished"));
  }

  TEST_CASE("the word of a connection event names it again") {
    using Kind = ConnectionEvent::Kind;
    for (const Kind kind : {Kind::tunnelled, Kind::client_tls_failed, Kind::upstream_failed,
                            Kind::refused, Kind::malformed, Kind::proxy_note}) {
      CHECK(connection_event_kind_from(to_string(kind)) == kind);
    }
    CHECK_FALSE(connection_event_kind_from(""));
  }
}

}  // namespace
}  // namespace eastap::model
