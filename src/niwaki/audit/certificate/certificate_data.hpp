#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/certificate/certificate.hpp"

namespace niwaki {

/// Where a certificate's data lie, and which two networks it is about. A certificate is about one pair: a dense network
/// and what would take its place.
struct CertificateInputs {
  std::filesystem::path labels;
  std::string label_format = "auto";
  bool logits = false;  // score tables hold logits
  /// Either a manifest and which of its networks,
  std::filesystem::path scores;
  std::string method;                 // may be empty where the manifest has one
  std::optional<std::uint64_t> seed;  // may be empty where it has one
  bool average = false;               // instead: the mean of the probabilities of all its seeds, as one system
  /// or score tables: the dense network's, and candidates in the order of the walk.
  std::string dense;
  std::vector<std::string> candidates;
  /// Labels and scores of the build patients, where they have files of their own; the others are then divided into
  /// certify and test alone.
  std::filesystem::path build_labels, build_scores;
  /// CSV id,split (build, certify, test); where empty, patients are divided as the policy says.
  std::filesystem::path split;
  std::filesystem::path dense_model;
  std::vector<std::filesystem::path> pruned_models;
  /// A folder with a network for each score table: <method>/seed-S/<table>.onnx.zst, as studies have it.
  std::filesystem::path model_folder;
};

/// A study's own files (docs/formats.md): its validation patients build; the networks' files are hashed with the rest.
CertificateInputs inputs_of_study(const std::filesystem::path& study);

/// A file that the certificate rests on.
struct HashedFile {
  std::string role;  // "labels", "scores at sparsity 0.9, seed 1", "dense model"
  std::filesystem::path path;
  std::string sha256;
};

struct LoadedCertificate {
  CertificateData data;
  std::string system;             // "method 'l1', seed 0"
  std::vector<HashedFile> files;  // as they are read
  std::string split_rule;         // in words: whence the parts
  std::string split_sha256;       // of each image's id and part, in the order of the labels
};

/// Reads all of it. Throws InputError for tables that do not fit the labels, a method or seed that is not there or is
/// not chosen, a sparsity of the policy that the scores lack, an image without a part, a part without an image, and
/// patients in two parts (counted, never named).
LoadedCertificate load_certificate(const CertificateInputs& inputs, const CertificatePolicy& policy);

}  // namespace niwaki
