#include "niwaki/cohort/phantom/frequencies.hpp"

namespace niwaki::phantom {
namespace {

// Printed by tools/phantom_frequencies.py; not to be edited by hand.
// clang-format off
constexpr FindingFrequencies kNihCxrLt = {
    .images = 33614,
    .without_finding = 14781,
    .names = {"Atelectasis",
              "Cardiomegaly",
              "Consolidation",
              "Edema",
              "Effusion",
              "Emphysema",
              "Fibrosis",
              "Hernia",
              "Infiltration",
              "Mass",
              "Nodule",
              "Pleural Thickening",
              "Pneumonia",
              "Pneumothorax",
              "Pneumoperitoneum",
              "Pneumomediastinum",
              "Subcutaneous Emphysema",
              "Tortuous Aorta",
              "Calcification of the Aorta"},
    .together = {{
        {3972, 189, 517, 84, 1363, 195, 54, 12, 1305, 297, 213, 213, 91, 431, 24, 12, 171, 18, 20},  // Atelectasis
        {189, 1186, 109, 75, 491, 18, 25, 2, 320, 42, 49, 49, 24, 31, 1, 4, 12, 15, 7},  // Cardiomegaly
        {517, 109, 2041, 81, 601, 53, 33, 3, 553, 290, 152, 119, 67, 134, 4, 9, 44, 2, 8},  // Consolidation
        {84, 75, 81, 1020, 280, 15, 3, 2, 425, 68, 67, 33, 202, 19, 1, 0, 13, 3, 3},  // Edema
        {1363, 491, 601, 280, 5398, 171, 55, 7, 1791, 513, 385, 370, 129, 579, 17, 8, 145, 17, 21},  // Effusion
        {195, 18, 53, 15, 171, 1189, 20, 2, 234, 112, 63, 82, 12, 464, 8, 63, 916, 1, 1},  // Emphysema
        {54, 25, 33, 3, 55, 20, 548, 3, 105, 51, 57, 70, 3, 42, 0, 1, 14, 5, 8},  // Fibrosis
        {12, 2, 3, 2, 7, 2, 3, 97, 16, 12, 5, 4, 3, 8, 0, 0, 0, 0, 1},  // Hernia
        {1305, 320, 553, 425, 1791, 234, 105, 16, 7155, 483, 584, 355, 290, 580, 12, 50, 208, 11, 10},  // Infiltration
        {297, 42, 290, 68, 513, 112, 51, 12, 483, 2093, 373, 219, 37, 249, 4, 3, 102, 4, 8},  // Mass
        {213, 49, 152, 67, 385, 63, 57, 5, 584, 373, 1972, 173, 30, 205, 4, 4, 58, 9, 10},  // Nodule
        {213, 49, 119, 33, 370, 82, 70, 4, 355, 219, 173, 1387, 21, 171, 2, 0, 69, 3, 9},  // Pleural Thickening
        {91, 24, 67, 202, 129, 12, 3, 3, 290, 37, 30, 21, 625, 29, 0, 1, 11, 2, 0},  // Pneumonia
        {431, 31, 134, 19, 579, 464, 42, 8, 580, 249, 205, 171, 29, 2870, 18, 37, 430, 3, 4},  // Pneumothorax
        {24, 1, 4, 1, 17, 8, 0, 0, 12, 4, 4, 2, 0, 18, 102, 5, 11, 0, 0},  // Pneumoperitoneum
        {12, 4, 9, 0, 8, 63, 1, 0, 50, 3, 4, 0, 1, 37, 5, 165, 51, 0, 0},  // Pneumomediastinum
        {171, 12, 44, 13, 145, 916, 14, 0, 208, 102, 58, 69, 11, 430, 11, 51, 1034, 0, 1},  // Subcutaneous Emphysema
        {18, 15, 2, 3, 17, 1, 5, 0, 11, 4, 9, 3, 2, 3, 0, 0, 0, 144, 5},  // Tortuous Aorta
        {20, 7, 8, 3, 21, 1, 8, 1, 10, 8, 10, 9, 0, 4, 0, 0, 1, 5, 87},  // Calcification of the Aorta
    }},
};
// clang-format on

}  // namespace

const FindingFrequencies& nih_cxr_lt_frequencies() {
  return kNihCxrLt;
}

}  // namespace niwaki::phantom
