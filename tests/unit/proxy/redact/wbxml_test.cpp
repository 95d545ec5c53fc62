#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/render/hex.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/tag_rules.hpp"

namespace eastap::redact {
namespace {

using wbxml::Document;
using wbxml::Node;

const Pseudonyms kNames{"a key of at least 16 octets"};

Scope scope(Level level) {
  Scope scope;
  scope.names = &kNames;
  scope.level = level;
  scope.user = "alice@contoso.test";
  return scope;
}

Document decoded(std::string body) {
  return wbxml::decode(std::make_shared<const std::string>(std::move(body)));
}

/// Tags, levels and remarks of two documents agree; values of the tags that stay, too.
std::string difference(const Document& before, const Document& after) {
  if (before.nodes.size() != after.nodes.size()) return "the number of nodes";
  if (before.complete != after.complete) return "completeness";
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    const Node &left = before.nodes[i], &right = after.nodes[i];
    if (left.tag != right.tag || left.depth != right.depth || left.end != right.end ||
        left.value_kind != right.value_kind || left.closed != right.closed) {
      return "node " + std::to_string(i);
    }
  }
  std::multiset<Errc> reasons, left_over;
  for (const Diagnostic& remark : before.diagnostics) {
    if (remark.code != Errc::bad_text) reasons.insert(remark.code);
  }
  for (const Diagnostic& remark : after.diagnostics) {
    if (remark.code != Errc::bad_text) left_over.insert(remark.code);
  }
  return reasons == left_over ? "" : "the remarks";
}

std::vector<std::pair<std::string, std::string>> real_bodies() {
  std::vector<std::pair<std::string, std::string>> bodies;
  for (const auto& entry : std::filesystem::directory_iterator{EASTAP_TEST_DATA "/wbxml"}) {
    if (entry.path().extension() != ".wbxml") continue;
    std::ifstream file{entry.path(), std::ios::binary};
    std::stringstream content;
    content << file.rdbuf();
    bodies.emplace_back(entry.path().filename().string(), content.str());
  }
  return bodies;
}

std::string everything_shown(const Document& document) {
  std::string out = render::to_xml(document, {.meanings = true});
  render::append_document_json(out, document);
  render::append_annotated_hex(out, document);
  return out;
}

bool stays(Handling how, Level level) {
  return how == Handling::keep || how == Handling::word ||
         (how == Handling::uid && level == Level::content) ||
         (how == Handling::global_id && level == Level::content);
}

}  // namespace

