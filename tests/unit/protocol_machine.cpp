// The whole product state x action x side against a committed snapshot: whoever changes the table sees exactly which rows moved.
// UPDATE_SNAPSHOTS=1 writes the file anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "protocol/case_machine.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol {
namespace {

constexpr CaseStatus statuses[]{CaseStatus::open, CaseStatus::information, CaseStatus::accepted, CaseStatus::rejected,
                                CaseStatus::closed};

std::string_view side_name(Side side) {
    return side == Side::submitter ? "submitter" : "receiver";
}

std::string next_move_name(CaseStatus status) {
    switch (next_move(status)) {
        case NextMove::nobody:
            return "nobody";
        case NextMove::submitter:
            return "submitter";
        case NextMove::receiver:
            return "receiver";
    }
    return "?";
}

std::string render() {
    std::ostringstream out;
    out << "# status, action, side: the status after the step, or the refusal\n";
    for (const CaseStatus from : statuses) {
        out << "\n" << name(from) << ", next move: " << next_move_name(from) << "\n";
        for (int a = 0; a < case_action_count; ++a) {
            const auto action = static_cast<CaseAction>(a);
            for (const Side side : {Side::submitter, Side::receiver}) {
                out << "  " << name(action) << " by " << side_name(side) << ": ";
                const auto next = next_status(from, action, side);
                if (next)
                    out << name(*next) << "\n";
                else
                    out << next.error().code << " \"" << next.error().message << "\"\n";
            }
        }
    }
    return out.str();
}

TEST(CaseMachine, EveryStateActionAndSideIsAsCommitted) {
    const std::string file = std::string(ENTENTE_SOURCE_DIR) + "/tests/snapshots/case_machine.txt";
    if (const char* update = std::getenv("UPDATE_SNAPSHOTS"); update && std::string_view(update) == "1") {
        std::ofstream(file) << render();
    }
    std::ifstream in(file);
    const std::string committed{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(render(), committed) << "if the change is meant, run again with UPDATE_SNAPSHOTS=1";
}

TEST(CaseMachine, ClosingTooEarlyHasTheContractsSentenceForAnybody) {
    for (const Side side : {Side::submitter, Side::receiver}) {
        const auto open = next_status(CaseStatus::open, CaseAction::close, side);
        ASSERT_FALSE(open);
        EXPECT_EQ(open.error().kind, ErrorKind::wrong_state);
        EXPECT_EQ(open.error().message, "OPEN cases cannot be closed.");
        EXPECT_EQ(next_status(CaseStatus::information, CaseAction::close, side).error().message,
                  "INFORMATION cases cannot be closed.");
    }
}

TEST(CaseMachine, TheOtherSidesStepIsForbiddenNotWrongState) {
    EXPECT_EQ(next_status(CaseStatus::open, CaseAction::approve, Side::submitter).error().kind, ErrorKind::forbidden);
    EXPECT_EQ(next_status(CaseStatus::accepted, CaseAction::close, Side::receiver).error().kind, ErrorKind::forbidden);
    EXPECT_EQ(next_status(CaseStatus::closed, CaseAction::close, Side::receiver).error().kind, ErrorKind::wrong_state);
}

TEST(CaseMachine, NothingHappensInFinalStates) {
    for (const CaseStatus from : {CaseStatus::rejected, CaseStatus::closed})
        for (int a = 0; a < case_action_count; ++a)
            for (const Side side : {Side::submitter, Side::receiver})
                EXPECT_EQ(next_status(from, static_cast<CaseAction>(a), side).error().code, "wrong_state");
}

// Every enumeration: each spelling reads back, and nothing else does.
template <class E>
void spellings(int count, std::optional<E> (*parse)(std::string_view)) {
    for (int i = 0; i < count; ++i) {
        const auto value = static_cast<E>(i);
        EXPECT_EQ(parse(name(value)), value) << name(value);
    }
    EXPECT_EQ(parse(""), std::nullopt);
    EXPECT_EQ(parse("nonsense"), std::nullopt);
}

TEST(Spellings, ReadBackWhatTheyWrite) {
    spellings<CaseStatus>(5, parse_case_status);
    spellings<Priority>(3, parse_priority);
    spellings<NoteType>(3, parse_note_type);
    spellings<Section>(3, parse_section);
    spellings<FieldType>(9, parse_field_type);
    spellings<Role>(6, parse_role);
    spellings<DataClass>(data_class_count, parse_data_class);
    spellings<Stage>(3, parse_stage);
    EXPECT_EQ(name(ResponseType::update_approval), "UPDATE_APPROVAL");
    EXPECT_EQ(name(Flow::frozen), "frozen");
}

TEST(Spellings, ConnectWordsInAnyCaseOursExactly) {
    EXPECT_EQ(parse_case_status("accepted"), CaseStatus::accepted);
    EXPECT_EQ(parse_priority("High"), Priority::high);
    EXPECT_EQ(parse_role("Engineer"), std::nullopt);
    EXPECT_EQ(parse_role("operator"), Role::gateway_operator);
}

}  // namespace
}  // namespace entente::protocol
