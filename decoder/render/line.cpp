#include "decoder/render/line.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/render/command_facts.hpp"
#include "decoder/render/diagnostic.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/render/exchange_words.hpp"
#include "decoder/render/hex.hpp"
#include "decoder/render/line_writer.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {
namespace {

/// Where things stand on a line. Zero columns: left out.
struct Layout {
  bool joined = false;    ///< detail and remark share one column before the status
  bool fractions = true;  ///< of the time of day
  std::size_t gap = 2;
  std::size_t number = 5, device = 14, what = 18, detail = 26, status = 3, duration = 7;
  std::size_t remark = 0;
  std::size_t indent = 6;  ///< of continued lines
};

std::size_t time_columns(const Layout& layout) { return layout.fractions ? 12 : 8; }

Layout layout_for(std::size_t width) {
  Layout layout;
  if (width == kUnfitted || width >= 150) {
    layout.device = 20;
    layout.what = 26;
    layout.detail = width == kUnfitted || width >= 170 ? 44 : 34;
  } else if (width < 112) {
    layout.joined = true;
    layout.fractions = false;
    layout.gap = 1;
    layout.device = 12;
    layout.what = 16;
    if (width < 72) {
      layout.number = 0;
      layout.device = 0;
      layout.duration = 0;
      layout.what = 12;
    }
  }
  if (width == kUnfitted) return layout;
  std::size_t used = time_columns(layout) + layout.gap + layout.what + layout.gap + layout.status;
  for (const std::size_t column : {layout.number, layout.device, layout.duration}) {
    if (column != 0) used += column + layout.gap;
  }
  // the number is bound to the time more closely than columns to each other
  if (layout.gap == 2) --used;
  if (layout.joined) {
    layout.detail = width - used - layout.gap;
  } else {
    used += layout.detail + 2 * layout.gap;
    layout.remark = width - used;
  }
  return layout;
}

std::string_view colour(const Theme& theme, Role role) {
  switch (role) {
    case Role::normal: return theme.detail;
    case Role::dim: return theme.dim;
    case Role::success: return theme.success;
    case Role::waiting: return theme.waiting;
    case Role::odd: return theme.odd;
    case Role::trouble: return theme.trouble;
  }
  return {};
}

void put_beginning(LineWriter& line, const Layout& layout, const LineStyle& style, Timestamp time,
                   std::uint64_t number, std::string_view device, bool dim) {
  const Theme& theme = line.theme();
  line.put(clock(time, style, layout.fractions), theme.time);
  if (layout.number != 0) {
    line.space(1);
    line.cell(number == 0 ? "" : "#" + std::to_string(number), layout.number, theme.number,
              Align::right);
  }
  line.space(layout.gap);
  if (layout.device != 0) {
    line.cell(device, layout.device, dim ? theme.dim : theme.device);
    line.space(layout.gap);
  }
}

/// Command and subject in one column; the subject is cut, not the command.
void put_what(LineWriter& line, std::size_t columns, const ExchangeWords& words, std::size_t gap) {
  const Theme& theme = line.theme();
  const std::size_t command_columns = display_width(words.command);
  if (words.subject.empty() || command_columns + gap + 3 > columns) {
    line.cell(words.command, columns, words.activesync ? theme.command : theme.dim);
    return;
  }
  line.put(words.command, words.activesync ? theme.command : theme.dim);
  line.space(gap);
  line.cell(words.subject, columns - command_columns - gap,
            words.activesync ? theme.folder : theme.dim);
}

Role worst_role(const std::vector<Trouble>& troubles) {
  if (troubles.empty()) return Role::normal;
  return std::any_of(troubles.begin(), troubles.end(), [](const auto& t) { return t.serious; })
             ? Role::trouble
             : Role::odd;
}

std::string joined_troubles(const std::vector<Trouble>& troubles, bool brief) {
  std::string out;
  for (const Trouble& trouble : troubles) {
    const std::string& text = brief ? trouble.brief : trouble.full;
    if (text.empty()) continue;
    if (!out.empty()) out += "; ";
    out += text;
  }
  return out;
}

std::string with_comma(std::string_view left, std::string_view right) {
  std::string out{left};
  if (!left.empty() && !right.empty()) out += ", ";
  out += right;
  return out;
}

/// Which form of the troubles the line itself holds; the full ones follow below unless `told`.
struct TroubleForm {
  std::string text;
  bool told = false;
};

TroubleForm form_for(const std::vector<Trouble>& troubles, std::size_t room, bool unfitted) {
  if (troubles.empty()) return {"", true};
  std::string full = joined_troubles(troubles, false);
  if (unfitted || display_width(full) <= room) return {std::move(full), true};
  std::string brief = joined_troubles(troubles, true);
  // of what is part of normal life the short form is enough
  const bool enough = worst_role(troubles) == Role::odd && display_width(brief) <= room;
  return {std::move(brief), enough};
}

/// What went well, then as much of the troubles as fits: for a line below which they are told.
/// "" where nothing did, or where it leaves them no room.
std::string partly_words(const ExchangeWords& words, const TroubleForm& form, std::size_t columns) {
  constexpr std::size_t least = 6;  // ", sta…"
  if (!words.partly || form.told || display_width(words.remark) + least > columns) return {};
  return with_comma(words.remark, form.text);
}

/// One column for everything that is not status and duration; gives whether the troubles are told.
bool put_joined(LineWriter& line, const Layout& layout, const ExchangeWords& words) {
  const Theme& theme = line.theme();
  put_what(line, layout.what, words, layout.gap);
  line.space(layout.gap);
  const bool waits = words.status_role == Role::waiting;
  const std::string& detail = words.short_detail.empty() ? words.detail : words.short_detail;
  std::string text = words.short_text.empty() ? with_comma(detail, words.remark) : words.short_text;
  if (waits) {  // the columns behind are free
    std::size_t columns = layout.detail + layout.gap + layout.status;
    if (layout.duration != 0) columns += layout.gap + layout.duration;
    line.cell(display_width(words.detail) <= columns ? words.detail : detail, columns,
              theme.waiting);
    return true;
  }
  std::string_view role = theme.detail;
  const TroubleForm form = form_for(words.troubles, layout.detail, false);
  const bool shown = form.told && !words.troubles.empty();
  if (shown) {
    const std::string news = words.partly ? with_comma(words.remark, form.text) : form.text;
    const std::string both = with_comma(detail, news);
    text = display_width(both) <= layout.detail   ? both
           : display_width(news) <= layout.detail ? news
                                                  : form.text;
    role = colour(theme, worst_role(words.troubles));
  } else if (const std::string partly = partly_words(words, form, layout.detail); !partly.empty()) {
    text = partly;
    role = colour(theme, worst_role(words.troubles));
  }
  line.cell(text, layout.detail, role);
  return form.told;
}

void put_detail(LineWriter& line, const Layout& layout, const ExchangeWords& words) {
  const Theme& theme = line.theme();
  put_what(line, layout.what, words, layout.gap);
  line.space(layout.gap);
  if (words.status_role == Role::waiting) {
    line.cell(
        words.detail,
        std::max(layout.detail, line.width() == kUnfitted ? 0 : layout.detail + layout.remark),
        theme.waiting);
    return;
  }
  const bool fits = line.width() == kUnfitted || display_width(words.detail) <= layout.detail;
  line.cell(fits || words.short_detail.empty() ? words.detail : words.short_detail, layout.detail,
            theme.detail);
}

/// The last column; gives whether the troubles are told.
bool put_remark(LineWriter& line, const Layout& layout, const ExchangeWords& words) {
  const Theme& theme = line.theme();
  const std::string_view normal = words.activesync ? theme.detail : theme.dim;
  const bool unfitted = line.width() == kUnfitted;
  const std::size_t before = words.remark.empty() ? 0 : display_width(words.remark) + 2;
  const TroubleForm form =
      form_for(words.troubles, layout.remark - std::min(before, layout.remark), unfitted);
  const std::string_view role = colour(theme, worst_role(words.troubles));
  if (form.text.empty()) {
    line.cell(words.remark, layout.remark, normal);
  } else if (form.told) {
    line.put(words.remark, normal);
    if (before != 0) line.put(", ", normal);
    line.put(form.text, role);
  } else {
    const std::string partly = partly_words(words, form, layout.remark);
    line.cell(partly.empty() ? with_comma(form.text, words.remark) : partly, layout.remark, role);
  }
  return form.told;
}

/// The words on one line in `layout`; what went wrong after it, where the line does not hold it.
void put_words(LineWriter& line, const Layout& layout, const ExchangeWords& words, bool steps) {
  const Theme& theme = line.theme();
  bool told = false;
  if (!words.activesync) {
    const std::size_t columns = layout.what + layout.gap + layout.detail;
    line.cell(words.command + " " + words.subject, columns, theme.dim);
  } else if (layout.joined) {
    told = put_joined(line, layout, words);
  } else {
    put_detail(line, layout, words);
  }
  if (words.status_role != Role::waiting) {
    const bool dim = !words.activesync;
    line.space(layout.gap);
    line.cell(words.status, layout.status, dim ? theme.dim : colour(theme, words.status_role));
    line.space(layout.gap);
    if (layout.duration != 0) {
      line.cell(words.duration, layout.duration, dim ? theme.dim : theme.detail, Align::right);
    }
    if (!layout.joined) {
      line.space(layout.gap);
      told = put_remark(line, layout, words);
    }
  }
  line.end();
  for (const Trouble& trouble : words.troubles) {
    const std::string_view role = colour(theme, trouble.serious ? Role::trouble : Role::odd);
    if (!told) {
      line.space(layout.indent);
      line.put("↳ ", role);
      line.wrapped(trouble.full, layout.indent + 2, layout.indent + 2, role);
    }
    if (steps && trouble.serious && !trouble.next_step.empty()) {
      line.space(layout.indent);
      line.put("→ ", theme.dim);
      line.wrapped(trouble.next_step, layout.indent + 2, layout.indent + 2, theme.dim);
    }
  }
}

/// "#211 #214 … #219"; those that the summary names are not told again.
std::string evidence(const findings::Finding& finding) {
  constexpr std::size_t shown = 6;
  const auto& all = finding.exchanges;
  if (all.empty()) return {};
  if (finding.summary.find("#" + std::to_string(all.front().value)) != std::string::npos) return {};
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // the first ones and the last
    if (all.size() > shown && i == shown - 1) {
      out += " …";
      i = all.size() - 1;
    }
    if (!out.empty()) out += ' ';
    out += "#" + std::to_string(all[i].value);
  }
  return "(" + out + ")";
}

