#pragma once
// Files that come in: a form is taken piece by piece into the spool, judged and forwarded, and the answer waits for what became of
// them (README, named exceptions). The Connect call and our own share everything but the shape of the answer.

#include <cstdint>
#include <functional>
#include <memory>

#include "server/api/plan.hpp"
#include "server/api/route.hpp"
#include "server/operations/attachments.hpp"

namespace entente::api {

// `call` is what the pipeline made of the header.
std::shared_ptr<Upload> begin_form_upload(Gateway& gateway, CallPtr call);

// An upload that was refused before it began.
std::shared_ptr<Upload> refused_upload(Response refusal);

// Hands files to the desk and answers with what became of them. `begin` is false when the gateway stops.
Plan forward_and_wait(Gateway& gateway, CallPtr call, std::shared_ptr<void> place,
                      const std::function<bool(operations::FileDesk::Done)>& begin);

// Goes on with `next` when nothing of that upload is under way any more.
Plan when_through(Gateway& gateway, std::int64_t upload, std::function<Plan()> next);

// The handler of a route with uploads, for callers that have the whole body (tools, tests): the same steps one after the other.
Plan form_upload(Gateway& gateway, CallPtr call);

}  // namespace entente::api
