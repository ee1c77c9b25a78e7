/**
 * Distributions fitted to clouds of points, from which new points are drawn: mixtures of normal distributions, kernel
 * density estimates.
 */
package gputae.density;
