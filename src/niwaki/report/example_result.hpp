#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"

namespace niwaki {

/// A small audit for this room's tests: two methods, three classes (the last has no positive image, so no figures).
inline AuditResult example_result(const std::vector<std::string>& names = {"Edema", "Pneumothorax", "Hernia"}) {
  AuditResult result;
  result.images = 100;
  result.patients = 80;
  result.seeds = {1, 2, 7};
  result.classes = {{names[0], 40, 400, 0, 33}, {names[1], 25, 90, 3, 19}, {names[2], 0, std::nullopt, 0, 0}};
  result.notes = {{"classes." + names[2] + ".ap", "no positive image"}};
  for (const char* name : {"l1", "random"}) {
    MethodResult method;
    method.method = name;
    method.sparsities = {0.0, 0.5, 0.9};
    method.macro = {{0.0, 0.8125, 0.1, 1.0 / 3.0}, {0.5, 0.75, 0.3, 0.25}, {0.9, std::nullopt, 0.05, 0.0}};
    method.classes = {{names[0],
                       std::nullopt,
                       {-0.01, -0.1},
                       {-0.02, -0.15},
                       {0.0, -0.05},
                       {0.5, 0.495, 0.45},
                       {0.8, 0.8, 0.7},
                       {0.4, 0.4, 0.3},
                       0.5,
                       0.8,
                       -0.1},
                      {names[1],
                       0.9,
                       {0.02, -0.7},
                       {0.01, -0.8},
                       {0.03, -0.6},
                       {0.2, 0.204, 0.06},
                       {0.9, 0.9, 0.6},
                       {0.1, 0.1, 0.0},
                       0.2,
                       0.9,
                       -0.3},
                      {names[2],
                       std::nullopt,
                       {std::nullopt, std::nullopt},
                       {std::nullopt, std::nullopt},
                       {std::nullopt, std::nullopt},
                       {std::nullopt, std::nullopt, std::nullopt},
                       {std::nullopt, std::nullopt, std::nullopt},
                       {std::nullopt, std::nullopt, std::nullopt},
                       std::nullopt,
                       std::nullopt,
                       std::nullopt}};
    method.frequency_delta_at_max = {0.1234567890123, 0.5, 1e-9, 0.04, 2};
    method.frequency_delta_auroc_at_max = {0.3, 0.6, 0.4, 0.5, 2};
    method.pairs = {{names[0], names[1], 7, 0.6006662967, 7.0 / 58.0, 0.47, 0.1, 0.3},
                    {names[0], names[2], 0, std::nullopt, 0.0, std::nullopt, 0.0, std::nullopt}};
    method.exemplars.sparsity = 0.9;
    method.exemplars.count = 2;
    method.exemplars.threshold = 0.25;
    method.exemplars.exemplars = {{17, "b.png", 1, -0.5, {0.1F, 0.7F, 0.01F}, {0.2F, 0.3F, 0.01F}},
                                  {4, "a.png", 2, 0.25, {0.9F, 0.2F, 0.02F}, {0.4F, 0.2F, 0.03F}}};
    method.exemplars.class_ratio = {1.5, 0.25, std::nullopt};
    method.exemplars.findings_ratio = {{"0", 0.5, {}, {}},
                                       {"1", 1.25, {2, 1}, {Interval{0.5, 2.5}, std::nullopt}},
                                       {"2", 2.0, {}, {}},
                                       {"3", std::nullopt, {}, {}},
                                       {"4+", std::nullopt, {}, {}}};
    method.exemplars.class_counts = {{2, 1}, {0, 0}, {0, 0}};
    method.exemplars.class_enrichment = {{Interval{1.1, 1.9}, 0.04}, {}, {}};
    method.exemplars.constant_order = 0.7;
    result.methods.push_back(method);
  }
  return result;
}

}  // namespace niwaki
