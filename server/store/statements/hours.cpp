#include "server/store/statements/hours.hpp"

#include "protocol/canonical.hpp"

namespace entente::store {

using protocol::BusinessCalendar;
using protocol::CanonicalArray;
using protocol::CanonicalObject;
using protocol::CanonicalValue;

namespace {

// {"days":[[540,1020],[],...]}: minutes in pairs, Monday first.
std::string week_text(const BusinessCalendar& calendar) {
    CanonicalArray days;
    for (const auto& spans : calendar.week) {
        CanonicalArray day;
        for (const protocol::DaySpan& span : spans) day.add(span.from).add(span.to);
        days.add(day);
    }
    return CanonicalObject().set("days", days).text();
}

std::string holidays_text(const BusinessCalendar& calendar) {
    CanonicalArray days;
    for (const protocol::Holiday& holiday : calendar.holidays)
        days.add(CanonicalObject().set("day", holiday.day).set("name", holiday.name));
    return CanonicalObject().set("days", days).text();
}

const CanonicalValue::Array& days_in(const protocol::Result<CanonicalValue>& value) {
    const CanonicalValue* days = value ? value->find("days") : nullptr;
    if (days == nullptr || days->array() == nullptr) throw protocol::Fault("a calendar cannot be read");
    return *days->array();
}

void read_week(BusinessCalendar& calendar, std::string_view text) {
    const auto value = protocol::parse_canonical(text);
    std::size_t weekday = 0;
    for (const CanonicalValue& day : days_in(value)) {
        if (weekday >= calendar.week.size() || day.array() == nullptr) throw protocol::Fault("a calendar cannot be read");
        const auto& minutes = *day.array();
        for (std::size_t i = 0; i + 1 < minutes.size(); i += 2)
            calendar.week[weekday].push_back(
                {static_cast<int>(*minutes[i].integer()), static_cast<int>(*minutes[i + 1].integer())});
        ++weekday;
    }
}

void read_holidays(BusinessCalendar& calendar, std::string_view text) {
    const auto value = protocol::parse_canonical(text);
    for (const CanonicalValue& row : days_in(value)) {
        const CanonicalValue* day = row.find("day");
        const CanonicalValue* label = row.find("name");
        if (day == nullptr || day->integer() == nullptr || label == nullptr || label->text() == nullptr)
            throw protocol::Fault("a calendar cannot be read");
        calendar.holidays.push_back({static_cast<protocol::CivilDay>(*day->integer()), *label->text()});
    }
}

constexpr std::string_view columns = "SELECT id, company, name, zone, week, holidays FROM calendars";

BusinessCalendar read_calendar(const Row& row) {
    BusinessCalendar calendar;
    calendar.id = {row.number(0)};
    calendar.company = {row.number(1)};
    calendar.name = row.text(2);
    calendar.zone = row.text(3);
    read_week(calendar, row.text(4));
    read_holidays(calendar, row.text(5));
    return calendar;
}

}  // namespace

void insert_calendar(Txn& txn, const BusinessCalendar& calendar) {
    txn.change(
        "INSERT INTO calendars (id, company, name, zone, week, holidays) VALUES ($1, $2, $3, $4, $5, $6)",
        {calendar.id.value, calendar.company.value, calendar.name, calendar.zone, week_text(calendar), holidays_text(calendar)});
}

bool update_calendar(Txn& txn, const BusinessCalendar& calendar) {
    return txn.change("UPDATE calendars SET name = $3, zone = $4, week = $5, holidays = $6 WHERE id = $1 AND company = $2",
                      {calendar.id.value, calendar.company.value, calendar.name, calendar.zone, week_text(calendar),
                       holidays_text(calendar)}) == 1;
}

std::optional<BusinessCalendar> find_calendar(ReadTxn& txn, protocol::CompanyId company, protocol::CalendarId id) {
    static const std::string sql = std::string(columns) + " WHERE id = $1 AND company = $2";
    return txn.first(sql, {id.value, company.value}, [](const Row& row) { return read_calendar(row); });
}

std::vector<BusinessCalendar> calendars_of(ReadTxn& txn, protocol::CompanyId company) {
    static const std::string sql = std::string(columns) + " WHERE company = $1 ORDER BY name, id";
    std::vector<BusinessCalendar> found;
    txn.each(sql, {company.value}, [&](const Row& row) { found.push_back(read_calendar(row)); });
    return found;
}

protocol::ServiceTargets targets_of(ReadTxn& txn, protocol::CompanyId company) {
    protocol::ServiceTargets targets;
    txn.each("SELECT severity, response_minutes, resolution_minutes, calendar FROM service_targets WHERE company = $1",
             {company.value}, [&](const Row& row) {
                 const std::int64_t severity = row.number(0);
                 if (severity < 0 || severity >= protocol::severity_count) return;
                 targets[static_cast<std::size_t>(severity)] =
                     protocol::ServiceTarget{static_cast<int>(row.number(1)), static_cast<int>(row.number(2)), {row.number(3)}};
             });
    return targets;
}

void replace_targets(Txn& txn, protocol::CompanyId company, const protocol::ServiceTargets& targets) {
    txn.change("DELETE FROM service_targets WHERE company = $1", {company.value});
    for (std::size_t severity = 0; severity < targets.size(); ++severity) {
        if (!targets[severity]) continue;
        const protocol::ServiceTarget& target = *targets[severity];
        txn.change(
            "INSERT INTO service_targets (company, severity, response_minutes, resolution_minutes, calendar) VALUES ($1, $2, $3, "
            "$4,"
            " $5)",
            {company.value, static_cast<std::int64_t>(severity), target.response_minutes, target.resolution_minutes,
             target.calendar.value});
    }
}

}  // namespace entente::store
