/**
 * The command line: a class for each command, groups of options, messages. Other packages do everything else; none of
 * them depends on this package.
 */
package gputae.cli;
