#include "niwaki/report/audit_reading.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLargestAudit = std::size_t{1} << 30;

constexpr std::array kVerdicts = {ClassVerdict::kInsufficientEvidence,
                                  ClassVerdict::kHardlyLearned,
                                  ClassVerdict::kForgotten,
                                  ClassVerdict::kLoses,
                                  ClassVerdict::kKept,
                                  ClassVerdict::kUndecided};

constexpr std::array kStratumVerdicts = {StratumVerdict::kInsufficientEvidence, StratumVerdict::kNotShown,
                                         StratumVerdict::kLosesMore, StratumVerdict::kLosesLess};

/// Reads one document; every method throws Json::exception for a key that is missing or of another kind.
class AuditReader {
 public:
  AuditReader(const Json& document, const std::string& name) : document_(document), name_(name) {}

  AuditResult read() {
    read_cohort();
    read_options();
    result_.seeds = document_.at("seeds").get<std::vector<std::uint64_t>>();
    for (const auto& [method, value] : document_.at("methods").items()) {
      read_method(method, value);
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(what, name_, "give the audit.json that niwaki audit or niwaki study wrote");
  }

  void read_cohort() {
    const Json& cohort = document_.at("cohort");
    result_.images = counted(cohort.at("images"));
    result_.patients = counted(cohort.at("patients"));
    for (const Json& entry : cohort.at("classes")) {
      AuditClass& read = result_.classes.emplace_back();
      read.name = entry.at("name").get<std::string>();
      read.positives = counted(entry.at("positives"));
      read.unknown = counted(entry.at("unknown"));
      read.positive_patients = counted(entry.at("positive_patients"));
      columns_[read.name] = result_.classes.size() - 1;
    }
    if (result_.patients > result_.images) {
      refuse("there are more patients than images");
    }
  }

  void read_options() {
    const Json& options = document_.at("options");
    result_.options.drop = options.at("drop").get<double>();
    result_.options.tolerance = options.at("tolerance").get<double>();
    result_.options.threshold = options.at("threshold").get<double>();
    result_.options.minimum_patients = counted(options.at("minimum_patients"));
    result_.options.resamples = counted(options.at("bootstrap"));
    result_.options.exemplar_sparsity = options.at("exemplar_sparsity").get<double>();
    result_.options.exemplar_fraction = options.at("exemplar_fraction").get<double>();
    result_.validated = !options.at("operating_point").is_null();
  }

  [[nodiscard]] std::size_t column(const Json& name) const {
    const auto found = columns_.find(name.get<std::string>());
    if (found == columns_.end()) {
      refuse("it speaks of a class that its cohort does not have");
    }
    return found->second;
  }

  [[nodiscard]] std::size_t counted(const Json& value) const {
    constexpr std::size_t kMost = std::size_t{1} << 31;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
      refuse("a count is none");
    }
    return value.get<std::size_t>();
  }

  [[nodiscard]] std::vector<Figure> figures(const Json& values, std::size_t count) const {
    std::vector<Figure> read;
    if (!values.is_null()) {
      std::ranges::transform(values, std::back_inserter(read), figure_of);
      check_count(read.size(), count);
    }
    return read;
  }

  [[nodiscard]] FigureInterval interval(const Figure& low, const Figure& high) const {
    if (!low || !high) {
      return std::nullopt;
    }
    if (!(*low <= *high)) {
      refuse("an interval's ends are the wrong way round");
    }
    return Interval{*low, *high};
  }

  [[nodiscard]] std::vector<FigureInterval> intervals(const Json& values, std::size_t count) const {
    std::vector<FigureInterval> read;
    if (!values.is_null()) {
      for (const Json& value : values) {
        read.push_back(value.is_null() ? std::nullopt : interval(value.at(0).get<double>(), value.at(1).get<double>()));
      }
      check_count(read.size(), count);
    }
    return read;
  }

  void check_count(std::size_t count, std::size_t wanted) const {
    if (count != wanted) {
      refuse(fmt::format("a curve has {} figures where {} belong", count, wanted));
    }
  }

  void read_method(const std::string& name, const Json& value) {
    MethodResult& method = result_.methods.emplace_back();
    method.method = name;
    method.sparsities = value.at("sparsities").get<std::vector<double>>();
    if (method.sparsities.empty() || method.sparsities.front() != 0.0 ||
        std::ranges::adjacent_find(method.sparsities, std::greater_equal<>()) != method.sparsities.end()) {
      refuse(fmt::format("the sparsities of '{}' do not rise from 0", name));
    }
    const std::size_t pruned = method.sparsities.size() - 1;
    read_macro(value.at("macro"), method);
    const Json& change = value.at("global").at("delta_ap");
    method.global.delta_ap = figures(change.at("values"), pruned);
    method.global.delta_ap_band = intervals(change.at("band"), pruned);
    check_count(value.at("classes").size(), result_.classes.size());
    for (const Json& curve : value.at("classes")) {
      method.classes.push_back(class_curve(curve, method.sparsities.size()));
    }
    read_companions(value.at("companions"), method.companions);
    read_exemplars(value.at("exemplars"), method.exemplars);
    if (value.contains("strata")) {
      read_strata(value.at("strata"), method.strata);
    }
  }

  void read_macro(const Json& points, MethodResult& method) const {
    for (const Json& point : points) {
      MacroPoint& read = method.macro.emplace_back();
      read.sparsity = point.at("sparsity").get<double>();
      read.auroc = figure_of(point.at("auroc"));
      read.ap = figure_of(point.at("ap"));
      read.f1 = figure_of(point.at("f1"));
      const auto ends = [&](const std::string& of) {
        return point.contains(of + "_low")
                   ? interval(figure_of(point.at(of + "_low")), figure_of(point.at(of + "_high")))
                   : std::nullopt;
      };
      read.auroc_interval = ends("auroc");
      read.ap_interval = ends("ap");
    }
    check_count(method.macro.size(), method.sparsities.size());
  }

