/**
 * The command line: a class for each command, groups of options, messages. Everything else is done by other packages,
 * none of which knows this one.
 */
package gputae.cli;
