/**
 * Text that programs and people read: numbers in few digits, CSV, Markdown, JSON.
 */
package gputae.text;
