#include "decoder/report/card_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "decoder/findings/rule_table.hpp"
#include "decoder/render/exchange_words.hpp"
#include "decoder/render/line_writer.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"

namespace eastap::report {
namespace {

using findings::Stage;
using render::count_words;
using render::LineStyle;
using render::LineWriter;
using render::printable;

constexpr std::size_t kMargin = 2;
constexpr std::size_t kLabel = 14;
constexpr std::size_t kShortFindings = 3;
const std::string kBound = "\u00A0";  // a space at which no line ends

std::string_view title(Stage stage) {
  switch (stage) {
    case Stage::trusted: return "TLS trusted";
    case Stage::options: return "OPTIONS";
    case Stage::signed_in: return "signed in";
    case Stage::provision: return "Provision 2/2";
    case Stage::folder_sync: return "FolderSync";
    case Stage::first_sync: return "first Sync";
    case Stage::wait: return "Ping hung";
    case Stage::push: return "push works";
  }
  return "";
}

std::string_view mark(State state) {
  switch (state) {
    case State::done: return "✓";
    case State::half: return "½";
    case State::waiting: return "…";
    case State::failed: return "✗";
    case State::unneeded: return "○";
    case State::unseen: return "?";
    case State::missing: return "·";
  }
  return "";
}

std::string_view colour(const render::Theme& theme, State state) {
  switch (state) {
    case State::done: return theme.success;
    case State::half:
    case State::failed: return theme.trouble;
    case State::waiting: return theme.waiting;
    case State::unneeded:
    case State::unseen:
    case State::missing: return theme.dim;
  }
  return {};
}

Timestamp local(Timestamp time, const LineStyle& style) {
  return style.offset ? time + style.offset(time) : time;
}

std::string date(Timestamp time, const LineStyle& style) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(local(time, style))};
  std::array<char, 32> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                    static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return {text.data(), static_cast<std::size_t>(length)};
}

/// The time of day, with the date when it is another day than the card's first.
std::string when(Timestamp time, const Card& card, const LineStyle& style) {
  std::string out = render::clock(time, style, false);
  const std::string day = date(time, style);
  return day == date(card.first, style) ? out : day.substr(5) + " " + out;
}

std::string number(ExchangeId exchange) {
  return exchange ? "#" + std::to_string(exchange.value) : std::string{};
}

std::string heading(const Card& card) {
  std::string out = render::device_label(card.user, card.device_type);
  if (!card.device_id.empty()) out += (out.empty() ? "" : " ") + printable(card.device_id);
  if (out.empty() || card.device_id.empty()) {
    out += (out.empty() ? "" : " ") + ("address " + printable(card.client));
  }
  if (!card.host.empty()) out += " at " + printable(card.host);
  if (card.run != 0) out += ", run " + std::to_string(card.run) + " of the capture";
  return out;
}

void put_heading(LineWriter& line, const Card& card) {
  line.wrapped(heading(card), kMargin, 0, line.theme().device);
}

void put_fact(LineWriter& line, std::string_view label, const std::string& text) {
  if (text.empty()) return;
  line.space(kMargin);
  line.cell(label, kLabel, line.theme().dim);
  line.wrapped(text, kMargin + kLabel, kMargin + kLabel, "");
}

void put_facts(LineWriter& line, const Card& card, const LineStyle& style) {
  std::string seen = date(card.first, style) + " " + render::clock(card.first, style, false) +
                     " to " + when(card.last, card, style) + ", " +
                     count_words(card.exchanges, "exchange", "exchanges");
  if (!card.client.empty() && !card.device_id.empty()) seen += ", from " + printable(card.client);
  put_fact(line, "seen", seen);
  std::string agent = printable(card.user_agent);
  if (!card.agent_words.empty()) agent = printable(card.agent_words) + " (" + agent + ")";
  put_fact(line, "client", agent);
  std::string version = printable(card.version);
  if (!card.best_version.empty()) {
    version += (version.empty() ? "" : ", ") + ("the server offers " + card.best_version);
  }
  put_fact(line, "protocol", version);
  std::string policy = printable(card.policy_key);
  if (!card.policy.empty()) policy += (policy.empty() ? "" : ": ") + printable(card.policy);
  put_fact(line, "policy key", policy);
}

