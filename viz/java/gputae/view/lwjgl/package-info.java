/**
 * The view of the latent space: a window and films, drawn with OpenGL.
 */
package gputae.view.lwjgl;
