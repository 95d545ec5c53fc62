// How fast bodies decode and become XML, ours beside libwbxml, on the same generated octets: the
// median of several runs in processor time. tests/bench/decoders.py makes the table of it. A line a
// body, tabs between: name, octets, elements, ns an element, allocations an element, MB of XML a
// second, libwbxml's ns an element.
//
//     bench_wbxml [FOLDER [NAME]]
//
// The bodies that libwbxml reads too are also written to FOLDER (unless it is ""), for other
// decoders (tests/bench/decoders.py). NAME: this body alone, and once, for a tool that counts.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <time.h>

#include "decoder/codepages/pages.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"
#include "decoder/wbxml/other_languages.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace eastap;
namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
namespace email = codepages::email;
namespace contacts = codepages::contacts;

std::string small_request() {
  wbxml::Builder body;
  body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
  body.add(airsync::kSyncKey, "1803459872").add(airsync::kCollectionId, "5");
  body.add(airsync::kDeletesAsMoves, "1").add(airsync::kGetChanges).add(airsync::kWindowSize, "25");
  body.open(airsync::kOptions).add(airsync::kFilterType, "3");
  body.open(base::kBodyPreference).add(base::kType, "2").add(base::kTruncationSize, "32768");
  return std::move(body).finish();
}

std::string small_response() {
  wbxml::Builder body;
  body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
  body.add(airsync::kSyncKey, "1803459873").add(airsync::kCollectionId, "5");
  body.add(airsync::kStatus, "1");
  return std::move(body).finish();
}

void open_sync(wbxml::Builder& body) {
  body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
  body.add(airsync::kSyncKey, "2").add(airsync::kCollectionId, "5").add(airsync::kStatus, "1");
  body.open(airsync::kCommands);
}

std::string messages(const std::string& line) {
  std::string html = "<html><body>";
  while (html.size() < 2200) html += line;
  wbxml::Builder body;
  open_sync(body);
  for (int i = 0; i < 200; ++i) {
    body.open(airsync::kAdd).add(airsync::kServerId, "5:" + std::to_string(i));
    body.open(airsync::kApplicationData);
    body.add(email::kTo, "\"Alice Example\" <alice@example.com>");
    body.add(email::kFrom, "\"Bob Example\" <bob@example.com>");
    body.add(email::kSubject, "Minutes of meeting number " + std::to_string(i));
    body.add(email::kDateReceived, "2026-11-20T14:02:11.208Z").add(email::kImportance, "1");
    body.add(email::kRead, "0").add(email::kMessageClass, "IPM.Note");
    body.open(base::kBody).add(base::kType, "2");
    body.add(base::kEstimatedDataSize, std::to_string(html.size())).add(base::kData, html);
    body.close().add(base::kNativeBodyType, "2").close().close();
  }
  return std::move(body).finish();
}

std::string thousand_contacts() {
  wbxml::Builder body;
  open_sync(body);
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    body.open(airsync::kAdd).add(airsync::kServerId, "7:" + number).open(airsync::kApplicationData);
    body.add(contacts::kFirstName, "Ann").add(contacts::kLastName, "Li" + number);
    body.add(contacts::kFileAs, "Li, Ann")
        .add(contacts::kEmail1Address, "a" + number + "@example.com");
    body.add(contacts::kMobilePhoneNumber, "+49 171 5550" + number)
        .add(contacts::kCompanyName, "Acme");
    body.add(contacts::kJobTitle, "Dr").add(contacts::kBusinessAddressCity, "Bonn");
    body.open(contacts::kCategories).add(contacts::kCategory, "vip").close();
    body.open(base::kBody).add(base::kType, "1").add(base::kEstimatedDataSize, "0").close();
    body.close().close();
  }
  return std::move(body).finish();
}

