#include "proxy/portal/steps.hpp"

namespace eastap::portal {
namespace {

using Line = Steps::Line;

constexpr Line about_ca(std::string_view text) { return {text, true}; }

constexpr std::string_view kAppleNetwork =
    "<b>Same network.</b> This device and the proxy are on one Wi-Fi. Switch off mobile data "
    "(it has no proxy setting), VPN and iCloud Private Relay.";
constexpr std::string_view kAndroidNetwork =
    "<b>Same network.</b> This device and the proxy are on one Wi-Fi. Switch off mobile data "
    "(it has no proxy setting) and VPN.";
constexpr std::string_view kAgain =
    "<b>Switch Wi-Fi off and on</b>, so that open connections take the new way. Come back: the "
    "test above turns green. Then open the mail app.";
constexpr std::string_view kOutlook =
    "The <b>Outlook app</b> does not speak ActiveSync from the phone: it talks to Microsoft's "
    "cloud, which talks to the mailbox. It cannot be watched here; use the phone's own mail app.";

// Apple 102390 (trust of manually installed certificate profiles), iOS 10.3 and later.
constexpr Line kAppleInstall = about_ca(
    "<b>Install it.</b> Settings › <i>Profile Downloaded</i>, near the top (or General › VPN &amp; "
    "Device Management) › eastap › <i>Install</i>. It is shown as not verified: that is right.");
constexpr Line kAppleTrust = about_ca(
    "<b>Switch it on: the second, separate switch.</b> Settings › General › About › Certificate "
    "Trust Settings (at the very end) › <i>{ca}</i> › on. Without it nothing works.");

const Steps kIphone{
    {kAppleNetwork,
     "<b>Set the proxy.</b> Settings › Wi-Fi › <i>(i)</i> beside the network › Configure Proxy › "
     "Manual: server <code>{server}</code>, port <code>{port}</code> › Save. Or <i>Automatic</i> "
     "with <code>{url}<wbr>proxy.pac</code>: then only mail hosts take this way.",
     about_ca("<b>Get the profile</b>, in Safari, and tap <i>Allow</i>: <a class=\"get\" "
              "href=\"/eastap.mobileconfig\">Profile with the certificate</a>"),
     kAppleInstall, kAppleTrust, kAgain},
    {kOutlook, about_ca("Lockdown Mode lets no profile be installed."),
     "Apple's own services accept no other certificate; they pass through undecrypted."}};

const Steps kAndroid{
    {kAndroidNetwork,
     "<b>Set the proxy.</b> Settings › Network &amp; internet › Wi-Fi › the network's gear › edit "
     "› Advanced options › Proxy › Manual: host name <code>{server}</code>, port "
     "<code>{port}</code>. Or <i>Proxy Auto-Config</i> with <code>{url}<wbr>proxy.pac</code>.",
     about_ca(
         "<b>Get the certificate</b>: <a class=\"get\" href=\"/ca.cer\">Certificate (.cer)</a>"),
     about_ca("<b>Install it</b> from the settings, not by opening it: Settings › Security &amp; "
              "privacy › More › Encryption &amp; credentials › Install a certificate › <i>CA "
              "certificate</i> › Install anyway › <code>eastap-ca.cer</code>. The device must have "
              "a screen lock."),
     about_ca(
         "<b>In the mail account</b>, server settings: tick <i>accept all certificates</i> where "
         "the app has it (Samsung Email, Nine). Gmail offers it through device management only."),
     kAgain},
    {about_ca("<b>Apps made for Android 7 and later ignore certificates installed by the user</b> "
              "unless they ask for them. The test above then says trusted, because this browser "
              "does, and the mail app still refuses. What helps: the account's <i>accept all "
              "certificates</i>; the certificate in the system store (emulator, rooted phone); or "
              "the organisation's real certificate in the proxy."),
     kOutlook}};

const Steps kWindows{
    {"<b>Set the proxy.</b> Settings › Network &amp; internet › Proxy › Manual proxy setup: "
     "address <code>{server}</code>, port <code>{port}</code>. Or the setup script "
     "<code>{url}<wbr>proxy.pac</code>.",
     about_ca(
         "<b>Get the certificate</b>: <a class=\"get\" href=\"/ca.cer\">Certificate (.cer)</a>"),
     about_ca(
         "<b>Import it.</b> Open the file › Install Certificate › Local Machine › <i>Place all "
         "certificates in the following store</i> › <b>Trusted Root Certification Authorities</b>. "
         "Or, as administrator: <code>certutil -addstore -f Root eastap-ca.cer</code>"),
     "Come back: the test above turns green. Then start the mail program."},
    {about_ca("Firefox has a store of its own: Settings › Privacy &amp; Security › Certificates › "
              "Import."),
     "Apps from the Store reach a proxy on this same machine only with an exemption: "
     "<code>CheckNetIsolation LoopbackExempt -a -n=PACKAGE</code>.",
     "Outlook for Windows speaks ActiveSync to a few services only, and the new Outlook through "
     "Microsoft's cloud."}};

const Steps kMac{
    {"<b>Set the proxy.</b> System Settings › Network › Wi-Fi › Details › Proxies: <i>Web proxy "
     "(HTTP)</i> and <i>Secure web proxy (HTTPS)</i>, server <code>{server}</code>, port "
     "<code>{port}</code>. Or <i>Automatic proxy configuration</i> with "
     "<code>{url}<wbr>proxy.pac</code>.",
     about_ca("<b>Get the certificate</b>, open it, add it to the <i>System</i> keychain: <a "
              "class=\"get\" href=\"/ca.cer\">Certificate (.cer)</a>"),
     about_ca("<b>Trust it.</b> Keychain Access › System › <i>{ca}</i> › Trust › <b>Always "
              "Trust</b>. Or in a terminal: <code>sudo security add-trusted-cert -d -r trustRoot "
              "-k /Library/Keychains/System.keychain eastap-ca.cer</code>"),
     "Come back: the test above turns green. Then open Mail."},
    {about_ca(
         "As a profile instead: <a href=\"/eastap.mobileconfig\">eastap.mobileconfig</a> › System "
         "Settings › General › Device Management. Trust it in Keychain Access all the same."),
     about_ca("Firefox has a store of its own: Settings › Privacy &amp; Security › Certificates › "
              "Import."),
     "Mail on a Mac speaks Exchange Web Services, not ActiveSync."}};

const Steps kLinux{
    {"<b>Set the proxy</b> of the desktop or the program: <code>{server}</code>, port "
     "<code>{port}</code>. In a shell: <code>export https_proxy=http://{server}:{port}</code>",
     about_ca(
         "<b>Get the certificate</b>: <a class=\"get\" href=\"/ca.crt\">Certificate (.crt)</a>"),
     about_ca(
         "<b>Install it.</b> Debian, Ubuntu: <code>sudo cp eastap-ca.crt "
         "/usr/local/share/ca-certificates/ &amp;&amp; sudo update-ca-certificates</code>. Fedora: "
         "<code>/etc/pki/ca-trust/source/anchors/</code> and <code>update-ca-trust</code>."),
     about_ca("<b>Browsers</b> have stores of their own. Chromium: <code>certutil -d "
              "sql:$HOME/.pki/nssdb -A -t C,, -n eastap -i eastap-ca.crt</code>. Firefox: Settings "
              "› Certificates › Import."),
     "Come back: the test above turns green."},
    {}};

const Steps kUnknown{
    {"<b>Choose your device above.</b> In short: set its HTTP and HTTPS proxy to "
     "<code>{server}</code>, port <code>{port}</code>, and come back for the test.",
     about_ca(
         "<b>Get the certificate</b> and install it as a trusted root authority: <a class=\"get\" "
         "href=\"/ca.cer\">.cer (DER)</a> <a class=\"get\" href=\"/ca.pem\">.pem</a>")},
    {kOutlook}};

}  // namespace

const Steps& steps_for(Platform platform) {
  switch (platform) {
    case Platform::ios:
    case Platform::ipados: return kIphone;
    case Platform::android: return kAndroid;
    case Platform::windows: return kWindows;
    case Platform::macos: return kMac;
    case Platform::linux: return kLinux;
    case Platform::unknown: break;
  }
  return kUnknown;
}

}  // namespace eastap::portal
