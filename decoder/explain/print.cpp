#include "decoder/explain/print.hpp"

#include <algorithm>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/render/json_writer.hpp"
#include "decoder/render/printable.hpp"

namespace eastap::explain {

namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kIndent = 2;

/// `text` in lines up to `width`, the first begun at `column`, the others after `indent` spaces;
/// broken at `between`, which is left at a line's end but for its space.
void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t indent,
                    std::size_t width, std::string_view between = " ") {
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find(between);
    // The comma of a list stays with its item.
    std::string_view word =
        text.substr(0, end == std::string_view::npos ? end : end + between.size() - 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + between.size());
    if (word.empty()) continue;
    const std::size_t columns = render::display_width(word);
    if (!first && column + 1 + columns > width) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
      first = true;
    }
    if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns;
    first = false;
  }
  out += '\n';
}

void append_styled(std::string& out, std::string_view style, std::string_view text,
                   const render::Theme& theme) {
  out += style;
  out += text;
  if (!style.empty()) out += theme.reset;
}

void append_entry(std::string& out, const Entry& entry, std::size_t width,
                  const render::Theme& theme) {
  out += theme.command;
  append_wrapped(out, entry.title, 0, kIndent, width);
  if (!theme.command.empty()) {
    out.pop_back();
    out += theme.reset;
    out += '\n';
  }
  if (!entry.summary.empty()) {
    out.append(kIndent, ' ');
    append_wrapped(out, entry.summary, kIndent, kIndent, width);
  }
  std::size_t label = 0;
  for (const Fact& fact : entry.facts) {
    if (fact.shown != Fact::Shown::as_json) label = std::max(label, fact.name.size());
  }
  out += '\n';
  const std::size_t column = kIndent + label + 2;
  for (const Fact& fact : entry.facts) {
    if (fact.shown == Fact::Shown::as_json) continue;
    out.append(kIndent, ' ');
    append_styled(out, theme.dim, fact.name, theme);
    out.append(column - kIndent - fact.name.size(), ' ');
    append_wrapped(out, render::printable(fact.text), column, column, width,
                   fact.list ? ", " : " ");
  }
}

void append_mentions(std::string& out, const Answer& answer, std::size_t width,
                     const render::Theme& theme) {
  std::size_t column = 0;
  for (const Mention& other : answer.others) column = std::max(column, other.ask.size());
  for (const Mention& other : answer.others) {
    out.append(kIndent, ' ');
    append_styled(out, theme.command, other.ask, theme);
    const std::size_t used = kIndent + column + 2;
    if (used + 10 < width) {
      out.append(column + 2 - other.ask.size(), ' ');
      out += render::cut_to_width(other.title, width - used);
    }
    out += '\n';
  }
  if (answer.left_out > 0) {
    out += "  and " + std::to_string(answer.left_out) + " more\n";
  }
}

std::string json_name(std::string_view name) {
  std::string out{name};
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

void append_entry_json(render::JsonWriter& json, const Entry& entry) {
  json.begin_object();
  json.member("kind", to_string(entry.kind));
  json.member("ask", std::string_view{entry.ask});
  json.member("title", std::string_view{entry.title});
  json.member_if("summary", std::string_view{entry.summary});
  for (const Fact& fact : entry.facts) {
    if (fact.shown == Fact::Shown::as_text) continue;
    const std::string name = json_name(fact.name);
    if (fact.number) {
      json.member(name, *fact.number);
    } else if (fact.text == "true" || fact.text == "false") {
      json.member(name, fact.text == "true");
    } else {
      json.member(name, std::string_view{fact.text});
    }
  }
  json.end_object();
}

}  // namespace

void append_text(std::string& out, const Answer& answer, std::size_t width,
                 const render::Theme& theme) {
  width = std::max(width, kNarrowest);
  const std::string asked = render::printable(answer.asked);
  if (!answer.found()) {
    std::string line = "nothing is called \"" + asked + "\"";
    if (!answer.nearest.empty()) {
      line += "; near it:";
      for (const std::string& ask : answer.nearest) {
        line += " " + ask + (&ask == &answer.nearest.back() ? "" : ",");
      }
    }
    out += line + "; eastap explain without a word tells what can be asked";
    return;
  }
  if (!answer.assumed.empty()) {
    append_wrapped(out, "Nothing is called \"" + asked + "\"; this is the nearest:", 0, kIndent,
                   width);
    out += '\n';
  }
  if (answer.entry) {
    append_entry(out, *answer.entry, width, theme);
    if (answer.others.empty()) return;
    out += "\nAlso called so, each by its own words:\n";
  } else {
    append_wrapped(out,
                   std::to_string(answer.others.size() + answer.left_out) + " things fit \"" +
                       asked + "\"; ask for one of them:",
                   0, kIndent, width);
  }
  append_mentions(out, answer, width, theme);
}

void append_overview_text(std::string& out, std::size_t width, const render::Theme& theme) {
  width = std::max(width, kNarrowest);
  append_styled(out, theme.command, "eastap explain WORD...", theme);
  out += '\n';
  out.append(kIndent, ' ');
  append_wrapped(out,
                 "Says what a number or name of ActiveSync means, with its next step and source. "
                 "Case and hyphens do not matter, and typing errors are forgiven.",
                 kIndent, kIndent, width);
  out += '\n';
  for (const OverviewLine& line : overview()) {
    const std::string what =
        std::string{line.what} + (line.count.empty() ? "" : " (" + line.count + ")");
    constexpr std::size_t kColumn = 46;
    out.append(kIndent, ' ');
    out += what;
    out.append(what.size() + 2 < kColumn ? kColumn - what.size() : 2, ' ');
    append_styled(out, theme.command, "eastap explain " + std::string{line.example}, theme);
    out += '\n';
  }
}

void append_json(std::string& out, const Answer& answer) {
  render::JsonWriter json{out};
  json.begin_object();
  json.member("asked", std::string_view{answer.asked});
  if (answer.entry) {
    json.key("entry");
    append_entry_json(json, *answer.entry);
  }
  json.member_if("assumed", std::string_view{answer.assumed});
  if (!answer.others.empty()) {
    json.key("others");
    json.begin_array();
    for (const Mention& other : answer.others) {
      json.begin_object();
      json.member("kind", to_string(other.kind));
      json.member("ask", std::string_view{other.ask});
      json.member("title", std::string_view{other.title});
      json.end_object();
    }
    json.end_array();
  }
  if (answer.left_out > 0) json.member("left_out", std::uint64_t{answer.left_out});
  if (!answer.nearest.empty()) {
    json.key("nearest");
    json.begin_array();
    for (const std::string& ask : answer.nearest) json.value(std::string_view{ask});
    json.end_array();
  }
  json.end_object();
}

void append_overview_json(std::string& out) {
  render::JsonWriter json{out};
  json.begin_object();
  json.key("topics");
  json.begin_array();
  for (const OverviewLine& line : overview()) {
    json.begin_object();
    json.member("what", line.what);
    if (const auto count = to_integer(line.count)) json.member("count", *count);
    json.member("example", line.example);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace eastap::explain
