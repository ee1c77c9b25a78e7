/**
 * How files are read and written: whole or not at all, only where they may be, with one line that says what is wrong.
 */
package gputae.files;
