#include <algorithm>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <pugixml.hpp>

#include "decoder/base/text.hpp"
#include "decoder/eas/head_facts.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/request_query.hpp"

/// OPTIONS ([MS-ASHTTP] 2.2.3) and Autodiscover: v1 in XML ([MS-ASCMD] 2.2.1.1), v2 in JSON.
namespace eastap::eas {
namespace {

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// Takes the members that the XML of both directions has, wherever servers put them.
class XmlFacts : public pugi::xml_tree_walker {
 public:
  XmlFacts(Reading& reading, Autodiscover& facts, bool of_answer)
      : reading_{reading}, facts_{facts}, of_answer_{of_answer} {}

  bool for_each(pugi::xml_node& node) override {
    if (node.type() != pugi::node_element) return true;
    const std::string_view name = local_name(node);
    if (!of_answer_) {
      if (name == "EMailAddress") set(facts_.email, node);
      if (name == "AcceptableResponseSchema") set(facts_.schema, node);
      return true;
    }
    const std::string_view parent = local_name(node.parent());
    if (name == "DisplayName") {
      set(facts_.display_name, node);
    } else if (name == "Server") {
      add_server(node);
    } else if (name == "Redirect" || name == "RedirectAddr" || name == "RedirectUrl") {
      set(facts_.redirect, node);
    } else if (name == "ErrorCode") {
      facts_.error_code = number(node);
      reading_.status(Level::command, "Autodiscover.ErrorCode", "", facts_.error_code);
    } else if (name == "Status" && parent == "Error") {
      facts_.status = number(node);
      reading_.status(Level::command, "Autodiscover", "", facts_.status);
    } else if (name == "Message" && parent == "Error") {
      set(facts_.message, node);
    } else if (name == "DebugData" && parent == "Error") {
      set(facts_.debug_data, node);
    }
    return true;
  }

 private:
  /// All of them are kept; the one that synchronises is the answer, wherever it stands.
  void add_server(const pugi::xml_node& node) {
    AutodiscoverServer server;
    for (const pugi::xml_node& child : node.children()) {
      const std::string_view name = local_name(child);
      if (name == "Type") set(server.type, child);
      if (name == "Url") set(server.url, child);
      if (name == "Name") set(server.name, child);
      if (name == "ServerData") set(server.data, child);
    }
    const bool syncs = server.type == "MobileSync";
    if (facts_.servers.empty() || (syncs && facts_.server_type != "MobileSync")) {
      facts_.url = server.url;
      facts_.server_type = server.type;
    }
    if (facts_.servers.size() >= reading_.limits.values) {
      reading_.remark_limit("servers", reading_.limits.values);
      return;
    }
    facts_.servers.push_back(std::move(server));
  }
  void set_again(std::string& member, const pugi::xml_node& node) const {
    member = std::string{trimmed(node.child_value())}.substr(0, reading_.limits.value_octets);
  }
  void set(std::string& member, const pugi::xml_node& node) const {
    if (member.empty()) set_again(member, node);
  }
  static std::optional<int> number(const pugi::xml_node& node) {
    const auto value = to_integer(trimmed(node.child_value()));
    if (!value || *value < 0 || *value > 1'000'000) return std::nullopt;
    return static_cast<int>(*value);
  }

  Reading& reading_;
  Autodiscover& facts_;
  bool of_answer_;
};

void read_xml(Reading& reading, Autodiscover& facts, const Body& body, bool of_answer) {
  const std::string_view part = of_answer ? "response body" : "request body";
  if (body.octets->size() > reading.limits.xml_octets) {
    reading.remark(Errc::too_large, reading.limits.xml_octets, part,
                   "Autodiscover XML above 1 MiB is not read");
    return;
  }
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_buffer(
      body.octets->data(), body.octets->size(), pugi::parse_default, pugi::encoding_auto);
  if (!result) {
    // Of other encodings pugixml counts in its own copy, which may be longer.
    const auto offset = static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(result.offset, 0));
    reading.remark(Errc::malformed, std::min<std::uint64_t>(offset, body.octets->size()), part,
                   std::string{"Not well-formed XML: "} + result.description());
  }
  XmlFacts facts_of_tree{reading, facts, of_answer};
  document.traverse(facts_of_tree);  // what was read before an error is there
}

std::string json_text(const boost::json::object& object, std::string_view name,
                      const Limits& limits) {
  for (const auto& [key, value] : object) {
    if (!equals_ignoring_case(std::string_view{key.data(), key.size()}, name)) continue;
    if (!value.is_string()) return {};
    const boost::json::string& text = value.get_string();
    return std::string{text.data(), std::min(text.size(), limits.value_octets)};
  }
  return {};
}

void read_json(Reading& reading, Autodiscover& facts, const Body& body) {
  if (body.octets->size() > reading.limits.json_octets) {
    reading.remark(Errc::too_large, reading.limits.json_octets, "response body",
                   "Autodiscover JSON above 256 KiB is not read");
    return;
  }
  std::string_view text = *body.octets;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  boost::json::parse_options options;
  options.max_depth = reading.limits.json_depth;
  boost::json::error_code error;
  boost::json::stream_parser parser{boost::json::storage_ptr{}, options};
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error) {
    reading.remark(Errc::malformed, used, "response body",
                   "Not well-formed JSON: " + error.message());
    return;
  }
  const boost::json::value value = parser.release();
  if (!value.is_object()) return;
  const boost::json::object& object = value.get_object();
  facts.url = json_text(object, "Url", reading.limits);
  facts.server_type = json_text(object, "Protocol", reading.limits);
  facts.error_name = json_text(object, "ErrorCode", reading.limits);
  facts.message = json_text(object, "ErrorMessage", reading.limits);
}

