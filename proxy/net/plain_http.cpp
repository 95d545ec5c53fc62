#include "proxy/net/plain_http.hpp"

#include <algorithm>
#include <array>

#include "decoder/base/text.hpp"

namespace eastap::net {

std::optional<Target> parse_authority(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view port_text;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    if (!rest.empty()) port_text = rest.substr(1);
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    if (host.find(':') != std::string_view::npos) return std::nullopt;  // IPv6 without brackets
  }
  // 253 octets is the longest DNS name, RFC 1035 2.3.4
  if (host.empty() || host.size() > 253) return std::nullopt;
  for (const char c : host) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= 0x20 || octet >= 0x7F || c == '/' || c == '@' || c == '?' || c == '#') {
      return std::nullopt;
    }
  }
  Target target;
  target.host = to_lower(host);
  if (target.host.ends_with('.') && target.host.size() > 1) target.host.pop_back();
  if (port_text.empty()) {
    if (default_port == 0 || text.ends_with(':')) return std::nullopt;
    target.port = default_port;
    return target;
  }
  const auto port = to_integer(port_text);
  if (!port || *port < 1 || *port > 65'535 || port_text.front() == '+') return std::nullopt;
  target.port = static_cast<std::uint16_t>(*port);
  return target;
}

bool is_other_mail_port(std::uint16_t port) {
  constexpr std::array<std::uint16_t, 8> ports{25, 110, 143, 465, 587, 993, 995, 4190};
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

std::size_t head_end(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

std::optional<AbsoluteForm> parse_absolute_form(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (target.size() < scheme.size() ||
      !equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  const std::string_view rest = target.substr(scheme.size());
  const std::size_t end = rest.find_first_of("/?#");
  std::string_view authority_text = rest.substr(0, end);
  if (const std::size_t at = authority_text.rfind('@'); at != std::string_view::npos) {
    authority_text.remove_prefix(at + 1);
  }
  auto where = parse_authority(authority_text, 80);
  if (!where) return std::nullopt;
  AbsoluteForm form;
  form.target = std::move(*where);
  if (end == std::string_view::npos) {
    form.origin_form = "/";
  } else {
    form.origin_form = rest.substr(end);
    if (form.origin_form.front() != '/') form.origin_form.insert(0, 1, '/');
  }
  return form;
}

std::string forwarded_head(std::string_view head, std::string_view origin_form) {
  std::string out;
  out.reserve(head.size());
  bool first = true;
  bool dropping = false;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t newline = head.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? head.size() : newline + 1;
    const std::string_view line = head.substr(at, next - at);
    at = next;
    if (first) {
      if (line == "\r\n" || line == "\n") {  // empty lines before a request line, RFC 9112 2.2
        out += line;
        continue;
      }
      first = false;
      const std::size_t method_end = line.find(' ');
      const std::size_t target_end = line.rfind(' ');
      if (method_end == std::string_view::npos || target_end <= method_end) {
        out += line;
        continue;
      }
      out += line.substr(0, method_end + 1);
      out += origin_form;
      out += line.substr(target_end);
      continue;
    }
    if (line.front() == ' ' || line.front() == '\t') {  // obs-fold belongs to the line before
      if (!dropping) out += line;
      continue;
    }
    const std::string_view name = line.substr(0, line.find(':'));
    dropping = equals_ignoring_case(name, "Proxy-Connection") ||
               equals_ignoring_case(name, "Proxy-Authorization");
    if (!dropping) out += line;
  }
  return out;
}

std::string forwarded_head_for_proxy(std::string_view head, const Target& target,
                                     std::string_view origin_form,
                                     const std::string& authorization) {
  std::string absolute = "http://" + authority(target.host, target.port);
  absolute += origin_form;
  std::string out = forwarded_head(head, absolute);
  if (authorization.empty()) return out;
  std::size_t start = 0;  // empty lines may come before the request line
  while (start < out.size() && (out[start] == '\r' || out[start] == '\n')) ++start;
  const std::size_t line_end = out.find('\n', start);
  if (line_end == std::string::npos) return out;
  return out.insert(line_end + 1, "Proxy-Authorization: " + authorization + "\r\n");
}

}  // namespace eastap::net
