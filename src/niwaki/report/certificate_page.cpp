#include <cmath>

#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/report/certificate_report.hpp"
#include "niwaki/report/certificate_style.hpp"
#include "niwaki/report/certificate_text.hpp"
#include "niwaki/report/html_text.hpp"

namespace niwaki {
namespace {

/// A table of the page: cells are text, and made safe here.
class HtmlTable {
 public:
  explicit HtmlTable(const std::vector<std::string>& header) {
    html_ = "<div class=\"wide\"><table><thead><tr>";
    for (const std::string& cell : header) {
      html_ += fmt::format("<th>{}</th>", escaped(cell));
    }
    html_ += "</tr></thead><tbody>\n";
  }
  /// `kind` becomes the row's class: "", "holds", "fails", "open".
  void row(const std::vector<std::string>& cells, const std::string& kind = "") {
    html_ += fmt::format("<tr class=\"{}\">", kind);
    for (const std::string& cell : cells) {
      html_ += fmt::format("<td>{}</td>", escaped(cell));
    }
    html_ += "</tr>\n";
  }
  [[nodiscard]] std::string html() const { return html_ + "</tbody></table></div>\n"; }

 private:
  std::string html_;
};

std::string raw_hash(const std::string& hex) {
  constexpr int kHexadecimal = 16;
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, kHexadecimal));
  }
  return bytes;
}

std::string kind_of(ClaimStatus status) {
  return status == ClaimStatus::kHolds ? "holds" : status == ClaimStatus::kFails ? "fails" : "open";
}

/// Writes the page from one result; every text comes from the table of texts.
class CertificatePage {
 public:
  explicit CertificatePage(const CertificateReport& report)
      : report_(report), result_(report.result), text_(english_certificate_text()) {}

  [[nodiscard]] std::string html() {
    head();
    claimed();
    figures();
    walk();
    test();
    ap_changes();
    conditions();
    operating_points();
    data();
    body_ += fmt::format("<p class=\"note\">niwaki {}</p>\n</main>\n</body>\n</html>\n", version());
    return fmt::format(
               "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; "
               "base-uri 'none'; form-action 'none'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>",
               text_.language, base64(raw_hash(sha256(kCertificateStyle))), escaped(result_.policy.title)) +
           std::string(kCertificateStyle) + "</style>\n</head>\n<body>\n" + body_;
  }

 private:
  void section(const std::string& title) { body_ += fmt::format("<h2>{}</h2>\n", escaped(title)); }
  void note(const std::string& words) { body_ += fmt::format("<p class=\"note\">{}</p>\n", escaped(words)); }
  /// Of the table of texts only: may hold tags.
  void own_words(const std::string& words) { body_ += fmt::format("<p>{}</p>\n", words); }

  [[nodiscard]] const std::string& candidate_name(const CertificateStep& step) const {
    return result_.candidates[step.candidate].name;
  }

  void head() {
    body_ += fmt::format("<main>\n<header class=\"{}\">\n<p class=\"verdict\">{}</p>\n<h1>{}</h1>\n",
                         result_.granted ? "granted" : "refused", result_.granted ? text_.granted : text_.refused,
                         escaped(result_.policy.title));
    for (const std::string& sentence : certificate_statement(result_)) {
      body_ += fmt::format("<p>{}</p>\n", escaped(sentence));
    }
    body_ += fmt::format("<p class=\"note\">{}: {}</p>\n</header>\n", text_.system, escaped(report_.loaded.system));
  }

  void claimed() {
    section(text_.what_is_claimed);
    const bool finding = result_.policy.patient_event == PatientEvent::kFinding;
    own_words(finding ? text_.missed_means_finding : text_.missed_means_every_image);
    own_words(finding ? text_.alarm_means_finding : text_.alarm_means_every_image);
    if (!result_.requirements.pairs.empty()) {
      own_words(text_.pair_means);
    }
    own_words(text_.relative_to_dense);
  }

  void claim_table(const std::string& title, const std::vector<ClaimFigures>& figures, ClaimKind kind, bool judged) {
    const bool alarms = kind == ClaimKind::kFalseAlarms;
    std::vector<std::string> header = {text_.finding,
                                       alarms ? text_.healthy : text_.finding_patients,
                                       alarms ? text_.silent : text_.detected,
                                       alarms ? text_.alarmed : text_.missed,
                                       text_.bound,
                                       text_.below};
    if (judged) {
      header.insert(header.end(), {text_.at_most, text_.verdict});
    }
    HtmlTable table(header);
    bool any = false;
    for (const ClaimFigures& claim : figures) {
      if (claim.kind != kind) {
        continue;
      }
      any = true;
      std::vector<std::string> cells = {claim_names(claim.classes, result_),
                                        fmt::format("{}", claim.counts.patients),
                                        fmt::format("{}", claim.counts.eligible),
                                        fmt::format("{}", claim.counts.events),
                                        bound_text(claim.upper),
                                        percent_text(claim.tolerance)};
      if (judged) {
        cells.push_back(claim.allowed ? fmt::format("{}", *claim.allowed) : text_.ap_none);
        cells.push_back(status_text(claim));
      }
      table.row(cells, judged ? row_kind(claim) : "");
    }
    if (any) {
      body_ += fmt::format("<h3>{}</h3>\n{}", escaped(title), table.html());
    }
  }