struct EventWords {
  std::string_view word;  ///< in the column of commands
  Role role = Role::trouble;
  std::string fallback;  ///< when the event has no detail
};

EventWords words_of(const model::ConnectionEvent& event) {
  using Kind = model::ConnectionEvent::Kind;
  const std::string reason = printable(event.reason);
  switch (event.kind) {
    case Kind::tunnelled: return {"tunnel", Role::dim, "not decrypted"};
    case Kind::client_tls_failed:
      if (event.reason == "unknown_ca" || event.reason == "certificate_unknown" ||
          event.reason == "bad_certificate") {
        return {"TLS failed", Role::trouble,
                "the device does not trust eastap's CA (" + reason +
                    "): install ca.pem on it and switch on full trust; an app that pins its "
                    "certificate needs --tunnel for this host"};
      }
      return {
          "TLS failed", Role::trouble,
          "the device broke off the TLS handshake" + (reason.empty() ? "" : " (" + reason + ")")};
    case Kind::upstream_failed:
      if (event.reason == "resolve") {
        return {"no server", Role::trouble,
                "the server's name could not be looked up; answered 502"};
      }
      if (event.reason == "connect") {
        return {"no server", Role::trouble, "the server could not be reached; answered 502"};
      }
      if (event.reason == "certificate") {
        return {"no server", Role::trouble,
                "the server's certificate is not valid for the device either; answered 502"};
      }
      return {"no server", Role::trouble,
              "no connection to the server" + (reason.empty() ? "" : " (" + reason + ")") +
                  "; answered 502"};
    case Kind::refused:
      return {"refused", Role::odd,
              "refused by the proxy's rules" + (reason.empty() ? "" : " (" + reason + ")") +
                  "; answered 403"};
    case Kind::malformed:
      return {"not HTTP", Role::trouble, "what came is not HTTP; passed through unchanged"};
    case Kind::proxy_note: return {"eastap", Role::odd, reason};
  }
  return {"event", Role::odd, reason};
}

