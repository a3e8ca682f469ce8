#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/class_map.hpp"
#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/label_policy.hpp"
#include "niwaki/cohort/problems.hpp"

namespace niwaki {

/// The label formats of docs/formats.md that a header can be told apart by.
enum class LabelFormat {
  kAuto,        // recognised by the header
  kNiwaki,      // id,patient_id[,image][,site],<class>...; cells 0, 1 or empty (unknown)
  kNih,         // Data_Entry_2017.csv and Data_Entry_2017_v2020.csv
  kNihCxrLt,    // miccai2023_nih-cxr-lt_labels_{train,val,test}.csv: id,<class>...,subj_id
  kMimicCxrLt,  // miccai2023_mimic-cxr-lt_labels_{train,val,test}.csv: path or dicom id,<class>...,subject_id
  kChexpert,    // Path[,Sex,Age,Frontal/Lateral,AP/PA],<14>; cells 1.0, 0.0, -1.0 or empty; the patient in the path
  kMimicCxr     // mimic-cxr-2.0.0-chexpert.csv joined with the images' metadata: dicom_id or path, subject_id, <14>
};
LabelFormat parse_label_format(const std::string& name);  // "auto", "niwaki", "nih", ...; throws InputError
const char* label_format_name(LabelFormat format);

struct LabelOptions {
  LabelFormat format = LabelFormat::kAuto;
  /// Only these classes, in this order ("Pleural_Thickening" and "Pleural Thickening" are one name);
  /// all of the file's where empty. Throws InputError for a class the file does not have.
  std::vector<std::string> classes;
  UncertainPolicy uncertain = UncertainPolicy::kRefuse;
  BlankPolicy blank = BlankPolicy::kByFormat;
  ClassMap map;  // applied before `classes` are chosen
  /// Where given, problems of rows and cells are collected there, and what is wrong is left out. Not owned.
  ProblemReport* problems = nullptr;
};

/// As recipes and command lines say it; `class_map`: of read_class_map(), may be empty. Throws InputError for a format
/// or policy that there is not.
LabelOptions label_options(const std::string& format, const std::string& uncertain, const std::string& blank,
                           const std::filesystem::path& class_map);

/// Reads one label file (gzip is not read; unpack it first). Throws InputError naming file, line and column for a
/// column that is not there, a cell that is no label, or an image listed twice.
Cohort read_labels(const std::filesystem::path& path, const LabelOptions& options = {});

/// One file a split, as NIH-CXR-LT and MIMIC-CXR-LT are published; any may be empty (""), and given_splits is
/// set. Classes are matched by name, in the order of the first file. Throws InputError where a patient or an
/// image is in two files.
struct SplitLabelFiles {
  std::filesystem::path train, validation, test;
};
Cohort read_split_labels(const SplitLabelFiles& files, const LabelOptions& options = {});

/// The project's own format. Throws InputError for a class named as one of its other columns.
void write_labels(const Cohort& cohort, const std::filesystem::path& path);

}  // namespace niwaki