  /// Single classes are judged by the adjusted p alone.
  [[nodiscard]] bool singles() const { return result_.policy.claim == CertificateClaim::kSingleClasses; }

  [[nodiscard]] std::string row_kind(const ClaimFigures& claim) const {
    return singles() && claim.status != ClaimStatus::kUncertifiable ? "" : kind_of(claim.status);
  }

  [[nodiscard]] std::string status_text(const ClaimFigures& claim) const {
    if (claim.status == ClaimStatus::kUncertifiable) {
      return claim.needed ? fmt::format("{} ({} {})", text_.not_certifiable, lower_case(text_.needed), *claim.needed)
                          : text_.not_certifiable;
    }
    if (singles()) {
      return text_.ap_none;
    }
    return claim.status == ClaimStatus::kHolds ? text_.holds : text_.not_shown;
  }

  void all_claims(const std::vector<ClaimFigures>& figures, bool judged) {
    claim_table(text_.missed_title, figures, ClaimKind::kMissed, judged);
    claim_table(text_.alarms_title, figures, ClaimKind::kFalseAlarms, judged);
    claim_table(text_.pairs_title, figures, ClaimKind::kPairMissed, judged);
  }

  void figures() {
    if (result_.steps.empty()) {
      section(text_.figures_none);
      certifiable();
      return;
    }
    const CertificateStep& shown = result_.steps[result_.chosen.value_or(0)];
    step_figures(shown);
    // With single classes the last step may hold claims too.
    if (singles() && &shown != &result_.steps.back()) {
      step_figures(result_.steps.back());
    }
  }

  void step_figures(const CertificateStep& step) {
    section(fmt::format(fmt::runtime(text_.figures_of), fmt::arg("candidate", candidate_name(step))));
    note(
        fmt::format(fmt::runtime(text_.figures_note), fmt::arg("confidence", percent_text(result_.policy.confidence))));
    if (singles()) {
      note(text_.figures_single);
    }
    all_claims(step.figures, true);
    single_table(step);
    images_table(step);
  }

  void single_table(const CertificateStep& step) {
    if (step.singles.empty()) {
      return;
    }
    HtmlTable table({text_.finding, text_.holm, text_.verdict});
    for (const SingleClaim& claim : step.singles) {
      table.row({claim_names(claim.classes, result_), claim.holm ? fmt::format("{:.2g}", *claim.holm) : text_.ap_none,
                 claim.status == ClaimStatus::kHolds   ? text_.holds
                 : claim.status == ClaimStatus::kFails ? text_.not_shown
                                                       : text_.not_certifiable},
                kind_of(claim.status));
    }
    body_ += fmt::format("<h3>{}</h3>\n{}", text_.single_title, table.html());
  }

  void images_table(const CertificateStep& step) {
    body_ += fmt::format("<details><summary>{}</summary>\n", escaped(text_.limits_label));
    HtmlTable table({text_.finding, text_.images, text_.missed, text_.images, text_.alarmed});
    for (std::size_t i = 0; i + 1 < step.figures.size(); ++i) {
      const ClaimFigures& missed = step.figures[i];
      if (missed.kind == ClaimKind::kMissed) {
        const EventCounts& alarms = step.figures[i + 1].counts;
        table.row({claim_names(missed.classes, result_), fmt::format("{}", missed.counts.images),
                   fmt::format("{}", missed.counts.image_events), fmt::format("{}", alarms.images),
                   fmt::format("{}", alarms.image_events)});
      }
    }
    body_ += table.html() + "</details>\n";
  }

  void certifiable() {
    HtmlTable table({text_.finding, text_.verdict, text_.patients, text_.needed});
    for (const ClaimFigures& claim : result_.outset) {
      const char* const kind = claim.kind == ClaimKind::kMissed        ? text_.missed_title
                               : claim.kind == ClaimKind::kFalseAlarms ? text_.alarms_title
                                                                       : text_.pairs_title;
      table.row(
          {fmt::format("{}: {}", claim_names(claim.classes, result_), lower_case(kind)),
           claim.status == ClaimStatus::kUncertifiable ? text_.not_certifiable : text_.ap_none,
           fmt::format("{}", claim.counts.eligible), claim.needed ? fmt::format("{}", *claim.needed) : text_.ap_none},
          claim.status == ClaimStatus::kUncertifiable ? "fails" : "");
    }
    body_ += table.html();
  }

