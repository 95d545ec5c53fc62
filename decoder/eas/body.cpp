#include "decoder/eas/body.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/head_facts.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/other_languages.hpp"

namespace eastap::eas {
namespace {

using Kind = Body::Kind;

// Version 1.3, public identifier "unknown", UTF-8, no string table: [MS-ASWBXML] 2.1.2.
constexpr std::string_view kActiveSyncHeader{"\x03\x01\x6A\x00", 4};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Kind announced_kind(std::string_view type) {
  if (type.empty()) return Kind::none;
  if (type == "application/vnd.ms-sync.multipart") return Kind::multipart;
  if (type.starts_with("application/vnd.ms-sync")) return Kind::wbxml;
  if (type == "message/rfc822") return Kind::mime;
  if (contains(type, "wbxml") || type.starts_with("application/vnd.wap.") ||
      type == "application/vnd.syncml.notification") {
    return contains(type, "+xml") ? Kind::xml : Kind::wbxml;
  }
  if (contains(type, "json")) return Kind::json;
  if (contains(type, "html")) return Kind::html;
  if (type == "text/xml" || type == "application/xml" || type.ends_with("+xml")) return Kind::xml;
  if (type.starts_with("text/")) return Kind::text;
  return Kind::other;
}

bool starts_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equals_ignoring_case(text.substr(0, start.size()), start);
}

/// What the octets plainly are; `none` when they do not say.
Kind sniffed_kind(std::string_view octets) {
  if (octets.starts_with(kActiveSyncHeader)) return Kind::wbxml;
  std::string_view text = octets.substr(0, 1'024);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return Kind::none;
  text.remove_prefix(begin);
  if (starts_ignoring_case(text, "<!doctype html") || starts_ignoring_case(text, "<html")) {
    return Kind::html;
  }
  if (text.starts_with("<?xml")) {
    return contains(to_lower(text), "<html") ? Kind::html : Kind::xml;
  }
  if (text.front() == '{') return Kind::json;
  return Kind::none;
}

bool is_binary(Kind kind) { return kind == Kind::wbxml || kind == Kind::multipart; }

std::string_view kind_words(Kind kind) {
  switch (kind) {
    case Kind::wbxml: return "ActiveSync WBXML";
    case Kind::xml: return "XML";
    case Kind::json: return "JSON";
    case Kind::html: return "HTML";
    default: return "something else";
  }
}

/// The kind to read it as; says so when type and octets contradict each other about WBXML.
Kind settled_kind(const Body& body, std::string_view part, std::vector<Diagnostic>& diagnostics) {
  const Kind announced = announced_kind(body.media_type);
  const Kind sniffed = sniffed_kind(*body.octets);
  if (sniffed == Kind::none) return announced == Kind::none ? Kind::other : announced;
  if (announced == Kind::none || announced == sniffed) return sniffed;
  if (is_binary(announced) || sniffed == Kind::wbxml) {
    diagnostics.push_back({Errc::malformed, 0, std::string{part},
                           "Content-Type says " + repaired_utf8(body.media_type) +
                               ", but the body is " + std::string{kind_words(sniffed)}});
    return sniffed;
  }
  // Old servers call Autodiscover's XML text/html, gateways call JSON text/plain: no lie.
  const bool is_loose =
      announced == Kind::text || announced == Kind::html || announced == Kind::xml;
  return is_loose ? sniffed : announced;
}

/// Takes the document's remarks over, with offsets of the whole body.
void take_remarks(const wbxml::Document& document, std::uint64_t base, std::string_view part,
                  std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& remark : document.diagnostics) {
    diagnostics.push_back({remark.code, base + remark.offset, std::string{part}, remark.text});
  }
}

using Finish = const std::function<void(wbxml::Document&)>*;

std::shared_ptr<wbxml::Document> decoded(std::shared_ptr<const std::string> octets, Finish finish) {
  auto document = std::make_shared<wbxml::Document>(wbxml::decode(std::move(octets)));
  if (finish != nullptr && *finish) (*finish)(*document);
  return document;
}

void read_wbxml(Body& body, std::string_view part, Finish finish,
                std::vector<Diagnostic>& diagnostics) {
  auto document = decoded(body.octets, finish);
  if (!body.media_type.starts_with("application/vnd.ms-sync")) {
    const std::string language = wbxml::other_language(*document);
    if (!language.empty()) {
      if (auto other = wbxml::decode_other(*body.octets)) {
        body.other_language = std::move(other->language);
        body.other_xml = std::move(other->xml);
        return;
      }
      body.other_language = language;
    }
  }
  take_remarks(*document, 0, part, diagnostics);
  body.document = std::move(document);
}

void read_multipart(Body& body, std::string_view part, const Limits& limits, Finish finish,
                    std::vector<Diagnostic>& diagnostics) {
  body.parts = read_parts(*body.octets, part, limits, diagnostics);
  if (body.parts.empty()) return;
  const Body::Part first = body.parts.front();
  auto octets = std::make_shared<const std::string>(body.octets->substr(first.offset, first.size));
  auto document = decoded(std::move(octets), finish);
  take_remarks(*document, first.offset, part, diagnostics);
  body.document = std::move(document);
}

std::uint32_t little_endian(std::string_view octets, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(octets[at + i]);
  return value;
}

}  // namespace

