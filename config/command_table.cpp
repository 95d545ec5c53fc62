#include "config/option_table.hpp"

namespace eastap::config {

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {Subcommand::run,
       in::run,
       "run",
       "",
       false,
       "intercept and watch: proxy, live tail, capture",
       "Listens as an HTTPS proxy, decrypts the hosts of the intercept list, shows each ActiveSync "
       "request in plain "
       "words, flags what goes wrong, and keeps a capture. Stop it with Ctrl-C.",
       {"eastap run  # proxy on port 8888, capture in this folder",
        "eastap run --intercept sync.example.com --allow 192.168.1.23  # one more host, one phone",
        "eastap run --tail json --no-capture | jq .  # records for a program"}},
      {Subcommand::replay,
       in::replay,
       "replay",
       "FILE",
       true,
       "a capture through the same decoder, rules and tail",
       "Reads a capture (- for stdin) and shows what run would have shown, with today's decoder "
       "and rules.",
       {"eastap replay eastap-20261120-140200.eastap  # all of it at once",
        "eastap replay --speed 1 --fail-on warning monday.eastap  # in real time; ends with 1 on a "
        "warning",
        "eastap replay --rebuild monday.eastap  # its tables, for sqlite3, by today's decoder"}},
      {Subcommand::tail,
       in::tail,
       "tail",
       "FILE",
       true,
       "follow a capture that another eastap is writing",
       "Shows exchanges as they reach the file, until Ctrl-C.",
       {"eastap tail eastap-20261120-140200.eastap  # watch a run from another terminal"}},
      {Subcommand::report,
       in::report,
       "report",
       "FILE",
       true,
       "how far each device of a capture came, and why no further",
       "Reads a capture (- for stdin) and prints a card for each device: TLS trusted, OPTIONS, "
       "sign-in, Provision, FolderSync, first Sync of each folder, a Ping that hung, push, each "
       "with its time and exchange; where it stopped and why; the last status of each folder; what "
       "waiting requests asked for and got; findings. A device that never sent a DeviceId has a "
       "card by its address.",
       {"eastap report monday.eastap  # every device",
        "eastap report --device ApplF1 --json monday.eastap  # one of them, for a program"}},
      {Subcommand::decode,
       in::decode,
       "decode",
       "FILE",
       false,
       "one WBXML body as XML, JSON or annotated hex",
       "Reads octets, hex or base64 from FILE or stdin. Ends with 3 when the body did not decode "
       "to its end; what decoded is printed all the same. Passwords are asterisks at every level "
       "of --redact; in other languages than ActiveSync (SyncML, client provisioning) as XML only.",
       {"eastap decode body.wbxml  # as XML",
        "echo 03016a00000756520330000101 | eastap decode --hex  # what each octet means"}},
      {Subcommand::encode,
       in::encode,
       "encode",
       "FILE",
       false,
       "XML as eastap decode prints it, back to WBXML",
       "Reads XML from FILE or stdin and writes the octets to stdout. Takes XML of EAS Inspector "
       "and of "
       "Exchange's mailbox log, too; asterisks stand for values that the log leaves out. What "
       "decode "
       "printed becomes the same elements and values, each as string or opaque as it was.",
       {"eastap encode sync.xml > sync.wbxml  # a body to send with curl"}},
      {Subcommand::explain,
       in::explain,
       "explain",
       "WORD",
       false,
       "what a status, command, header, tag or rule means",
       "Looks up a status by command and number, an HTTP code, header, command, tag (by name, or "
       "by "
       "code page and token) or rule, with its next step and source; a rule with its current "
       "settings. Without a word it says what can be asked. Ends with 2 when nothing is called so.",
       {"eastap explain sync 3  # status 3 of a Sync",
        "eastap explain http 449  # an HTTP code as ActiveSync means it",
        "eastap explain AirSync:SyncKey  # a tag; also as page and token: 0 0x0b",
        "eastap explain provision-loop  # a rule, with what is set for it"},
       true},
      {Subcommand::capture_export,
       in::capture_export,
       "export",
       "CAPTURE",
       true,
       "a capture to give away: a redacted copy",
       "Writes a new capture (mode 0600; never over an existing file) in which the octets "
       "themselves "
       "are redacted: heads, queries, WBXML, mails, pages. It replays with the same statuses, keys "
       "and findings. Without --redact identities are hidden too; --redact none makes a plain "
       "copy.",
       {"eastap export monday.eastap for-support.eastap  # nobody can be told from it",
        "eastap export --redact content monday.eastap copy.eastap  # users and hosts stay"},
       false,
       "OUT"},
      {Subcommand::check,
       in::check,
       "check",
       "ADDRESS|HOST",
       true,
       "test a server as a phone would",
       "Takes a mail address and goes all the way that a phone goes: names, Autodiscover (the four "
       "ways of version 1, then version 2), TLS and certificate as iOS judges them, OPTIONS, "
       "Provision, FolderSync, the first Sync of the Inbox, GetItemEstimate, Ping. With a host "
       "name "
       "it begins at the server. Each step is told with its time, what was seen, and what to do. "
       "Nothing in the mailbox changes but for the device partnership that any phone makes. Ends "
       "with 0 when no step failed, 1 when one did.",
       {"eastap check alice@contoso.com  # asks for the password; an empty one skips what needs it",
        "eastap check mail.contoso.com  # the server alone, no password",
        "eastap check mail.contoso.com --user alice --password-file p.txt --json  # for a program",
        "eastap check alice@contoso.com --heartbeat 15m  # do firewalls let a phone wait?"}},
      {Subcommand::doctor,
       in::doctor,
       "doctor",
       "HOST",
       false,
       "what would be in the way of eastap run here",
       "Looks at the config file, the port, the firewall, the CA, the clock, the disk, the file "
       "limit, this machine's addresses, and the mail server HOST (without one: the hosts that "
       "intercept and connect_to name, except the built-in ones). Takes the options of run, "
       "changes nothing, and says what to do. Ends with 1 when something is bad.",
       {"eastap doctor mail.example.com  # before the phone is in hand",
        "eastap doctor --config /etc/eastap/eastap.toml  # with the settings of the service"}},
      {Subcommand::ca_create,
       in::ca_create,
       "ca create",
       "",
       false,
       "make the interception CA",
       "As the first eastap run does by itself. Does not replace a CA that is there. With --permit "
       "the certificate itself says for which hosts it may sign, and phones refuse it for all "
       "others: whoever gets hold of its key can do no more than eastap was meant to.",
       {"eastap ca create --permit contoso.com  # of no use to a thief outside contoso.com",
        "eastap ca create --encrypt --days 30 --ca-dir /var/lib/eastap  # asks for a passphrase"}},
      {Subcommand::ca_show,
       in::ca_show,
       "ca show",
       "",
       false,
       "fingerprint, permitted hosts and expiry of the CA",
       "To compare with what the phone shows before it is trusted. Needs no passphrase.",
       {"eastap ca show  # for people", "eastap ca show --json  # for a monitoring system"}},
      {Subcommand::ca_renew,
       in::ca_renew,
       "ca renew",
       "",
       false,
       "the same CA and key with a new validity",
       "Name, key and permitted hosts stay as they are, unless --permit says otherwise (--permit "
       "any lifts the limit). It is a new certificate: install it on the phones again. A running "
       "eastap takes it when it is started again.",
       {"eastap ca renew  # another year",
        "eastap ca renew --permit contoso.com --permit fabrikam.com  # and one more domain"}},
      {Subcommand::ca_import,
       in::ca_import,
       "ca import",
       "FILE",
       true,
       "take over a CA: from another machine, or the organisation's own",
       "Reads a PFX (PKCS#12) or PEM file with certificate, key and the issuers up to the root. An "
       "intermediate CA of the organisation is best: phones that have its root need nothing more. "
       "Its limits (name constraints, path length) are obeyed. Does not replace a CA that is "
       "there.",
       {"eastap ca import eastap-ca.p12  # asks for the password of the file",
        "eastap ca import --encrypt intermediate.pem  # and for a passphrase of the key"}},
      {Subcommand::ca_export,
       in::ca_export,
       "ca export",
       "FILE",
       false,
       "the CA certificate, to install on a phone",
       "Writes the certificate to FILE or stdout. The key only with --pkcs12, to move the CA to "
       "another machine; the file is encrypted, and its password comes from a file, the variable "
       "EASTAP_PKCS12_PASSWORD or the terminal.",
       {"eastap ca export eastap-ca.cer  # DER, for iOS and Windows",
        "eastap ca export eastap-ca.pem  # PEM",
        "eastap ca export --pkcs12 eastap-ca.p12  # with the key: handle like a password"}},
  };
  return table;
}

}  // namespace eastap::config