std::string place_of(const model::Connection& connection) {
  std::string out = printable(connection.host.empty() ? connection.sni : connection.host);
  if (!out.empty() && connection.port != 0 && connection.port != 443) {
    out += ":" + std::to_string(connection.port);
  }
  return out;
}

// ---- bodies ----

std::string_view kind_words(eas::Body::Kind kind) {
  using Kind = eas::Body::Kind;
  switch (kind) {
    case Kind::none: return "";
    case Kind::wbxml: return "WBXML";
    case Kind::multipart: return "multipart, its WBXML part";
    case Kind::mime: return "MIME message";
    case Kind::xml: return "XML";
    case Kind::json: return "JSON";
    case Kind::html: return "HTML";
    case Kind::text: return "text";
    case Kind::other: return "octets";
  }
  return "";
}

/// Lines of text from the network, each made printable; `limit` octets of it.
void append_text_lines(std::string& out, std::string_view text, std::size_t margin,
                       std::size_t limit) {
  const std::size_t whole = text.size();
  text = without_cut_sequence(text, limit);
  const std::size_t kept = text.size();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.append(margin, ' ');
    append_printable(out, line);
    out += '\n';
  }
  if (kept < whole) {
    out.append(margin, ' ');
    out += "… [" + grouped(whole) + " octets]\n";
  }
}

