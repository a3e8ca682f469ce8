#pragma once

namespace niwaki {

/// After this, Ctrl-C and SIGTERM ask for cancellation instead of ending the process; a second
/// Ctrl-C ends it at once.
void install_signal_handlers();

/// Asks for cancellation, as a signal does.
void request_cancellation();
/// Forgets a request (tests).
void clear_cancellation();

bool cancellation_requested();

/// Throws Interrupted where cancellation was asked for. Long loops call it often.
void throw_if_cancelled();

}  // namespace niwaki
