#include <chrono>
#include <mutex>
#include <thread>

#include "fault_vfs.hpp"
#include "samples.hpp"
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace eastap::capture {
namespace {

using namespace std::chrono_literals;
using test::FaultVfs;
using test::Folder;

/// Two batches with a waiting exchange between, a clean stop. Nothing when the file did not open.
std::optional<WriterCounters> short_run(const std::filesystem::path& path, const std::string& vfs,
                                        const std::vector<pipeline::Input>& inputs,
                                        std::vector<std::string>& notes) {
  auto settings = test::quick();
  settings.vfs = vfs;
  settings.retry_interval = 1ms;
  settings.commit_interval = 1ms;
  std::mutex mutex;
  auto writer = Writer::open(path, settings, [&](std::string note) {
    const std::lock_guard lock{mutex};
    notes.push_back(std::move(note));
  });
  if (!writer) return std::nullopt;
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    (*writer)->write(test::record(inputs[index]));
    if (index == inputs.size() / 2) (*writer)->flush(100ms);
  }
  (*writer)->close();
  return (*writer)->counters();
}

/// Whether `part` is `whole` without some of its members, in order.
bool is_part_of(const std::vector<pipeline::Input>& part,
                const std::vector<pipeline::Input>& whole) {
  std::size_t at = 0;
  for (const auto& input : part) {
    while (at < whole.size() && !test::same(whole[at], input)) ++at;
    if (at++ == whole.size()) return false;
  }
  return true;
}

std::vector<pipeline::Input> small_inputs() {
  std::mt19937_64 random{21};
  return test::random_inputs(random, 6);
}

}  // namespace

