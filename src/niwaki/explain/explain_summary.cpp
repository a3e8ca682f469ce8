#include "niwaki/explain/explain_summary.hpp"

#include <map>
#include <string>

#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

/// Numbers patients from 0 as they come.
class PatientNumbers {
 public:
  std::size_t operator()(const std::string& patient) {
    return numbers_.emplace(patient, numbers_.size()).first->second;
  }
  [[nodiscard]] std::size_t count() const { return numbers_.size(); }

 private:
  std::map<std::string, std::size_t> numbers_;
};

const std::string& patient_of(const Explanation& explanation, std::size_t pair) {
  return explanation.cohort.records[explanation.pairs[pair].row].patient;
}

MapsMoved moved(const Explanation& explanation, const NetworkMaps& network, const std::vector<std::size_t>& pairs) {
  MapsMoved result;
  PatientNumbers numbers;
  PatientValues correlations;
  PatientValues overlaps;
  for (const std::size_t pair : pairs) {
    const MapFigures& figures = network.figures[pair];
    if (!figures.correlation || !figures.overlap) {
      ++result.constant;
      continue;
    }
    const std::size_t patient = numbers(patient_of(explanation, pair));
    correlations.values.push_back(*figures.correlation);
    correlations.patients.push_back(patient);
    overlaps.values.push_back(*figures.overlap);
    overlaps.patients.push_back(patient);
  }
  result.compared = correlations.values.size();
  result.patients = numbers.count();
  result.correlation = median_over_patients(correlations, explanation.options.estimates);
  result.overlap = mean_over_patients(overlaps, explanation.options.estimates);
  return result;
}

std::vector<PointingTrial> trials_of(const Explanation& explanation, const NetworkMaps& network,
                                     const std::vector<std::size_t>& pairs) {
  std::vector<PointingTrial> trials;
  PatientNumbers numbers;
  for (const std::size_t pair : pairs) {
    const MapFigures& figures = network.figures[pair];
    trials.push_back({.hit = figures.hit.value_or(false),
                      .flat = figures.flat,
                      .tied = figures.tied,
                      .patient = numbers(patient_of(explanation, pair))});
  }
  return trials;
}

NetworkSummary summary_of(const Explanation& explanation, std::size_t number, const std::vector<std::size_t>& pairs) {
  const NetworkMaps& network = explanation.networks[number];
  NetworkSummary result;
  for (const std::size_t pair : pairs) {
    result.flat += network.figures[pair].flat ? 1 : 0;
  }
  if (number > 0) {
    result.moved = moved(explanation, network, pairs);
  }
  if (explanation.boxed) {
    const PatientEstimateOptions& options = explanation.options.estimates;
    const std::vector<PointingTrial> trials = trials_of(explanation, network, pairs);
    result.pointing = pointing_rate(trials, options);
    if (number > 0) {
      result.change = pointing_change(trials_of(explanation, explanation.networks[0], pairs), trials, options);
    }
  }
  return result;
}

ExplainSummary summary_of(const Explanation& explanation, const std::string& name,
                          const std::vector<std::size_t>& pairs) {
  ExplainSummary result{.name = name, .maps = pairs.size()};
  PatientNumbers numbers;
  double chance = 0.0;
  double centre = 0.0;
  for (const std::size_t pair : pairs) {
    numbers(patient_of(explanation, pair));
    chance += explanation.pairs[pair].by_chance.value_or(0.0);
    centre += explanation.pairs[pair].centre_hits.value_or(false) ? 1.0 : 0.0;
  }
  result.patients = numbers.count();
  if (explanation.boxed && result.patients >= explanation.options.estimates.minimum_patients) {
    result.by_chance = chance / static_cast<double>(pairs.size());
    result.centre = centre / static_cast<double>(pairs.size());
  }
  for (std::size_t number = 0; number < explanation.networks.size(); ++number) {
    result.networks.push_back(summary_of(explanation, number, pairs));
  }
  return result;
}

/// Adjusts a network's p-values over the classes; the first summary is of all together and stays out.
void adjust(std::vector<ExplainSummary>& summaries, std::size_t network) {
  std::vector<double> p_values;
  std::vector<NetworkSummary*> of;
  for (std::size_t i = 1; i < summaries.size(); ++i) {
    NetworkSummary& summary = summaries[i].networks[network];
    if (summary.change && summary.change->p) {
      p_values.push_back(*summary.change->p);
      of.push_back(&summary);
    }
  }
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < of.size(); ++i) {
    of[i]->holm = adjusted[i];
  }
}

}  // namespace

std::vector<ExplainSummary> summarised(const Explanation& explanation) {
  std::vector<std::vector<std::size_t>> of_class(explanation.classes.size());
  std::vector<std::size_t> all;
  for (std::size_t pair = 0; pair < explanation.pairs.size(); ++pair) {
    all.push_back(pair);
    of_class[explanation.pairs[pair].name].push_back(pair);
  }
  std::vector<ExplainSummary> summaries = {summary_of(explanation, "", all)};
  for (std::size_t name = 0; name < of_class.size(); ++name) {
    if (!of_class[name].empty()) {
      summaries.push_back(summary_of(explanation, explanation.classes[name], of_class[name]));
    }
  }
  for (std::size_t network = 1; network < explanation.networks.size(); ++network) {
    adjust(summaries, network);
  }
  return summaries;
}

}  // namespace niwaki
