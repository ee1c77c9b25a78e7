/**
 * The operations of a training step, an evaluation and the homology of a cloud, on any device: matrices, recordings,
 * shapes and their checks. {@link gputae.backend.Backend} lists the operations; each device has its own package.
 */
package gputae.backend;
