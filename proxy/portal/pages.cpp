#include "proxy/portal/pages.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/render/json_writer.hpp"
#include "proxy/portal/front_page.hpp"
#include "proxy/portal/pac.hpp"
#include "proxy/portal/profile.hpp"

namespace eastap::portal {
namespace {

// The script's clock begins with its call; what the proxy saw of it comes a little later or, by the
// two clocks' rounding, a little earlier.
constexpr std::chrono::milliseconds kSlack{500};
constexpr std::chrono::milliseconds kOldestTest{60'000};

Note download(const Request& request, std::string word) {
  Note note;
  note.kind = Note::Kind::downloaded;
  note.text = "this client (" + std::string{title(detect(request.user_agent))} +
              ") got the certificate as " + word;
  note.word = std::move(word);
  return note;
}

Reply file(const Request& request, std::string type, std::string body, std::string name) {
  Reply reply;
  reply.type = std::move(type);
  reply.body = std::move(body);
  if (request.method == "GET") reply.note = download(request, name);
  reply.file_name = std::move(name);
  return reply;
}

Reply no_certificate() {
  return plain(404,
               "there is no certificate to install: every host that this proxy decrypts has its "
               "organisation's own");
}

/// The CA, in one of its forms.
Reply certificate(const Request& request, std::string type, const std::string& octets,
                  std::string name) {
  if (request.no_ca) return no_certificate();
  return file(request, std::move(type), octets, std::move(name));
}

Reply profile(const Request& request, const PageFacts& facts) {
  const auto wishes = wishes_from(request.query);
  if (!wishes) return plain(400, wishes.error().detail);
  if (*wishes != ProfileWishes{} && query_value(request.query, "key") != facts.form_key) {
    return plain(403, "such a profile is made by the form on the front page only");
  }
  if (request.no_ca && wishes->ssid.empty() && wishes->mail_host.empty()) return no_certificate();
  if (request.socks_only && !wishes->ssid.empty() && !wishes->automatic) {
    return plain(400,
                 "this proxy takes SOCKS5 only, which a Wi-Fi network cannot be set to by address: "
                 "choose the automatic proxy (PAC)");
  }
  ProfileFacts about;
  if (!request.no_ca) {
    about.ca_der = facts.ca_der;
    about.ca_name = facts.ca_name;
    about.ca_sha256 = facts.ca_sha256;
  }
  about.proxy_address = request.proxy_address;
  about.proxy_port = request.proxy_port;
  Reply reply = file(request, "application/x-apple-aspen-config", make_profile(about, *wishes),
                     "eastap.mobileconfig");
  reply.file_name.clear();  // Safari hands a profile to the settings when it is not "saved"
  return reply;
}

Reply status(const Request& request) {
  const std::string said = query_value(request.query, "browser").value_or("");
  const Browser browser = said == "ok"       ? Browser::succeeded
                          : said == "failed" ? Browser::failed
                                             : Browser::silent;
  const auto age = to_integer(query_value(request.query, "age").value_or("")).value_or(0);
  const auto began = std::clamp<std::chrono::milliseconds>(
      std::chrono::milliseconds{age}, std::chrono::milliseconds{0}, kOldestTest);
  const Verdict verdict = verdict_on(request, browser, request.time - began - kSlack);
  Reply reply;
  reply.type = "application/json";
  render::JsonWriter json{reply.body};
  json.begin_object();
  json.member("word", verdict.word);
  json.member("good", verdict.good);
  json.member("title", verdict.title);
  json.key("advice");
  json.begin_array();
  for (const auto& line : verdict.advice) json.value(line);
  json.end_array();
  json.member("proxied", request.known.proxied != Timestamp{} || request.through_proxy);
  json.member("downloaded", request.known.downloaded != Timestamp{});
  json.member("reason", request.known.reason);
  json.end_object();
  if (verdict.word == "waiting") return reply;  // the next question has an answer
  Note note;
  note.kind = Note::Kind::tested;
  note.word = verdict.word;
  note.text = "self-test of " + request.client + " (" + std::string{title(platform_of(request))} +
              "): " + verdict.title;
  reply.note = std::move(note);
  return reply;
}

Reply probe() {
  Reply reply;
  reply.type = "application/json";
  reply.body = "{\"probe\":\"ok\"}";
  reply.fields.emplace_back("Access-Control-Allow-Origin", "*");  // it tells no secret
  return reply;
}

Reply asset(std::string type, const char* text) {
  Reply reply;
  reply.type = std::move(type);
  reply.body = text;
  return reply;
}

}  // namespace

void add_pages(Site& site, PageFacts page_facts) {
  const auto facts = std::make_shared<const PageFacts>(std::move(page_facts));
  site.add({"/", [facts](const Request& request) {
              Reply reply;
              const bool at_probe = request.host == request.probe && (request.tls || request.no_ca);
              reply.body = at_probe ? probe_page(request) : front_page(request, *facts);
              return reply;
            }});
  site.add({"/status.json", status});
  site.add({"/probe", [](const Request&) { return probe(); }});
  const auto pac = [facts](const Request& request) {
    return asset("application/x-ns-proxy-autoconfig",
                 make_pac(facts->host_rules(), request.probe, request.proxy_address,
                          request.proxy_port, request.socks_only)
                     .c_str());
  };
  site.add({"/proxy.pac", pac});
  site.add({"/wpad.dat", pac});
  site.add({"/ca.cer", [facts](const Request& request) {
              return certificate(request, "application/x-x509-ca-cert", facts->ca_der,
                                 "eastap-ca.cer");
            }});
  site.add({"/ca.crt", [facts](const Request& request) {
              return certificate(request, "application/x-x509-ca-cert", facts->ca_pem,
                                 "eastap-ca.crt");
            }});
  site.add({"/ca.pem", [facts](const Request& request) {
              return certificate(request, "application/x-pem-file", facts->ca_pem, "eastap-ca.pem");
            }});
  site.add({"/eastap.mobileconfig",
            [facts](const Request& request) { return profile(request, *facts); }});
  site.add({"/eastap.css",
            [](const Request&) { return asset("text/css; charset=utf-8", kStyleSheet); }});
  site.add({"/eastap.js",
            [](const Request&) { return asset("text/javascript; charset=utf-8", kScript); }});
}

}  // namespace eastap::portal
