/**
 * The paper reproduced: its experiments, its claims and their verdicts, the cost beside other programs, and the page
 * that says all this.
 */
package gputae.paper;
