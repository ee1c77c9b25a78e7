/**
 * Reading and writing of files. Files are written completely or not at all, only where the program may write, and each
 * error is one line that says what is wrong.
 */
package gputae.files;
