#include "http/compress.hpp"

#include <zlib.h>

#include <charconv>
#include <stdexcept>

#include "base/text.hpp"

namespace http {
namespace {

/// Takes the next comma-separated element off `list`: its value in lower or upper case as written, and its q.
std::pair<std::string_view, double> take_element(std::string_view& list) {
  std::string_view element = list.substr(0, list.find(','));
  list.remove_prefix(std::min(list.size(), element.size() + 1));
  std::string_view value = base::trim(element.substr(0, element.find(';')));
  double q = 1;
  std::string_view rest = element;
  while (!rest.empty()) {
    const std::string_view part = base::trim(rest.substr(0, rest.find(';')));
    rest.remove_prefix(
        std::min(rest.size(), rest.find(';') == std::string_view::npos ? rest.size() : rest.find(';') + 1));
    if (part.starts_with("q=") || part.starts_with("Q="))
      std::from_chars(part.data() + 2, part.data() + part.size(), q);
  }
  return {value, q};
}

}  // namespace

std::string gzip(std::string_view data) {
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib could not be set up");
  std::string out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib did not finish");
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
  double any = 0;
  while (!accept_encoding.empty()) {
    const auto [value, q] = take_element(accept_encoding);
    if (base::equals_ignoring_case(value, "gzip") || base::equals_ignoring_case(value, "x-gzip")) return q > 0;
    if (value == "*") any = q;
  }
  return any > 0;
}

double quality_of(std::string_view accept, std::string_view type) {
  if (base::trim(accept).empty()) return 1;
  const std::string_view group = type.substr(0, type.find('/'));
  int best_specificity = 0;
  double best = 0;
  while (!accept.empty()) {
    const auto [range, q] = take_element(accept);
    int specificity = 0;
    if (range == "*/*")
      specificity = 1;
    else if (range.ends_with("/*") && base::equals_ignoring_case(range.substr(0, range.size() - 2), group))
      specificity = 2;
    else if (base::equals_ignoring_case(range, type))
      specificity = 3;
    if (specificity > best_specificity) {
      best_specificity = specificity;
      best = q;
    }
  }
  return best;
}

}  // namespace http