/// v2 has its question in the URL: …/autodiscover.json?Email=…&Protocol=… or …/v1.0/<address>?….
void read_json_target(Reading& reading, Autodiscover& facts, std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, question);
  std::string_view query = question < target.size() ? target.substr(question + 1) : "";
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : "";
    if (equals_ignoring_case(pair.substr(0, equals), "Email")) {
      facts.email = percent_decoded(value, true).substr(0, reading.limits.value_octets);
    } else if (equals_ignoring_case(pair.substr(0, equals), "Protocol")) {
      facts.schema = percent_decoded(value, true).substr(0, reading.limits.value_octets);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  if (facts.email.empty()) {
    const std::string last =
        percent_decoded(path.substr(std::min(path.rfind('/') + 1, path.size())));
    if (last.find('@') != std::string::npos) {
      facts.email = last.substr(0, reading.limits.value_octets);
    }
  }
}

std::string outcome_words(const Autodiscover& facts) {
  if (!facts.redirect.empty()) return "redirected to " + facts.redirect;
  if (!facts.error_name.empty()) {
    return facts.error_name + (facts.message.empty() ? "" : ": " + facts.message);
  }
  if (facts.url.empty()) return facts.message;
  std::string words = facts.url;
  for (const AutodiscoverServer& server : facts.servers) {
    if (server.url == facts.url && server.type == facts.server_type) continue;
    words += ", " + (server.type.empty() ? "server" : server.type) + ' ' + server.url;
  }
  return words;
}

double version_number(const std::string& text) {
  const std::size_t dot = text.find('.');
  const auto major = to_integer(std::string_view{text}.substr(0, dot));
  const auto minor = dot == std::string::npos ? std::optional<std::int64_t>{0}
                                              : to_integer(std::string_view{text}.substr(dot + 1));
  if (!major || !minor || *major > 1'000 || *minor > 99) return 0;
  return static_cast<double>(*major) + static_cast<double>(*minor) / 100;
}

}  // namespace

void read_options(Reading& reading) {
  Command& command = reading.command;
  const auto best =
      std::max_element(command.offered_versions.begin(), command.offered_versions.end(),
                       [](const std::string& left, const std::string& right) {
                         return version_number(left) < version_number(right);
                       });
  if (best != command.offered_versions.end()) {
    command.outcome = clipped(*best, 20) + " offered";
  } else if (reading.ok) {
    command.outcome = "no ActiveSync versions offered";
  }
}

void read_autodiscover(Reading& reading, std::string_view target) {
  Command& command = reading.command;
  Autodiscover& facts = command.autodiscover.emplace();
  facts.json = to_lower(target).find("autodiscover.json") != std::string::npos;
  const Body& request = command.request;
  if (facts.json) {
    read_json_target(reading, facts, target);
  } else if (request.octets && request.kind != Body::Kind::wbxml) {
    read_xml(reading, facts, request, false);
  }
  command.asked = clipped(facts.email, reading.limits.line_octets);
  if (facts.json && !facts.schema.empty()) {
    command.asked += " (" + clipped(facts.schema, 40) + ')';
  }
  const Body& response = command.response;
  if (!response.octets) return;
  if (response.kind == Body::Kind::json) {
    facts.json = true;
    read_json(reading, facts, response);
  } else if (response.kind == Body::Kind::xml) {
    read_xml(reading, facts, response, true);
  }
  command.outcome = clipped(outcome_words(facts), reading.limits.line_octets);
}

}  // namespace eastap::eas
