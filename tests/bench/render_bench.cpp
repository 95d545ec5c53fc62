#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "decoder/codepages/pages.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

// How fast decoded bodies become XML and JSON, in MB of WBXML in and of text out a second.

namespace {

using namespace eastap;
namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
namespace email = codepages::email;

/// A Sync answer of `messages` mails with `text` each.
std::string sync_answer(int messages, const std::string& text) {
  wbxml::Builder body;
  body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
  body.add(airsync::kSyncKey, "1870246365").add(airsync::kCollectionId, "5");
  body.add(airsync::kStatus, "1").open(airsync::kCommands);
  for (int i = 0; i < messages; ++i) {
    body.open(airsync::kAdd).add(airsync::kServerId, "5:" + std::to_string(i));
    body.open(airsync::kApplicationData);
    body.add(email::kTo, "\"Alice\" <alice@contoso.test>").add(email::kFrom, "bob@contoso.test");
    body.add(email::kSubject, "Minutes of the meeting").add(email::kRead, "0");
    body.add(email::kDateReceived, "2026-11-20T14:02:11.208Z").add(email::kImportance, "1");
    if (!text.empty()) {
      body.open(base::kBody).add(base::kType, "1");
      body.add(base::kEstimatedDataSize, std::to_string(text.size()))
          .add(base::kData, text)
          .close();
    }
    body.close().close();
  }
  return std::move(body).finish();
}

template <class Append>
void measure(const char* what, const wbxml::Document& document, Append append) {
  std::string out;
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const std::clock_t begin = std::clock();  // processor time: a busy machine must not count
    constexpr int repeats = 5;
    for (int i = 0; i < repeats; ++i) {
      out.clear();
      append(out, document);
    }
    const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    best = std::min(best, took / repeats);
  }
  const auto in = static_cast<double>(document.body->size());
  std::printf("%-44s %8.0f MB/s in %8.0f MB/s out %8.1f ns/element\n", what, in / best / 1e6,
              static_cast<double>(out.size()) / best / 1e6,
              best * 1e9 / static_cast<double>(document.nodes.size()));
}

void measure_all(const char* name, std::string octets) {
  const auto document = wbxml::decode(std::make_shared<const std::string>(std::move(octets)));
  const std::string label{name};
  measure((label + ", XML pretty").c_str(), document,
          [](std::string& out, const wbxml::Document& d) { render::append_xml(out, d); });
  measure((label + ", XML compact").c_str(), document,
          [](std::string& out, const wbxml::Document& d) {
            render::append_xml(out, d, {.pretty = false});
          });
  measure((label + ", XML with meanings").c_str(), document,
          [](std::string& out, const wbxml::Document& d) {
            render::append_xml(out, d, {.meanings = true});
          });
  measure((label + ", JSON").c_str(), document,
          [](std::string& out, const wbxml::Document& d) { render::append_document_json(out, d); });
}

}  // namespace

int main() {
  std::string text;
  while (text.size() < 4'000)
    text += "Dear all,\r\nplease find the minutes below. Grüße, <Bob>\r\n";
  std::string cyrillic;
  while (cyrillic.size() < 4'000) cyrillic += "Уважаемые коллеги, ";
  std::string dense;
  {
    wbxml::Builder body;
    body.open(airsync::kSync);
    for (int i = 0; i < 100'000; ++i) body.open(airsync::kAdd).add(airsync::kMoreAvailable).close();
    dense = std::move(body).finish();
  }
  measure_all("200 messages of 4 kB", sync_answer(200, text));
  measure_all("200 messages, Cyrillic", sync_answer(200, cyrillic));
  measure_all("2 000 messages without text", sync_answer(2'000, ""));
  measure_all("tags only", std::move(dense));
}
