/**
 * Training: one optimisation step, the loop over epochs, control from outside, and the state that a checkpoint holds.
 */
package gputae.train;
