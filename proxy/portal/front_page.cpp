#include "proxy/portal/front_page.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proxy/portal/markup.hpp"
#include "proxy/portal/qr.hpp"
#include "proxy/portal/steps.hpp"

namespace eastap::portal {
namespace {

// Without a script the page tells what was seen lately: a set-up takes some minutes.
constexpr std::chrono::minutes kLately{10};

std::string filled_in(std::string_view markup, const Request& request, const PageFacts& facts) {
  const std::array<std::pair<std::string_view, std::string>, 4> values{
      {{"{server}", escaped(request.proxy_address)},
       {"{port}", std::to_string(request.proxy_port)},
       {"{url}", escaped(page_url(request.proxy_address, request.proxy_port))},
       {"{ca}", escaped(facts.ca_name)}}};
  std::string out;
  while (!markup.empty()) {
    const std::size_t brace = markup.find('{');
    out += markup.substr(0, brace);
    if (brace == std::string_view::npos) break;
    markup.remove_prefix(brace);
    bool known = false;
    for (const auto& [name, value] : values) {
      if (!markup.starts_with(name)) continue;
      out += value;
      markup.remove_prefix(name.size());
      known = true;
      break;
    }
    if (!known) {
      out += markup.front();
      markup.remove_prefix(1);
    }
  }
  return out;
}

/// The options of commands, kept from being broken behind their hyphen.
std::string with_whole_options(std::string_view markup) {
  std::string out;
  bool code = false;
  while (!markup.empty()) {
    if (markup.front() == '<') code = markup.starts_with("<code>");
    const bool option = code && markup.front() == '-' && out.ends_with(' ');
    const std::size_t length =
        option ? std::min(markup.find_first_of(" <"), markup.size()) : std::size_t{1};
    if (option) out += "<span class=\"one\">";
    out += markup.substr(0, length);
    if (option) out += "</span>";
    markup.remove_prefix(length);
  }
  return out;
}

/// The fingerprint, with places between its octets where a narrow page may break it.
std::string breakable(std::string_view fingerprint) {
  std::string out;
  for (const char c : escaped(fingerprint)) {
    out += c;
    if (c == ':') out += "<wbr>";
  }
  return out;
}

std::string head(std::string_view title, std::string_view attributes, bool script) {
  std::string out = "<!doctype html>\n<html lang=\"en\"";
  out += attributes;
  out +=
      ">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"
      "<link rel=\"stylesheet\" href=\"/eastap.css\">\n";
  if (script) out += "<script src=\"/eastap.js\" defer></script>\n";
  return out + "<title>" + escaped(title) + "</title>\n";
}

std::string probe_url(const Request& request) {
  return (request.no_ca ? "http://" : "https://") + escaped(request.probe) + '/';
}

std::string test_card(const Verdict& verdict, Platform platform, std::string_view probe) {
  std::string out = "<section id=\"test\" class=\"card ";
  out += verdict.good ? "good" : verdict.word == "untested" ? "open" : "bad";
  out += "\" aria-live=\"polite\">\n<h2 id=\"title\">" + escaped(verdict.title) +
         "</h2>\n<ul id=\"advice\">";
  for (const auto& line : verdict.advice) out += "<li>" + escaped(line) + "</li>";
  out += "</ul>\n<p><a class=\"get\" href=\"";
  out += probe;
  out += "\">Open the test</a> <a class=\"get\" id=\"again\" href=\"/?platform=";
  out += word(platform);
  out +=
      "#test\">Check again</a></p>\n<noscript><p class=\"small\">Open the test; whatever it shows, "
      "come back and check again.</p></noscript>\n</section>\n";
  return out;
}

std::string steps_card(const Request& request, const PageFacts& facts, Platform platform) {
  const Steps& steps = steps_for(platform);
  const auto lines = [&](const std::vector<Steps::Line>& all) {
    std::string items;
    for (const auto& line : all) {
      if (line.about_ca && request.no_ca) continue;
      items += "<li>" + with_whole_options(filled_in(line.text, request, facts)) + "</li>\n";
    }
    return items;
  };
  std::string out = "<section class=\"card\">\n<h2>Step by step</h2>\n";
  if (request.socks_only) {
    out +=
        "<p><b>This proxy takes SOCKS5 only.</b> Where the steps name its address, and the device "
        "knows HTTP proxies only, set the automatic proxy; or ask the administrator for an HTTP "
        "proxy (<code>--listen 0.0.0.0:8888</code>).</p>\n";
  }
  out += "<ol>\n" + lines(steps.steps) + "</ol>\n</section>\n";
  const std::string caveats = lines(steps.caveats);
  if (caveats.empty()) return out;
  return out + "<section class=\"card\">\n<h2>Good to know</h2>\n<ul>\n" + caveats +
         "</ul>\n</section>\n";
}

std::string profile_form(const PageFacts& facts) {
  return R"(<details class="card">
<summary>A profile that also sets Wi-Fi proxy and mail account</summary>
<form action="/eastap.mobileconfig" method="get">
<input type="hidden" name="key" value=")" +
         escaped(facts.form_key) + R"(">
<label>Wi-Fi network that shall use the proxy <input name="ssid" maxlength="32" autocomplete="off"></label>
<label class="check"><input type="checkbox" name="open" value="1"> it has no password</label>
<label class="check"><input type="checkbox" name="auto" value="1"> only mail hosts use the proxy (PAC)</label>
<label>Exchange server <input name="mail" inputmode="url" autocapitalize="off" autocomplete="off" placeholder="mail.example.com"></label>
<label>Mail address <input name="address" inputmode="email" autocapitalize="off" autocomplete="off"></label>
<label>User name, if it is another <input name="user" autocapitalize="off" autocomplete="off"></label>
<p class="small">Leave empty what the profile shall not set. The device asks for passwords itself. Installed again, it replaces the earlier one.</p>
<p><button class="get">Get this profile</button></p>
</form>
</details>
)";
}

std::string certificate_card(const Request& request, const PageFacts& facts) {
  std::string out = "<section class=\"card\">\n";
  if (request.no_ca) {
    out += R"(<h2>No certificate is needed</h2>
<p>Every host that this proxy decrypts has its organisation's own certificate, which this device trusts already. There is none to install.</p>
)";
  } else {
    out += R"(<h2>The certificate</h2>
<p><b>)" + escaped(facts.ca_name) +
           R"(</b></p>
<p class="small">SHA-256 <code>)" +
           breakable(facts.ca_sha256) + R"(</code></p>
