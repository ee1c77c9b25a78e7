/**
 * The networks: layers, parameters and their files, and the distributions of latent points.
 */
package gputae.model;