TEST_SUITE("proxy.capture.faults") {
  TEST_CASE("whichever operation fails once, all is stored or told, and the capture opens") {
    const auto inputs = small_inputs();
    FaultVfs vfs;
    bool failed = true;
    int opened = 0;
    for (std::int64_t number = 0; failed; ++number) {
      CAPTURE(number);
      const Folder folder;
      const auto path = folder / "a.eastap";
      std::vector<std::string> notes;
      vfs.fail_at(number, false);
      const auto counters = short_run(path, vfs.name(), inputs, notes);
      failed = vfs.has_failed();
      vfs.heal();
      REQUIRE(vfs.open_files() == 0);
      if (!counters) {
        CHECK_FALSE(std::filesystem::exists(path));  // a beginning that failed leaves nothing
        continue;
      }
      ++opened;
      const auto read = test::contents(path);
      REQUIRE(read.errors.empty());
      REQUIRE(is_part_of(read.inputs, inputs));
      REQUIRE(read.inputs.size() == counters->inputs_stored);
      REQUIRE(counters->inputs_stored + counters->inputs_lost == inputs.size());
      if (counters->inputs_lost > 0) REQUIRE_FALSE(notes.empty());
      REQUIRE(test::sql(path, "PRAGMA integrity_check") == "ok");
      REQUIRE(number < 5'000);
    }
    CHECK(opened > 20);
  }

  TEST_CASE("a disk that fails for good at any operation leaves what was stored before") {
    const auto inputs = small_inputs();
    FaultVfs vfs;
    bool failed = true;
    for (std::int64_t number = 0; failed; number += 3) {
      CAPTURE(number);
      const Folder folder;
      const auto path = folder / "a.eastap";
      std::vector<std::string> notes;
      vfs.fail_at(number, true);
      const auto counters = short_run(path, vfs.name(), inputs, notes);
      failed = vfs.has_failed();
      vfs.heal();
      REQUIRE(vfs.open_files() == 0);
      if (!counters) continue;
      const auto read = test::contents(path);
      REQUIRE(read.errors.empty());
      REQUIRE(is_part_of(read.inputs, inputs));
      REQUIRE(read.inputs.size() >= counters->inputs_stored);
      if (failed) REQUIRE_FALSE(notes.empty());
      REQUIRE(number < 5'000);
    }
  }

  TEST_CASE("a reader whose disk fails reports it, and leaks nothing") {
    const Folder folder;
    const auto inputs = small_inputs();
    std::vector<std::string> notes;
    REQUIRE(short_run(folder / "a.eastap", "", inputs, notes));
    FaultVfs vfs;
    ReaderSettings faulty;
    faulty.vfs = vfs.name();
    bool failed = true;
    for (std::int64_t number = 0; failed; ++number) {
      CAPTURE(number);
      vfs.fail_at(number, false);
      const auto read = test::contents(folder / "a.eastap", faulty);
      failed = vfs.has_failed();
      REQUIRE(vfs.open_files() == 0);
      REQUIRE(is_part_of(read.inputs, inputs));
      REQUIRE(number < 5'000);
      if (read.inputs.size() < inputs.size()) REQUIRE_FALSE(read.errors.empty());
    }
  }

  TEST_CASE("a full disk: one note, the backlog waits, and is written when there is room") {
    const Folder folder;
    FaultVfs vfs;
    std::mutex mutex;
    std::vector<std::string> notes;
    auto settings = test::quick();
    settings.vfs = vfs.name();
    auto writer = Writer::open(folder / "a.eastap", settings, [&](std::string note) {
      const std::lock_guard lock{mutex};
      notes.push_back(std::move(note));
    });
    REQUIRE(writer);
    vfs.set_room(200'000);
    std::uint64_t id = 0;
    while (!(*writer)->counters().failing && id < 2'000) {
      (*writer)->write(
          test::record(test::opened(++id, test::connection(1), std::string(2'000, 'x'))));
      if (id % 10 == 0) std::this_thread::sleep_for(2ms);
    }
    REQUIRE((*writer)->counters().failing);
    std::this_thread::sleep_for(100ms);  // several tries
    CHECK((*writer)->counters().failures > 1);
    {
      const std::lock_guard lock{mutex};
      REQUIRE(notes.size() == 1);
      CHECK(notes[0].find("the disk is full. Free some space") != std::string::npos);
    }
    CHECK(test::contents(folder / "a.eastap").errors.empty());
    vfs.set_room(-1);
    CHECK((*writer)->flush(5s));
    (*writer)->close();
    REQUIRE(notes.size() == 2);
    CHECK(notes[1].find("nothing was lost") != std::string::npos);
    CHECK(test::contents(folder / "a.eastap").inputs.size() == id);
  }

  TEST_CASE("stopping with a full disk says what is not in the capture") {
    const Folder folder;
    FaultVfs vfs;
    std::vector<std::string> notes;
    auto settings = test::quick();
    settings.vfs = vfs.name();
    auto writer = Writer::open(folder / "a.eastap", settings,
                               [&](std::string note) { notes.push_back(std::move(note)); });
    REQUIRE(writer);
    vfs.set_room(0);
    for (std::uint64_t id = 1; id <= 7; ++id) {
      (*writer)->write(test::record(test::opened(id, test::connection(1))));
    }
    (*writer)->close();
    CHECK((*writer)->counters().inputs_lost == 7);
    REQUIRE(notes.size() >= 2);
    CHECK(notes[1].find("7 exchanges or events of this run are not in it") != std::string::npos);
    vfs.heal();
    CHECK(test::contents(folder / "a.eastap").errors.empty());
  }

  TEST_CASE("a file size limit of the process is trouble, not its end") {
    const Folder folder;
    const pid_t child = fork();
    if (child == 0) {
      const rlimit limit{100'000, 100'000};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(3);
      std::mutex mutex;
      std::string all;
      auto writer = Writer::open(folder / "a.eastap", test::quick(), [&](std::string note) {
        const std::lock_guard lock{mutex};
        all += note;
      });
      if (!writer) _exit(4);
      for (std::uint64_t id = 1; id <= 200; ++id) {
        (*writer)->write(
            test::record(test::opened(id, test::connection(1), std::string(2'000, 'x'))));
        if (id % 10 == 0) std::this_thread::sleep_for(5ms);
      }
      (*writer)->close();
      const bool told = all.find("largest size allowed") != std::string::npos;
      _exit(told && (*writer)->counters().inputs_lost > 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(test::contents(folder / "a.eastap").errors.empty());
  }
}

}  // namespace eastap::capture
