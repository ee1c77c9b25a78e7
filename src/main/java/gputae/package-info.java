/**
 * The entry of the program.
 */
package gputae;
