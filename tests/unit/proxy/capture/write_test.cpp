#include <chrono>
#include <fstream>
#include <mutex>
#include <thread>

#include "samples.hpp"
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace eastap::capture {
namespace {

using namespace std::chrono_literals;
using test::Folder;

/// What the writer said, from its own thread.
class Notes {
 public:
  [[nodiscard]] NoteCallback callback() {
    return [this](std::string note) {
      const std::lock_guard lock{mutex_};
      notes_.push_back(std::move(note));
    };
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock{mutex_};
    return notes_;
  }
  [[nodiscard]] bool wait_for(std::size_t count) const {
    for (int tries = 0; tries < 500; ++tries) {
      if (all().size() >= count) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
};

std::unique_ptr<Writer> must_open(const std::filesystem::path& path,
                                  WriterSettings settings = test::quick(), NoteCallback note = {}) {
  auto writer = Writer::open(path, std::move(settings), std::move(note));
  if (!writer) FAIL(writer.error().detail);
  return std::move(*writer);
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0U;
}

}  // namespace

TEST_SUITE("proxy.capture.writer") {
  TEST_CASE("what was written is read back, value for value and in the same order") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 random{seed};
      const Folder folder;
      const auto inputs = test::random_inputs(random, 150);
      auto settings = test::quick();
      if (seed % 3 == 0) settings.commit_interval = 0ms;  // ends often come in a later batch
      if (seed % 3 == 1) settings.batch_bytes = 5'000;
      auto writer = must_open(folder / "a.eastap", settings);
      for (const auto& input : inputs) {
        writer->write(test::record(input));
        if (seed % 3 == 0 && random() % 8 == 0) std::this_thread::sleep_for(300us);
      }
      writer->close();
      CHECK(writer->counters().inputs_stored == inputs.size());
      CHECK(writer->counters().inputs_lost == 0);
      const auto read = test::contents(folder / "a.eastap");
      CHECK(read.errors.empty());
      REQUIRE(read.inputs.size() == inputs.size());
      for (std::size_t index = 0; index < inputs.size(); ++index) {
        CAPTURE(index);
        REQUIRE(test::same(read.inputs[index], inputs[index]));
      }
    }
  }

  TEST_CASE("both values of an exchange share one request when they are read") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    const auto open = test::opened(1, test::connection(1));
    writer->write(test::record(open));
    writer->write(test::record(test::ended(open)));
    writer->close();
    const auto read = test::contents(folder / "a.eastap");
    REQUIRE(read.inputs.size() == 2);
    CHECK(std::get<model::Exchange>(read.inputs[0]).request ==
          std::get<model::Exchange>(read.inputs[1]).request);
    CHECK(std::get<model::Exchange>(read.inputs[0]).connection ==
          std::get<model::Exchange>(read.inputs[1]).connection);
  }

  TEST_CASE("files are for their owner only, and a clean stop leaves one") {
    const Folder folder;
    const auto mask = umask(0);
    auto writer = must_open(folder / "a.eastap");
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(writer->flush(2s));
    umask(mask);
    for (const char* name : {"a.eastap", "a.eastap-wal", "a.eastap-shm", "a.eastap-lock"}) {
      CAPTURE(name);
      CHECK(mode_of(folder / name) == 0600);
    }
    writer->close();
    CHECK(folder.names() == std::vector<std::string>{"a.eastap"});
    CHECK(test::sql(folder / "a.eastap", "PRAGMA integrity_check") == "ok");
    CHECK(test::sql(folder / "a.eastap", "SELECT ended IS NOT NULL FROM sessions") == "1");
  }

  TEST_CASE("a capture is continued: numbers and order go on") {
    const Folder folder;
    std::mt19937_64 random{3};
    auto inputs = test::random_inputs(random, 20);
    auto writer = must_open(folder / "a.eastap");
    CHECK(writer->next_ids().exchange == ExchangeId{1});
    for (const auto& input : inputs) writer->write(test::record(input));
    writer->write(test::finding(6));
    writer->close();
    writer = must_open(folder / "a.eastap");
    CHECK(writer->next_ids().exchange == ExchangeId{21});
    CHECK(writer->next_ids().connection == ConnectionId{5});
    CHECK(writer->next_ids().finding == FindingId{7});
    for (auto& input : test::random_inputs(random, 20, 21)) {
      writer->write(test::record(input));
      inputs.push_back(std::move(input));
    }
    writer->close();
    const auto read = test::contents(folder / "a.eastap");
    CHECK(read.errors.empty());
    REQUIRE(read.inputs.size() == inputs.size());
    for (std::size_t index = 0; index < inputs.size(); ++index) {
      REQUIRE(test::same(read.inputs[index], inputs[index]));
    }
  }

  TEST_CASE("a second eastap on the same capture is refused, by name and process") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    const auto second = Writer::open(folder / "a.eastap", test::quick(), {});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Errc::io);
    CHECK(second.error().detail.find("another eastap (process " + std::to_string(getpid()) + ")") !=
          std::string::npos);
    std::filesystem::create_symlink(folder / "a.eastap", folder / "b.eastap");
    CHECK_FALSE(Writer::open(folder / "b.eastap", test::quick(), {}));
    writer->write(test::record(test::opened(1, test::connection(1))));
    CHECK(writer->flush(2s));
    writer->close();
    CHECK(Writer::open(folder / "a.eastap", test::quick(), {}));
  }

  TEST_CASE("a file that cannot be a capture is refused and left as it was") {
    const Folder folder;
    const auto refusal = [&](const std::string& name) {
      const auto writer = Writer::open(folder / name, test::quick(), {});
      REQUIRE_FALSE(writer);
      CHECK_FALSE(std::filesystem::exists(folder / (name + "-lock")));
      return writer.error();
    };
    SUBCASE("text") {
      std::ofstream{folder / "notes.txt"} << std::string(5000, 'x');
      CHECK(refusal("notes.txt").code == Errc::malformed);
      CHECK(std::filesystem::file_size(folder / "notes.txt") == 5000);
    }
    SUBCASE("another program's database") {
      test::sql(folder / "other.db", "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
      const auto error = refusal("other.db");
      CHECK(error.code == Errc::malformed);
      CHECK(error.detail.find("not a capture") != std::string::npos);
      CHECK(test::sql(folder / "other.db", "PRAGMA journal_mode") == "delete");
    }
    SUBCASE("a newer version") {
      must_open(folder / "new.eastap")->close();
      test::sql(folder / "new.eastap",
                "UPDATE meta SET value = '9.1' WHERE key = 'program_version'; "
                "PRAGMA user_version = 7");
      const auto error = refusal("new.eastap");
      CHECK(error.code == Errc::unsupported);
      CHECK(error.detail.find("newer eastap (9.1): capture version 7, and this one reads up to 1. "
                              "Update eastap") != std::string::npos);
      const auto read = test::contents(folder / "new.eastap");
      REQUIRE(read.errors.size() == 1);
      CHECK(read.errors[0].code == Errc::unsupported);
    }
    SUBCASE("no such folder") {
      const auto error = refusal("missing/a.eastap");
      CHECK(error.code == Errc::not_found);
      CHECK(error.detail.find("Create it") != std::string::npos);
    }
    SUBCASE("a folder") {
      std::filesystem::create_directory(folder / "d");
      CHECK(refusal("d").code == Errc::io);
    }
  }

  TEST_CASE("where this user may not write, opening says so") {
    const Folder folder;
    std::filesystem::permissions(folder / "", std::filesystem::perms{0555});
    const pid_t child = fork();
    if (child == 0) {
      if (getuid() == 0 && setuid(65534) != 0) _exit(3);
      const auto writer = Writer::open(folder / "a.eastap", test::quick(), {});
      const bool told = !writer && writer.error().code == Errc::io &&
                        writer.error().detail.find("Permission denied") != std::string::npos;
      _exit(told ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::filesystem::permissions(folder / "", std::filesystem::perms{0755});
    CHECK(status == 0);
  }

  TEST_CASE("a waiting request survives kill -9, and at most 250 ms are lost") {
    const Folder folder;
    int told[2];
    REQUIRE(pipe(told) == 0);
    const pid_t child = fork();
    if (child == 0) {
      WriterSettings settings = test::quick();
      settings.commit_interval = WriterSettings{}.commit_interval;  // as it is delivered
      auto writer = Writer::open(folder / "a.eastap", settings, {});
      if (!writer) _exit(1);
      const auto on = test::connection(1);
      (*writer)->write(test::record(test::opened(1, on)));  // the waiting one
      for (std::uint64_t id = 2;; ++id) {
        const auto open = test::opened(id, on);
        (*writer)->write(test::record(open));
        (*writer)->write(test::record(test::ended(open)));
        const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
        const std::int64_t line[2]{static_cast<std::int64_t>(id), now};
        if (write(told[1], line, sizeof line) != sizeof line) _exit(1);
        std::this_thread::sleep_for(2ms);
      }
    }
    close(told[1]);
    std::this_thread::sleep_for(700ms);
    kill(child, SIGKILL);
    const auto killed = std::chrono::steady_clock::now().time_since_epoch().count();
    waitpid(child, nullptr, 0);
    std::int64_t line[2];
    std::uint64_t due = 0;
    while (read(told[0], line, sizeof line) == sizeof line) {
      if (killed - line[1] > 250'000'000) due = static_cast<std::uint64_t>(line[0]);
    }
    close(told[0]);
    REQUIRE(due > 10);

    const auto found = test::contents(folder / "a.eastap");
    CHECK(found.errors.empty());
    REQUIRE_FALSE(found.inputs.empty());
    const auto& waiting = std::get<model::Exchange>(found.inputs.front());
    CHECK(waiting.id == ExchangeId{1});
    CHECK(waiting.ending == model::Ending::open);
    const auto& last = std::get<model::Exchange>(found.inputs.back());
    CHECK(last.id.value >= due);
    // The next run goes on where that one was killed; a left lock file does not keep it out.
    auto writer = must_open(folder / "a.eastap");
    CHECK(writer->next_ids().exchange.value > last.id.value);
    CHECK(test::sql(folder / "a.eastap", "SELECT ended FROM sessions ORDER BY id") == "NULL|NULL");
    writer->close();
    CHECK(folder.names() == std::vector<std::string>{"a.eastap"});
  }

  TEST_CASE("a removed file is begun anew, with a note, and numbers go on") {
    const Folder folder;
    Notes notes;
    auto writer = must_open(folder / "a.eastap", test::quick(), notes.callback());
    const auto on = test::connection(1);
    const auto waiting = test::opened(1, on);
    writer->write(test::record(waiting));
    REQUIRE(writer->flush(2s));
    std::filesystem::remove(folder / "a.eastap");
    writer->write(test::record(test::ended(waiting)));
    writer->write(test::record(test::opened(2, on)));
    REQUIRE(writer->flush(2s));
    CHECK(notes.all().size() == 1);
    CHECK(notes.all().at(0).find("was removed or moved") != std::string::npos);
    CHECK(mode_of(folder / "a.eastap") == 0600);
    writer->close();
    CHECK(notes.all().size() == 1);
    const auto read = test::contents(folder / "a.eastap");
    CHECK(read.errors.empty());
    REQUIRE(read.inputs.size() == 2);
    CHECK(test::same(read.inputs[0], test::ended(waiting)));
    CHECK(test::sql(folder / "a.eastap", "SELECT seq_end FROM exchanges WHERE id = 1") == "2");
  }

  TEST_CASE("everything of the capture removed, lock and log too, is begun anew as well") {
    const Folder folder;
    Notes notes;
    auto writer = must_open(folder / "a.eastap", test::quick(), notes.callback());
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(writer->flush(2s));
    for (const auto& name : folder.names()) std::filesystem::remove(folder / name);
    writer->write(test::record(test::opened(2, test::connection(1))));
    REQUIRE(writer->flush(2s));
    CHECK_FALSE(Writer::open(folder / "a.eastap", test::quick(), {}));
    writer->close();
    CHECK(test::contents(folder / "a.eastap").inputs.size() == 1);
    CHECK(folder.names() == std::vector<std::string>{"a.eastap"});
  }

  TEST_CASE("a moved file stays whole under its new name") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(writer->flush(2s));
    std::filesystem::rename(folder / "a.eastap", folder / "kept.eastap");
    writer->write(test::record(test::opened(2, test::connection(1))));
    REQUIRE(writer->flush(2s));
    CHECK(test::contents(folder / "kept.eastap").inputs.size() == 1);
    writer->close();
    CHECK(test::contents(folder / "a.eastap").inputs.size() == 1);
  }

  TEST_CASE("another file in its place is not touched, until it is moved away") {
    const Folder folder;
    Notes notes;
    auto writer = must_open(folder / "a.eastap", test::quick(), notes.callback());
    std::ofstream{folder / "other"} << "mine";
    std::filesystem::rename(folder / "other", folder / "a.eastap");
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(notes.wait_for(1));
    CHECK(notes.all()[0].find("another file lies in its place") != std::string::npos);
    CHECK(std::filesystem::file_size(folder / "a.eastap") == 4);
    std::filesystem::remove(folder / "a.eastap");
    CHECK(writer->flush(5s));
    writer->close();
    CHECK(test::contents(folder / "a.eastap").inputs.size() == 1);
  }

  TEST_CASE("locked by another program: waits, says so once, and writes again") {
    const Folder folder;
    Notes notes;
    auto writer = must_open(folder / "a.eastap", test::quick(), notes.callback());
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open((folder / "a.eastap").c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(notes.wait_for(1));
    CHECK(notes.all()[0].find("another program has locked it") != std::string::npos);
    CHECK(writer->counters().failing);
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    CHECK(writer->flush(5s));
    REQUIRE(notes.wait_for(2));
    CHECK(notes.all()[1].find("nothing was lost") != std::string::npos);
    writer->close();
    CHECK(notes.all().size() == 2);
    CHECK(test::contents(folder / "a.eastap").inputs.size() == 1);
  }

  TEST_CASE("a full backlog drops bodies first, then exchanges, and counts both") {
    const Folder folder;
    Notes notes;
    auto settings = test::quick();
    settings.backlog_bytes = 1U << 20;
    auto writer = must_open(folder / "a.eastap", settings, notes.callback());
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open((folder / "a.eastap").c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    for (std::uint64_t id = 1; id <= 1000; ++id) {
      writer->write(test::record(test::opened(id, test::connection(1), std::string(10'000, 'b'))));
      CHECK(writer->counters().backlog_bytes < 1'400'000);
    }
    const auto full = writer->counters();
    CHECK(full.bodies_lost > 100);
    CHECK(full.inputs_lost > 100);
    REQUIRE(notes.wait_for(2));
    CHECK(notes.all()[1].find("does not hold everything") != std::string::npos);
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    writer->flush(5s);
    REQUIRE(notes.wait_for(3));
    CHECK(notes.all()[2].find(std::to_string(full.inputs_lost) +
                              " exchanges or events were lost, " +
                              std::to_string(full.bodies_lost) + " were stored without bodies") !=
          std::string::npos);
    writer->close();
    const auto read = test::contents(folder / "a.eastap");
    CHECK(read.inputs.size() + full.inputs_lost == 1000);
    const auto& last = std::get<model::Exchange>(read.inputs.back());
    CHECK(last.bodies_dropped);
    CHECK(last.request->body.empty());
    CHECK(last.request->body_size == 10'000);
  }

  TEST_CASE("a number given twice is lost alone, and told") {
    const Folder folder;
    Notes notes;
    auto writer = must_open(folder / "a.eastap", test::quick(), notes.callback());
    writer->write(test::record(test::opened(1, test::connection(1))));
    REQUIRE(writer->flush(2s));
    writer->write(test::record(test::opened(1, test::connection(1))));
    writer->write(test::record(test::opened(2, test::connection(1))));
    writer->close();
    CHECK(writer->counters().inputs_lost == 1);
    CHECK(notes.all().size() == 1);
    CHECK(test::contents(folder / "a.eastap").inputs.size() == 2);
  }

  TEST_CASE("after close nothing is taken, and it is counted") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    writer->close();
    writer->close();
    writer->write(test::record(test::opened(1, test::connection(1))));
    CHECK(writer->counters().inputs_lost == 1);
  }

  TEST_CASE("writing costs its caller no disk time") {
    const Folder folder;
    auto writer = must_open(folder / "a.eastap");
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open((folder / "a.eastap").c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t id = 1; id <= 1000; ++id) {
      writer->write(test::record(test::opened(id, test::connection(1))));
    }
    CHECK(std::chrono::steady_clock::now() - began < 400ms);  // the lock is waited for 500 ms
    sqlite3_close(other);
    writer->close();
    CHECK(test::contents(folder / "a.eastap").inputs.size() == 1000);
  }
}

}  // namespace eastap::capture
