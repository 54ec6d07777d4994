#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace http {

/// Appends one server-sent event (WHATWG HTML, section 9.2). `data` has no line break. Empty `id` is left out.
void append_event(std::string& out, std::string_view event, std::string_view id, std::string_view data);

/// One event as received.
struct SseEvent {
  std::string event;
  /// The last id that the stream gave, this event's or an earlier one's.
  std::string id;
  /// False when `id` was given by an earlier event.
  bool has_id = false;
  std::string data;
};

/// Cuts a byte stream into events, as a browser does. Not thread-safe.
class SseParser {
 public:
  /// Takes any piece of the stream; returns the events that it completes. Throws std::length_error when an event is
  /// larger than `max_event_bytes`.
  std::vector<SseEvent> feed(std::string_view bytes);

  explicit SseParser(std::size_t max_event_bytes = 64 << 20) : max_event_bytes_(max_event_bytes) {}

 private:
  void line(std::string_view text, std::vector<SseEvent>& out);

  std::size_t max_event_bytes_;
  std::string partial_;
  bool after_cr_ = false;
  SseEvent next_;
  bool has_data_ = false;
};

}  // namespace http
