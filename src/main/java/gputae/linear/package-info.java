/**
 * Clouds of points, and linear algebra in double precision: vectors, symmetric eigenproblems, principal components.
 */
package gputae.linear;