<p><a class="get" href="/ca.cer">.cer</a> <a class="get" href="/ca.crt">.crt</a> <a class="get" href="/ca.pem">.pem</a> <a class="get" href="/eastap.mobileconfig">.mobileconfig</a></p>
)";
  }
  const std::string url = page_url(request.proxy_address, request.proxy_port);
  return out + "<p>Automatic proxy: <code>" + escaped(url) + R"(proxy.pac</code></p>
</section>
<details class="card">
<summary>This page on another device</summary>
)" + qr_svg(make_qr(url), "QR code of " + url) +
         "\n<p><code>" + escaped(url) + "</code></p>\n</details>\n";
}

}  // namespace

Platform platform_of(const Request& request) {
  if (const auto chosen = query_value(request.query, "platform")) {
    if (const auto platform = platform_from(*chosen)) return *platform;
  }
  return detect(request.user_agent);
}

Verdict verdict_on(const Request& request, Browser browser, Timestamp since) {
  Tested tested;
  tested.facts = request.known;
  tested.browser = browser;
  tested.since = since;
  tested.page_through_proxy = request.through_proxy;
  tested.platform = platform_of(request);
  tested.server = request.proxy_address;
  tested.port = request.proxy_port;
  tested.no_ca = request.no_ca;
  return judge(tested);
}

std::string front_page(const Request& request, const PageFacts& facts) {
  const Platform platform = platform_of(request);
  const bool chosen =
      platform_from(query_value(request.query, "platform").value_or("")).has_value();
  const std::string heading = "Set up this " + std::string{device_name(platform)};
  std::string out =
      head("eastap: " + heading,
           " data-platform=\"" + std::string{word(platform)} + "\" data-chosen=\"" +
               (chosen ? "1" : "0") + "\" data-probe=\"" + probe_url(request) + "probe\"",
           true);
  out += "<header><h1>" + heading +
         "</h1>\n<p>This proxy, eastap, shows its administrator what this device and its Exchange "
         "server say to each other. " +
         (request.no_ca ? "There is no certificate to install."
                        : "Install its certificate only when your administrator asks you to.") +
         "</p></header>\n<nav aria-label=\"Device\">";
  for (const Platform one : kPlatforms) {
    out += "<a href=\"/?platform=" + std::string{word(one)} + '"';
    if (one == platform) out += " aria-current=\"page\"";
    out += '>' + std::string{title(one)} + "</a>";
  }
  out += "</nav>\n<main>\n";
  out += test_card(verdict_on(request, Browser::silent, request.time - kLately), platform,
                   probe_url(request));
  out += steps_card(request, facts, platform);
  if (takes_profiles(platform)) out += profile_form(facts);
  out += certificate_card(request, facts);
  out +=
      request.no_ca
          ? "</main>\n<footer><p>Afterwards remove the proxy setting again.</p></footer>\n</html>\n"
          : "</main>\n<footer><p>Afterwards remove the proxy setting and the certificate "
            "again.</p></footer>\n</html>\n";
  return out;
}

std::string probe_page(const Request& request) {
  std::string out = head(request.no_ca ? "eastap: ready" : "eastap: trusted", "", false);
  out += "<main><section class=\"card good\"><h2>";
  out += request.no_ca ? "This browser uses the proxy.</h2>\n<p>The test went through it.</p>"
                       : "This browser trusts the proxy's certificate.</h2>\n<p>The proxy is used, "
                         "and the test went through it.</p>";
  out += "\n<p><a class=\"get\" href=\"http://";
  out += kPageName;
  out += "/\">Back to the set-up</a></p>\n";
  if (platform_of(request) == Platform::android && !request.no_ca) {
    out +=
        "<p class=\"small\">Mail apps for Android 7 and later may still refuse it, unless the "
        "account is set to accept all certificates.</p>\n";
  }
  return out + "</section></main>\n</html>\n";
}

}  // namespace eastap::portal