  [[nodiscard]] ClassCurve class_curve(const Json& value, std::size_t sparsities) const {
    ClassCurve curve;
    curve.name = value.at("name").get<std::string>();
    curve.delta_ap = figures(value.at("delta_ap"), sparsities - 1);
    curve.ap_dense = figure_of(value.at("ap_dense"));
    curve.auroc_dense = figure_of(value.at("auroc_dense"));
    curve.ap = figures(value.at("ap"), sparsities);
    curve.sensitivity = figures(value.at("sensitivity"), sparsities);
    curve.specificity = figures(value.at("specificity"), sparsities);
    const Json& evidence = value.at("evidence");
    curve.evidence.verdict = verdict(evidence.at("verdict"));
    curve.evidence.ap = intervals(evidence.at("ap"), sparsities);
    curve.evidence.delta_ap_band = intervals(evidence.at("delta_ap_band"), sparsities - 1);
    return curve;
  }

  [[nodiscard]] ClassVerdict verdict(const Json& value) const {
    if (value.is_null()) {
      return ClassVerdict::kNone;
    }
    const auto name = value.get<std::string>();
    const auto* const found =
        std::ranges::find_if(kVerdicts, [&](ClassVerdict known) { return name == verdict_name(known); });
    if (found == kVerdicts.end()) {
      refuse("a class has a verdict that is none");
    }
    return *found;
  }

  void read_companions(const Json& value, CompanionResult& companions) const {
    companions.sparsity = value.at("sparsity").get<double>();
    companions.pairs_left_out = counted(value.at("pairs_left_out"));
    for (const Json& effect : value.at("pairs")) {
      CompanionEffect& read = companions.pairs.emplace_back();
      read.rank = counted(effect.at("rank"));
      read.finding = column(effect.at("class"));
      std::ranges::transform(effect.at("given"), std::back_inserter(read.companions),
                             [&](const Json& name) { return column(name); });
      read.patients_with = counted(effect.at("patients_with"));
      for (const auto& [key, loss] : {std::pair{"recall", &read.recall}, {"ap", &read.ap}}) {
        const Json& of = effect.at(key);
        loss->excess = figure_of(of.at("excess"));
        loss->interval = interval(figure_of(of.at("excess_low")), figure_of(of.at("excess_high")));
        loss->holm = figure_of(of.at("holm"));
      }
    }
  }

  /// One a class.
  [[nodiscard]] std::vector<float> probabilities(const Json& values) const {
    auto read = values.get<std::vector<float>>();
    check_count(read.size(), result_.classes.size());
    if (std::ranges::any_of(read, [](float value) { return !(value >= 0.0F && value <= 1.0F); })) {
      refuse("a probability is none");
    }
    return read;
  }

  void read_exemplars(const Json& value, ExemplarResult& exemplars) const {
    exemplars.sparsity = value.at("sparsity").get<double>();
    exemplars.count = counted(value.at("count"));
    for (const Json& image : value.at("images")) {
      Exemplar& read = exemplars.exemplars.emplace_back();
      read.id = image.at("id").get<std::string>();
      read.rank = counted(image.at("rank"));
      read.row = exemplars.exemplars.size() - 1;
      read.dense = probabilities(image.at("dense"));
      read.pruned = probabilities(image.at("pruned"));
      std::vector<Flip>& flips = exemplars.images.flips.emplace_back();
      if (image.contains("flips")) {
        for (const Json& flip : image.at("flips")) {
          flips.push_back(
              {column(flip.at("class")), flip.at("direction").get<std::string>() == "lost", counted(flip.at("seeds"))});
        }
      }
    }
  }

  void read_strata(const Json& value, StrataResult& strata) const {
    strata.sparsity = value.at("sparsity").get<double>();
    for (const Json& column : value.at("columns")) {
      StrataColumn& read = strata.columns.emplace_back();
      read.name = column.at("column").get<std::string>();
      for (const Json& stratum : column.at("strata")) {
        Stratum& group = read.strata.emplace_back();
        group.name = stratum.at("name").get<std::string>();
        group.auroc.verdict = stratum_verdict(stratum.at("auroc").at("gap").at("verdict"));
        group.ap.verdict = stratum_verdict(stratum.at("ap").at("gap").at("verdict"));
      }
    }
  }

  [[nodiscard]] StratumVerdict stratum_verdict(const Json& value) const {
    const auto name = value.get<std::string>();
    const auto* const found = std::ranges::find_if(
        kStratumVerdicts, [&](StratumVerdict known) { return name == stratum_verdict_name(known); });
    if (found == kStratumVerdicts.end()) {
      refuse("a group of images has a verdict that is none");
    }
    return *found;
  }

  const Json& document_;
  const std::string& name_;
  AuditResult result_;
  std::map<std::string, std::size_t> columns_;
};

}  // namespace

AuditResult parse_audit(const std::string& text, const std::string& name) {
  try {
    const Json document = Json::parse(text);
    return AuditReader(document, name).read();
  } catch (const Json::parse_error&) {
    throw InputError("this is no JSON", name, "give the audit.json that niwaki audit or niwaki study wrote");
  } catch (const Json::exception&) {
    throw InputError("this is no audit: a key is missing or of another kind", name,
                     "give the audit.json that this version of niwaki audit or niwaki study wrote");
  }
}

AuditResult read_audit(const std::filesystem::path& path) {
  return parse_audit(read_file(path, kLargestAudit), path.string());
}

}  // namespace niwaki