void append_facts(std::string& out, const eas::Command& command, const LineStyle& style) {
  constexpr std::size_t margin = 2;
  LineWriter line{out, style};
  for (const CommandFact& fact : facts_of(command)) {
    line.space(margin);
    line.put(std::string{fact.label} + ": ", style.theme.dim);
    line.wrapped(fact.text, margin + 2, margin + fact.label.size() + 2, style.theme.detail);
  }
}

/// The parts of a multipart body behind its WBXML, [MS-ASCMD] 2.2.1.10.1.1.
void append_parts(std::string& out, const eas::Body& body, const LineStyle& style,
                  std::size_t shorten) {
  constexpr std::size_t margin = 4;
  constexpr std::size_t most = 50, hex_limit = 128;
  for (std::size_t i = 1; i < body.parts.size(); ++i) {
    LineWriter line{out, style};
    line.space(margin - 2);
    if (i > most) {
      line.put("and " + grouped(body.parts.size() - i) + " more parts", style.theme.dim);
      line.end();
      return;
    }
    const std::string_view octets =
        std::string_view{*body.octets}.substr(body.parts[i].offset, body.parts[i].size);
    line.put("part " + std::to_string(i) + ", " + grouped(octets.size()) + " octets",
             style.theme.dim);
    line.end();
    if (is_utf8(octets)) {
      append_text_lines(out, octets, margin, std::max<std::size_t>(shorten, 80));
    } else {
      append_hexdump(out, octets, {.limit = hex_limit, .margin = margin, .columns = style.width});
    }
  }
}

void append_body(std::string& out, std::string_view caption, const eas::Body& body,
                 const LineStyle& style, std::size_t shorten) {
  constexpr std::size_t margin = 4;
  constexpr std::size_t hex_limit = 512;  // the capture has the rest
  const bool empty = body.kind == eas::Body::Kind::none || !body.octets || body.octets->empty();
  if (empty && !body.document) return;
  const std::string_view octets = body.octets ? std::string_view{*body.octets} : std::string_view{};
  LineWriter line{out, style};
  line.space(margin - 2);
  line.put(std::string{caption} + ", " + std::string{kind_words(body.kind)} + ", " +
               grouped(octets.size()) + " octets" + (body.whole ? "" : " (not all of it)"),
           style.theme.dim);
  line.end();
  if (!body.other_xml.empty()) {
    append_text_lines(out, body.other_xml, margin, 64U << 10);
    return;
  }
  if (body.document) {
    const wbxml::Document& document = *body.document;
    append_xml(out, document,
               {.pretty = true,
                .margin = margin,
                .shorten = shorten,
                .meanings = true,
                .mark_stop = true});
    for (const Diagnostic& remark : document.diagnostics) {
      line.space(margin);
      line.put("▲ " + to_sentence(remark), style.theme.trouble);
      line.end();
    }
    if (!document.complete && document.body && document.decoded_octets < document.body->size()) {
      const auto from = static_cast<std::size_t>(document.decoded_octets);
      append_hexdump(out, std::string_view{*document.body}.substr(from),
                     {.limit = hex_limit, .margin = margin, .first = from, .columns = style.width});
    }
    append_parts(out, body, style, shorten);
    return;
  }
  if (body.kind != eas::Body::Kind::other && is_utf8(octets)) {
    append_text_lines(out, octets, margin, std::max<std::size_t>(shorten, 80) * 10);
  } else {
    append_hexdump(out, octets, {.limit = hex_limit, .margin = margin, .columns = style.width});
  }
}

}  // namespace

void append_exchange_line(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const LineStyle& style) {
  LineWriter line{out, style};
  const Layout layout = layout_for(line.width());
  const ExchangeWords words = words_of(exchange, command);
  // a line stands where it is printed: at the end of the exchange, so its time is that one's
  Timestamp time = exchange.ended;
  if (time == Timestamp{} && exchange.response) time = exchange.response->ended;
  if (time == Timestamp{} && exchange.request) time = exchange.request->began;
  put_beginning(line, layout, style, time, exchange.id.value, words.device, !words.activesync);
  put_words(line, layout, words, style.next_steps);
}

