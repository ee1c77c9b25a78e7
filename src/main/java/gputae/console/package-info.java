/**
 * Output of a terminal while work goes on: progress bars, lines, and standard output that may fail.
 */
package gputae.console;