Body read_body(BodyOctets octets, std::string_view content_type, std::string_view part,
               const Limits& limits, bool raw, std::vector<Diagnostic>& diagnostics) {
  Body body;
  body.whole = octets.whole;
  body.media_type = media_type(content_type);
  for (Diagnostic& remark : octets.diagnostics) {
    if (remark.part.empty()) remark.part = part;
    diagnostics.push_back(std::move(remark));
  }
  if (!octets.octets || octets.octets->empty()) return body;
  body.octets = std::move(octets.octets);
  const Finish finish = octets.finish;
  if (raw) {
    const Kind announced = announced_kind(body.media_type);
    body.kind = is_binary(announced) || announced == Kind::none ? Kind::other : announced;
    if (body.octets->starts_with(kActiveSyncHeader) && announced == Kind::wbxml) {
      body.kind = Kind::wbxml;
      read_wbxml(body, part, finish, diagnostics);
    }
    return body;
  }
  body.kind = settled_kind(body, part, diagnostics);
  if (body.kind == Kind::wbxml) {
    read_wbxml(body, part, finish, diagnostics);
  } else if (body.kind == Kind::multipart) {
    read_multipart(body, part, limits, finish, diagnostics);
  }
  return body;
}

std::vector<Body::Part> read_parts(std::string_view octets, std::string_view part,
                                   const Limits& limits, std::vector<Diagnostic>& diagnostics) {
  std::vector<Body::Part> parts;
  const auto remark = [&](Errc code, std::uint64_t offset, std::string text) {
    diagnostics.push_back({code, offset, std::string{part}, std::move(text)});
  };
  if (octets.size() < 4) {
    remark(Errc::truncated, octets.size(), "The multipart body ends inside its count of parts");
    return parts;
  }
  const std::uint32_t announced = little_endian(octets, 0);
  std::uint64_t count = std::min<std::uint64_t>(announced, (octets.size() - 4) / 8);
  if (count < announced) {
    remark(Errc::truncated, 0,
           "The multipart body announces " + std::to_string(announced) +
               " parts, but has room for the table of " + std::to_string(count));
  }
  if (count > limits.parts) {
    remark(Errc::too_large, 0, "More than " + std::to_string(limits.parts) + " parts");
    count = limits.parts;
  }
  const std::uint64_t table_end = 4 + std::uint64_t{announced} * 8;
  std::size_t wrong = 0;
  std::uint64_t last_end = 0;
  bool overlap = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = 4 + static_cast<std::size_t>(i) * 8;
    const std::uint64_t offset = little_endian(octets, at);
    const std::uint64_t size = little_endian(octets, at + 4);
    const std::uint64_t begin = std::min<std::uint64_t>(offset, octets.size());
    const std::uint64_t kept = std::min<std::uint64_t>(size, octets.size() - begin);
    parts.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(kept)});
    if (begin != offset || kept != size) {
      // One remark a part would be as many as a liar likes.
      if (++wrong <= 5) {
        remark(Errc::truncated, at,
               "Part " + std::to_string(i) + " (offset " + std::to_string(offset) + ", length " +
                   std::to_string(size) + ") reaches past the end of the body");
      }
    }
    overlap = overlap || (size > 0 && (offset < table_end || offset < last_end));
    last_end = std::max(last_end, offset + size);
  }
  if (overlap) remark(Errc::malformed, 4, "Parts overlap each other or the table in front of them");
  return parts;
}

}  // namespace eastap::eas
