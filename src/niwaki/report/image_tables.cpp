#include "niwaki/report/image_tables.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "niwaki/core/csv.hpp"
#include "niwaki/report/audit_document.hpp"

namespace niwaki {
namespace {

std::vector<std::string> names_of(const std::vector<AuditClass>& classes) {
  std::vector<std::string> names;
  for (const AuditClass& entry : classes) {
    names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string> exemplar_columns(const std::vector<std::string>& findings, const char* other) {
  std::vector<std::string> columns = {"rank", "row", "id", "correlation"};
  for (const std::string network : {"dense", other}) {
    for (const std::string& name : findings) {
      columns.push_back(fmt::format("{} {}", network, name));
    }
  }
  columns.insert(columns.end(), {"fallen", "largest_fall", "flips"});
  return columns;
}

void add_change(const ImageResult& images, std::size_t row, const std::vector<std::string>& findings, std::size_t seeds,
                CsvWriter& table) {
  if (images.flips.empty()) {
    table.cell("").cell("").cell("");
    return;
  }
  table.cell(findings.at(images.fallen.at(row))).cell(images.largest_fall.at(row));
  table.cell(flips_text(images.flips.at(row), findings, seeds));
}

void add_exemplar(const Exemplar& exemplar, const ImageResult& images, const std::vector<std::string>& findings,
                  std::size_t seeds, CsvWriter& table) {
  table.cell(exemplar.rank).cell(exemplar.row).cell(exemplar.id).cell(exemplar.correlation);
  for (const auto* scores : {&exemplar.dense, &exemplar.pruned}) {
    for (const float score : *scores) {
      table.cell(shortest_decimal(score));
    }
  }
  add_change(images, exemplar.row, findings, seeds, table);
}

/// Of all methods, rising, without 0.
std::set<double> pruned_sparsities(const AuditResult& result) {
  std::set<double> sparsities;
  for (const MethodResult& method : result.methods) {
    sparsities.insert(method.sparsities.begin() + 1, method.sparsities.end());
  }
  return sparsities;
}

}  // namespace

std::string flips_text(const std::vector<Flip>& flips, const std::vector<std::string>& findings, std::size_t seeds) {
  std::string text;
  for (const Flip& flip : flips) {
    text += fmt::format("{}{} {} {} of {}", text.empty() ? "" : "; ", findings.at(flip.finding),
                        flip.lost ? "lost" : "gained", flip.seeds, seeds);
  }
  return text;
}

std::string exemplar_table(const AuditResult& result) {
  const std::vector<std::string> findings = names_of(result.classes);
  std::vector<std::string> header = {"method", "sparsity"};
  const std::vector<std::string> columns = exemplar_columns(findings, "pruned");
  header.insert(header.end(), columns.begin(), columns.end());
  CsvWriter table(header);
  for (const MethodResult& method : result.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      table.cell(method.method).cell(method.exemplars.sparsity);
      add_exemplar(exemplar, method.exemplars.images, findings, result.seeds.size(), table);
      table.end_row();
    }
  }
  return std::move(table).text();
}

std::string pair_exemplar_table(const AuditResult& result) {
  const std::vector<std::string> findings = names_of(result.classes);
  const ExemplarResult& exemplars = result.methods.front().exemplars;
  CsvWriter table(exemplar_columns(findings, "against"));
  for (const Exemplar& exemplar : exemplars.exemplars) {
    add_exemplar(exemplar, exemplars.images, findings, result.seeds.size(), table);
    table.end_row();
  }
  return std::move(table).text();
}

namespace {

constexpr std::size_t kRowsAPart = 1024;

std::string image_header(const std::set<double>& sparsities) {
  std::vector<std::string> header = {"method", "row", "id", "fallen", "largest_fall", "flips"};
  for (const double sparsity : sparsities) {
    header.push_back(fmt::format("correlation at {}", sparsity));
  }
  return CsvWriter(header).text();
}

/// The images [begin, end) of one method.
std::string image_rows(const AuditResult& result, const MethodResult& method, const std::set<double>& sparsities,
                       std::size_t begin, std::size_t end) {
  const std::vector<std::string> findings = names_of(result.classes);
  const ImageResult& images = method.exemplars.images;
  const std::size_t steps = method.sparsities.size() - 1;
  CsvWriter table(6 + sparsities.size(), end - begin);
  for (std::size_t row = begin; row < end; ++row) {
    table.cell(method.method).cell(row).cell(result.ids.at(row));
    add_change(images, row, findings, result.seeds.size(), table);
    std::size_t step = 0;
    for (const double sparsity : sparsities) {
      const bool listed = step < steps && method.sparsities[step + 1] == sparsity;
      table.cell(listed ? images.correlation(row, step) : std::nullopt);
      step += listed ? 1 : 0;
    }
    table.end_row();
  }
  return std::move(table).text();
}

}  // namespace

std::vector<std::function<std::string()>> image_table(const AuditResult& result) {
  const std::set<double> sparsities = pruned_sparsities(result);
  std::vector<std::function<std::string()>> parts = {[sparsities] { return image_header(sparsities); }};
  for (const MethodResult& method : result.methods) {
    const std::size_t rows = method.exemplars.images.flips.size();
    for (std::size_t begin = 0; begin < rows; begin += kRowsAPart) {
      const std::size_t end = std::min(begin + kRowsAPart, rows);
      parts.emplace_back(
          [&result, &method, sparsities, begin, end] { return image_rows(result, method, sparsities, begin, end); });
    }
  }
  return parts;
}

}  // namespace niwaki
