/**
 * What a terminal shows while something goes on: progress bars, lines, standard output that may fail.
 */
package gputae.console;
