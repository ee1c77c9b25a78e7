/**
 * The entry point of the program.
 */
package gputae;
