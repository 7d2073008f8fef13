#pragma once

#include "connectors/odbc/session.hpp"

namespace meshgate::odbc {

/// Asks the database which transactions are open. Blocks; runs on a link's thread, before the read that it is for.
Diagnosis look_at_horizon(Session& session, const TrackPlace& place, Horizon& out);

/// Asks what the next snapshot has in it. Blocks, as the others here.
Diagnosis look_at_moment(Session& session, Moment& out);

/// The clock alone: a horizon that moves no bound.
Diagnosis look_at_clock(Session& session, Horizon& out);

}  // namespace meshgate::odbc
