#pragma once

#include "niwaki/imaging/dicom_elements.hpp"

/// The elements of PS3.6 that are read, and no other.
namespace niwaki::tags {

inline constexpr DicomTag kSpecificCharacterSet{0x0008, 0x0005};
inline constexpr DicomTag kSopClass{0x0008, 0x0016};
inline constexpr DicomTag kSopInstance{0x0008, 0x0018};
inline constexpr DicomTag kStudyDate{0x0008, 0x0020};
inline constexpr DicomTag kModality{0x0008, 0x0060};
inline constexpr DicomTag kManufacturer{0x0008, 0x0070};
inline constexpr DicomTag kInstitutionName{0x0008, 0x0080};
inline constexpr DicomTag kCodeMeaning{0x0008, 0x0104};
inline constexpr DicomTag kStationName{0x0008, 0x1010};
inline constexpr DicomTag kStudyDescription{0x0008, 0x1030};
inline constexpr DicomTag kSeriesDescription{0x0008, 0x103E};
inline constexpr DicomTag kManufacturerModel{0x0008, 0x1090};
inline constexpr DicomTag kPatientId{0x0010, 0x0020};
inline constexpr DicomTag kIssuerOfPatientId{0x0010, 0x0021};
inline constexpr DicomTag kPatientBirthDate{0x0010, 0x0030};
inline constexpr DicomTag kPatientSex{0x0010, 0x0040};
inline constexpr DicomTag kPatientAge{0x0010, 0x1010};
inline constexpr DicomTag kProtocolName{0x0018, 0x1030};
inline constexpr DicomTag kViewPosition{0x0018, 0x5101};
inline constexpr DicomTag kLaterality{0x0020, 0x0060};
inline constexpr DicomTag kImageLaterality{0x0020, 0x0062};
inline constexpr DicomTag kSamplesPerPixel{0x0028, 0x0002};
inline constexpr DicomTag kPhotometricInterpretation{0x0028, 0x0004};
inline constexpr DicomTag kPlanarConfiguration{0x0028, 0x0006};
inline constexpr DicomTag kNumberOfFrames{0x0028, 0x0008};
inline constexpr DicomTag kRows{0x0028, 0x0010};
inline constexpr DicomTag kColumns{0x0028, 0x0011};
inline constexpr DicomTag kBitsAllocated{0x0028, 0x0100};
inline constexpr DicomTag kBitsStored{0x0028, 0x0101};
inline constexpr DicomTag kHighBit{0x0028, 0x0102};
inline constexpr DicomTag kPixelRepresentation{0x0028, 0x0103};
inline constexpr DicomTag kPixelPaddingValue{0x0028, 0x0120};
inline constexpr DicomTag kPixelPaddingRangeLimit{0x0028, 0x0121};
inline constexpr DicomTag kWindowCenter{0x0028, 0x1050};
inline constexpr DicomTag kWindowWidth{0x0028, 0x1051};
inline constexpr DicomTag kRescaleIntercept{0x0028, 0x1052};
inline constexpr DicomTag kRescaleSlope{0x0028, 0x1053};
inline constexpr DicomTag kWindowExplanation{0x0028, 0x1055};
inline constexpr DicomTag kVoiLutFunction{0x0028, 0x1056};
inline constexpr DicomTag kModalityLutSequence{0x0028, 0x3000};
inline constexpr DicomTag kLutDescriptor{0x0028, 0x3002};
inline constexpr DicomTag kLutExplanation{0x0028, 0x3003};
inline constexpr DicomTag kLutData{0x0028, 0x3006};
inline constexpr DicomTag kVoiLutSequence{0x0028, 0x3010};
inline constexpr DicomTag kViewCodeSequence{0x0054, 0x0220};

}  // namespace niwaki::tags