TEST_SUITE("proxy.redact.wbxml") {
  TEST_CASE("every tag that stays is in the table once and has a reason") {
    std::set<std::pair<int, int>> seen;
    for (const TagGroup& group : tag_groups()) {
      CHECK(group.reason.size() > 10);
      for (const codepages::Tag tag : group.tags) {
        CAPTURE(codepages::find_row(tag)->name);
        CHECK(seen.insert({tag.page, tag.token}).second);
        CHECK(handling(tag) == group.handling);
      }
    }
    CHECK(handling({200, 5}) == Handling::text);
    CHECK(handling(codepages::email::kSubject) == Handling::text);
    CHECK(handling(codepages::settings::kPassword) == Handling::text);
  }

  TEST_CASE("of every tag of every page a secret shows only where the table lets it stay") {
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        for (const Level level : {Level::content, Level::identity}) {
          CAPTURE(page->name);
          CAPTURE(row.name);
          wbxml::Builder builder;
          builder.open(codepages::airsync::kSync).open(row.tag);
          row.opaque ? builder.opaque("Geheim7Plan") : builder.text("Geheim7Plan");
          builder.close().open({77, 9}).text("Geheim7Plan").close();
          builder.open(row.tag).text("Geheim7Plan").entity('G').text("Geheim7Plan").close();
          const std::string body = std::move(builder).finish();
          const std::string redacted = redacted_wbxml(scope(level), body);
          Document after = decoded(redacted);
          CHECK(difference(decoded(body), after).empty());
          mark_hidden(after, level);
          const std::string shown = everything_shown(after);
          const bool secret_shown = shown.find("Geheim7Plan") != std::string::npos ||
                                    redacted.find("Geheim7Plan") != std::string::npos ||
                                    shown.find(to_base64("Geheim7Plan")) != std::string::npos;
          CHECK(secret_shown == stays(handling(row.tag), level));
        }
      }
    }
  }

  TEST_CASE("words of an enumeration are nobody's name, with dots or as somebody's mailbox") {
    Scope all = scope(Level::identity);
    all.identities = {{"contoso", "example-1"}, {"email", "user-1"}, {"note", "user-2"}};
    const auto value_after = [&](codepages::Tag tag, std::string_view value) {
      wbxml::Builder builder;
      builder.open(codepages::airsync::kSync).open(tag).text(value);
      const Document document = decoded(redacted_wbxml(all, std::move(builder).finish()));
      return std::string{wbxml::Element{document, 1}.value()};
    };
    namespace pages = codepages;
    for (const auto& [tag, value] : {
             std::pair<pages::Tag, std::string_view>{pages::email::kMessageClass, "IPM.Note"},
             {pages::email::kMessageClass, "IPM.Schedule.Meeting.Request"},
             {pages::email::kMessageClass, "REPORT.IPM.Note.NDR"},
             {pages::email::kMessageClass, "IPM.Note.SMIME.MultipartSigned"},
             {pages::email::kMessageClass, "IPM.Note.Some.Form"},
             {pages::notes::kMessageClass, "IPM.StickyNote"},
             {pages::airsync::kClass, "Email"},
             {pages::email::kContentClass, "urn:content-classes:message"},
             {pages::provision::kPolicyType, "MS-EAS-Provisioning-WBXML"},
             {pages::search::kName, "DocumentLibrary"},
             {pages::airsync_base::kContentType,
              "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
         }) {
      CHECK(value_after(tag, value) == value);
    }
    CHECK(value_after(pages::email::kMessageClass, "IPM.Note.Contoso") == "IPM.Note.example-1");
    for (const std::string_view odd :
         {"alice@fabrikam.test", "on mail.fabrikam.test", "203.0.113.9", "%61lice@x.test"}) {
      CAPTURE(odd);
      CHECK(value_after(pages::email::kMessageClass, odd) != odd);
    }
    for (const TagGroup& group : tag_groups()) {
      if (group.handling != Handling::word) continue;
      for (const codepages::Tag tag : group.tags) CHECK(value_after(tag, "IPM.Note") == "IPM.Note");
    }
  }

  TEST_CASE("real bodies keep their tree, and hidden values are told by their size") {
    for (const auto& [name, body] : real_bodies()) {
      CAPTURE(name);
      for (const Level level : {Level::content, Level::identity}) {
        const Document before = decoded(body);
        Document after = decoded(redacted_wbxml(scope(level), body));
        CHECK(difference(before, after).empty());
        if (level == Level::content) CHECK(after.body->size() == body.size());
      }
    }
    wbxml::Builder builder;
    builder.open(codepages::email::kSubject).text("Grüße, Bob");
    Document document = decoded(redacted_wbxml(scope(Level::content), std::move(builder).finish()));
    mark_hidden(document, Level::content);
    CHECK(render::to_xml(document) == "<Subject xmlns=\"Email\" bytes=\"12\"/>\n");
    std::string json;
    render::append_document_json(json, document);
    CHECK(json == R"({"namespace":"Email","tag":"Subject","bytes":12})");
    std::string hex;
    render::append_annotated_hex(hex, document);
    CHECK(hex.find("(12 octets hidden)") != std::string::npos);
  }

  TEST_CASE("a body that is broken anywhere stops at the same octet for the same reason") {
    const std::string secret = "Geheim7Plan";
    const std::string text = std::string{"\x03", 1} + secret + '\0';
    const std::string start{"\x03\x01\x6A\x00", 4};
    const std::string over = "\x8F\xFF\xFF\xFF\xFF\x7F";  // a number of more than 32 bits
    const std::string open = start + std::string{"\x45\x00\x02\x54", 4};  // Sync, Subject
    const std::string bodies[] = {
        "<html>" + secret,  // no WBXML at all
        "\x07" + secret,    // an unknown version
        "\t" + secret,
        "\x7F" + secret,
        "\xC3" + secret,
        std::string{"\x03", 1},                       // a header that is cut
        "\x03" + over + secret,                       // … whose number is none
        std::string{"\x03\x01\x6A\x7F", 4} + secret,  // … whose string table is too long
        start,                                        // no root
        start + '\x02' + secret,                      // no root's token
        start + text + secret,
        start + std::string(2, '\0') + '\x01' + secret,             // … after a page switch
        start + "\x43\x05" + text + "\x43" + secret,                // … after half an instruction
        start + "\x43\x05" + text + "\x01\x03" + text,              // … after a whole one
        start + "\x43\x05\x83" + over + secret,                     // a number inside of one
        open + text + "\x02" + over + secret,                       // a character
        open + "\x04" + over + secret,                              // a tag's name
        open + "\x80" + over + secret,                              // an extension
        open + "\xC3" + over + secret,                              // opaque data
        open + text + "\x01\x8B\x05" + text + "\x44\x01" + secret,  // attributes
        open + text + "\x01\x8B\x05" + text + "\x02" + over + secret,
        open + text + "\x01\x8B\x05" + text + secret,  // … that are cut
        open + text + std::string{"\x01\x00\x11\x43\x05", 5} + text + "\x04\x01\x43" + secret,
        open + text + "\x01\x40" + secret + '\0' + "\x40" + secret,  // an extension that is cut
        open + text + "\x01\x01" + secret,                           // octets left over
        open + std::string(300, '\x45') + text,                      // nested too deep
    };
    for (const std::string& body : bodies) {
      CAPTURE(to_hex(body));
      const Document before = decoded(body);
      REQUIRE_FALSE(before.complete);
      for (const Level level : {Level::content, Level::identity}) {
        const std::string redacted = redacted_wbxml(scope(level), body);
        CAPTURE(to_hex(redacted));
        Document after = decoded(redacted);
        CHECK(difference(before, after) == "");
        CHECK(redacted.size() == body.size());
        CHECK(after.decoded_octets == before.decoded_octets);
        CHECK(after.diagnostics.back().code == before.diagnostics.back().code);
        CHECK(after.diagnostics.back().offset == before.diagnostics.back().offset);
        if (before.nodes.empty() &&
            before.decoded_octets == 0) {  // what it says of the first octet
          CHECK(after.diagnostics.back().text == before.diagnostics.back().text);
        }
        mark_hidden(after, level);
        CHECK(everything_shown(after).find(secret) == std::string::npos);
        CHECK(redacted.find(secret) == std::string::npos);
      }
    }
  }

  TEST_CASE("a length near the largest stays beyond the body when a pseudonym is longer") {
    // Sync, Class: opaque data of 4 294 967 295 octets that names a host
    const std::string body =
        std::string{"\x03\x01\x6A\x00\x45\x50\xC3\x8F\xFF\xFF\xFF\x7F", 12} + "mail.xample.co";
    const Document before = decoded(body);
    const Document after = decoded(redacted_wbxml(scope(Level::identity), body));
    CHECK(difference(before, after) == "");
    CHECK(after.diagnostics.back().code == before.diagnostics.back().code);
  }

  TEST_CASE("every cut, and every octet put wrong, stops where it did") {
    for (const auto& [name, body] : real_bodies()) {
      CAPTURE(name);
      const std::size_t size = std::min<std::size_t>(body.size(), 400);
      for (std::size_t at = 0; at < 2 * size; ++at) {
        CAPTURE(at);
        std::string broken = at < size ? body.substr(0, at) : body;
        if (at >= size) {
          char& octet = broken[at - size];
          octet = static_cast<char>(static_cast<unsigned char>(octet) ^ (1U << at % 8));
        }
        const Document before = decoded(broken);
        const Document after = decoded(redacted_wbxml(scope(Level::content), broken));
        REQUIRE(before.nodes.size() == after.nodes.size());
        REQUIRE(before.decoded_octets == after.decoded_octets);
        REQUIRE(before.complete == after.complete);
      }
    }
  }

  TEST_CASE("of another language every value is hidden, and it stays readable") {
    for (const auto& [name, body] : real_bodies()) {
      if (!name.starts_with("other_language")) continue;
      CAPTURE(name);
      const std::string redacted = redacted_wbxml(scope(Level::content), body);
      CHECK(redacted.size() == body.size());
      const Document before = decoded(body);
      const Document after = decoded(redacted);
      CHECK(before.nodes.size() == after.nodes.size());
      for (std::uint32_t i = 0; i < before.nodes.size(); ++i) {
        const std::string_view value = wbxml::Element{before, i}.value();
        if (value.size() < 5) continue;
        CHECK(redacted.find(value) == std::string::npos);
      }
    }
  }

  TEST_CASE("folders of the server keep their names, those of the user do not") {
    wbxml::Builder builder;
    using namespace codepages::folder_hierarchy;
    builder.open(kFolderSync).open(kChanges);
    builder.open(kAdd).add(kServerId, "5").add(kDisplayName, "Inbox").add(kType, "2").close();
    builder.open(kAdd).add(kServerId, "9").add(kDisplayName, "Divorce").add(kType, "12").close();
    const std::string redacted = redacted_wbxml(scope(Level::content), std::move(builder).finish());
    CHECK(redacted.find("Inbox") != std::string::npos);
    CHECK(redacted.find("Divorce") == std::string::npos);
  }

  TEST_CASE("a multipart body keeps its table right when its first part grows") {
    wbxml::Builder builder;
    builder.open(codepages::airsync::kSync).open(codepages::email::kFrom).text("b@x.de");
    const std::string first = std::move(builder).finish();
    const std::string second = "secret file";
    const auto word = [](std::size_t number) {
      return std::string{static_cast<char>(number), '\0', '\0', '\0'};
    };
    const std::string body = word(2) + word(20) + word(first.size()) + word(20 + first.size()) +
                             word(second.size()) + first + second;
    const std::string redacted = redacted_multipart(scope(Level::identity), body);
    const auto grown = redacted.size() - body.size();
    CHECK(grown > 0);
    CHECK(redacted.substr(4, 4) == word(20));
    CHECK(redacted.substr(8, 4) == word(first.size() + grown));
    CHECK(redacted.substr(12, 4) == word(20 + first.size() + grown));
    CHECK(redacted.substr(16, 4) == word(second.size()));
    CHECK(decoded(redacted.substr(20, first.size() + grown)).complete);
    CHECK(redacted.find("secret") == std::string::npos);
  }
}

}  // namespace eastap::redact