  void walk() {
    section(text_.walk);
    note(singles() ? text_.walk_note_single : text_.walk_note_all);
    body_ += "<ol>\n";
    for (std::size_t i = 0; i < result_.candidates.size(); ++i) {
      std::string words = text_.walk_unreached;
      std::string kind = "open";
      if (i < result_.steps.size()) {
        const CertificateStep& step = result_.steps[i];
        words = step.holds ? std::string(text_.walk_holds)
                           : fmt::format(fmt::runtime(text_.walk_fails),
                                         fmt::arg("reasons", joined(failures(step, result_), "; ")));
        kind = step.holds ? "holds" : "fails";
      }
      body_ += fmt::format("<li class=\"{}\"><b>{}</b>: {}</li>\n", kind, escaped(result_.candidates[i].name),
                           escaped(words));
    }
    body_ += "</ol>\n";
  }

  void test() {
    section(text_.test);
    if (result_.test.empty()) {
      note(text_.test_untouched);
      return;
    }
    note(text_.test_note);
    all_claims(result_.test, false);
  }

  void ap_changes() {
    if (result_.ap_changes.empty()) {
      return;
    }
    section(text_.ap);
    own_words(fmt::format(fmt::runtime(text_.ap_note), fmt::arg("resamples", result_.policy.resamples)));
    std::vector<std::string> header = {text_.finding, text_.ap_dense};
    for (const CertificateStep& step : result_.steps) {
      header.push_back(candidate_name(step));
    }
    HtmlTable table(header);
    for (const ApChange& change : result_.ap_changes) {
      std::vector<std::string> cells = {result_.requirements.classes[change.column].name,
                                        change.dense ? fmt::format("{:.3f}", *change.dense) : text_.ap_none};
      for (std::size_t step = 0; step < result_.steps.size(); ++step) {
        cells.push_back(ap_cell(change, step));
      }
      table.row(cells);
    }
    body_ += table.html();
  }

  [[nodiscard]] std::string ap_cell(const ApChange& change, std::size_t step) const {
    if (!change.changes[step]) {
      return text_.ap_none;
    }
    std::string cell = fmt::format("{:+.1f}%", 100.0 * *change.changes[step]);
    if (step < change.band.size() && change.band[step]) {
      cell += fmt::format(" ({:+.1f} to {:+.1f})", 100.0 * change.band[step]->low, 100.0 * change.band[step]->high);
    }
    return cell;
  }

  void conditions() {
    section(text_.rests_on);
    body_ += "<ul>\n";
    for (const char* const condition : text_.conditions) {
      body_ += fmt::format("<li>{}</li>\n", condition);
    }
    body_ += "</ul>\n";
  }

  void operating_points() {
    section(text_.operating_points);
    note(fmt::format(fmt::runtime(text_.operating_note),
                     fmt::arg("rule", operating_point_text(result_.policy.operating_point))));
    const bool own = result_.policy.own_operating_point && !result_.steps.empty();
    if (own) {
      note(text_.operating_own);
    }
    std::vector<std::string> header = {text_.finding, text_.threshold_dense};
    if (own) {
      header.emplace_back(text_.threshold_pruned);
    }
    header.insert(header.end(), {text_.tolerance_of, text_.positive_patients});
    HtmlTable table(header);
    for (std::size_t column = 0; column < result_.thresholds.size(); ++column) {
      if (result_.requirements.classes[column].excluded) {
        continue;
      }
      std::vector<std::string> cells = {result_.requirements.classes[column].name,
                                        fmt::format("{:.4g}", result_.thresholds[column])};
      if (own) {
        cells.push_back(fmt::format("{:.4g}", result_.steps[result_.chosen.value_or(0)].thresholds[column]));
      }
      cells.push_back(result_.requirements.classes[column].rule);
      cells.push_back(fmt::format("{}, {}, {}", result_.parts[0].positive_patients[column],
                                  result_.parts[1].positive_patients[column],
                                  result_.parts[2].positive_patients[column]));
      table.row(cells);
    }
    body_ += table.html();
  }

  void data() {
    section(text_.data);
    HtmlTable parts({text_.part, text_.images, text_.patients});
    for (std::size_t part = 0; part < result_.parts.size(); ++part) {
      parts.row({part_name(static_cast<CertificatePart>(part)), fmt::format("{}", result_.parts[part].images),
                 fmt::format("{}", result_.parts[part].patients)});
    }
    body_ += parts.html();
    note(fmt::format("{} ({})", report_.loaded.split_rule, report_.loaded.split_sha256));
    HtmlTable files({text_.file, "SHA-256"});
    for (const HashedFile& file : report_.loaded.files) {
      files.row({file.role, file.sha256}, "hash");
    }
    body_ += files.html();
    section(text_.policy);
    body_ += fmt::format("<pre>{}</pre>\n", escaped(result_.policy.text));
    note(fmt::format("SHA-256 {}", sha256(result_.policy.text)));
    note(text_.verify);
  }

  const CertificateReport& report_;
  const CertificateResult& result_;
  const CertificateText& text_;
  std::string body_;
};

}  // namespace

std::string certificate_html(const CertificateReport& report) {
  return CertificatePage(report).html();
}

}  // namespace niwaki
