#include "proxy/check/output.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "decoder/render/printable.hpp"

namespace eastap::check::test {
namespace {

Report sample() {
  Report report;
  report.id = "tls";
  report.title = "TLS mail.contoso.test";
  report.duration = Microseconds{41'200};
  report.evidence = {"TLSv1.3, TLS_AES_256_GCM_SHA384", "\x1b[2Jevil"};
  report.fail(
      "the certificate is for owa.contoso.test, not for mail.contoso.test, which is a long "
      "story that needs more than one line",
      "put mail.contoso.test into the certificate's subjectAltName");
  return report;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines{""};
  for (const char letter : text) {
    if (letter == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += letter;
    }
  }
  return lines;
}

}  // namespace

TEST_SUITE("proxy.check.output") {
  TEST_CASE("a step fits the width, and what servers sent is made printable") {
    for (const std::size_t width : {40U, 80U, 200U}) {
      const std::string text = report_text(sample(), {&render::kPlainTheme, width});
      CHECK(text.find('\x1b') == std::string::npos);
      CHECK(text.find("␛[2Jevil") != std::string::npos);
      for (const std::string& line : lines_of(text)) {
        CAPTURE(line);
        CHECK(render::display_width(line) <= width);
      }
    }
    const std::string text = report_text(sample(), {&render::kPlainTheme, 80});
    CHECK(lines_of(text)[0] ==
          "✗ TLS mail.contoso.test                                                    41 ms");
    CHECK(text.find("    → put mail") != std::string::npos);
  }

  TEST_CASE("an empty line of evidence is an empty line") {
    Report report;
    report.title = "name a.test";
    report.evidence = {"", "a"};
    CHECK(report_text(report, {&render::kPlainTheme, 30}) == "✓ name a.test\n    \n    a\n");
  }

  TEST_CASE("a skipped step is one line with its reason") {
    Report report;
    report.title = "Ping";
    report.verdict = Verdict::skipped;
    report.because = "no password given";
    CHECK(report_text(report, {&render::kPlainTheme, 80}) ==
          "- Ping: skipped, no password given\n");
  }

  TEST_CASE("the records of steps and summary are JSON with every field") {
    const auto step = boost::json::parse(report_json(sample())).as_object();
    CHECK(step.at("type") == "step");
    CHECK(step.at("id") == "tls");
    CHECK(step.at("verdict") == "failed");
    CHECK(step.at("duration_ms").to_number<double>() == doctest::Approx(41.2));
    CHECK(step.at("evidence").as_array().size() == 2);
    CHECK(step.at("remarks").as_array()[0].as_object().at("verdict") == "failed");
    CHECK(step.at("next_step") == "put mail.contoso.test into the certificate's subjectAltName");
    const Summary summary = summarise({sample()}, "mail.contoso.test");
    const auto last = boost::json::parse(summary_json(summary, "mail.contoso.test")).as_object();
    CHECK(last.at("type") == "summary");
    CHECK(last.at("failed").to_number<int>() == 1);
    CHECK(last.at("verdict") == "failed");
    CHECK(last.at("next_step") == step.at("next_step"));
  }

  TEST_CASE("the summary ends with a verdict and what to do") {
    const std::string text =
        summary_text(summarise({sample()}, "mail.contoso.test"), {&render::kPlainTheme, 80});
    CHECK(
        text.find("failed: a phone would fail at TLS mail.contoso.test: the certificate is for") !=
        std::string::npos);
    CHECK(text.find("→ put mail.contoso.test") != std::string::npos);
    CHECK(text.find("steps: 1 failed") != std::string::npos);
  }
}

}  // namespace eastap::check::test
