/**
 * What a training leaves for people: the console's progress, {@code metrics.csv}, the figures of the paper as PNG, and {@code report.html}; what evaluations
 * leave: pages and tables of their measures, and the whole paper, reproduced.
 * Nothing here changes a training. Equal input gives equal bytes on one machine; no file carries the time of its writing.
 */
package gputae.report;
