/**
 * What a training minimises: a sum of weighted terms. Each term has a file of its own; {@link gputae.objective.Terms}
 * lists them. Columns, options, settings and words for people follow from that list.
 */
package gputae.objective;
