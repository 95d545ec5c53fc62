#include <chrono>
#include <fstream>
#include <thread>

#include "samples.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>

namespace eastap::capture {
namespace {

using namespace std::chrono_literals;
using test::Folder;

std::unique_ptr<Writer> must_open(const std::filesystem::path& path) {
  auto writer = Writer::open(path, test::quick(), {});
  if (!writer) FAIL(writer.error().detail);
  return std::move(*writer);
}

std::optional<pipeline::Input> next_within(Reader& reader, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < until) {
    if (auto input = reader.next()) {
      if (!*input) FAIL(input->error().detail);
      return std::move(**input);
    }
    std::this_thread::sleep_for(2ms);
  }
  return std::nullopt;
}

}  // namespace

TEST_SUITE("proxy.capture.reader") {
  TEST_CASE("a follower sees a waiting request, then its end, as they come") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    auto reader = Reader::open(folder / "a.eastap", test::following());
    REQUIRE(reader);
    CHECK(reader->facts().being_written);
    CHECK_FALSE(reader->next());
    const auto open = test::opened(1, test::connection(1));
    writer->write(test::record(open));
    auto first = next_within(*reader, 5s);
    REQUIRE(first);
    CHECK(test::same(*first, open));
    CHECK_FALSE(reader->next());
    writer->write(test::record(test::event(test::connection(1))));
    writer->write(test::record(test::ended(open)));
    auto second = next_within(*reader, 5s);
    REQUIRE(second);
    CHECK(std::holds_alternative<model::ConnectionEvent>(*second));
    auto third = next_within(*reader, 5s);
    REQUIRE(third);
    CHECK(test::same(*third, test::ended(open)));
    CHECK_FALSE(reader->next());
    writer->close();
    CHECK_FALSE(reader->being_written());
    CHECK_FALSE(reader->next());
    // The follower did not keep the writer from leaving one file.
    reader = tl::unexpected(Error{});
    CHECK(folder.names() == std::vector<std::string>{"a.eastap"});
  }

  TEST_CASE("a follower gets everything once, however writing and reading interleave") {
    const Folder folder;
    std::mt19937_64 random{11};
    const auto inputs = test::random_inputs(random, 400);
    auto writer = must_open(folder / "a.eastap");
    auto reader = Reader::open(folder / "a.eastap", test::following());
    REQUIRE(reader);
    std::thread source{[&] {
      for (const auto& input : inputs) {
        writer->write(test::record(input));
        if (input.index() == 1) std::this_thread::sleep_for(1ms);
      }
      writer->close();
    }};
    for (const auto& input : inputs) {
      const auto seen = next_within(*reader, 10s);
      REQUIRE(seen);
      REQUIRE(test::same(*seen, input));
    }
    source.join();
    CHECK_FALSE(reader->next());
  }

  TEST_CASE("a follower goes on in the file that replaces a removed one") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    auto reader = Reader::open(folder / "a.eastap", test::following());
    REQUIRE(reader);
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(next_within(*reader, 5s));
    std::filesystem::remove(folder / "a.eastap");
    CHECK_FALSE(reader->next());
    writer->write(test::record(test::opened(2, test::connection(1))));
    const auto seen = next_within(*reader, 5s);
    REQUIRE(seen);
    CHECK(std::get<model::Exchange>(*seen).id == ExchangeId{2});
    // And in one that another run began from number 1.
    writer->close();
    CHECK_FALSE(reader->next());
    std::filesystem::remove(folder / "a.eastap");
    writer = must_open(folder / "a.eastap");
    writer->write(test::record(test::opened(1, test::connection(1))));
    const auto again = next_within(*reader, 5s);
    REQUIRE(again);
    CHECK(std::get<model::Exchange>(*again).id == ExchangeId{1});
  }

  TEST_CASE("facts tell who wrote it and how much there is") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    const auto open = test::opened(1, test::connection(1));
    writer->write(test::record(open));
    writer->write(test::record(test::ended(open)));
    writer->write(test::record(test::event(nullptr)));
    writer->close();
    const auto reader = Reader::open(folder / "a.eastap");
    REQUIRE(reader);
    CHECK(reader->facts().program_version == "0.1.0");
    CHECK(reader->facts().version == 1);
    CHECK(reader->facts().exchanges == 1);
    CHECK(reader->facts().events == 1);
    CHECK(reader->facts().derived_complete);
    CHECK_FALSE(reader->facts().being_written);
    CHECK(std::chrono::system_clock::now() - reader->facts().created < 1h);
  }

  TEST_CASE("a capture is known by its first octets") {
    const Folder folder;
    must_open(folder / "a.eastap")->close();
    std::ifstream file{folder / "a.eastap", std::ios::binary};
    std::string start(100, '\0');
    file.read(start.data(), 100);
    CHECK(looks_like_capture(start));
    for (std::size_t kept = 0; kept < 72; ++kept) {
      CHECK_FALSE(looks_like_capture(std::string_view{start}.substr(0, kept)));
    }
    start[70] = 'X';
    CHECK_FALSE(looks_like_capture(start));
  }

  TEST_CASE("what is no capture is told apart") {
    const Folder folder;
    const auto code = [&](const std::string& name) {
      const auto reader = Reader::open(folder / name);
      REQUIRE_FALSE(reader);
      CHECK(reader.error().detail.find(name) != std::string::npos);
      return reader.error().code;
    };
    CHECK(code("missing.eastap") == Errc::not_found);
    std::ofstream{folder / "empty"};
    CHECK(code("empty") == Errc::malformed);
    std::ofstream{folder / "text"} << std::string(9'000, 't');
    CHECK(code("text") == Errc::malformed);
    test::sql(folder / "other.db", "CREATE TABLE t (x)");
    CHECK(code("other.db") == Errc::malformed);
  }

  TEST_CASE("a copy in WAL mode without its log is read where nothing can be written") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(writer->flush(2s));
    writer->close();
    test::sql(folder / "a.eastap", "PRAGMA journal_mode = WAL");
    // As on a medium that SQLite cannot put its files on: the names are taken by folders.
    std::filesystem::create_directory(folder / "a.eastap-shm");
    const auto read = test::contents(folder / "a.eastap");
    CHECK(read.errors.empty());
    CHECK(read.inputs.size() == 1);
  }

  TEST_CASE("bodies beyond the reader's limit are an error in their place") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    writer->write(test::record(test::opened(1, test::connection(1), std::string(5'000, 'a'))));
    writer->write(test::record(test::opened(2, test::connection(1), std::string(500, 'a'))));
    writer->close();
    ReaderSettings settings;
    settings.body_limit = 1'000;
    const auto read = test::contents(folder / "a.eastap", settings);
    REQUIRE(read.errors.size() == 1);
    CHECK(read.errors[0].offset == 1);
    CHECK(read.inputs.size() == 1);
  }

  TEST_CASE("a 40 MB body comes back whole") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    const auto open = test::opened(1, test::connection(1), std::string(40'000'000, 'm'));
    writer->write(test::record(open));
    REQUIRE(writer->flush(10s));
    writer->write(test::record(test::ended(open)));
    writer->close();
    const auto read = test::contents(folder / "a.eastap");
    REQUIRE(read.inputs.size() == 2);
    CHECK(test::same(read.inputs[1], test::ended(open)));
  }
}

}  // namespace eastap::capture
