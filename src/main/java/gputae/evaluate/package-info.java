/**
 * Measures of a latent space and of generated images, and the judge that recognises classes in them.
 */
package gputae.evaluate;
