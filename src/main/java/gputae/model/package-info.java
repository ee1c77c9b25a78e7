/**
 * The networks: layers, parameters and their files, the distributions that latent points are drawn from.
 */
package gputae.model;
