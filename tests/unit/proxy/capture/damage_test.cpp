#include <fstream>
#include <iterator>

#include "samples.hpp"
#include <doctest/doctest.h>

namespace eastap::capture {
namespace {

using test::Folder;

constexpr std::size_t kPage = 8192;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::filesystem::path& path, const std::string& octets) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << octets;
}

std::vector<pipeline::Input> write_sample(const std::filesystem::path& path,
                                          std::size_t exchanges) {
  std::mt19937_64 random{5};
  auto inputs = test::random_inputs(random, exchanges);
  auto writer = Writer::open(path, test::quick(), {});
  if (!writer) FAIL(writer.error().detail);
  for (const auto& input : inputs) (*writer)->write(test::record(input));
  (*writer)->close();
  return inputs;
}

/// Reads all and holds every value to what consumers rely on.
std::size_t read_soundly(const std::filesystem::path& path) {
  const auto read = test::contents(path);
  for (const auto& input : read.inputs) {
    if (const auto* exchange = std::get_if<model::Exchange>(&input)) {
      REQUIRE(exchange->connection != nullptr);
      REQUIRE(exchange->request != nullptr);
      REQUIRE(exchange->id.value > 0);
    }
  }
  return read.inputs.size();
}

}  // namespace

TEST_SUITE("proxy.capture.damage") {
  TEST_CASE("flipped octets anywhere cost some exchanges, never the reader") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    const auto inputs = write_sample(path, 120);
    const std::string whole = read_file(path);
    std::mt19937_64 random{6};
    std::size_t read = 0;
    constexpr int kTries = 300;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      CAPTURE(attempt);
      std::string damaged = whole;
      for (std::size_t flips = 1 + random() % 8; flips > 0; --flips) {
        damaged[random() % damaged.size()] ^= static_cast<char>(1U << (random() % 8));
      }
      write_file(path, damaged);
      read += read_soundly(path);
    }
    // Most of the content is far from most flips.
    CHECK(read > inputs.size() * kTries / 2);
  }

  TEST_CASE("a page overwritten anywhere is survived, and most of the rest is read") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    const auto inputs = write_sample(path, 400);
    const std::string whole = read_file(path);
    std::size_t opened = 0, read = 0;
    for (std::size_t page = 1; page < whole.size() / kPage; ++page) {
      CAPTURE(page);
      std::string damaged = whole;
      damaged.replace(page * kPage, kPage, kPage, '\xA5');
      write_file(path, damaged);
      const auto found = test::contents(path);
      if (found.errors.size() == 1 && found.inputs.empty()) continue;
      ++opened;
      read += found.inputs.size();
    }
    REQUIRE(opened > 0);
    CHECK(read > opened * inputs.size() / 2);
  }

  TEST_CASE("a file cut anywhere is survived") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    write_sample(path, 60);
    const std::string whole = read_file(path);
    for (std::size_t kept = 0; kept < whole.size(); kept += whole.size() / 97 + 1) {
      CAPTURE(kept);
      write_file(path, whole.substr(0, kept));
      read_soundly(path);
    }
  }

  TEST_CASE(
      "wrong types, signs and sizes in a row are an error that names it, and the rest is read") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    auto writer = Writer::open(path, test::quick(), {});
    REQUIRE(writer);
    for (std::uint64_t id = 1; id <= 3; ++id) {
      const auto open = test::opened(id, test::connection(1));
      (*writer)->write(test::record(open));
      (*writer)->write(test::record(test::ended(open)));
    }
    (*writer)->close();
    for (const char* change :
         {"request_body = 5", "request_head = 1.5", "request_began = 'noon'",
          "request_began = 9223372036854775807", "request_body_size = -1", "connection = 99",
          "connection = 'x'", "request_complete = 7", "request_wire_size = x'00'"}) {
      CAPTURE(change);
      REQUIRE(test::sql(path, std::string{"BEGIN; UPDATE exchanges SET "} + change +
                                  " WHERE id = 2; COMMIT") == "");
      const auto read = test::contents(path);
      CHECK(read.inputs.size() == 4);
      REQUIRE(read.errors.size() == 2);
      CHECK(read.errors[0].detail.find("exchange 2") != std::string::npos);
      CHECK(read.errors[0].offset == 3);
      REQUIRE(test::sql(path,
                        "REPLACE INTO exchanges SELECT 2, 3, 4, connection, "
                        "connection_at_end, ending, error, delivered_octets, "
                        "bodies_dropped_at_open, bodies_dropped, request_began, "
                        "request_ended, request_body_size, request_wire_size, "
                        "request_complete, response_began, response_ended, "
                        "response_body_size, response_wire_size, response_complete, "
                        "request_head, response_head, request_body, response_body, ended "
                        "FROM exchanges WHERE id = 1") == "");
    }
    REQUIRE(test::sql(path, "UPDATE exchanges SET ending = 'vanished' WHERE id = 1") == "");
    CHECK(test::contents(path).inputs.size() == 5);
    REQUIRE(test::sql(path, "UPDATE exchanges SET seq_end = 'late' WHERE id = 3") == "");
    CHECK(test::contents(path).inputs.size() == 4);
    CHECK(test::contents(path).errors.size() == 2);
  }

  TEST_CASE("code in a file's schema is not run") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    write_sample(path, 3);
    SUBCASE("a view in place of a table") {
      test::sql(path,
                "DROP TABLE connection_events; CREATE VIEW connection_events AS WITH RECURSIVE "
                "n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n) SELECT seq, 'note' AS kind, "
                "0 AS time, NULL AS connection, '' AS reason, '' AS detail, 0 AS octets_up, 0 AS "
                "octets_down FROM n");
      const auto read = test::contents(path);
      CHECK(read.inputs.empty());
      REQUIRE(read.errors.size() == 1);
      CHECK(read.errors[0].detail.find("connection_events is missing") != std::string::npos);
      CHECK_FALSE(Writer::open(path, test::quick(), {}));
    }
    SUBCASE("a computed column") {
      test::sql(path,
                "DROP TABLE requests_at_end; CREATE TABLE requests_at_end (exchange INTEGER "
                "PRIMARY KEY, began, ended, body_size, wire_size, complete, head, body AS "
                "(hex(zeroblob(100000000))))");
      CHECK(test::contents(path).inputs.empty());
    }
    SUBCASE("a trigger is not fired by the writer") {
      test::sql(path,
                "CREATE TRIGGER t AFTER INSERT ON exchanges BEGIN DELETE FROM exchanges; END");
      auto writer = Writer::open(path, test::quick(), {});
      REQUIRE(writer);
      (*writer)->write(test::record(test::opened(50, test::connection(1))));
      (*writer)->close();
      CHECK(test::sql(path, "SELECT count(*) FROM exchanges") == "4");
    }
  }

  TEST_CASE("a damaged capture is not continued blindly: writing tells, or goes on") {
    const Folder folder;
    const auto path = folder / "a.eastap";
    write_sample(path, 100);
    std::string damaged = read_file(path);
    damaged.replace(kPage, 100, 100, '\xA5');
    write_file(path, damaged);
    std::vector<std::string> notes;
    auto writer = Writer::open(path, test::quick(),
                               [&](std::string note) { notes.push_back(std::move(note)); });
    if (!writer) {
      CHECK(writer.error().code == Errc::malformed);
      CHECK(writer.error().detail.find("damaged") != std::string::npos);
      return;
    }
    (*writer)->write(test::record(test::opened(500, test::connection(1))));
    (*writer)->close();
    CHECK((*writer)->counters().inputs_stored + (*writer)->counters().inputs_lost == 1);
  }
}

}  // namespace eastap::capture
