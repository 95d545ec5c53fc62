#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ways.hpp"

namespace eastap::config {

enum class TailMode : std::uint8_t { line, xml, json, off };
enum class ColorMode : std::uint8_t { automatic, always, never };
/// How much of the traffic is hidden in what is printed.
enum class RedactLevel : std::uint8_t { none, content, identity };
enum class LogLevel : std::uint8_t { trace, debug, info, warning, error, off };

/// The severity from which findings change the exit status; the words are those of
/// `findings::Severity`.
enum class FailOn : std::uint8_t { info, notice, warning, error, never };

/// Dial `to` when a client asks for `from`; as in curl, SNI and certificate checks keep the name in
/// `from`.
struct ConnectTo {
  Endpoint from;  ///< empty address: any host; port 0: any port
  Endpoint to;    ///< empty address or port 0: as the client asked
  bool operator==(const ConnectTo&) const = default;
};

/// What the user changes of one rule; absent is the rule's own value.
struct RuleOverride {
  std::optional<bool> enabled;
  std::optional<std::string> severity;  ///< info, notice, warning or error
  std::optional<std::uint64_t> threshold;
  std::optional<std::chrono::seconds> window;
  std::optional<std::uint64_t> escalate_at;
  std::string
      origin;  ///< where it was set ("eastap.toml:12", "--rule"), for an error about its name
  std::map<std::string, std::string, std::less<>> origins{};  ///< the same of each key that was set
  bool operator==(const RuleOverride&) const = default;
};

/// Findings that fit every non-empty member stay silent.
struct MuteRule {
  std::string rule, host, user, device, folder;
  std::string origin;  ///< where it was set
  bool operator==(const MuteRule&) const = default;
};

/// A certificate with its key, for the hosts that it is shown to phones for, or to servers with.
struct CertificateRule {
  std::vector<std::string> hosts;  ///< patterns; empty: those that the certificate names
  std::string file;                ///< PEM with the chain, or PKCS#12
  std::string key_file;            ///< PEM; empty: in `file` too
  std::string password_file;       ///< first line; empty: none, or from the environment
  std::string origin;              ///< where it was set
  bool operator==(const CertificateRule&) const = default;
};

/// Hosts with TLS 1.0 and 1.1, and everything else that is refused today.
struct LegacyTlsRule {
  std::vector<std::string> hosts;  ///< patterns
  bool phone = true;               ///< toward phones that ask for such a host
  bool server = true;              ///< toward the host itself
  bool operator==(const LegacyTlsRule&) const = default;
};

/// Every await on a peer has one of these.
struct Deadlines {
  std::chrono::milliseconds request_head{
      30'000};  ///< the head of CONNECT or of an absolute-form request
  std::chrono::milliseconds client_hello{30'000};  ///< first TLS record after the answer to CONNECT
  std::chrono::milliseconds client_tls{
      30'000};  ///< the client's part of the handshake after its hello
  std::chrono::milliseconds resolve{10'000};           ///< one name look-up
  std::chrono::milliseconds upstream_connect{15'000};  ///< one address
  std::chrono::milliseconds upstream_tls{15'000};
  std::chrono::milliseconds waiting{
      7'200'000};  ///< no byte in either direction; never below one hour
  std::chrono::milliseconds close{
      5'000};                             ///< last bytes and close_notify of a connection that ends
  std::chrono::milliseconds stop{5'000};  ///< from SIGTERM to cutting what still runs
  bool operator==(const Deadlines&) const = default;
};

/// No EAS heartbeat is longer than 3 540 s; a waiting limit below this one cuts healthy Pings.
inline constexpr std::chrono::seconds kShortestWaiting{3600};

struct Limits {
  std::uint64_t body_bytes =
      32ULL << 20;  ///< of each body kept for decode and capture; the relay has no limit
  std::uint64_t queue_bytes = 64ULL << 20;  ///< between relay and pipeline
  std::uint32_t connections = 8192;         ///< from all clients; two sockets each
  std::uint32_t connections_per_client =
      8192;  ///< from one address: a gateway may stand for a whole office
  /// New ones from one address in a second, and five times as many at once. A phone that wakes up
  /// opens a dozen; each costs about 0.7 ms of CPU. 0: no limit.
  std::uint32_t connection_rate = 200;
  std::uint32_t leaf_cache = 1000;  ///< hosts with a certificate at hand
  bool operator==(const Limits&) const = default;
};

/// When a capture goes on in a new file, and how much of the old ones stays; 0: no limit.
struct CaptureRotation {
  std::uint64_t max_bytes = 0;  ///< of one file
  std::chrono::milliseconds max_age{0};
  std::uint64_t keep_bytes = 0;  ///< of all files of this setting together
  std::chrono::milliseconds keep_age{0};
  bool operator==(const CaptureRotation&) const = default;
};

/// The proxy's own pages, for the phone that is set up and for the admin.
struct Pages {
  bool enabled = true;
  std::vector<std::string> allow;  ///< CIDRs of clients that get them; empty: all that are let in
  std::vector<std::string> names;  ///< further names of this machine, for the check of Host
  bool qr = true;                  ///< a QR code on the terminal at the start
  bool operator==(const Pages&) const = default;
};

/// What becomes of a phone that does not accept our certificate for a host.
struct Trust {
  unsigned tunnel_after_failures = 0;  ///< in a row; 0: it is never passed through for that
  std::chrono::milliseconds tunnel_for{3'600'000};
  bool operator==(const Trust&) const = default;
};

/// A new file in the current folder for each run.
inline constexpr std::string_view kDefaultCapture = "eastap-%Y%m%d-%H%M%S.eastap";

/// The built-in lists, as `config/eastap.toml` shows them.
[[nodiscard]] const std::vector<std::string>& default_intercept();
[[nodiscard]] const std::vector<std::string>& default_tunnel();
[[nodiscard]] const std::vector<std::string>& default_allow();

/// Everything that flags, environment and config file decide; complete and checked, never changed
/// after `parse`. Default-constructed it holds the defaults, but for `ca_dir`, which depends on the
/// environment.
struct Config {
  // Proxy
  WaysIn ways_in;
  std::vector<std::string> intercept = default_intercept();  ///< host patterns to decrypt
  std::vector<std::string> tunnel =
      default_tunnel();  ///< host patterns not to decrypt; the most specific pattern decides
  std::vector<std::string> allow =
      default_allow();                    ///< CIDRs of the clients that may use the proxy
  std::vector<std::string> allow_target;  ///< CIDRs of destinations that are otherwise refused
  unsigned threads = 0;                   ///< relay threads; 0: cores - 1, at least one
  // Certificates and upstream
  std::string ca_dir;
  std::vector<CertificateRule> certificates;         ///< shown to phones instead of a minted one
  std::vector<CertificateRule> client_certificates;  ///< shown to servers that ask
  std::vector<LegacyTlsRule> legacy_tls;
  std::vector<std::string> ca_permit;  ///< hosts that a CA made by `run` may sign for; empty: any
  std::optional<std::string> passphrase_file;  ///< of an encrypted CA key; first line
  std::vector<std::string> upstream_ca;        ///< PEM files
  std::vector<std::string> upstream_insecure;  ///< host patterns whose certificate is not verified
  std::vector<ConnectTo> connect_to;           ///< the first match holds
  WaysOut ways_out;
  std::optional<std::string> keylog;  ///< file for NSS key log lines
  // Capture and output
  std::optional<std::string> capture{kDefaultCapture};  ///< absent: none; see `expand_time`
  CaptureRotation capture_rotation;
  TailMode tail = TailMode::line;
  bool json = false;                      ///< --json; `tail` is then TailMode::json
  std::optional<RedactLevel> redact;      ///< absent: none; of an export: identity
  std::optional<std::string> redact_key;  ///< file; absent: a key of this run alone
  FailOn fail_on = FailOn::never;
  std::uint32_t cards = 5;                 ///< device cards at the end of a run; 0: none
  ColorMode color = ColorMode::automatic;  ///< never when NO_COLOR is set and nothing else is said
  LogLevel log_level = LogLevel::info;
  std::optional<std::string> log_file;  ///< absent: stderr
  Pages pages;
  Trust trust;
  Deadlines deadlines;
  Limits limits;
  std::map<std::string, RuleOverride, std::less<>>
      rules;  ///< by rule name, which is not checked here
  std::vector<MuteRule> mutes;
  std::vector<std::string> watched_items;         ///< ServerIds that the user asks about
  std::vector<std::string> sync_failed_subjects;  ///< of the server's mails about failed items
  bool operator==(const Config&) const = default;
};

[[nodiscard]] std::string_view to_string(TailMode mode);
[[nodiscard]] std::string_view to_string(RedactLevel level);
[[nodiscard]] std::string_view to_string(ColorMode mode);
[[nodiscard]] std::string_view to_string(LogLevel level);
[[nodiscard]] std::string_view to_string(FailOn severity);

/// `pattern` with strftime fields (%Y %m %d %H %M %S …, %% is one per cent sign) of `time` in local
/// time.
[[nodiscard]] std::string expand_time(std::string_view pattern,
                                      std::chrono::system_clock::time_point time);

}  // namespace eastap::config
