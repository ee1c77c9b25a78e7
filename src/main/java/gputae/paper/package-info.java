/**
 * The reproduction of the paper: its experiments, its claims and their verdicts, the cost compared with other programs,
 * and the page that shows all of this.
 */
package gputae.paper;