void put_steps(LineWriter& line, const Card& card, const LineStyle& style) {
  for (const Step& step : card.steps) {
    const std::string_view role = colour(line.theme(), step.state);
    line.space(kMargin);
    line.put(mark(step.state), role);
    line.space(1);
    line.cell(title(step.stage), kLabel, step.state == State::missing ? role : "");
    std::size_t used = kMargin + 2 + kLabel;
    const std::string time = step.time == Timestamp{} ? "" : when(step.time, card, style);
    const std::size_t columns = std::max<std::size_t>(8, time.size());
    line.cell(time, columns, line.theme().time);
    line.space(1);
    line.cell(number(step.exchange), 6, line.theme().number);
    used += columns + 8;
    line.space(1);
    line.wrapped(printable(step.text), used, used, step.state == State::failed ? role : "");
    if (step.text.empty()) line.end();
  }
}

void put_stop(LineWriter& line, const Card& card) {
  if (!card.stop) return;
  line.space(kMargin);
  const std::string text =
      "stopped at " + std::string{title(card.stop->stage)} + ": " + printable(card.stop->reason);
  line.wrapped(text, kMargin + 2, kMargin, line.theme().trouble);
  if (card.stop->next_step.empty()) return;
  line.space(kMargin + 2);
  line.put("→ ");
  line.wrapped(printable(card.stop->next_step), kMargin + 4, kMargin + 4, "");
}

void put_failed_connections(LineWriter& line, const Card& card, const LineStyle& style) {
  for (const auto& failure : card.failed) {
    std::string text = failure.kind == model::ConnectionEvent::Kind::client_tls_failed
                           ? "TLS refused for "
                           : "not reached: ";
    text += printable(failure.host) + " (" + printable(failure.reason) + "), " +
            (failure.count == 1 ? std::string{"once"} : count_words(failure.count, "", "times")) +
            ", last " + when(failure.last, card, style);
    line.space(kMargin);
    line.wrapped(text, kMargin + 2, kMargin, line.theme().dim);
  }
}

std::string status_words(const FolderLine& folder) {
  if (folder.time == Timestamp{}) return "no answer";
  if (folder.http == 0) return "no answer";
  std::string out;
  if (folder.http != 200) {
    out = "HTTP " + std::to_string(folder.http);
  } else if (folder.status > 1) {
    out = "status " + std::to_string(folder.status);
    if (!folder.status_name.empty()) out += " " + folder.status_name;
  } else {
    out = "ok";
  }
  return folder.delivered ? out : out + ", cut";
}

std::string folder_name(const FolderLine& folder) {
  return (folder.name.empty() ? "folder " : "") + render::folder_label(folder.name, folder.id);
}

void put_folders(LineWriter& line, const Card& card, const LineStyle& style) {
  constexpr std::size_t kShown = 40;
  if (card.folders.empty()) return;
  line.space(kMargin);
  line.put(count_words(card.folders.size(), "folder", "folders") + " synchronised",
           line.theme().dim);
  line.end();
  std::size_t names = 10, keys = 3;
  for (const FolderLine& folder : card.folders) {
    names = std::max(names, render::display_width(folder_name(folder)));
    keys = std::max(keys, render::display_width(printable(folder.key)));
  }
  names = std::min<std::size_t>(names, 36);
  keys = std::min<std::size_t>(keys, 14);
  std::size_t shown = 0;
  for (const FolderLine& folder : card.folders) {
    if (shown++ == kShown) {
      line.space(kMargin * 2);
      line.put("and " + std::to_string(card.folders.size() - kShown) + " more", line.theme().dim);
      line.end();
      return;
    }
    line.space(kMargin * 2);
    line.cell(folder_name(folder), names);
    line.space(1);
    line.cell(folder.key.empty() ? "-" : printable(folder.key), keys, line.theme().number);
    line.space(1);
    const std::string time = folder.time == Timestamp{} ? "" : when(folder.time, card, style) + " ";
    const std::size_t columns = std::max<std::size_t>(9, time.size());
    line.cell(time, columns, line.theme().time);
    const bool good = folder.http == 200 && folder.status <= 1 && folder.delivered;
    const std::size_t used = kMargin * 2 + names + keys + columns + 2;
    line.wrapped(status_words(folder) + " " + number(folder.exchange), used, used,
                 good ? "" : line.theme().trouble);
  }
}

