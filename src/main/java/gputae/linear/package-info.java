/**
 * Linear algebra in double precision: vectors, symmetric eigenproblems, principal components.
 */
package gputae.linear;
