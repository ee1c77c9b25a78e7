/**
 * Text for programs and people: numbers with few digits, CSV, Markdown, JSON.
 */
package gputae.text;