std::string range(std::uint16_t least, std::uint16_t most) {
  return least == most ? std::to_string(least)
                       : std::to_string(least) + " to " + std::to_string(most);
}

std::string heartbeat_words(const Card& card) {
  const findings::Waits& waits = card.waits;
  if (waits.sent == 0) return {};
  std::string out = std::to_string(waits.sent) + " sent, asked for " +
                    range(waits.asked_least, waits.asked_most) + " s";
  if (waits.limit != 0) out += " (the server demanded " + std::to_string(waits.limit) + " s)";
  if (!waits.lasted.empty()) {
    out += "; lasted " + std::to_string(waits.least) + " / " + std::to_string(card.median) + " / " +
           std::to_string(waits.most) + " s (least, median, most)";
  }
  auto add = [&out, first = true](std::uint32_t count, std::string_view words) mutable {
    if (count == 0) return;
    out += std::exchange(first, false) ? "; " : ", ";
    out += std::to_string(count) + " " + std::string{words};
  };
  add(waits.changed, "with changes");
  add(waits.expired, "ran out");
  add(waits.cut_device, "cut by the device's side");
  add(waits.cut_server, "cut by the server's side");
  add(waits.refused, "refused or failed");
  return out;
}

void put_findings(LineWriter& line, const Card& card, const LineStyle& style, std::size_t limit) {
  std::size_t shown = 0;
  for (const Incident& incident : card.findings) {
    if (shown++ == limit) {
      line.space(kMargin);
      const std::size_t more = card.findings.size() - limit;
      line.put("and " + std::to_string(more) + (more == 1 ? " more finding" : " more findings"),
               line.theme().dim);
      line.end();
      return;
    }
    const findings::Finding& finding = incident.finding;
    const std::string_view role = render::colour(line.theme(), finding.severity);
    const std::string label =
        "▲ " + std::string{findings::to_string(finding.severity)} + " " + printable(finding.rule);
    line.space(kMargin);
    line.put(label, role);
    const std::string begun = when(finding.first, card, style);
    std::string text = " " + begun;
    if (finding.count > 1) {
      const std::string last = when(finding.last, card, style);
      if (last != begun) text += " to " + last;
      const auto rule = findings::rule_from(finding.rule);
      if (!rule || !findings::counts_a_value(*rule))  // else the summary names the value
        text += ", " + std::to_string(finding.count) + " times";
    }
    if (incident.open) text += ", open";
    text += ": " + printable(finding.summary);
    line.wrapped(text, kMargin + 2, kMargin + render::display_width(label), "");
  }
}

}  // namespace

void append_card(std::string& out, const Card& card, const LineStyle& style) {
  LineWriter line{out, style};
  put_heading(line, card);
  put_facts(line, card, style);
  put_steps(line, card, style);
  put_stop(line, card);
  put_failed_connections(line, card, style);
  put_folders(line, card, style);
  put_fact(line, "waiting", heartbeat_words(card));
  put_findings(line, card, style, card.findings.size());
}

void append_short_card(std::string& out, const Card& card, const LineStyle& style) {
  LineWriter line{out, style};
  put_heading(line, card);
  line.space(kMargin);
  std::string steps;
  for (const Step& step : card.steps) {
    if (step.state == State::missing) continue;
    steps += (steps.empty() ? "" : "  ") + std::string{mark(step.state)} + kBound;
    // A mark stays with its name: no line ends inside "✓ TLS trusted".
    for (const char c : title(step.stage)) steps += c == ' ' ? kBound : std::string(1, c);
  }
  line.wrapped(steps, kMargin, kMargin, "");
  put_stop(line, card);
  put_findings(line, card, style, kShortFindings);
}

}  // namespace eastap::report
