#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "niwaki/model/import/auto_pad.hpp"
#include "niwaki/model/import/operators.hpp"

namespace niwaki::onnx_import {
namespace {

constexpr std::int64_t kWidestPad = 1'000'000;

template <typename Pool>
Pool pool(Importer& importer, const OnnxNode& node) {
  if (node.integers("kernel_shape").size() != 2) {
    node.refuse("a pool without a kernel_shape of two lengths");
  }
  Pool result;
  result.kernel = node.pair("kernel_shape", {1, 1});
  result.strides = node.pair("strides", {1, 1});
  result.pads = pads_of(importer, node, {.kernel = result.kernel, .strides = result.strides});
  result.ceil_mode = node.integer("ceil_mode", 0) != 0;
  return result;
}

bool narrower(const std::array<std::int64_t, 4>& pads, const std::array<std::int64_t, 2>& kernel) {
  return pads[0] < kernel[0] && pads[1] < kernel[1] && pads[2] < kernel[0] && pads[3] < kernel[1];
}

template <typename Pool>
bool takes(const Pool& pool, const Padded& padded, bool same_value) {
  const bool unpadded = pool.pads == std::array<std::int64_t, 4>{0, 0, 0, 0};
  return same_value && unpadded && !pool.ceil_mode && narrower(padded.pads, pool.kernel);
}

std::string image(Importer& importer, const OnnxNode& node, const std::string& x) {
  if (importer.known(x).rank != 4) {
    node.refuse("pooling a flattened value is not held");
  }
  return x;
}

void add_pooled(Importer& importer, const OnnxNode& node, const std::string& x, bool keep_dimensions) {
  if (keep_dimensions) {
    importer.add(node, GlobalAveragePool{}, {image(importer, node, x)});
    return;
  }
  const std::string pooled = importer.add(node.name() + ".pool", GlobalAveragePool{}, {image(importer, node, x)},
                                          importer.fresh_value(node.output() + ".pooled"));
  importer.add(node, Flatten{}, {pooled});
}

/// pads as an attribute, or as an input and, from opset 18, with axes.
std::vector<std::int64_t> pads_of_all_axes(Importer& importer, const OnnxNode& node) {
  std::vector<std::int64_t> pads = node.find("pads") != nullptr ? node.integers("pads") : importer.numbers(node, 1);
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0) {
    node.refuse("padding is held of height and width alone");
  }
  for (const std::int64_t size : pads) {
    if (size < 0 || size > kWidestPad) {
      node.refuse(fmt::format("a padding of {}", size));
    }
  }
  return pads;
}

}  // namespace

std::array<std::int64_t, 4> pads_of(Importer& importer, const OnnxNode& node, const Window& window) {
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "NOTSET" || automatic == "VALID") {
    return node.pads();
  }
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    node.refuse(fmt::format("auto_pad '{}'", printable(automatic)));
  }
  const Shape* shape = importer.declared_shape(importer.value(node, 0).name);
  std::array<std::int64_t, 4> pads = {};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
    std::int64_t total = reach - 1;
    if (window.strides[axis] > 1) {
      if (shape == nullptr || !std::holds_alternative<Nothing>(importer.value(node, 0).pending)) {
        node.refuse(
            fmt::format("auto_pad {} depends on the size of the pictures, which the file does not say: export "
                        "it with a fixed height and width, or with explicit pads",
                        automatic));
      }
      const std::int64_t size = (*shape)[2 + axis];
      const std::int64_t windows = (size + window.strides[axis] - 1) / window.strides[axis];
      total = std::max<std::int64_t>(0, (windows - 1) * window.strides[axis] + reach - size);
    }
    const std::int64_t less = total / 2;
    pads[axis] = automatic == "SAME_UPPER" ? less : total - less;
    pads[axis + 2] = total - pads[axis];
  }
  return pads;
}

void read_max_pool(Importer& importer, const OnnxNode& node) {
  node.allow_only({"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"});
  if (node.pair("dilations", {1, 1}) != std::array<std::int64_t, 2>{1, 1}) {
    node.refuse("a pool with dilations is not held");
  }
  MaxPool operation = pool<MaxPool>(importer, node);
  const Value& x = importer.value(node, 0);
  const auto* padded = std::get_if<Padded>(&x.pending);
  if (padded != nullptr && takes(operation, *padded, padded->value == -std::numeric_limits<float>::infinity())) {
    operation.pads = padded->pads;
    importer.add(node, operation, {x.name});
    return;
  }
  importer.add(node, operation, {image(importer, node, importer.plain(node, 0))});
}

void read_average_pool(Importer& importer, const OnnxNode& node) {
  node.allow_only({"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"});
  AveragePool operation = pool<AveragePool>(importer, node);
  operation.count_include_pad = node.integer("count_include_pad", 0) != 0;
  const Value& x = importer.value(node, 0);
  const auto* padded = std::get_if<Padded>(&x.pending);
  if (padded != nullptr && takes(operation, *padded, padded->value == 0)) {
    operation.pads = padded->pads;
    operation.count_include_pad = true;
    importer.add(node, operation, {x.name});
    return;
  }
  importer.add(node, operation, {image(importer, node, importer.plain(node, 0))});
}

void read_global_average_pool(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  add_pooled(importer, node, importer.plain(node, 0), true);
}

void read_reduce_mean(Importer& importer, const OnnxNode& node) {
  node.allow_only({"axes", "keepdims"});
  const Value& x = importer.value(node, 0);
  const bool columns = std::holds_alternative<Columns>(x.pending);
  std::vector<std::int64_t> axes = node.integers("axes");
  for (std::int64_t& axis : axes) {
    axis = node.axis(axis, columns ? 3 : 4);
  }
  std::ranges::sort(axes);
  const bool keep = node.integer("keepdims", 1) != 0;
  if (columns && axes == std::vector<std::int64_t>{2} && !keep) {
    add_pooled(importer, node, x.name, false);
    return;
  }
  if (columns || axes != std::vector<std::int64_t>{2, 3}) {
    node.refuse("a mean over other axes than height and width is not held");
  }
  add_pooled(importer, node, importer.plain(node, 0), keep);
}

void read_pad(Importer& importer, const OnnxNode& node) {
  node.allow_only({"mode", "pads", "value"});
  if (node.text("mode", "constant") != "constant") {
    node.refuse(fmt::format("padding by mode '{}' is not held", printable(node.text("mode", ""))));
  }
  const std::vector<std::int64_t> pads = pads_of_all_axes(importer, node);
  Padded padded{.pads = {pads[2], pads[3], pads[6], pads[7]}, .value = node.number("value", 0)};
  if (!node.input(2).empty()) {
    padded.value = importer.scalar(node, 2);
  }
  if (std::isnan(padded.value)) {
    node.refuse("a padding by no number");
  }
  // What frameworks write for minus infinity, around a MaxPool.
  if (padded.value == -std::numeric_limits<float>::max()) {
    padded.value = -std::numeric_limits<float>::infinity();
  }
  importer.plain(node, 0);
  const Value from = importer.value(node, 0);
  if (padded.pads == std::array<std::int64_t, 4>{0, 0, 0, 0}) {
    importer.define_alias(node, 0);
    return;
  }
  importer.define_pending(node, from, padded);
}

}  // namespace niwaki::onnx_import
