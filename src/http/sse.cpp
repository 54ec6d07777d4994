#include "http/sse.hpp"

#include <stdexcept>

namespace http {

void append_event(std::string& out, std::string_view event, std::string_view id, std::string_view data) {
  out.append("event: ").append(event).append("\n");
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  out.append("data: ").append(data).append("\n\n");
}

std::vector<SseEvent> SseParser::feed(std::string_view bytes) {
  std::vector<SseEvent> out;
  while (!bytes.empty()) {
    // A line ends with CR, LF or CRLF; a CRLF may be cut in two.
    if (after_cr_ && bytes.front() == '\n') {
      after_cr_ = false;
      bytes.remove_prefix(1);
      continue;
    }
    after_cr_ = false;
    const auto end = bytes.find_first_of("\r\n");
    partial_.append(bytes.substr(0, end));
    if (partial_.size() + next_.data.size() > max_event_bytes_) throw std::length_error("an event is too large");
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    line(partial_, out);
    partial_.clear();
  }
  return out;
}

void SseParser::line(std::string_view text, std::vector<SseEvent>& out) {
  if (text.empty()) {
    if (has_data_) {
      next_.data.pop_back();
      if (next_.event.empty()) next_.event = "message";
      out.push_back(next_);
    }
    next_.event.clear();
    next_.data.clear();
    next_.has_id = false;
    has_data_ = false;
    return;
  }
  const auto colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    next_.data.append(value).append("\n");
    has_data_ = true;
  } else if (field == "event") {
    next_.event = value;
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    next_.id = value;
    next_.has_id = true;
  }
}

}  // namespace http
