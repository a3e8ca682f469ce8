#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace niwaki {

/// What a DICOM file says of its picture and of who is on it, for strata. Name, identifiers and dates of the patient
/// are read in here and go no further: `patient` stands for the patient and is worth nothing without the salt. "" where
/// the file does not say it.
struct DicomAttributes {
  std::string instance;      // SOP Instance UID: one a picture in the world
  std::string patient;       // 16 hexadecimal digits of SHA-256 over salt, issuer and patient's id
  std::string manufacturer;  // of the machine
  std::string model;
  std::string institution;
  std::string view;        // "PA", "AP", "LATERAL", else the file's own word (PS3.3 C.8.11.5.1.1)
  std::string laterality;  // "L", "R", "B" (both), "U" (unpaired)
  std::string sex;         // "F", "M", "O"
  std::optional<int> age;  // whole years at the study; who is older than 89 is 90
  std::string portable;    // "yes" where a description, the machine or the station says so
};

/// Whether the file begins as a DICOM file does. Throws InputError where it cannot be read.
bool is_dicom_file(const std::filesystem::path& path);

/// Reads the file's header; the pixel data are not looked at. `salt`: at least 16 bytes that are kept secret, or thrown
/// away afterwards; the same salt gives the same patients. Throws InputError naming the file for what is no DICOM file
/// or is broken before its pixel data.
DicomAttributes read_dicom_attributes(const std::filesystem::path& path, const std::string& salt);

/// The SOP Instance UID alone; "" for what is no DICOM file, or a broken one.
std::string dicom_instance(const std::filesystem::path& path);

}  // namespace niwaki
