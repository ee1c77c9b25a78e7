// A team of threads that does the parts of one job at a time. Which thread does which part is left open, what a part
// computes is not: results depend on the number of parts alone.
//
// Why not OpenMP: its threads own fixed parts and spin at the end of each region, so one thread that the operating
// system has set aside (another program, the JVM's compiler) stops all others for whole time slices: measured 105 steps
// a second instead of 1,700 beside two busy processes. Here a part whose thread does not come is done by one that is
// there, and waiting threads give up their processor after some microseconds.
#pragma once

#include <cstdint>

struct GputaeTeam;

extern "C" {

// A team of `threads`, the caller included; null where no thread could be started.
GputaeTeam* gputae_team_create(int threads);
void gputae_team_destroy(GputaeTeam* team);
int gputae_team_threads(const GputaeTeam* team);

// Calls part(context, 0) ... part(context, parts - 1), each once, in any order, on any thread of the team, and returns
// when all are done. parts <
// 65536. One caller at a time.
void gputae_team_run(GputaeTeam* team, int parts, void (*part)(void* context, int number), void* context);
}
