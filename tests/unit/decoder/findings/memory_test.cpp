#include <cstddef>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <malloc.h>

#include "decoder/base/text.hpp"
#include "decoder/findings/analyzer.hpp"
#include "decoder/findings/settings.hpp"

using namespace eastap;
using namespace eastap::findings;

namespace {

std::size_t allocated() { return mallinfo2().uordblks; }

eas::Collection asked(const std::string& id, int key) {
  eas::Collection one;
  one.id = id;
  one.sync_key = std::to_string(key);
  one.new_sync_key = std::to_string(key + 1);
  one.status = 1;
  one.in_request = one.in_response = true;
  return one;
}

/// What a phone does on an ordinary day: `folders` listed, five of them synchronised with a key
/// that moves on, and Pings between.
class Phone {
 public:
  Phone(Analyzer& analyzer, int number) : analyzer_{analyzer} {
    command_.is_activesync = true;
    command_.user = "user" + std::to_string(number) + "@contoso.test";
    command_.device_id = "APPL" + std::to_string(1'000'000'000 + number);
    command_.device_type = "iPhone";
    command_.user_agent = "Apple-iPhone13C2/2104.50";
    command_.protocol_version = "16.1";
    command_.policy_key = "3609689902";
    command_.http_status = 200;
    connection_ = std::make_shared<model::Connection>();
    connection_->host = "mail.contoso.test";
    connection_->client = "10.0.0.7:50000";
  }

  void list_folders(int folders) {
    command_.name = "FolderSync";
    command_.sync_key = "0";
    command_.new_sync_key = "1";
    for (int folder = 0; folder < folders; ++folder) {
      command_.folder_changes.push_back({eas::FolderChange::Kind::add, std::to_string(folder), "0",
                                         "Folder " + std::to_string(folder), 12});
    }
    send(std::chrono::seconds{1});
    command_.folder_changes.clear();
    command_.sync_key.clear();
    command_.new_sync_key.clear();
  }

  void day() {
    for (int round = 1; round <= 100; ++round) {
      command_.name = "Sync";
      command_.collections.clear();
      for (int folder = 0; folder < 5; ++folder)
        command_.collections.push_back(asked(std::to_string(folder), round));
      send(std::chrono::seconds{1});
      command_.collections.clear();
      command_.name = "Ping";
      command_.waiting.emplace();
      command_.waiting->seconds = 470;
      send(std::chrono::seconds{470});
      command_.waiting.reset();
    }
  }

 private:
  void send(std::chrono::seconds lasts) {
    auto request = std::make_shared<model::Message>();
    request->began = request->ended = now_;
    request->body = command_.name + std::to_string(++sent_);
    request->complete = true;
    model::Exchange exchange;
    exchange.id = ExchangeId{++exchanges_};
    exchange.connection = connection_;
    exchange.request = request;
    (void)analyzer_.observe(exchange, command_);
    auto response = std::make_shared<model::Message>();
    response->head = model::HeaderList{"HTTP/1.1 200 OK\r\nMS-Server-ActiveSync: 15.2\r\n\r\n"};
    now_ += lasts;
    response->began = response->ended = now_;
    response->body_size = 10;
    response->complete = true;
    exchange.response = response;
    exchange.ending = model::Ending::complete;
    exchange.ended = now_;
    (void)analyzer_.observe(exchange, command_);
  }

  static inline std::uint64_t exchanges_ = 0;
  Analyzer& analyzer_;
  eas::Command command_;
  std::shared_ptr<model::Connection> connection_;
  Timestamp now_ = *from_rfc3339("2026-11-20T08:00:00Z");
  int sent_ = 0;
};

}  // namespace

TEST_SUITE("decoder.findings.memory") {
  // What Limits says of a device, of each synchronised folder and of each listed one.
  constexpr std::size_t kDevice = 4'200, kSynchronised = 950, kListed = 160;

  TEST_CASE("a device takes no more memory than its limits say, by its own estimate and in truth") {
    constexpr int kPhones = 200, kFolders = 15;
    const std::size_t before = allocated();
    Analyzer analyzer;
    for (int number = 0; number < kPhones; ++number) {
      Phone phone{analyzer, number};
      phone.list_folders(kFolders);
      phone.day();
    }
    const auto size = analyzer.size();
    REQUIRE(size.devices == kPhones);
    const std::size_t stated = kDevice + 5 * kSynchronised + kFolders * kListed;
    const std::size_t estimate = size.device_octets / kPhones;
    CAPTURE(estimate);
    CHECK(estimate <= stated);
    // Under a sanitizer the allocator counts nothing, and the bound holds trivially.
    const std::size_t now = allocated();
    const std::size_t real = now > before ? (now - before) / kPhones : 0;
    CAPTURE(real);
    CHECK(real <= stated * 5 / 4);
    MESSAGE("octets a device: estimated " << estimate << ", allocated " << real << ", stated "
                                          << stated);
  }

  TEST_CASE("as many devices fit into the memory that they have together as its limit says") {
    CHECK((kDevice + kSynchronised) * 100'000 <= Limits{}.device_octets);
    CHECK((kDevice + 5 * kSynchronised + 10 * kListed) * 50'000 <= Limits{}.device_octets);
    CHECK(Limits{}.devices == 100'000);
  }
}
