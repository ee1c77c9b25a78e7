/**
 * Training: one optimisation step, the loop over epochs, control from outside, and the state in a checkpoint.
 */
package gputae.train;
