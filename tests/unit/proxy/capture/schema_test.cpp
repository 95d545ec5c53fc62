#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "samples.hpp"
#include <doctest/doctest.h>

#include "proxy/capture/derived.hpp"

namespace eastap::capture {
namespace {

using test::Folder;

void write_sample(const std::filesystem::path& path, const std::string& decoder = "1") {
  auto settings = test::quick();
  settings.decoder_version = decoder;
  auto writer = Writer::open(path, settings, {});
  if (!writer) FAIL(writer.error().detail);
  const auto open = test::opened(1, test::connection(3));
  (*writer)->write(test::record(open));
  (*writer)->write(test::record(test::ended(open)));
  (*writer)->write(test::record(test::opened(2, test::connection(3))));
  (*writer)->write(test::finding(1));
  (*writer)->write(test::record(test::event(test::connection(3))));
  (*writer)->close();
}

/// A stand-in for the pipeline: a record for each input, a finding for each end of an exchange
/// and, growing, for the end of all.
class Interpretation : public Interpreter {
 public:
  Interpretation(std::function<void(const pipeline::RecordPtr&)> emit, std::uint64_t most)
      : emit_{std::move(emit)}, left_{most} {}
  bool take(pipeline::Input&& input) override {
    if (left_-- == 0) return false;
    const auto* exchange = std::get_if<model::Exchange>(&input);
    const bool ended = exchange != nullptr && exchange->ending != model::Ending::open;
    emit_(test::record(input));
    if (ended) emit_(test::finding(9));
    return true;
  }
  void unreadable(const Error&) override {}
  void finish() override {
    emit_(test::finding(9));
    emit_(test::finding(10));
  }