std::string trouble_signature(const model::Exchange& exchange, const eas::Command& command) {
  const ExchangeWords words = words_of(exchange, command);
  if (words.troubles.empty()) return {};
  return words.command + " " + words.status + " " + joined_troubles(words.troubles, true);
}

void append_waiting_line(std::string& out, const model::Exchange& exchange,
                         const eas::Command& command, const LineStyle& style) {
  LineWriter line{out, style};
  const Layout layout = layout_for(line.width());
  const ExchangeWords words = waiting_words_of(exchange, command);
  const Timestamp time = exchange.request ? exchange.request->ended : Timestamp{};
  put_beginning(line, layout, style, time, exchange.id.value, words.device, false);
  put_words(line, layout, words, false);
}

void append_progress_line(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const LineStyle& style) {
  LineWriter line{out, style};
  const Layout layout = layout_for(line.width());
  const ExchangeWords words = progress_words_of(exchange, command);
  const Timestamp time = exchange.response ? exchange.response->ended : Timestamp{};
  put_beginning(line, layout, style, time, exchange.id.value, words.device, false);
  put_words(line, layout, words, false);
}

void append_finding_lines(std::string& out, const findings::Finding& finding,
                          const LineStyle& style, bool repeated) {
  constexpr std::size_t indent = 4;
  LineWriter line{out, style};
  const Theme& theme = style.theme;
  const std::string_view role = colour(theme, finding.severity);
  const std::string severity{findings::to_string(finding.severity)};
  const std::string rule = printable(finding.rule);
  line.space(2);
  line.put("▲ " + severity, role);
  line.space(2);
  line.put(line.width() == kUnfitted ? rule : cut_to_width(rule, line.width() - 14), role);
  line.space(2);
  std::string summary = printable(finding.summary);
  if (summary.empty()) summary = grouped(finding.count) + " times";
  if (const std::string ids = evidence(finding); !ids.empty()) summary += " " + ids;
  const std::string device = device_label(finding.user, finding.device_type);
  if (!device.empty() && summary.find(device) == std::string::npos) summary += ", " + device;
  std::size_t used = 4 + severity.size() + 2 + display_width(rule) + 2;
  constexpr std::size_t least_room = 24;
  if (line.width() != kUnfitted && used + least_room > line.width()) {
    line.end();
    line.space(indent);
    used = indent;
  }
  line.wrapped(summary, indent, used, "");
  if (repeated) return;
  if (!finding.explanation.empty()) {
    line.space(indent);
    line.wrapped(printable(finding.explanation), indent, indent, "");
  }
  if (!finding.next_step.empty()) {
    line.space(indent);
    line.put("→ ", role);
    line.wrapped(printable(finding.next_step), indent + 2, indent + 2, "");
  }
  if (!finding.source.empty()) {
    line.space(indent);
    line.wrapped("(" + printable(finding.source) + ")", indent, indent, theme.dim);
  }
}

void append_event_lines(std::string& out, const model::ConnectionEvent& event,
                        const LineStyle& style) {
  LineWriter line{out, style};
  const Layout layout = layout_for(line.width());
  const EventWords words = words_of(event);
  const Theme& theme = style.theme;
  std::string device;
  std::string text;
  if (event.connection) {
    device = printable(client_address(event.connection->client));
    text = place_of(*event.connection);
  }
  put_beginning(line, layout, style, event.time, 0, device, words.role == Role::dim);
  line.put(words.word, words.role == Role::dim ? theme.dim : theme.command);
  line.space(2);
  const std::string detail = event.detail.empty() ? words.fallback : printable(event.detail);
  // many details name the host themselves
  if (event.connection && !event.connection->host.empty() &&
      event.detail.find(event.connection->host) != std::string::npos) {
    text.clear();
  }
  if (!text.empty() && !detail.empty()) text += "  ";
  text += detail;
  if (event.octets_up + event.octets_down != 0) {
    text += " (" + size_words(event.octets_up) + " up, " + size_words(event.octets_down) + " down)";
  }
  std::size_t used = time_columns(layout) + layout.gap + words.word.size() + 2;
  if (layout.number != 0) used += layout.number + 1;
  if (layout.device != 0) used += layout.device + layout.gap;
  line.wrapped(text, layout.indent, used, colour(theme, words.role));
}

void append_bodies(std::string& out, const eas::Command& command, const LineStyle& style,
                   std::size_t shorten) {
  append_facts(out, command, style);
  append_body(out, "request", command.request, style, shorten);
  append_body(out, "response", command.response, style, shorten);
}

}  // namespace eastap::render
