/**
 * What a training minimises: a sum of weighted terms. Each term has a file of its own; {@link gputae.objective.Terms}
 * lists all kinds of terms. The columns, the options, the settings and the texts for the user follow from that list.
 */
package gputae.objective;
