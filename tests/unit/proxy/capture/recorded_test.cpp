// Recorded healthy sessions (tests/data/captures): nothing is wrong with them, whole or cut in two.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "proxy/capture/reader.hpp"
#include "proxy/pipeline/pipeline.hpp"

namespace fs = std::filesystem;
using namespace eastap;
using findings::Finding;
using findings::Severity;

namespace {

std::vector<fs::path> recordings() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator{fs::path{EASTAP_TEST_DATA} / "captures"}) {
    if (entry.path().extension() == ".eastap") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<pipeline::Input> inputs_of(const fs::path& file) {
  std::vector<pipeline::Input> out;
  auto reader = capture::Reader::open(file);
  REQUIRE(reader);
  while (auto input = reader->next()) {
    REQUIRE(*input);
    out.push_back(std::move(**input));
  }
  return out;
}

Timestamp end_of(const pipeline::Input& input) {
  if (const auto* event = std::get_if<model::ConnectionEvent>(&input)) return event->time;
  const auto& exchange = std::get<model::Exchange>(input);
  return exchange.ending == model::Ending::open ? exchange.request->ended : exchange.ended;
}

struct Told {
  std::vector<Finding> findings;
  std::size_t exchanges = 0, not_decoded = 0;
};

/// One pipeline over `inputs`, which begins anew before the one at `cut`.
Told play(const std::vector<pipeline::Input>& inputs, std::size_t cut) {
  Told out;
  pipeline::Pipeline pipeline{
      {}, [&](const pipeline::RecordPtr& record) {
        if (const auto* finding = std::get_if<Finding>(&record->what)) {
          out.findings.push_back(*finding);
        } else if (const auto* one = std::get_if<pipeline::ExchangeRecord>(&record->what)) {
          if (one->exchange.ending == model::Ending::open) return;
          ++out.exchanges;
          if (!one->command.diagnostics.empty()) ++out.not_decoded;
        }
      }};
  Timestamp end{};
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    if (index == cut) pipeline.next_run(end);
    end = std::max(end, end_of(inputs[index]));
    pipeline.take(pipeline::Input{inputs[index]});
  }
  pipeline.finish(end + std::chrono::hours{1});  // long enough for every deadline
  return out;
}

}  // namespace

TEST_SUITE("capture.recorded") {
  TEST_CASE("a healthy session gives nothing above info, and all of it decodes") {
    REQUIRE(recordings().size() >= 2);
    for (const fs::path& file : recordings()) {
      CAPTURE(file.string());
      const auto inputs = inputs_of(file);
      const Told told = play(inputs, inputs.size());
      CHECK(told.exchanges > 25);
      CHECK(told.not_decoded == 0);
      for (const Finding& finding : told.findings) {
        CAPTURE(finding.rule);
        CAPTURE(finding.summary);
        CHECK(finding.severity == Severity::info);
      }
    }
  }

  TEST_CASE("cut in two at any place it gives nothing more, but for what says that it was cut") {
    for (const fs::path& file : recordings()) {
      const auto inputs = inputs_of(file);
      for (std::size_t cut = 1; cut < inputs.size(); ++cut) {
        CAPTURE(file.string());
        CAPTURE(cut);
        for (const Finding& finding : play(inputs, cut).findings) {
          CAPTURE(finding.rule);
          CAPTURE(finding.summary);
          const bool says_so = finding.summary.find("the evidence begins") != std::string::npos;
          CHECK((finding.severity == Severity::info || says_so));
        }
      }
    }
  }

  TEST_CASE("what a session tells up to a place it tells of a capture that ends there") {
    for (const fs::path& file : recordings()) {
      const auto inputs = inputs_of(file);
      std::vector<Finding> whole;
      pipeline::Pipeline pipeline{{}, [&](const pipeline::RecordPtr& record) {
                                    if (const auto* one = std::get_if<Finding>(&record->what))
                                      whole.push_back(*one);
                                  }};
      std::vector<std::size_t> told;
      for (const pipeline::Input& input : inputs) {
        pipeline.take(pipeline::Input{input});
        told.push_back(whole.size());
      }
      for (std::size_t cut = 1; cut < inputs.size(); cut += 7) {
        CAPTURE(cut);
        const std::vector<pipeline::Input> part{inputs.begin(),
                                                inputs.begin() + static_cast<std::ptrdiff_t>(cut)};
        std::vector<Finding> found;
        pipeline::Pipeline shorter{{}, [&](const pipeline::RecordPtr& record) {
                                     if (const auto* one = std::get_if<Finding>(&record->what))
                                       found.push_back(*one);
                                   }};
        for (const pipeline::Input& input : part) shorter.take(pipeline::Input{input});
        REQUIRE(found.size() == told[cut - 1]);
        CHECK(std::equal(found.begin(), found.end(), whole.begin()));
      }
    }
  }
}