 private:
  std::function<void(const pipeline::RecordPtr&)> emit_;
  std::uint64_t left_;
};

/// `most`: inputs that it takes.
MakeInterpreter interpret(std::uint64_t most = 1000) {
  return [most](const Reader&, std::function<void(const pipeline::RecordPtr&)> emit) {
    return std::make_unique<Interpretation>(std::move(emit), most);
  };
}

}  // namespace

TEST_SUITE("proxy.capture.schema") {
  TEST_CASE("a person with sqlite3 finds exchanges, commands and findings") {
    const Folder folder;
    write_sample(folder / "a.eastap");
    const auto ask = [&](const std::string& query) {
      return test::sql(folder / "a.eastap", query);
    };
    CHECK(ask("SELECT method || ' ' || target FROM v_exchanges WHERE id = 1") ==
          "POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=alice&DeviceId=d1&DeviceType=iPhone");
    CHECK(ask("SELECT time || ' ' || http_status || ' ' || duration_ms || ' ' || ending FROM "
              "v_exchanges WHERE id = 1") == "2023-11-14T22:13:20.001000Z 200 38 complete");
    CHECK(ask("SELECT command || ' ' || user || ' ' || device_id || ' ' || connection FROM "
              "v_exchanges") == "Ping alice d1 3|Ping alice d1 3");
    CHECK(ask("SELECT http_status FROM v_exchanges WHERE ending = 'open'") == "NULL");
    CHECK(ask("SELECT kind || ' ' || reason FROM v_connection_events") == "tunnel not_listed");
    CHECK(ask("SELECT rule || ' ' || severity || ' ' || exchanges FROM v_findings") ==
          "synckey-zero warning [1,2]");
    CHECK(ask("SELECT value FROM meta WHERE key = 'program_version'") == "0.1.0");
    CHECK(ask("PRAGMA application_id") == std::to_string(0x45415343));
  }

  TEST_CASE("lists of a command are JSON that SQLite takes apart") {
    const Folder folder;
    auto writer = Writer::open(folder / "a.eastap", test::quick(), {});
    REQUIRE(writer);
    pipeline::ExchangeRecord made;
    made.exchange = test::opened(1, test::connection(1));
    eas::Collection collection;
    collection.id = "5\"\x01\xFF";
    collection.sync_key = "1";
    collection.status = 3;
    collection.adds = 25;
    made.command.collections = {collection, collection};
    eas::Status status;
    status.scope = "Sync";
    status.code = 3;
    status.place = "collection 5";
    made.command.statuses = {status};
    (*writer)->write(std::make_shared<const pipeline::Record>(pipeline::Record{made}));
    (*writer)->close();
    CHECK(test::sql(folder / "a.eastap",
                    "SELECT json_extract(value, '$.sync_key') || ' ' || json_extract(value, "
                    "'$.status') || ' ' || json_extract(value, '$.adds') || ' ' || "
                    "unicode(substr(json_extract(value, '$.id'), 3)) "
                    "FROM commands, json_each(collections)") == "1 3 25 1|1 3 25 1");
    CHECK(test::sql(folder / "a.eastap",
                    "SELECT json_extract(statuses, '$[0].place') FROM commands") == "collection 5");
  }

  TEST_CASE("another decoder's rows go when the capture is continued, and come back on rebuild") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    write_sample(path, "1");
    auto settings = test::quick();
    settings.decoder_version = "2";
    std::string news;
    auto writer = Writer::open(path, settings, {}, [&](const std::string& text) { news += text; });
    REQUIRE(writer);
    CHECK(news.find("`eastap replay " + path.string() + " --rebuild`") != std::string::npos);
    (*writer)->write(test::record(test::opened(3, test::connection(1))));
    const auto refused = rebuild_derived(path, "2", interpret());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("is being written by another eastap") != std::string::npos);
    (*writer)->close();
    CHECK(test::sql(path, "SELECT count(*) FROM commands") == "1");
    {
      const auto reader = Reader::open(path);
      REQUIRE(reader);
      CHECK(reader->facts().decoder_version == "2");
      CHECK_FALSE(reader->facts().derived_complete);
    }
    const auto counts = rebuild_derived(path, "2", interpret());
    REQUIRE(counts);
    REQUIRE(*counts);
    CHECK((*counts)->inputs == 5);
    CHECK((*counts)->commands == 3);
    CHECK((*counts)->findings == 2);
    CHECK(test::sql(path, "SELECT count(*) FROM commands") == "3");
    CHECK(test::sql(path, "SELECT session || ' ' || id FROM findings") == "0 9|0 10");
    CHECK(folder.names() == std::vector<std::string>{"a.eastap"});
    const auto reader = Reader::open(path);
    REQUIRE(reader);
    CHECK(reader->facts().derived_complete);
  }

  TEST_CASE("a rebuild that is stopped leaves the old rows and one file") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    write_sample(path, "1");
    const auto counts = rebuild_derived(path, "2", interpret(2));
    REQUIRE(counts);
    CHECK_FALSE(*counts);
    CHECK(test::sql(path, "SELECT session || ' ' || id FROM findings") == "1 1");
    CHECK(test::sql(path, "SELECT value FROM meta WHERE key = 'decoder_version'") == "1");
    CHECK(folder.names() == std::vector<std::string>{"a.eastap"});
  }

  TEST_CASE("somebody who reads the capture meanwhile sees the old rows, and does no harm") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    write_sample(path, "1");
    std::optional<Reader> other;
    const auto counts = rebuild_derived(
        path, "2", [&](const Reader& reader, std::function<void(const pipeline::RecordPtr&)> emit) {
          auto opened = Reader::open(path);
          REQUIRE(opened);
          other.emplace(std::move(*opened));
          return interpret()(reader, std::move(emit));
        });
    REQUIRE(counts);
    REQUIRE(*counts);
    REQUIRE(other);
    CHECK(other->facts().decoder_version == "1");
    CHECK(test::sql(path, "SELECT session || ' ' || id FROM findings") == "0 9|0 10");
    other.reset();
    CHECK(test::sql(path, "SELECT value FROM meta WHERE key = 'decoder_version'") == "2");
  }

  TEST_CASE("derived rows of the same decoder stay when the capture is continued") {
    const Folder folder;
    write_sample(folder / "a.eastap");
    bool told = false;
    auto writer = Writer::open(folder / "a.eastap", test::quick(), {},
                               [&](const std::string&) { told = true; });
    REQUIRE(writer);
    CHECK_FALSE(told);
    (*writer)->close();
    CHECK(test::sql(folder / "a.eastap", "SELECT count(*) FROM commands") == "2");
  }
}

}  // namespace eastap::capture
