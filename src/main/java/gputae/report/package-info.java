/**
 * Pages and tables for people: the report of a run, the measures of an evaluation, tables of a sweep. Equal input gives
 * equal bytes on one machine; no file carries the time of its writing.
 */
package gputae.report;
