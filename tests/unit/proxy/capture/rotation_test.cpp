#include "proxy/capture/rotation.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fault_vfs.hpp"
#include "samples.hpp"
#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "proxy/capture/retention.hpp"

namespace eastap::capture {
namespace {

using namespace std::chrono_literals;
using test::FaultVfs;
using test::Folder;

const Timestamp kNow = *from_rfc3339("2026-11-29T12:00:00Z");
const auto kNothingThere = [](const std::filesystem::path&) { return false; };

ClosedFile closed(const char* name, std::uint64_t bytes, std::chrono::seconds ago) {
  return {name, bytes, kNow - ago};
}

std::vector<std::string> deleted(const RotationLimits& limits, std::vector<ClosedFile> files,
                                 std::uint64_t open_bytes) {
  std::vector<std::string> names;
  for (const auto& file : to_delete(limits, std::move(files), open_bytes, kNow)) {
    names.push_back(file.path.string());
  }
  return names;
}

using Names = std::vector<std::string>;

/// A writer that begins a new file with every batch.
WriterSettings rotating(const std::filesystem::path& pattern) {
  WriterSettings settings = test::quick();
  settings.retry_interval = 1ms;
  settings.commit_interval = 1ms;
  settings.rotation.file_bytes = 1;
  settings.series = pattern;
  return settings;
}

std::vector<std::filesystem::path> captures(const Folder& folder) {
  std::vector<std::filesystem::path> found;
  for (const std::string& name : folder.names()) {
    if (name.ends_with(".eastap")) found.push_back(folder / name);
  }
  return found;
}

bool holds(const std::vector<pipeline::Input>& inputs, const pipeline::Input& wanted) {
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](const pipeline::Input& one) { return test::same(one, wanted); });
}

std::vector<pipeline::Input> all_inputs(const Folder& folder) {
  std::vector<pipeline::Input> all;
  for (const auto& path : captures(folder)) {
    for (auto& input : test::contents(path).inputs) all.push_back(std::move(input));
  }
  return all;
}

}  // namespace

