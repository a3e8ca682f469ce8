#include "niwaki/imaging/heat_overlay.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr int kCaptionHeight = 20;
constexpr int kGap = 4;           // pixels between panels
constexpr float kCovered = 0.7F;  // of the picture, where the heat is 1
const cv::Scalar kWhite(255, 255, 255);
const cv::Scalar kBlack(0, 0, 0);

/// A plane as bytes of this size.
cv::Mat bytes_of(const Image& plane, const cv::Size& size) {
  const cv::Mat values(static_cast<int>(plane.height), static_cast<int>(plane.width), CV_32FC1,
                       const_cast<float*>(plane.pixels.data()));
  cv::Mat sized;
  cv::resize(values, sized, size, 0, 0, size.area() < values.size().area() ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::Mat bytes;
  sized.convertTo(bytes, CV_8U, 255.0);
  return bytes;
}

void lay_over(const Image& heat, cv::Mat& picture) {
  const cv::Mat bytes = bytes_of(heat, picture.size());
  cv::Mat colours;
  cv::applyColorMap(bytes, colours, cv::COLORMAP_CIVIDIS);
  for (int row = 0; row < picture.rows; ++row) {
    for (int column = 0; column < picture.cols; ++column) {
      const float share = kCovered * static_cast<float>(bytes.at<unsigned char>(row, column)) / 255.0F;
      auto& pixel = picture.at<cv::Vec3b>(row, column);
      const auto& colour = colours.at<cv::Vec3b>(row, column);
      for (int channel = 0; channel < 3; ++channel) {
        pixel[channel] = cv::saturate_cast<unsigned char>((1 - share) * static_cast<float>(pixel[channel]) +
                                                          share * static_cast<float>(colour[channel]));
      }
    }
  }
}

cv::Point place(double x, double y, const cv::Mat& picture) {
  const auto at = [](double share, int side) {
    return std::clamp(static_cast<int>(std::floor(share * side)), 0, side - 1);
  };
  return {at(x, picture.cols), at(y, picture.rows)};
}

/// White on a black rim, to be seen on any ground.
void draw(const OverlayPanel& panel, cv::Mat& picture) {
  constexpr int kCross = 11;  // pixels across
  for (const auto& [colour, width] : {std::pair(kBlack, 3), std::pair(kWhite, 1)}) {
    for (const OverlayFrame& frame : panel.frames) {
      cv::rectangle(picture, place(frame.left, frame.top, picture), place(frame.right, frame.bottom, picture), colour,
                    width);
    }
    if (panel.mark) {
      cv::drawMarker(picture, place(panel.mark->x, panel.mark->y, picture), colour, cv::MARKER_TILTED_CROSS, kCross,
                     width);
    }
  }
}

/// As large as fits.
void write_caption(const std::string& caption, cv::Mat strip) {
  std::string text = caption;
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  double scale = 0.42;
  const int width = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, 1, nullptr).width;
  scale *= std::min(1.0, static_cast<double>(strip.cols - 4) / std::max(1, width));
  cv::putText(strip, text, {2, kCaptionHeight - 6}, cv::FONT_HERSHEY_SIMPLEX, scale, kBlack, 1, cv::LINE_AA);
}

/// In grey, `side` pixels along its longer side.
cv::Mat plain_picture(const Image& picture, std::size_t side) {
  const double scale = static_cast<double>(side) / static_cast<double>(std::max(picture.height, picture.width));
  const auto scaled = [&](std::size_t length) {
    return std::max(1, static_cast<int>(std::lround(scale * static_cast<double>(length))));
  };
  cv::Mat plain;
  cv::cvtColor(bytes_of(with_channels(picture, 1), {scaled(picture.width), scaled(picture.height)}), plain,
               cv::COLOR_GRAY2BGR);
  return plain;
}

}  // namespace

std::string encode_overlays(const Image& picture, std::span<const OverlayPanel> panels, std::size_t side) {
  NIWAKI_CHECK(!panels.empty() && side > 0, "{} panels of {} pixels", panels.size(), side);
  const cv::Mat plain = plain_picture(picture, side);
  const cv::Size size = plain.size();
  const auto count = static_cast<int>(panels.size());
  cv::Mat sheet(size.height + kCaptionHeight, count * (size.width + kGap) - kGap, CV_8UC3, kWhite);
  int left = 0;
  for (const OverlayPanel& panel : panels) {
    cv::Mat view = sheet({left, kCaptionHeight, size.width, size.height});
    plain.copyTo(view);
    if (!panel.heat.pixels.empty()) {
      lay_over(panel.heat, view);
    }
    draw(panel, view);
    write_caption(panel.caption, sheet({left, 0, size.width, kCaptionHeight}));
    left += size.width + kGap;
  }
  std::vector<unsigned char> encoded;
  cv::imencode(".png", sheet, encoded);
  return {encoded.begin(), encoded.end()};
}

std::string encode_overlay_jpeg(const Image& picture, const Image& heat, std::size_t side, int quality) {
  NIWAKI_CHECK(side > 0 && quality >= 1 && quality <= 100, "{} pixels, quality {}", side, quality);
  cv::Mat view = plain_picture(picture, side);
  lay_over(heat, view);
  std::vector<unsigned char> encoded;
  cv::imencode(".jpg", view, encoded, {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_JPEG_OPTIMIZE, 1});
  return {encoded.begin(), encoded.end()};
}

}  // namespace niwaki
