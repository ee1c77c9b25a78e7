// A team of threads that does the parts of one job at a time. Any thread may do any part, but the number of parts alone
// determines the results.
//
// Why not OpenMP: its threads own fixed parts and spin at the end of each region. If the operating system sets one
// thread aside (for another program, or for the JVM's compiler), this thread stops all others for whole time slices.
// Next to two busy processes, 105 steps a second were measured instead of 1,700. Here, if the thread of a part does not
// come, another thread does the part, and waiting threads give up their processor after some microseconds.
#pragma once

#include <cstdint>

struct GputaeTeam;

extern "C" {

// A team of `threads` threads, the caller included; null if a thread could not be started.
GputaeTeam* gputae_team_create(int threads);
void gputae_team_destroy(GputaeTeam* team);
int gputae_team_threads(const GputaeTeam* team);

// Calls part(context, 0) ... part(context, parts - 1), each once, in any order, on any thread of the team, and returns
// when all are done. parts < 65536. There is only one caller at a time.
void gputae_team_run(GputaeTeam* team, int parts, void (*part)(void* context, int number), void* context);
}
