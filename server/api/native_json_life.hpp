#pragma once
// The own API's spelling of moves, timelines, links, calendars and service targets.

#include <string>
#include <string_view>

#include "protocol/json_writer.hpp"
#include "server/operations/case_links.hpp"
#include "server/operations/case_moves.hpp"
#include "server/operations/case_timeline.hpp"
#include "server/operations/feedback.hpp"
#include "server/operations/hours.hpp"

namespace entente::api::native {

// `move` comes from the path, the rest from the body, which may be empty where nothing is required.
protocol::Result<operations::CaseMove> decode_move(std::string_view body, protocol::LifeMove move);
protocol::Result<operations::LinkInput> decode_link(std::string_view body);
protocol::Result<operations::LinkInput> link_in_path(std::string_view other, std::string_view kind);
std::string encode_feedback(const operations::FeedbackSummary& summary);
std::string encode_timeline(const operations::Timeline& timeline);

protocol::Result<protocol::BusinessCalendar> decode_calendar(std::string_view body);
void write(protocol::JsonWriter& out, const protocol::BusinessCalendar& calendar);
protocol::Result<operations::TargetsOf> decode_targets(std::string_view body);
std::string encode_targets(const operations::TargetsOf& targets);

}  // namespace entente::api::native