std::string octets(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

std::string repeated(const std::string& unit, std::size_t size) {
  std::string body = octets({0x03, 0x01, 0x6A, 0x00, 0x45});
  while (body.size() < size) body += unit;
  return body + '\x01';
}

struct Figures {
  double nanoseconds = 0;
  std::uint64_t allocations = 0;
};

/// Nanoseconds that this thread has computed: a busy machine must not count.
double spent() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Work>
Figures median_of(std::size_t body_size, double per_run_mb, Work&& work) {
  const auto rounds = std::max<std::size_t>(
      3, static_cast<std::size_t>(per_run_mb * 1e6) / std::max<std::size_t>(body_size, 1));
  std::vector<double> runs;
  std::uint64_t count = 0;
  for (int run = 0; run < 9; ++run) {
    const std::uint64_t before = allocations.load();
    const double start = spent();
    for (std::size_t i = 0; i < rounds; ++i) work();
    runs.push_back((spent() - start) / static_cast<double>(rounds));
    count = (allocations.load() - before) / rounds;
  }
  std::nth_element(runs.begin(), runs.begin() + 4, runs.end());
  return {runs[4], count};
}

std::string folder;  // where bodies are written; empty: nowhere
std::string only;    // the one body to decode; empty: all

void measure(const char* name, std::string octets_of_body, bool with_libwbxml) {
  const auto body = std::make_shared<const std::string>(std::move(octets_of_body));
  if (!only.empty()) {
    if (only == name) std::printf("%s: %zu nodes\n", name, wbxml::decode(body).nodes.size());
    return;
  }
  if (with_libwbxml && !folder.empty()) {
    std::ofstream{folder + "/" + name + ".wbxml", std::ios::binary} << *body;
  }
  const wbxml::Document once = wbxml::decode(body);
  const auto nodes = static_cast<double>(std::max<std::size_t>(once.nodes.size(), 1));
  std::size_t sink = 0;
  const Figures ours =
      median_of(body->size(), 20, [&] { sink += wbxml::decode(body).nodes.size(); });
  std::string xml;
  const Figures rendering = median_of(body->size(), 5, [&] {
    xml.clear();
    render::append_xml(xml, once);
  });
  std::printf("%s\t%zu\t%zu\t%.2f\t%.4f\t%.0f\t", name, body->size(), once.nodes.size(),
              ours.nanoseconds / nodes, static_cast<double>(ours.allocations) / nodes,
              static_cast<double>(xml.size()) / rendering.nanoseconds * 1e3);
  if (with_libwbxml) {
    const Figures theirs =
        median_of(body->size(), 0.5, [&] { sink += wbxml::libwbxml_xml(*body) ? 1U : 0U; });
    const double alone = theirs.nanoseconds - ours.nanoseconds;  // it stands behind our decoder
    std::printf("%.1f", alone / nodes);
  }
  std::printf("%s\n", sink == 0 ? "empty" : "");
  std::fflush(stdout);
}

void measure_usual() {
  measure("Sync request", small_request(), true);
  measure("Sync response, no change", small_response(), true);
  measure("Sync response, 200 messages", messages("<p>Dear all, here is what we agreed.</p>\r\n"),
          true);
  measure("the same in Russian", messages("<p>Здравствуйте, вот что мы решили.</p>"), true);
  measure("the same in Chinese", messages("<p>大家好，这是我们的决定。</p>"), true);
  measure("1000 contacts", thousand_contacts(), true);
}

/// What no server sends: as many steps of a kind as fit into 1 MiB.
void measure_worst() {
  const auto worst = [](const char* name, const std::string& unit) {
    measure((std::string{"worst: "} + name).c_str(), repeated(unit, 1 << 20), false);
  };
  worst("empty tags", "\x07");
  worst("nested and closed", "\x47\x48\x01\x01");
  worst("nested deep", std::string(250, '\x47') + std::string(250, '\x01'));
  worst("page switches", octets({0, 1, 0x45, 0, 2, 0x46, 1, 1}));
  worst("one-letter texts", octets({0x47, 3, 'a', 0, 1}));
  worst("letters beyond ASCII", octets({0x47, 3, 0xC3, 0xA9, 0, 1}));
  worst("opaque data", octets({0x47, 0xC3, 1, 'a', 1}));
  worst("mixed pieces", octets({3, 'a', 0}));
  worst("a text before a tag", octets({0x47, 3, 'a', 0, 8, 1}));
  worst("broken UTF-8", octets({0x47, 3, 0xFF, 0, 1}));
  worst("long broken UTF-8", "\x47\x03" + std::string(5000, '\xFF') + octets({0, 1}));
  worst("extensions", octets({0xC0}));
  worst("entities", octets({2, 0x41}));
  worst("attributes", octets({0x87, 5, 1}));
  worst("unknown tags and pages", octets({0, 99, 0x3F, 0, 98, 0x3F}));
  std::string table =
      octets({0x03, 0x01, 0x6A, 0x86, 0x80, 0x00}) + std::string(98303, 'x') + '\0' + '\x45';
  while (table.size() < (1 << 20)) table += octets({0x83, 0x85, 0xFF, 0x60});
  measure("worst: string table references", table + '\x01', false);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) folder = argv[1];
  if (argc > 2) only = argv[2];
  measure_usual();
  measure_worst();
}
