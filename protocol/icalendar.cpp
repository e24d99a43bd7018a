#include "protocol/icalendar.hpp"

#include <string_view>

namespace entente::protocol {

namespace {

constexpr std::size_t octets_a_line = 75;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == ';' || c == ',') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
            out += c;
        }
    }
    return out;
}

void line(std::string& out, std::string_view name, std::string_view value) {
    const std::string whole = std::string(name) + ":" + std::string(value);
    std::size_t room = octets_a_line;
    for (std::size_t at = 0; at < whole.size();) {
        std::size_t size = 1;
        while (at + size < whole.size() && (static_cast<unsigned char>(whole[at + size]) & 0xc0) == 0x80) ++size;
        if (size > room) {
            out += "\r\n ";
            room = octets_a_line - 1;
        }
        out.append(whole, at, size);
        room -= size;
        at += size;
    }
    out += "\r\n";
}

// 20300504T133000Z
std::string basic(Instant instant) {
    std::string text;
    for (const char c : to_rfc3339(Instant{instant.seconds() * 1'000'000}))
        if (c != '-' && c != ':') text += c;
    return text;
}

}  // namespace

std::string icalendar(std::span<const CalendarEntry> entries, Instant now) {
    std::string out;
    line(out, "BEGIN", "VCALENDAR");
    line(out, "VERSION", "2.0");
    line(out, "PRODID", "-//Entente//upcoming//EN");
    for (const CalendarEntry& entry : entries) {
        line(out, "BEGIN", "VEVENT");
        line(out, "UID", escaped(entry.uid));
        line(out, "DTSTAMP", basic(now));
        line(out, "DTSTART", basic(entry.at));
        line(out, "SUMMARY", escaped(entry.summary));
        if (!entry.description.empty()) line(out, "DESCRIPTION", escaped(entry.description));
        line(out, "TRANSP", "TRANSPARENT");
        line(out, "END", "VEVENT");
    }
    line(out, "END", "VCALENDAR");
    return out;
}

}  // namespace entente::protocol