TEST_SUITE("proxy.capture.rotation") {
  TEST_CASE("a file ends at its size or its age, whichever comes first") {
    RotationLimits limits;
    CHECK_FALSE(is_due(limits, ~0ULL, kNow - 1000h, kNow));
    limits = {.file_bytes = 100, .file_age = 60s};
    CHECK_FALSE(is_due(limits, 99, kNow - 59s, kNow));
    CHECK(is_due(limits, 100, kNow, kNow));
    CHECK(is_due(limits, 0, kNow - 60s, kNow));
    CHECK_FALSE(is_due(limits, 0, kNow + 3600s, kNow));  // the clock was set back
  }

  TEST_CASE("the oldest files go until the rest fits, and the open one counts but stays") {
    const std::vector<ClosedFile> files{closed("c", 30, 10s), closed("a", 30, 30s),
                                        closed("b", 30, 20s)};
    CHECK(deleted({}, files, 1000).empty());
    CHECK(deleted({.kept_bytes = 100}, files, 10).empty());
    CHECK(deleted({.kept_bytes = 99}, files, 10) == Names{"a"});
    CHECK(deleted({.kept_bytes = 69}, files, 10) == Names{"a", "b"});
    CHECK(deleted({.kept_bytes = 1}, files, 10) == Names{"a", "b", "c"});
  }

  TEST_CASE("files go that were not written for too long") {
    const std::vector<ClosedFile> files{closed("a", 1, 61s), closed("b", 1, 60s),
                                        closed("c", 1, -10s)};
    CHECK(deleted({.kept_age = 60s}, files, 0) == Names{"a"});
    CHECK(deleted({.kept_bytes = 1, .kept_age = 60s}, files, 0) == Names{"a", "b"});
  }

  TEST_CASE("a successor is named by the pattern and the time, and numbered within a second") {
    const Series series{"/x/eastap-%Y%m%d-%H%M%S.eastap"};
    const auto first = series.next(kNow, kNothingThere);
    CHECK(first.string().size() == std::string_view{"/x/eastap-20261129-120000.eastap"}.size());
    std::set<std::string> there;
    for (int number = 0; number < 4; ++number) {
      const auto path =
          series.next(kNow, [&](const auto& one) { return there.contains(one.string()); });
      CHECK(series.matches(path.filename().string()));
      CHECK(there.insert(path.string()).second);
    }
    CHECK(there.contains(first.string().substr(0, first.string().size() - 7) + "-4.eastap"));
    CHECK(series.next(kNow, [](const auto&) { return true; }).empty());
    const Series plain{"/x/monday.eastap"};
    const auto next = plain.next(kNow, kNothingThere);
    CHECK(next.string().starts_with("/x/monday-2026"));
    CHECK(plain.matches(next.filename().string()));
    CHECK(plain.matches("monday.eastap"));
  }

  TEST_CASE("only names that the pattern can make match") {
    const Series series{"/x/eastap-%Y%m%d-%H%M%S.eastap"};
    for (const char* name : {"eastap-20261129-120000.eastap", "eastap-20261129-120000-2.eastap",
                             "eastap-20261129-120000-10.eastap"}) {
      CAPTURE(name);
      CHECK(series.matches(name));
    }
    for (const char* name :
         {"eastap-20261129-120000.eastap-wal", "eastap-20261129-120000.eastap.bak",
          "my-eastap-20261129-120000.eastap", "eastap-20261129-120000-copy.eastap",
          "eastap-2026112-120000.eastap", "eastap-20261129-12000x.eastap", "eastap-.eastap", "",
          "eastap-20261129-120000-.eastap", "eastap-20261129-120000 (1).eastap"}) {
      CAPTURE(name);
      CHECK_FALSE(series.matches(name));
    }
    CHECK_FALSE(Series{"/x/monday.eastap"}.matches("tuesday.eastap"));
    CHECK_FALSE(Series{"/x/monday.eastap"}.matches("monday-old.eastap"));
    CHECK(Series{"/x/%A%%-%b-%s.eastap"}.matches("%A%-Nov-1764417600.eastap"));
    CHECK_FALSE(Series{"/x/%b.eastap"}.matches("N0v.eastap"));
    CHECK_FALSE(Series{"/x/%b%b%b%b.eastap"}.matches(std::string(248, 'a') + ".eastap!"));
  }

  TEST_CASE("all names of a pattern match it") {
    for (const char* pattern : {"/x/a-%F-%T.e", "/x/%d%b%Y%z.eastap", "/x/%e%j%u%V%G%Z.eastap",
                                "/x/%B %y", "/x/.%S", "/x/a%"}) {
      CAPTURE(pattern);
      const Series series{pattern};
      for (int day = 0; day < 400; day += 13) {
        const auto path = series.next(kNow + day * 24h + day * 101s, kNothingThere);
        CAPTURE(path.string());
        CHECK(series.matches(path.filename().string()));
      }
    }
  }

  TEST_CASE("every exchange is in one of the files, and one that waited meanwhile is whole") {
    const Folder folder;
    const auto pattern = folder / "run.eastap";
    auto writer = *Writer::open(pattern, rotating(pattern), {});
    const auto on = test::connection(1);
    const auto waiting = test::opened(1, on);
    writer->write(test::record(waiting));
    REQUIRE(writer->flush(10s));
    std::vector<pipeline::Input> inputs{waiting};
    for (std::uint64_t id = 2; id < 6; ++id) {
      const auto open = test::opened(id, on);
      inputs.emplace_back(open);
      inputs.emplace_back(test::ended(open));
      writer->write(test::record(open));
      writer->write(test::record(test::ended(open)));
      REQUIRE(writer->flush(10s));
    }
    inputs.emplace_back(test::ended(waiting));
    writer->write(test::record(test::ended(waiting)));
    writer->close();
    const auto counters = writer->counters();
    CHECK(counters.inputs_lost == 0);
    CHECK(counters.files_begun >= 5);
    CHECK(captures(folder).size() == counters.files_begun);
    const auto found = all_inputs(folder);
    CHECK(found.size() >= inputs.size());
    for (const auto& input : inputs) CHECK(holds(found, input));
    for (const std::string& name : folder.names()) CHECK(name.ends_with(".eastap"));
  }

  TEST_CASE("each file names its successor, and a reader goes on from one to the other") {
    const Folder folder;
    const auto pattern = folder / "run.eastap";
    auto writer = *Writer::open(pattern, rotating(pattern), {});
    const auto on = test::connection(1);
    for (std::uint64_t id = 1; id < 5; ++id) {
      writer->write(test::record(test::opened(id, on)));
      REQUIRE(writer->flush(10s));
    }
    writer->close();
    std::vector<std::uint64_t> ids;
    auto reader = Reader::open(pattern);
    std::size_t files = 0;
    while (reader) {
      ++files;
      while (const auto input = reader->next()) {
        REQUIRE(*input);
        ids.push_back(std::get<model::Exchange>(**input).id.value);
      }
      const auto next = reader->successor();
      if (!next) break;
      reader = Reader::open(*next);
    }
    CHECK(files == writer->counters().files_begun);
    CHECK(ids == std::vector<std::uint64_t>{1, 2, 3, 4});
  }

  TEST_CASE("a successor elsewhere, or one that does not name the file, is none") {
    const Folder folder;
    const auto pattern = folder / "run.eastap";
    auto writer = *Writer::open(pattern, rotating(pattern), {});
    for (std::uint64_t id = 1; id < 3; ++id) {
      writer->write(test::record(test::opened(id, test::connection(1))));
      REQUIRE(writer->flush(10s));
    }
    writer->close();
    const auto tell = [&](const std::string& name) {
      test::sql(pattern, "UPDATE meta SET value = '" + name + "' WHERE key = 'continued_in'");
      return Reader::open(pattern)->successor().has_value();
    };
    const std::string real = Reader::open(pattern)->facts().continued_in;
    CHECK(Reader::open(pattern)->successor().has_value());
    for (const char* name :
         {"../x", "/etc/passwd", ".", "..", "run.eastap", "missing.eastap", ""}) {
      CAPTURE(name);
      CHECK_FALSE(tell(name));
    }
    CHECK(tell(real));
    test::sql(folder / real, "DELETE FROM meta WHERE key = 'continues'");
    CHECK_FALSE(tell(real));
  }

  TEST_CASE("retention deletes the files of its own series, and nothing else") {
    const Folder folder;
    const auto pattern = folder / "run.eastap";
    const auto make = [&](const char* name, const std::filesystem::path& series) {
      auto settings = test::quick();
      settings.series = series;
      auto writer = *Writer::open(folder / name, settings, {});
      writer->write(test::record(test::opened(1, test::connection(1))));
      writer->close();
    };
    make("run-20260101-000000.eastap", pattern);
    make("run-20260101-000001.eastap", pattern);
    make("run-20260101-000002.eastap", {});                       // of an older eastap
    make("run-20260101-000003.eastap", folder / "other.eastap");  // copied in from elsewhere
    make("mine.eastap", pattern);                                 // renamed by a person
    std::ofstream{folder / "run-20260101-000004.eastap"} << "not a capture";
    std::filesystem::create_symlink(folder / "mine.eastap", folder / "run-20260101-000005.eastap");
    std::filesystem::create_directory(folder / "run-20260101-000006.eastap");
    auto settings = test::quick();
    settings.series = pattern;
    auto held = *Writer::open(folder / "run-20260101-000007.eastap", settings, {});
    const auto before = folder.names();

    settings.rotation.kept_bytes = 1;
    std::mutex mutex;
    std::vector<std::string> news, notes;
    auto writer = *Writer::open(
        pattern, settings,
        [&](std::string note) {
          const std::lock_guard lock{mutex};
          notes.push_back(std::move(note));
        },
        [&](std::string text) {
          const std::lock_guard lock{mutex};
          news.push_back(std::move(text));
        });
    while (writer->counters().files_deleted == 0) std::this_thread::yield();
    writer->close();
    CHECK(writer->counters().files_deleted == 2);
    held->close();
    std::vector<std::string> left = folder.names();
    for (const std::string& name : before) {
      const bool gone =
          name == "run-20260101-000000.eastap" || name == "run-20260101-000001.eastap";
      const bool beside =
          name.find(".eastap-") != std::string::npos;  // of a writer that has stopped
      CAPTURE(name);
      if (!beside) CHECK((std::find(left.begin(), left.end(), name) == left.end()) == gone);
    }
    CHECK(std::filesystem::exists(pattern));
    CHECK(notes.empty());
    REQUIRE(news.size() == 1);
    CHECK(news[0] ==
          "Deleted by the limits on what is kept: run-20260101-000000.eastap, "
          "run-20260101-000001.eastap.");
  }

  TEST_CASE("age ends a file and deletes old ones by the clock that is given") {
    const Folder folder;
    const auto pattern = folder / "run.eastap";
    auto settings = test::quick();
    settings.series = pattern;
    settings.rotation = {.file_age = 3600s, .kept_age = 7200s};
    std::atomic<std::int64_t> offset{0};
    settings.now = [&] {
      return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()) +
             std::chrono::seconds{offset.load()};
    };
    auto writer = *Writer::open(pattern, settings, {});
    const auto store = [&](std::uint64_t id) {
      writer->write(test::record(test::opened(id, test::connection(1))));
      REQUIRE(writer->flush(10s));
    };
    store(1);
    store(2);
    CHECK(writer->counters().files_begun == 1);
    offset = 3700;
    store(3);
    CHECK(writer->counters().files_begun == 2);
    CHECK(std::filesystem::exists(pattern));
    offset = 3 * 3600;
    store(4);
    writer->close();
    CHECK(writer->counters().files_begun == 3);
    CHECK(writer->counters().files_deleted == 2);
    CHECK_FALSE(std::filesystem::exists(pattern));
    CHECK(captures(folder).size() == 1);
  }

  TEST_CASE("without a place for a new file the old one goes on, and that is told once") {
    const Folder folder;
    const auto pattern = folder / "run-%Y.eastap";
    auto settings = rotating(pattern);
    settings.now = [] { return kNow; };
    const auto first = Series{pattern}.next(kNow, kNothingThere);
    // A name that cannot be created: the lock of every successor is a folder.
    for (int number = 2; number < 10; ++number) {
      const auto name = first.stem().string() + "-" + std::to_string(number) + ".eastap-lock";
      std::filesystem::create_directory(folder / name);
    }
    std::mutex mutex;
    std::vector<std::string> notes;
    auto writer = *Writer::open(first, settings, [&](std::string note) {
      const std::lock_guard lock{mutex};
      notes.push_back(std::move(note));
    });
    for (std::uint64_t id = 1; id < 6; ++id) {
      writer->write(test::record(test::opened(id, test::connection(1))));
      REQUIRE(writer->flush(10s));
    }
    writer->close();
    CHECK(writer->counters().files_begun == 1);
    CHECK(test::contents(first).inputs.size() == 5);
    CHECK(notes.size() == 1);
  }

  TEST_CASE("whichever operation fails while files change, all is stored or told") {
    std::mt19937_64 random{22};
    const auto inputs = test::random_inputs(random, 4);
    FaultVfs vfs;
    bool failed = true;
    for (std::int64_t number = 0; failed; number += 37) {
      CAPTURE(number);
      const Folder folder;
      const auto pattern = folder / "a.eastap";
      auto settings = rotating(pattern);
      settings.vfs = vfs.name();
      std::atomic<int> notes{0};
      vfs.fail_at(number, false);
      auto writer = Writer::open(pattern, settings, [&](const std::string&) { ++notes; });
      if (writer) {
        for (std::size_t index = 0; index < inputs.size(); ++index) {
          (*writer)->write(test::record(inputs[index]));
          if (index % 4 == 3) (*writer)->flush(500ms);
        }
        (*writer)->close();
        const auto counters = (*writer)->counters();
        const auto found = all_inputs(folder);
        std::size_t missing = 0;
        for (const auto& input : inputs) missing += holds(found, input) ? 0U : 1U;
        CHECK(missing <= counters.inputs_lost);
        if (missing != 0) CHECK(notes > 0);
      }
      failed = vfs.has_failed();
      vfs.heal();
      CHECK(vfs.open_files() == 0);
    }
  }

  TEST_CASE("a disk that fills up while files change loses nothing that fits into memory") {
    const Folder folder;
    const auto pattern = folder / "a.eastap";
    FaultVfs vfs;
    auto settings = rotating(pattern);
    settings.vfs = vfs.name();
    auto writer = *Writer::open(pattern, settings, {});
    const auto on = test::connection(1);
    std::vector<pipeline::Input> inputs;
    vfs.set_room(20'000);
    for (std::uint64_t id = 1; id < 20; ++id) {
      const auto open = test::opened(id, on, std::string(3'000, 'x'));
      inputs.emplace_back(open);
      inputs.emplace_back(test::ended(open));
      writer->write(test::record(open));
      writer->write(test::record(test::ended(open)));
      (void)writer->flush(5ms);
    }
    vfs.heal();
    CHECK(writer->flush(20s));
    writer->close();
    CHECK(writer->counters().inputs_lost == 0);
    const auto found = all_inputs(folder);
    for (const auto& input : inputs) CHECK(holds(found, input));
  }
}

}  // namespace eastap::capture
