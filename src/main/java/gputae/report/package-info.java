/**
 * Pages and tables for users: the report of a run, the measures of an evaluation, the tables of a sweep. Equal input
 * gives equal bytes on one machine; no file contains the time at which it was written.
 */
package gputae.report;
